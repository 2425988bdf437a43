//! The README, the tutorial and the guides: every command in them runs as written, and what is shown of
//! the answers is what they say.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::sandbox::Sandbox;
use crate::tensorboard::{check_logdir, python};

/// What a command of the README needs more than this test can give: how it is held to its word.
const ELSEWHERE: [&str; 9] = [
    "cargo install",
    "pip install",
    "sudo apt install",
    "scripts/wheel.sh",
    "scripts/release.sh",
    "scripts/test.sh",
    "RUNNER_FUZZ_CASES",
    "MLFLOW_ALLOW_FILE_STORE",
    "aim ",
];

/// The tutorial in its languages.
const TUTORIALS: [&str; 2] = ["docs/tutorial.md", "docs/tutorial.ko.md"];

/// Pages with commands of their own; a TOML block that begins with `# name.toml` is that file.
const PAGES: [&str; 4] =
    [TUTORIALS[0], "docs/guides/wandb.md", "docs/guides/hydra.md", "docs/trackers.md"];

/// Pages of the reference and of the background with commands.
const BACKGROUND: [&str; 4] = [
    "docs/files.md",
    "docs/explanation/determinism.md",
    "docs/explanation/crash-safety.md",
    "docs/explanation/engine.md",
];

/// Pages with Python that runs as it stands, after the commands of the page.
const PYTHON: [&str; 3] = ["docs/files.md", "docs/python.md", "docs/guides/optuna.md"];

/// Programs of the system in commands of the pages.
const TOOLS: [&str; 2] = ["cmp ", "timeout "];

/// A command with the lines that the README shows of its output.
struct Step {
    command: String,
    shown: Vec<String>,
}

#[test]
fn commands_run_as_written() {
    assert!(10 < execute("README.md").1, "commands in the README");
}

#[test]
fn commands_of_the_book_run_as_written() {
    for page in PAGES {
        assert!(2 < execute(page).1, "commands in {page}");
    }
}

#[test]
fn commands_of_the_background_run_as_written() {
    for page in BACKGROUND {
        assert!(1 < execute(page).1, "commands in {page}");
    }
}

#[test]
fn python_of_the_pages_runs_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in PYTHON {
        let (sandbox, _) = execute(page);
        let text = read(page);
        let blocks = text.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next());
        let script = blocks.collect::<Vec<_>>().join("\n");
        assert!(!script.is_empty(), "{page} has no Python");
        let mut command = in_sandbox(&sandbox, &python());
        command.arg("-c").arg(script).env("PYTHONPATH", root.join("python"));
        let output = command.output().expect("Python starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{page}: {said}");
    }
}

/// Readers of every language type the same configs and commands, and see the same answers.
#[test]
fn tutorials_have_the_same_commands() {
    let blocks = TUTORIALS.map(|page| {
        let text = read(page);
        let blocks: Vec<String> = text.split("```").skip(1).step_by(2).map(uncommented).collect();
        assert!(5 < blocks.len(), "{page}");
        blocks
    });
    assert_eq!(blocks[0], blocks[1]);
}

/// A block without comments, which are translated.
fn uncommented(block: &str) -> String {
    let code = block.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim_end());
    code.collect::<Vec<_>>().join("\n")
}

/// Runs the commands of a document in a folder of its own; returns the folder and the number of commands.
fn execute(document: &str) -> (Sandbox, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = read(document);
    let sandbox = Sandbox::new();
    for block in text.split("```toml\n# ").skip(1) {
        let (name, config) = block.split_once('\n').unwrap();
        sandbox.file(name, config.split("```").next().unwrap());
    }
    for name in ["configs", "data"] {
        symlink(root.join(name), sandbox.path().join(name)).unwrap();
    }
    let steps = steps(&text);
    let is_elsewhere = |command: &str| ELSEWHERE.iter().any(|other| command.starts_with(other));
    for Step { command, shown } in &steps {
        if is_elsewhere(command) {
            continue;
        }
        if command == "tensorboard --logdir logs" {
            check_logdir(&sandbox.path().join("logs"));
            continue;
        }
        let known =
            command.starts_with("runner ") || TOOLS.iter().any(|tool| command.starts_with(tool));
        assert!(known, "`{command}`: no test knows how to run it");
        check(command, shown, &run(&sandbox, command));
    }
    (sandbox, steps.len())
}

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"))
}

#[test]
fn install_commands_are_those_of_a_package_with_a_program() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("[[bin]]\nname = \"runner\""));
    let version = format!("runner_{}-1_amd64.deb", env!("CARGO_PKG_VERSION"));
    assert!(read("README.md").contains(&version) && manifest.contains("[package.metadata.deb]"));
    let wheel = read("pyproject.toml");
    assert!(wheel.contains("bindings = \"bin\"") && wheel.contains("pandas = ["));
    for script in ["scripts/test.sh", "scripts/release.sh"] {
        assert!(Path::new(script).is_file(), "{script}");
    }
}

/// The commands of all console blocks, in order.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut in_block = false;
    for line in readme.lines() {
        match (line, in_block) {
            ("```console", _) => in_block = true,
            ("```", _) => in_block = false,
            (_, false) => {}
            _ => match line.strip_prefix("$ ") {
                Some(command) => {
                    steps.push(Step { command: command.to_owned(), shown: Vec::new() });
                }
                None => steps.last_mut().expect("a command first").shown.push(line.to_owned()),
            },
        }
    }
    steps
}

/// Runs a command by a shell that finds the program that is tested.
fn run(sandbox: &Sandbox, command: &str) -> Output {
    let mut shell = in_sandbox(sandbox, Path::new("bash"));
    shell.args(["-c", command]).output().expect("bash starts")
}

/// A program in the sandbox that finds the program that is tested.
fn in_sandbox(sandbox: &Sandbox, program: &Path) -> Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program);
    command.current_dir(sandbox.path()).env("PATH", path);
    for name in ["RUNNER_LOGDIR", "RUNNER_MEMORY"] {
        command.env_remove(name);
    }
    command
}

/// Whether a command ended as the README says, and said so.
fn check(command: &str, shown: &[String], output: &Output) {
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let wrong = shown.first().is_some_and(|line| line.starts_with("error"));
    let status = if wrong { 2 } else { 0 };
    assert_eq!(output.status.code(), Some(status), "`{command}` said:\n{said}");
    // Training tells of its progress on a terminal, its ranks and times depend on the machine.
    if command.starts_with("runner run") && !wrong {
        return;
    }
    let lines: Vec<String> = said.lines().map(plain).collect();
    for line in shown {
        assert!(lines.contains(&plain(line)), "`{command}` does not say `{line}`, but:\n{said}");
    }
}

/// A line without its digits and widths.
fn plain(line: &str) -> String {
    let letters = line.replace(|c: char| c.is_ascii_digit(), "#");
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}
