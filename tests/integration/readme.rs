//! The README: every command in it runs as written in a copy of the repository, and what is shown of
//! the answers is what they say.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::sandbox::Sandbox;
use crate::tensorboard::check_logdir;

/// What a command of the README needs more than this test can give: how it is held to its word.
const ELSEWHERE: [&str; 3] = ["cargo install", "scripts/test.sh", "RUNNER_FUZZ_CASES"];

/// A command with the lines that the README shows of its output.
struct Step {
    command: String,
    shown: Vec<String>,
}

#[test]
fn commands_run_as_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    for name in ["configs", "data"] {
        symlink(root.join(name), sandbox.path().join(name)).unwrap();
    }
    let steps = steps(&fs::read_to_string(root.join("README.md")).unwrap());
    let is_elsewhere = |command: &str| ELSEWHERE.iter().any(|other| command.starts_with(other));
    assert!(10 < steps.len(), "commands in the README");
    for Step { command, shown } in &steps {
        if is_elsewhere(command) {
            continue;
        }
        if command == "tensorboard --logdir logs" {
            check_logdir(&sandbox.path().join("logs"));
            continue;
        }
        assert!(command.starts_with("runner "), "`{command}`: no test knows how to run it");
        check(command, shown, &run(&sandbox, command));
    }
}

#[test]
fn install_command_is_that_of_a_package_with_a_program() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("[[bin]]\nname = \"runner\""));
    assert!(Path::new("scripts/test.sh").is_file());
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
    let program = Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(sandbox.path()).env("PATH", path);
    for name in ["RUNNER_LOGDIR", "RUNNER_MEMORY"] {
        shell.env_remove(name);
    }
    shell.output().expect("bash starts")
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
