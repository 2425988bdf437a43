//! Real processes that are killed at random moments, again and again, until the work is done all
//! the same. `RUNNER_TEST_KILLS` says how many times, `RUNNER_TEST_SEED` when.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::same::{names, same_run};
use super::toml;
use crate::sandbox::{Runner, Sandbox};

pub(crate) fn kills() -> usize {
    std::env::var("RUNNER_TEST_KILLS").map_or(6, |number| number.parse().unwrap())
}

/// Numbers that look random (Marsaglia 2003, xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    #[expect(clippy::print_stdout, reason = "a test that fails shows with what")]
    pub(crate) fn new() -> Dice {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
        let seed: u64 =
            std::env::var("RUNNER_TEST_SEED").map_or(now.into(), |s| s.parse().unwrap());
        println!("RUNNER_TEST_SEED={seed}");
        Dice(seed * 2 + 1)
    }

    /// Evenly from [0, 1).
    pub(crate) fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(kill.expect("this test needs kill").success());
}

/// Starts what `call` gives and kills it within `span`, until one gets to its end; how many did
/// not.
fn survive(dice: &mut Dice, span: Duration, mut call: impl FnMut() -> Runner) -> usize {
    for killed in 0.. {
        let mut runner = call().stdout(Stdio::null()).stderr(Stdio::piped());
        let child = runner.start();
        std::thread::sleep(span.mul_f64(dice.roll()));
        signal(&child, ["KILL", "KILL", "TERM", "INT"][(dice.roll() * 4.0) as usize]);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => return killed,
            (Some(75), _) | (None, Some(_)) => {}
            other => panic!("{other:?} after {killed} kills: {said}"),
        }
    }
    unreachable!("there are as many numbers as one likes")
}

/// The folders below one, hidden ones not counted.
fn folders(dir: &Path) -> Vec<PathBuf> {
    // The means of replicates are no run.
    let names = names(dir).into_iter().filter(|name| !name.starts_with('.') && name != "mean");
    names.map(|name| dir.join(name)).filter(|path| path.is_dir()).collect()
}

/// Trains `work.toml` until `kills` kills have not kept it from its end, each time anew; every
/// `run` that is left must be as the one that nobody killed.
fn kill_at_any_moment(config: &str, runs_of: impl Fn(&Path) -> Vec<PathBuf>) {
    let sandbox = Sandbox::new();
    sandbox.file("work.toml", config);
    let start = Instant::now();
    sandbox.runner("run work.toml --logdir whole -q -j 2 --threads 2").exits(0);
    let span = start.elapsed();
    let whole = runs_of(&folders(&sandbox.path().join("whole/work"))[0]);
    let (mut dice, mut killed) = (Dice::new(), 0);
    for round in 0.. {
        if kills() <= killed {
            return;
        }
        let logs = format!("logs{round}");
        let begun = || folders(&sandbox.path().join(&logs).join("work"));
        killed += survive(&mut dice, span, || match &begun()[..] {
            [] => sandbox.runner(&format!("run work.toml --logdir {logs} -q -j 2 --threads 2")),
            _ => sandbox.runner(&format!("resume {logs} -q -j 2 --threads 2")),
        });
        assert_eq!(begun().len(), 1);
        let runs = runs_of(&begun()[0]);
        assert_eq!(runs.len(), whole.len());
        for (run, whole) in runs.iter().zip(&whole) {
            same_run(run, whole);
        }
    }
}

#[test]
fn a_run_killed_at_any_moment_ends_as_if_it_had_not() {
    // As many as take some checkpoints, which are half a second apart.
    let config = toml("").replace("epochs = 4", "epochs = 8000");
    kill_at_any_moment(&config, |dir| vec![dir.to_owned()]);
}

#[test]
fn a_sweep_killed_at_any_moment_ends_as_if_it_had_not() {
    let more = "[sweep]\nseeds = [1, 2]\n[sweep.parameters]\n\
                \"tensorboard.layout\" = [\"keras\", \"flat\"]\n\
                \"callbacks.early_stopping.restore_best_weights\" = [true, false]\n\
                [callbacks.early_stopping]\npatience = 12";
    let config = toml(more).replace("epochs = 4", "epochs = 20");
    kill_at_any_moment(&config, folders);
}
