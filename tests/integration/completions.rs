//! Completions in real shells: Bash, Zsh and Fish, each with the script that the program prints.
//!
//! `scripts/test.sh` installs the shells; without one of them its test fails.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[training]
epochs = 1
metrics = ["accuracy"]
"#;

/// What is typed, and what must be offered for its last word; or what must not, after `!`.
const CASES: [(&str, &[&str]); 14] = [
    ("runner sh", &["show"]),
    ("runner run --fail", &["--fail-fast"]),
    ("runner run sma", &["small.toml"]),
    ("runner run --set optimizer.learning_r", &["optimizer.learning_rate="]),
    ("runner run small.toml --set training.ep", &["training.epochs="]),
    ("runner run small.toml --set optimizer.name=adamw", &["optimizer.name=adamw"]),
    ("runner show ", &["latest", "best", "first", "second", "!small.toml"]),
    ("runner show fi", &["first"]),
    ("runner show first/", &["first/latest", "first/best"]),
    ("runner list --sort val_", &["!val_loss"]),
    ("runner list --sort acc", &["accuracy"]),
    ("runner list --filter tag=", &["tag=baseline"]),
    ("runner list --filter status=st", &["status=stopped"]),
    ("runner predict first se", &["seven.png", "!second.toml"]),
];

/// A folder with two runs and some files.
static FOLDER: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("second.toml", SMALL);
    sandbox.file("seven.png", "");
    sandbox.runner("run small.toml -q --name first --tag baseline").exits(0);
    sandbox.runner("run small.toml -q --name second").exits(0);
    for (shell, name) in [("bash", "runner.bash"), ("zsh", "runner.zsh"), ("fish", "runner.fish")] {
        let script = sandbox.runner(&format!("completions {shell}")).exits(0).stdout;
        sandbox.file(name, &script);
    }
    sandbox
});

/// The command in the folder, with the tested program in its path.
fn in_folder(command: &mut Command) -> &mut Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_runner")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    command.current_dir(FOLDER.path()).env("PATH", path).env("HOME", FOLDER.path());
    command.env_remove("RUNNER_LOGDIR")
}

/// What a shell prints.
fn shell(program: &str, arguments: &[&str]) -> String {
    let output =
        in_folder(Command::new(program).args(arguments)).output().unwrap_or_else(|error| {
            panic!("{error}: this test needs {program}, which scripts/test.sh installs")
        });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
    assert_eq!(stderr, "", "{program} {arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Holds what a shell offers to the cases; `offers` gives the candidates of a line as whole words.
fn check(offers: impl Fn(&str) -> Vec<String>) {
    for (line, wanted) in CASES {
        let found = offers(line);
        for word in wanted {
            match word.strip_prefix('!') {
                Some(word) => assert!(!found.iter().any(|one| one == word), "{line}: {found:?}"),
                None => assert!(found.iter().any(|one| one == word), "{line}: {word}: {found:?}"),
            }
        }
    }
}

/// Bash's own completion of a line: the function that is registered, with the words as Bash parts
/// them at `=` and `:`.
#[test]
fn bash_completes_runs_keys_metrics_and_files() {
    let script = r#"
        source runner.bash
        COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
        read -ra spaced <<< "$1"
        [[ $1 == *' ' ]] && spaced+=('')
        COMP_WORDS=()
        for word in "${spaced[@]}"; do
            while [[ $word =~ ^([^=]*)(=)(.*)$ ]]; do
                [[ ${BASH_REMATCH[1]} ]] && COMP_WORDS+=("${BASH_REMATCH[1]}")
                COMP_WORDS+=("=")
                word=${BASH_REMATCH[3]} parted=1
            done
            [[ $word || ! $parted ]] && COMP_WORDS+=("$word")
            parted=
        done
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        current=${COMP_WORDS[COMP_CWORD]}
        [[ $current == = ]] && current=
        complete -p runner | grep --quiet _runner_complete || exit 1
        _runner_complete runner "$current" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    check(|line| {
        let last = line.rsplit(' ').next().unwrap();
        let kept = last.rfind('=').map_or("", |at| &last[..=at]);
        let offered = shell("bash", &["--norc", "-c", script, "bash", line]);
        offered.lines().filter(|one| !one.is_empty()).map(|one| format!("{kept}{one}")).collect()
    });
}

#[test]
fn fish_completes_runs_keys_metrics_and_files() {
    check(|line| {
        let script = "source runner.fish; complete --do-complete $argv[1]";
        let offered = shell("fish", &["--no-config", "-c", script, line]);
        let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        offered.lines().map(word).collect()
    });
}

/// Shells at a terminal: a person types beginnings and presses the tabulator.
#[test]
fn keys_at_a_terminal_complete_the_line() {
    let zsh = "autoload -Uz compinit; compinit -u -D; source ./runner.zsh; PS1='rea''dy> '\n";
    type_into("bash --norc --noprofile -i", "source ./runner.bash; PS1='rea''dy> '\n");
    type_into("zsh -f -i", zsh);
    let fish = "source ./runner.fish; function fish_prompt; echo -n 'rea''dy> '; end\n";
    type_into("fish --no-config -i", fish);
}

/// Types lines with tabulators that only run as wanted when they complete.
fn type_into(shell: &str, start: &str) {
    let name = shell.split(' ').next().unwrap();
    let lines = [
        (format!("runner show fi\t--json > {name}-1.txt\n"), "\"first\""),
        (format!("runner run sm\t--set optimizer.name=adamw\t-n > {name}-2.txt\n"), "\"adamw\""),
        (format!("runner run sm\t--set training.ep\t3 -n > {name}-3.txt\n"), "epochs = 3"),
    ];
    let prompt = json!({ "see": "ready> " });
    let mut steps = vec![json!({ "open": [100, 30] }), json!({ "press": start }), prompt.clone()];
    for (line, _) in &lines {
        steps.extend([json!({ "press": line }), prompt.clone()]);
    }
    steps.push(json!({ "press": "exit\n" }));
    let said = at_terminal(shell, &Value::Array(steps));
    for (number, (_, wanted)) in (1..).zip(&lines) {
        let path = FOLDER.path().join(format!("{name}-{number}.txt"));
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found.contains(wanted), "{shell}: {found}\n{said}");
    }
}

/// What a shell said at a terminal in which these steps were taken.
fn at_terminal(shell: &str, steps: &Value) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal/watch.py");
    let mut child = in_folder(Command::new(python()).arg(script).arg(FOLDER.path()))
        .args(shell.split(' '))
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().unwrap().write_all(steps.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shell}, which scripts/test.sh installs: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}
