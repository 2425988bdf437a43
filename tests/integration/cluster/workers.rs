//! Workers started by hand.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{frozen, reference, same_sweep, sweep};
use crate::sandbox::Sandbox;
use runner::runs::Lock;

fn worker(sandbox: &Sandbox, dir: &Path, shard: &str) -> Child {
    let call = format!("work {} --shard {shard} -q -j 1 --threads 1", dir.display());
    sandbox.runner(&call).stdout(Stdio::null()).stderr(Stdio::null()).start()
}

/// Waits until the folder of some run is there.
fn wait_for_a_run(dir: &Path) {
    let begun = || {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        names.into_iter().any(|name| name.to_string_lossy().starts_with('0'))
    };
    while !begun() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn workers_leave_what_one_process_leaves() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let (want, dir) = (reference(&sandbox), frozen(&sandbox));
    let workers: Vec<_> = ["0/3", "1/3", "2/3"].map(|shard| worker(&sandbox, &dir, shard)).into();
    for mut worker in workers {
        assert_eq!(worker.wait().unwrap().code(), Some(0));
    }
    same_sweep(&dir, &want);
    let said = sandbox.runner("resume logs").exits(0);
    assert!(said.stderr.contains("nothing left to do; 20 runs: 20 done before"), "{}", said.stderr);
}

#[test]
#[cfg(unix)]
fn a_worker_stops_by_any_number_of_signals_and_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(200));
    let (want, dir) = (reference(&sandbox), frozen(&sandbox));
    let mut stopped = worker(&sandbox, &dir, "0/2");
    wait_for_a_run(&dir);
    for signal in ["TERM", "TERM", "HUP", "INT"] {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(stopped.id().to_string());
        kill.stderr(Stdio::null()).status().unwrap();
    }
    assert_eq!(stopped.wait().unwrap().code(), Some(75));
    let mut killed = worker(&sandbox, &dir, "1/2");
    std::thread::sleep(Duration::from_millis(60));
    killed.kill().unwrap();
    killed.wait().unwrap();
    for shard in ["0/2", "1/2"] {
        assert_eq!(worker(&sandbox, &dir, shard).wait().unwrap().code(), Some(0));
    }
    same_sweep(&dir, &want);
}

#[test]
fn what_workers_left_is_finished_at_home() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let (want, dir) = (reference(&sandbox), frozen(&sandbox));
    assert_eq!(worker(&sandbox, &dir, "1/3").wait().unwrap().code(), Some(0));
    sandbox.runner("resume logs -q").exits(0);
    same_sweep(&dir, &want);
}

#[test]
fn workers_share_the_sweep_with_workers_alone() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let dir = frozen(&sandbox);
    let other_worker = Lock::share(&dir).unwrap();
    for (call, status) in [("resume logs -q", 75), ("rm --yes", 1)] {
        let said = sandbox.runner(&format!("{call} {}", dir.display())).output();
        assert!(said.stderr.contains("is at work in it"), "{status}: {}", said.stderr);
    }
    assert_eq!(worker(&sandbox, &dir, "0/4").wait().unwrap().code(), Some(0));
    drop(other_worker);
    let _resume = Lock::take(&dir).unwrap();
    let said = sandbox.runner(&format!("work {} --shard 0/4", dir.display())).exits(2);
    assert!(said.stderr.contains("is at work in it"), "{}", said.stderr);
}

#[test]
fn a_worker_waits_for_the_earlier_instance_of_its_task() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(2));
    let dir = frozen(&sandbox);
    let run = dir.join("0000-learning_rate=0.004,seed=0");
    fs::create_dir(&run).unwrap();
    let earlier = Lock::take(&run).unwrap();
    let mut waiting = worker(&sandbox, &dir, "0/20");
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it does not wait");
    drop(earlier);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
    assert!(run.join("model.safetensors").is_file());
}

#[test]
fn a_shard_that_cannot_be_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(1));
    let dir = frozen(&sandbox);
    let said = sandbox.runner(&format!("work {} --shard 4/4", dir.display())).exits(2);
    assert!(said.stderr.contains("want I/N with I from 0 to N - 1"), "{}", said.stderr);
    let said = sandbox.runner("work logs --shard 0/4").exits(2);
    assert!(said.stderr.contains("there is no sweep in `logs`"), "{}", said.stderr);
}
