//! The program as a user meets it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Trains in well under a second.
const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 200
validation_split = 0.2

[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]

[training]
epochs = 2
"#;

/// What was printed, if it is one JSON value and nothing else.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

mod request {
    use super::*;

    #[test]
    fn help_is_data_and_names_the_exit_codes() {
        let sandbox = Sandbox::new();
        for arguments in ["--help", "help", "run --help", "run -h", "check --help"] {
            let said = sandbox.runner(arguments).exits(0);
            assert_eq!(said.stderr, "");
            for code in ["0 ", "1 ", "2 ", "70", "75", "130"] {
                assert!(said.stdout.contains(&format!("\n  {code}")), "{arguments}: {code}");
            }
        }
    }

    #[test]
    fn help_shows_examples_that_parse() {
        let help = Sandbox::new().runner("run --help").exits(0).stdout;
        let lines = help.lines().filter_map(|line| line.trim().strip_prefix("runner "));
        let lines: Vec<_> = lines.filter(|line| !line.contains('*')).collect();
        assert!(1 < lines.len(), "{help}");
        for line in lines {
            let said = Sandbox::new().runner(line).exits(2);
            assert!(said.stderr.contains("there is no such file"), "{line}: {}", said.stderr);
        }
    }

    #[test]
    fn version_is_that_of_the_package() {
        let said = Sandbox::new().runner("--version").exits(0);
        assert_eq!(said.stdout, concat!("runner ", env!("CARGO_PKG_VERSION"), "\n"));
    }

    #[test]
    fn what_cannot_be_parsed_exits_with_2_and_says_so_on_stderr() {
        let sandbox = Sandbox::new();
        let cases = [
            ("", "Usage: runner"),
            ("rnu", "unrecognized subcommand 'rnu'"),
            ("run", "<CONFIG>..."),
            ("check", "<CONFIG>..."),
            ("run a.toml --nope", "unexpected argument '--nope'"),
            ("run a.toml -j 0", "want a whole number, 1 or more"),
            ("run a.toml --threads 0", "want a whole number, 1 or more"),
            ("run a.toml --threads x", "want a whole number, 1 or more"),
            ("run a.toml --progress loud", "[possible values: auto, bar, plain, none]"),
            ("--color blue schema", "[possible values: auto, always, never]"),
            ("completions tcsh", "possible values"),
        ];
        for (arguments, message) in cases {
            let said = sandbox.runner(arguments).exits(2);
            assert_eq!(said.stdout, "", "{arguments}");
            assert!(said.stderr.contains(message), "{arguments}: {}", said.stderr);
        }
    }

    #[test]
    fn all_problems_are_shown_and_nothing_is_started() {
        let sandbox = Sandbox::new();
        sandbox.file("wrong.toml", &SMALL.replace("epochs", "epoch"));
        for command in ["run", "check", "run --json", "run --dry-run", "run --quiet"] {
            let said = sandbox.runner(&format!("{command} wrong.toml missing.toml")).exits(2);
            assert_eq!(said.stdout, "");
            assert!(said.stderr.contains("`epoch`"), "{}", said.stderr);
            assert!(said.stderr.contains("missing.toml"), "{}", said.stderr);
            assert!(said.stderr.ends_with("error: 2 problems; nothing was started\n"));
            assert!(!sandbox.path().join("logs").exists());
        }
    }

    #[test]
    fn a_good_config_is_called_so() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        let said = sandbox.runner("check small.toml").exits(0);
        assert_eq!(said.stdout, "1 config, 1 run: ok\n");
        assert!(said.stderr.starts_with("the run needs "), "{}", said.stderr);
    }
}

mod data {
    use super::*;

    #[test]
    fn the_schema_is_json() {
        let said = Sandbox::new().runner("schema").exits(0);
        assert_eq!(said.stderr, "");
        assert!(json(&said.stdout).pointer("/properties/model").is_some(), "{}", said.stdout);
    }

    #[test]
    fn the_reference_is_markdown_that_names_the_keys() {
        let said = Sandbox::new().runner("schema --reference").exits(0);
        assert!(said.stdout.starts_with("# "), "{}", said.stdout);
        assert!(said.stdout.contains("validation_split"));
    }

