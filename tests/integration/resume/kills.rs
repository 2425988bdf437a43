//! Real processes that are killed at random moments, again and again, until the work is done all
//! the same. `RUNNER_TEST_KILLS` says how many times, `RUNNER_TEST_SEED` when.

#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use runner::config::Experiment;
use runner::sweep::{Batch, Options, Status};

use super::same::{names, same_run};
use super::{sweep, toml, variants};
use crate::sandbox::{Runner, Sandbox};

fn kills() -> usize {
    std::env::var("RUNNER_TEST_KILLS").map_or(6, |number| number.parse().unwrap())
}

/// Numbers that look random (Marsaglia 2003, xorshift).
struct Dice(u64);

impl Dice {
    #[expect(clippy::print_stdout, reason = "a test that fails shows with what")]
    fn new() -> Dice {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
        let seed: u64 =
            std::env::var("RUNNER_TEST_SEED").map_or(now.into(), |s| s.parse().unwrap());
        println!("RUNNER_TEST_SEED={seed}");
        Dice(seed * 2 + 1)
    }

    /// Evenly from [0, 1).
    fn roll(&mut self) -> f64 {
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
    let names = names(dir).into_iter().filter(|name| !name.starts_with('.'));
    names.map(|name| dir.join(name)).filter(|path| path.is_dir()).collect()
}

#[test]
fn a_run_killed_at_any_moment_ends_as_if_it_had_not() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &toml("").replace("epochs = 4", "epochs = 60"));
    let start = Instant::now();
    sandbox.runner("run small.toml --logdir whole -q").exits(0);
    let span = start.elapsed();
    let whole = folders(&sandbox.path().join("whole/small"));
    let (mut dice, mut killed) = (Dice::new(), 0);
    for round in 0.. {
        let logs = format!("logs{round}");
        let runs = || folders(&sandbox.path().join(&logs).join("small"));
        killed += survive(&mut dice, span, || match &runs()[..] {
            [] => sandbox.runner(&format!("run small.toml --logdir {logs} -q")),
            _ => sandbox.runner(&format!("resume {logs} -q")),
        });
        assert_eq!(runs().len(), 1);
        same_run(&runs()[0], &whole[0]);
        if kills() <= killed {
            return;
        }
    }
}

/// Plans the sweep below `logdir`, as a process does that dies before it starts a run.
fn planned(experiment: &Experiment, logdir: &Path) -> PathBuf {
    let batch = Batch::plan(std::slice::from_ref(experiment), logdir);
    assert_eq!(batch.jobs[0].blocked, None);
    batch.jobs[0].root.clone()
}

#[test]
fn a_sweep_killed_at_any_moment_ends_as_if_it_had_not() {
    let sandbox = Sandbox::new();
    let mut plans = variants();
    plans.iter_mut().for_each(|(_, plan)| plan.training.epochs = 25);
    let experiment = sweep(plans);
    let batch = Batch::plan(std::slice::from_ref(&experiment), &sandbox.path().join("whole"));
    let options = Options { jobs: 2, threads: 2, max_failures: None };
    let results = batch.run(&options, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(results.iter().all(|result| result.status == Status::Completed), "{results:?}");

    // How long it takes a process.
    planned(&experiment, &sandbox.path().join("timed"));
    let start = Instant::now();
    sandbox.runner("resume timed -q -j 2").exits(0);
    let span = start.elapsed();
    let (mut dice, mut killed) = (Dice::new(), 0);
    for round in 0.. {
        let logs = format!("logs{round}");
        let dir = planned(&experiment, &sandbox.path().join(&logs));
        let plan = fs::read(dir.join("plan.json")).unwrap();
        killed += survive(&mut dice, span, || {
            sandbox.runner(&format!("resume {logs} -q -j 2 --threads 2"))
        });
        assert_eq!(fs::read(dir.join("plan.json")).unwrap(), plan);
        assert_eq!(folders(&dir).len(), experiment.runs.len());
        for job in &batch.jobs {
            same_run(&dir.join(&job.label), &job.dir);
        }
        if kills() <= killed {
            return;
        }
    }
}
