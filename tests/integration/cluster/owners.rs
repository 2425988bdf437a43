//! Runs on a file system without locks, such as Lustre without `-o flock`: there, a run names its owner in a file.
//! `strace` lets every lock fail as it fails on Lustre.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{frozen, reference, same_sweep, sweep};
use crate::sandbox::Sandbox;

/// A worker for which there are no locks.
fn worker(sandbox: &Sandbox, dir: &Path, output: &str) -> Child {
    let output = std::fs::File::create(sandbox.path().join(output)).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock"]);
    strace.args(["-e", "inject=flock:error=ENOSYS", env!("CARGO_BIN_EXE_runner"), "work"]);
    strace.arg(dir).args(["--shard", "0/1", "-j", "1", "--threads", "1", "--progress", "none"]);
    strace.current_dir(sandbox.path()).stdout(Stdio::null()).stderr(output);
    strace.spawn().expect("this test needs strace, which scripts/test.sh installs")
}

fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(240);
    while !reached() {
        assert!(Instant::now() < until, "not {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn second_worker_without_locks_stops_the_first() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(1000));
    let (want, dir) = (reference(&sandbox), frozen(&sandbox));
    let mut first = worker(&sandbox, &dir, "first");
    let run = dir.join("0000-learning_rate=0.004,seed=0");
    let lines =
        || std::fs::read_to_string(run.join("history.csv")).unwrap_or_default().lines().count();
    wait_until("begun", || 10 < lines());
    let owner = std::fs::read_to_string(run.join(".owner")).unwrap();
    assert!(owner.starts_with("process "), "{owner}");

    // Both take each run of the sweep. A worker that is no longer named leaves the run to the other.
    let mut second = worker(&sandbox, &dir, "second");
    let codes = [first.wait().unwrap().code(), second.wait().unwrap().code()];
    let said =
        ["first", "second"].map(|name| std::fs::read_to_string(sandbox.path().join(name)).unwrap());
    assert!(said.concat().contains("is at work in it"), "{codes:?} {said:?}");
    assert!(codes.iter().all(|code| [Some(0), Some(75)].contains(code)), "{codes:?} {said:?}");
    let mut last = worker(&sandbox, &dir, "last");
    assert_eq!(last.wait().unwrap().code(), Some(0));
    same_sweep(&dir, &want);
    assert!(!run.join(".owner").exists() && !run.join(".lock").exists());
}

#[test]
fn run_whose_owner_changed_stops_itself_and_leaves_its_files_alone() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &sweep(4000));
    let dir = frozen(&sandbox);
    let mut only = worker(&sandbox, &dir, "only");
    let run = dir.join("0000-learning_rate=0.004,seed=0");
    wait_until("begun", || run.join("checkpoint/state.safetensors").is_file());
    std::fs::write(run.join(".owner"), "process 1 on another machine").unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let files = || {
        ["run.json", "history.csv", "checkpoint/state.safetensors", ".owner"]
            .map(|name| std::fs::read(run.join(name)).unwrap())
    };
    let before = files();
    Command::new("pkill").args(["-TERM", "-P", &only.id().to_string()]).status().unwrap();
    assert_eq!(only.wait().unwrap().code(), Some(75));
    assert!(before == files(), "the files of the other process were written");
}