    #[test]
    fn every_shell_gets_completions() {
        let sandbox = Sandbox::new();
        for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
            let said = sandbox.runner(&format!("completions {shell}")).exits(0);
            assert!(said.stdout.contains("RUNNER_COMPLETE"), "{shell}: {}", said.stdout);
        }
    }

    #[test]
    fn completions_of_an_unknown_shell_are_refused() {
        let said = Sandbox::new().runner("-- runner sh").env("RUNNER_COMPLETE", "tcsh").exits(2);
        assert!(said.stderr.contains("unknown shell `tcsh`"), "{}", said.stderr);
    }

    #[test]
    fn a_dry_run_prints_what_would_run_and_runs_nothing() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        let plan = sandbox.runner("run small.toml -n --set training.epochs=7").exits(0);
        assert!(plan.stdout.contains("epochs = 7\n"), "{}", plan.stdout);
        assert!(plan.stdout.contains("beta_2 = ") || plan.stdout.contains("momentum = "));
        assert!(!sandbox.path().join("logs").exists());

        sandbox.file("again.toml", &plan.stdout);
        let again = sandbox.runner("run again.toml -n").exits(0);
        assert_eq!(again.stdout, plan.stdout);
    }

    #[test]
    fn a_dry_run_of_several_tells_them_apart() {
        let sandbox = Sandbox::new();
        sandbox.file("a.toml", SMALL);
        sandbox.file("b.toml", SMALL);
        let said = sandbox.runner("run a.toml b.toml -n").exits(0);
        let headers: Vec<_> = said.stdout.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(headers, ["# run 1 of 2: a", "# run 2 of 2: b"]);

        let value = json(&sandbox.runner("run a.toml b.toml -n --json").exits(0).stdout);
        assert_eq!(value.pointer("/runs/1/name"), Some(&"b".into()));
        assert_eq!(value.pointer("/runs/1/training/epochs"), Some(&2.into()));
    }

    #[test]
    fn a_reader_that_goes_away_is_no_error() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let said = Sandbox::new().runner("schema").stdout(writer).exits(0);
        assert_eq!(said.stderr, "");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error() {
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let said = Sandbox::new().runner("schema").stdout(full).exits(1);
        assert!(said.stderr.starts_with("error: cannot write to stdout: "), "{}", said.stderr);
    }
}

mod color {
    use super::*;

    fn colored(arguments: &str, env: &[(&str, &str)]) -> bool {
        let sandbox = Sandbox::new();
        let call = sandbox.runner(arguments);
        let call = env.iter().fold(call, |call, (name, value)| call.env(name, value));
        call.exits(2).stderr.contains('\x1b')
    }

    #[test]
    fn a_pipe_gets_colour_only_on_demand() {
        // The first is what clap says, the second a picture of the config room.
        for arguments in ["run --nope", "check missing.toml"] {
            assert!(!colored(arguments, &[]));
            assert!(colored(arguments, &[("CLICOLOR_FORCE", "1")]));
            assert!(!colored(arguments, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
            assert!(colored(&format!("--color always {arguments}"), &[("NO_COLOR", "1")]));
            assert!(colored(&format!("{arguments} --color=always"), &[]));
            assert!(!colored(&format!("{arguments} --color never"), &[("CLICOLOR_FORCE", "1")]));
        }
    }

    #[test]
    fn help_obeys_as_well() {
        let sandbox = Sandbox::new();
        assert!(sandbox.runner("--color always --help").exits(0).stdout.contains('\x1b'));
        assert!(!sandbox.runner("--help").exits(0).stdout.contains('\x1b'));
    }
}

mod training {
    use super::*;

    #[test]
    fn one_run_tells_its_epochs_and_where_to_look() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        let said = sandbox.runner("run small.toml").exits(0);
        assert_eq!(said.stdout, "");
        let lines: Vec<_> = said.stderr.lines().collect();
        let [first, second, logs, tensorboard] = lines[..] else { panic!("{}", said.stderr) };
        assert!(first.starts_with("Epoch 1/2 - 0s - "), "{first}");
        assert!(second.starts_with("Epoch 2/2 - 0s - ") && second.contains(" - val_loss: "));
        let dir = logs.strip_prefix("logs: ").expect("the folder");
        assert!(sandbox.path().join(dir).join("train").is_dir(), "{dir}");
        assert_eq!(tensorboard, "see them with: tensorboard --logdir logs");
    }

    #[test]
    fn a_bar_is_drawn_where_it_is_asked_for() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        let said = sandbox.runner("run small.toml --progress bar").exits(0);
        assert!(said.stderr.starts_with("Epoch 1/2\n\r"), "{}", said.stderr);
        assert!(said.stderr.contains("5/5 [==============================] - 0s "));
    }

    #[test]
    fn several_runs_end_with_a_table() {
        let sandbox = Sandbox::new();
        sandbox.file("a.toml", SMALL);
        sandbox.file("b.toml", SMALL);
        let said = sandbox.runner("run a.toml b.toml --logdir here").exits(0);
        let rows: Vec<Vec<_>> =
            said.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
        let head = "rank name status epochs loss accuracy val_loss val_accuracy time folder";
        assert_eq!(rows[0], head.split(' ').collect::<Vec<_>>());
        assert_eq!(rows[1][..4], ["1", "a", "completed", "2"]);
        assert_eq!(rows[2][..4], ["2", "b", "completed", "2"]);
        assert_eq!(rows[1][4..8], rows[2][4..8], "equal plans, equal numbers");
        assert!(sandbox.path().join(rows[1][9]).starts_with(sandbox.path().join("here/a")));
        assert!(said.stderr.contains("[2/2] "), "{}", said.stderr);
    }

