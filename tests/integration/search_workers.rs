//! One search trained by several processes: they leave what one process leaves.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::resume::kills::signal;
use crate::sandbox::Sandbox;
use crate::searches::{BASE, SPACE, same_trials, sandbox, sweep, trial, trials};
use runner::sweep::{Options, SweepEvent, shard_queue};

fn worker(sandbox: &Sandbox, dir: &Path, shard: &str) -> Child {
    let call = format!("work {} --shard {shard} -q", dir.display());
    sandbox.runner(&call).stdout(Stdio::null()).stderr(Stdio::null()).start()
}

/// The folder of the search with no trial started.
fn frozen(sandbox: &Sandbox, logs: &str) -> std::path::PathBuf {
    sandbox.runner(&format!("run search.toml --logdir {logs} -q --plan-only")).exits(0);
    sweep(&sandbox.path().join(logs))
}

#[test]
fn any_number_of_workers_leaves_what_one_process_leaves() {
    let sandbox = sandbox(&(BASE.replace("trials = 14", "trials = 14\nseeds = [1, 2]") + SPACE));
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    assert_eq!(trials(&sandbox.path().join("whole")).len(), 28);
    for n in [2, 3, 5] {
        let logs = format!("by{n}");
        let dir = frozen(&sandbox, &logs);
        // The last worker begins, so that each waits for others.
        let shards = (0..n).rev().map(|i| format!("{i}/{n}"));
        let workers: Vec<_> = shards.map(|shard| worker(&sandbox, &dir, &shard)).collect();
        for mut worker in workers {
            assert_eq!(worker.wait().unwrap().code(), Some(0), "of {n}");
        }
        same_trials(&sandbox.path().join(&logs), &sandbox.path().join("whole"));
        let said = sandbox.runner(&format!("resume {logs}")).exits(0);
        assert!(said.stderr.contains("nothing left to do; 28 runs: 28 done"), "{}", said.stderr);
    }
}

#[test]
fn a_killed_worker_is_waited_for_and_goes_on() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE).replace("epochs = 2", "epochs = 100"));
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    let dir = frozen(&sandbox, "logs");
    let mut other = worker(&sandbox, &dir, "1/2");
    let mut kills = 0;
    for (round, name) in ["KILL", "TERM", "KILL", "KILL"].into_iter().enumerate() {
        let mut killed = worker(&sandbox, &dir, "0/2");
        std::thread::sleep(Duration::from_millis(40 + 60 * round as u64));
        signal(&killed, name);
        kills += usize::from(!killed.wait().unwrap().success());
    }
    assert!(0 < kills, "no worker was stopped early");
    assert_eq!(worker(&sandbox, &dir, "0/2").wait().unwrap().code(), Some(0));
    assert_eq!(other.wait().unwrap().code(), Some(0));
    same_trials(&sandbox.path().join("logs"), &sandbox.path().join("whole"));
}

#[test]
fn a_worker_without_others_says_what_it_waits_for() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE));
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    let dir = frozen(&sandbox, "logs");
    let call = format!("work {} --shard 1/2", dir.display());
    let runner = sandbox.runner(&call);
    let mut alone = runner.stdout(Stdio::null()).stderr(Stdio::piped()).start();
    std::thread::sleep(Duration::from_secs(7));
    signal(&alone, "TERM");
    assert_eq!(alone.wait().unwrap().code(), Some(75));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut alone.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("waiting for trial 0 of worker 0/2, which has not begun it"), "{said}");
    // Trials 1 and 3 are of the startup, which depends on no result.
    assert_eq!(trials(&sandbox.path().join("logs")).len(), 2, "{said}");
    // One process finishes the search.
    sandbox.runner("resume logs -q").exits(0);
    same_trials(&sandbox.path().join("logs"), &sandbox.path().join("whole"));
}

#[test]
fn a_failed_trial_of_another_worker_ends_the_wait() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE));
    let dir = frozen(&sandbox, "logs");
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    // Trial 0 cannot write its history.
    let name = trial(&sandbox.path().join("whole"), 0);
    let broken = dir.join(name.file_name().unwrap());
    std::fs::create_dir_all(broken.join("history.csv")).unwrap();
    assert_eq!(worker(&sandbox, &dir, "0/2").wait().unwrap().code(), Some(1));
    let (said, gave_up) = wait_in_vain(&dir, "1/2", false);
    let [said] = &*said else { panic!("told once: {said:?}") };
    assert!(said.starts_with("waiting for trial 0 of worker 0/2, which failed there: "), "{said}");
    assert!(!gave_up);
}

#[test]
fn a_worker_that_an_engine_starts_again_gives_its_place_up() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE));
    let dir = frozen(&sandbox, "logs");
    let (said, gave_up) = wait_in_vain(&dir, "2/3", true);
    assert_eq!(said, ["waiting for trial 0 of worker 0/3, which has not begun it"]);
    assert!(gave_up);
}

/// Trains a shard whose trials depend on missing results, with no patience. Returns the reports and whether the
/// worker gave its place up.
fn wait_in_vain(dir: &Path, shard: &str, gives_up: bool) -> (Vec<String>, bool) {
    let wait = (Duration::ZERO, gives_up);
    let mut queue = shard_queue(dir, shard.parse().unwrap(), false, wait).unwrap();
    let patience = Duration::ZERO;
    let options = Options { jobs: 1, threads: 1, memory: None, max_failures: None, patience };
    let said = Mutex::new(Vec::new());
    let observe = |event: SweepEvent<'_>| {
        if let SweepEvent::Waiting { why, .. } = event {
            said.lock().unwrap().push(why.to_owned());
        }
    };
    let left = queue.run(&options, &AtomicBool::new(false), &observe).unwrap();
    assert_eq!(left, [dir]);
    (said.into_inner().unwrap(), queue.has_given_up())
}
