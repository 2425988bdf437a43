//! The campaign of a search: killed again and again, extended in between, on one and two workers with one and three
//! threads, it leaves the same bytes. It takes minutes, so that CONTRIBUTING names it and `cargo test` leaves it out.

#![cfg(unix)]

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::resume::kills::{Dice, signal};
use crate::resume::same::same_run;
use crate::sandbox::Sandbox;
use crate::searches::{BASE, SPACE, record, same_trials, sandbox, sweep, trials};

/// The kills of a search in each setting; `RUNNER_TEST_KILLS` sets another number.
const KILLS: usize = 50;

/// A hundred trials that outlast the kills.
fn search(pruner: &str) -> String {
    let base = BASE.replace("trials = 14", &format!("trials = 100\n{pruner}"));
    base.replace("startup_trials = 4", "startup_trials = 10").replace("epochs = 2", "epochs = 800")
        + SPACE
}

/// Runs the search in `logs` to its end in processes of which `kills` are killed or stopped. Returns how many were.
fn survive(sandbox: &Sandbox, call: &dyn Fn() -> String, dice: &mut Dice, kills: usize) -> usize {
    let mut killed = 0;
    loop {
        let mut runner = sandbox.runner(&call());
        runner = runner.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = runner.start();
        if killed < kills {
            let until = Instant::now() + Duration::from_secs_f64(0.08 + 0.3 * dice.roll());
            while Instant::now() < until && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
            if child.try_wait().unwrap().is_none() {
                // Not INT, which a process started in the background of a shell ignores.
                signal(&child, ["KILL", "KILL", "TERM"][(dice.roll() * 3.0) as usize]);
            }
        }
        let status = child.wait().unwrap();
        if status.success() {
            return killed;
        }
        assert!(matches!(status.code(), None | Some(75)), "{status} after {killed} kills");
        killed += 1;
    }
}

/// Whether the folder of the search in `logs` is complete, and not hidden.
fn is_planned(logs: &Path) -> bool {
    let found = std::fs::read_dir(logs.join("search")).into_iter().flatten().flatten();
    found.map(|entry| entry.file_name()).any(|name| !name.to_string_lossy().starts_with('.'))
}

#[test]
#[ignore = "minutes; CONTRIBUTING.md has the command"]
#[expect(clippy::print_stdout, reason = "the figures of the campaign")]
fn fifty_kills_and_an_extension_change_no_bit() {
    let kills = std::env::var("RUNNER_TEST_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let mut dice = Dice::new();
    let median = "pruner = { name = \"median\", startup_trials = 5, interval_epochs = 300 }\n";
    for (name, pruner) in [("tpe", ""), ("tpe and median", median)] {
        let sandbox = sandbox(&search(pruner));
        sandbox.runner("run search.toml --logdir whole -q -j 1 --threads 1").exits(0);
        let whole = sandbox.path().join("whole");
        assert_eq!(trials(&whole).len(), 100);
        for (jobs, threads) in [(1, 1), (1, 3), (2, 1), (2, 3)] {
            let logs = format!("by{jobs}-{threads}");
            let dir = sandbox.path().join(&logs);
            let share = format!("-q -j {jobs} --threads {threads}");
            let half = || {
                if is_planned(&dir) {
                    format!("resume {logs} {share}")
                } else {
                    format!("run search.toml --logdir {logs} --set sweep.trials=50 {share}")
                }
            };
            let mut killed = survive(&sandbox, &half, &mut dice, kills / 2);
            assert_eq!(trials(&dir).len(), 50);
            let folder = sweep(&dir);
            let all = || {
                if folder.join("trials.json").exists() {
                    format!("resume {logs} {share}")
                } else {
                    format!("resume {} --trials 100 {share}", folder.display())
                }
            };
            killed += survive(&sandbox, &all, &mut dice, kills - kills / 2);
            same_trials(&dir, &whole);
            let (got, want) = (sweep(&dir), sweep(&whole));
            for trial in trials(&whole).keys() {
                if record(&want.join(trial))["status"] != "failed" {
                    same_run(&got.join(trial), &want.join(trial));
                }
            }
            println!("{name}: -j {jobs} --threads {threads}: {killed} processes ended early");
            assert!(kills * 4 / 5 <= killed, "only {killed} of {kills}");
        }
    }
}