    #[test]
    fn the_environment_names_the_log_folder() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        sandbox.runner("run small.toml").env("RUNNER_LOGDIR", "elsewhere").exits(0);
        assert!(sandbox.path().join("elsewhere/small").is_dir());
    }

    #[test]
    fn json_is_one_value_with_all_there_is_to_know() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        let value = json(&sandbox.runner("run small.toml --json").exits(0).stdout);
        assert_eq!(value["completed"], 1);
        let run = &value["runs"][0];
        assert_eq!((&run["name"], &run["status"]), (&"small".into(), &"completed".into()));
        assert_eq!((&run["error"], &run["epochs"]), (&Value::Null, &2.into()));
        assert!(run["last"]["val_loss"].is_f64() && run["best"]["epoch"].is_u64(), "{value}");
        assert!(sandbox.path().join(run["dir"].as_str().expect("a folder")).is_dir());
    }

    #[test]
    fn quiet_says_nothing_unless_something_fails() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", SMALL);
        sandbox.file("wild.toml", &(SMALL.to_owned() + DIVERGES));
        let said = sandbox.runner("run small.toml -q").exits(0);
        assert_eq!((&*said.stdout, &*said.stderr), ("", ""));
        let said = sandbox.runner("run small.toml wild.toml -q").exits(1);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.starts_with("error: wild: "), "{}", said.stderr);
        assert!(said.stderr.ends_with("1 of 2 runs failed\n"), "{}", said.stderr);
    }

    /// One step with this rate, and the loss is no number.
    const DIVERGES: &str = "\n[optimizer]\nname = \"sgd\"\nlearning_rate = 1e38\n";

    #[test]
    fn a_failed_run_leaves_the_others_alone() {
        let sandbox = Sandbox::new();
        sandbox.file("wild.toml", &(SMALL.to_owned() + DIVERGES));
        sandbox.file("small.toml", SMALL);
        let said = sandbox.runner("run wild.toml small.toml -j 1").exits(1);
        let names: Vec<_> =
            said.stdout.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(names, ["name", "small", "wild"]);

        let said = sandbox.runner("run wild.toml small.toml -j 1 --fail-fast --json").exits(1);
        let value = json(&said.stdout);
        assert_eq!((&value["failed"], &value["skipped"]), (&1.into(), &1.into()));
    }
}

#[cfg(unix)]
mod interrupted {
    use super::*;

    /// Longer than any test waits.
    fn endless(sandbox: &Sandbox) {
        sandbox.file("long.toml", &SMALL.replace("epochs = 2", "epochs = 100000000"));
    }

    fn signal(child: &Child, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        assert!(kill.expect("this test needs kill").success());
    }

    /// Reads until a line starts so; returns what was read.
    fn read_until(lines: &mut impl BufRead, start: &str) -> String {
        let mut text = String::new();
        loop {
            let from = text.len();
            assert_ne!(lines.read_line(&mut text).expect("text"), 0, "no {start:?} in {text}");
            if text[from..].starts_with(start) {
                return text;
            }
        }
    }

    fn stops_and_saves_on(name: &str) {
        let sandbox = Sandbox::new();
        endless(&sandbox);
        let mut call = sandbox.runner("run long.toml").stderr(Stdio::piped());
        let mut child = call.start();
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr"));
        read_until(&mut stderr, "Epoch 1/");
        signal(&child, name);
        read_until(&mut stderr, "stopping after this step; Ctrl-C again to abort");
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).expect("text");
        call.judge(&child.wait_with_output().expect("an end"), 75);
        let dir =
            rest.split("its logs and weights are in ").nth(1).and_then(|rest| rest.lines().next());
        let dir = sandbox.path().join(dir.expect(&rest));
        assert!(dir.join("model.safetensors").is_file());
    }

    #[test]
    fn ctrl_c_stops_and_saves() {
        stops_and_saves_on("INT");
    }

    #[test]
    fn sigterm_stops_and_saves() {
        stops_and_saves_on("TERM");
    }
    /// A run that cannot stop, because nobody reads what it says, can still be aborted.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_second_ctrl_c_aborts_at_once() {
        const LINUX_PIPE: usize = 65536;
        let sandbox = Sandbox::new();
        endless(&sandbox);
        let (_reader, mut full) = std::io::pipe().expect("a pipe");
        full.write_all(&[0; LINUX_PIPE]).expect("a full pipe");
        let mut call = sandbox.runner("run long.toml").stderr(full);
        let mut child = call.start();
        // The program listens for signals before it makes the folder.
        while !sandbox.path().join("logs/long").exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut signals = 0;
        while child.try_wait().expect("a child").is_none() {
            signal(&child, "INT");
            signals += 1;
            std::thread::sleep(Duration::from_millis(100));
        }
        call.judge(&child.wait_with_output().expect("an end"), 130);
        assert!(1 < signals);
    }
}
