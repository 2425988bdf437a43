//! `runner resume` as a user meets it.

use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::{Command, Stdio};

use runner::config::Plan;
use runner::experiment::DatasetCache;
use runner::runs::{Durability, Record, Status};
use runner::sweep::RunQueue;
use serde_json::Value;

use super::same::{names, same_run};
use super::{plan, sweep, toml};
use crate::sandbox::Sandbox;

/// The only run or sweep called `name` below `logs`.
fn only(sandbox: &Sandbox, logs: &str, name: &str) -> PathBuf {
    let dir = sandbox.path().join(logs).join(name);
    let names: Vec<_> = names(&dir).into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    dir.join(&names[0])
}

/// A finished run, and one like it whose record says that it was interrupted at its start.
fn finished_and_interrupted(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    sandbox.file("small.toml", &toml(""));
    sandbox.runner("run small.toml --logdir whole -q").exits(0);
    sandbox.runner("run small.toml -q").exits(0);
    let run = only(sandbox, "logs", "small");
    change_record(&run, |record| record.status = Status::Running);
    fs::remove_dir_all(run.join("checkpoint")).unwrap();
    (only(sandbox, "whole", "small"), run)
}

fn change_record(run: &Path, change: impl FnOnce(&mut Record)) {
    let path = run.join("run.json");
    let mut record = Record::load(&path).unwrap();
    change(&mut record);
    record.save(&path, Durability::ProcessCrash).unwrap();
}

/// A sweep that is planned and not begun; its second run diverges.
fn planned(sandbox: &Sandbox) -> PathBuf {
    let wild = "[optimizer]\nname = \"sgd\"\nlearning_rate = 1e38";
    let plans: [(&str, Plan); 4] =
        [("a", plan("")), ("wild", plan(wild)), ("c", plan("shuffle = false")), ("d", plan(""))];
    let queue = RunQueue::plan(
        vec![sweep(plans.into())],
        &sandbox.path().join("logs"),
        DatasetCache::default(),
    );
    queue.runs[0].experiment.root.clone()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn statuses(value: &Value) -> Vec<&str> {
    let runs = value["runs"].as_array().unwrap();
    runs.iter().map(|run| run["status"].as_str().unwrap()).collect()
}

#[test]
fn where_there_is_nothing_nothing_is_resumed() {
    let sandbox = Sandbox::new();
    sandbox.file("file", "");
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    for (dir, message) in [
        ("missing", "error: there is no folder `missing`; want the folder of a run or"),
        ("file", "error: there is no folder `file`; want"),
        ("empty", "error: there is no run and no sweep in `empty`; want the folder of"),
    ] {
        let said = sandbox.runner(&format!("resume {dir}")).exits(2);
        assert!(said.stderr.starts_with(message), "{}", said.stderr);
        assert!(said.stderr.ends_with("; nothing was started\n"), "{}", said.stderr);
    }
}

#[test]
fn what_is_done_is_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &toml(""));
    sandbox.runner("run small.toml -q").exits(0);
    let run = only(&sandbox, "logs", "small");
    let before = fs::read(run.join("run.json")).unwrap();
    let said = sandbox.runner("resume logs").exits(0);
    assert_eq!(said.stderr, "nothing left to do; 1 run: 1 done before\n");
    let said = sandbox.runner(&format!("resume {} --json -q", run.display())).exits(0);
    assert_eq!(statuses(&json(&said.stdout)), ["completed"]);
    assert_eq!(fs::read(run.join("run.json")).unwrap(), before);
    assert!(run.join("checkpoint/state.safetensors").is_file(), "for more epochs");
}

/// A process may die after the last epoch, or before the first.
#[test]
fn an_interrupted_run_is_found_below_the_log_folder() {
    let sandbox = Sandbox::new();
    let (whole, run) = finished_and_interrupted(&sandbox);
    let said = sandbox.runner("resume logs").exits(0);
    assert!(said.stderr.starts_with("1 run: 1 to go on with\nEpoch 1/4"), "{}", said.stderr);
    same_run(&run, &whole);
    let record = Record::load(&run.join("run.json")).unwrap();
    assert_eq!((record.resumed.len(), record.resumed[0].epoch), (1, 0));

    // Killed when there was no more than the config.
    for name in names(&run)
        .iter()
        .filter(|name| ![".lock", "SHA256SUMS", "config.toml"].contains(&&***name))
    {
        let path = run.join(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    let said = sandbox.runner("resume logs").exits(0);
    assert!(said.stderr.starts_with("1 run: 1 to start\n"), "{}", said.stderr);
    same_run(&run, &whole);
}

#[test]
fn another_version_is_told() {
    let sandbox = Sandbox::new();
    let (_, run) = finished_and_interrupted(&sandbox);
    change_record(&run, |record| record.version = "0.0.1".to_owned());
    let said = sandbox.runner("resume logs").exits(0);
    let want = format!("was begun by runner 0.0.1, this is {}", env!("CARGO_PKG_VERSION"));
    assert!(said.stderr.starts_with("warning: `logs/small/"), "{}", said.stderr);
    assert!(said.stderr.contains(&want), "{}", said.stderr);
    assert_eq!(Record::load(&run.join("run.json")).unwrap().version, "0.0.1");
}

#[test]
fn a_sweep_starts_what_never_began_and_leaves_what_failed() {
    let sandbox = Sandbox::new();
    let dir = planned(&sandbox);
    let said = sandbox.runner("resume logs --json --progress none -j 2").exits(1);
    assert!(said.stderr.starts_with("4 runs: 4 to start\n"), "{}", said.stderr);
    let value = json(&said.stdout);
    assert_eq!(statuses(&value), ["completed", "failed", "completed", "completed"]);
    let record = Record::load(&dir.join("0001-wild/run.json")).unwrap();
    assert_eq!((record.status, record.resumed.len()), (Status::Failed, 0));

    let said = sandbox.runner("resume logs").exits(0);
    let want = "nothing left to do; 4 runs: 3 done before, 1 failed before (--retry-failed tries \
                again)\n";
    assert_eq!(said.stderr, want);

    let said = sandbox.runner(&format!("resume {} --json", dir.display())).exits(1);
    assert_eq!(statuses(&json(&said.stdout)), ["completed", "failed", "completed", "completed"]);

    // A run and its sweep, named in one breath, are not tried twice.
    let twice = format!("resume {0}/0001-wild {0} logs --retry-failed --json", dir.display());
    let said = sandbox.runner(&twice).exits(1);
    assert!(said.stderr.starts_with("4 runs: 1 to try again, 3 done before\n"), "{}", said.stderr);
    assert_eq!(statuses(&json(&said.stdout)), ["completed", "failed", "completed", "completed"]);
    assert_eq!(Record::load(&dir.join("0001-wild/run.json")).unwrap().resumed.len(), 1);
}

#[test]
fn so_many_failures_end_it() {
    let sandbox = Sandbox::new();
    let wild = toml("[optimizer]\nname = \"sgd\"\nlearning_rate = 1e38");
    for name in ["a", "b", "c", "d"] {
        sandbox.file(&format!("{name}.toml"), &wild);
    }
    let run = "run a.toml b.toml c.toml d.toml -j 1 -q --json";
    for (more, failed, skipped) in
        [("", 4, 0), ("--max-failures 3", 3, 1), ("--max-failures 1", 1, 3), ("--fail-fast", 1, 3)]
    {
        let value = json(&sandbox.runner(&format!("{run} {more}")).exits(1).stdout);
        assert_eq!((&value["failed"], &value["skipped"]), (&failed.into(), &skipped.into()));
    }
    sandbox.runner(&format!("{run} --fail-fast --max-failures 2")).exits(2);
}

#[test]
fn a_plan_is_written_once_and_says_it_all() {
    let sandbox = Sandbox::new();
    let dir = planned(&sandbox);
    let path = dir.join("plan.json");
    assert!(fs::metadata(&path).unwrap().permissions().readonly());
    let value = json(&fs::read_to_string(&path).unwrap());
    assert_eq!((&value["format"], &value["sweep"]), (&2.into(), &true.into()));
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(value["data"]["mnist"].as_str().unwrap().len(), 64);
    assert_eq!(value["runs"][1]["label"], "0001-wild");
    assert_eq!(value["runs"][0]["differs"], serde_json::json!({}));
    assert_eq!(value["plan"]["training"]["batch_size"], 16);
    let set = &value["runs"][1]["differs"]["set"];
    assert_eq!(set["/optimizer/learning_rate"], 1e38);
    assert_eq!(names(&dir), [".lock", "SHA256SUMS", "plan.json"]);

    let other = fs::read_to_string(&path).unwrap().replace("\"format\": 2", "\"format\": 3");
    fs::remove_file(&path).unwrap();
    fs::write(&path, other).unwrap();
    fs::remove_file(dir.join("SHA256SUMS")).unwrap();
    let said = sandbox.runner(&format!("resume {}", dir.display())).exits(2);
    let want = format!("want 2; it was written by runner {}", env!("CARGO_PKG_VERSION"));
    assert!(said.stderr.contains(&want), "{}", said.stderr);
    // Among others it is passed over, and said so.
    let said = sandbox.runner("resume logs").exits(1);
    assert!(said.stderr.starts_with("error: cannot read the plan `logs/sweep/"), "{}", said.stderr);
}

#[test]
#[cfg(unix)]
fn a_folder_has_one_writer() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &toml("").replace("epochs = 4", "epochs = 100000000"));
    let mut call = sandbox.runner("run small.toml -q").stderr(Stdio::null());
    let child = call.start();
    let logs = sandbox.path().join("logs/small");
    let begun = || names(&logs).iter().any(|name| logs.join(name).join("history.csv").exists());
    while !begun() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let run = only(&sandbox, "logs", "small");
    let said = sandbox.runner(&format!("resume {}", run.display())).exits(2);
    let holder = format!("process {} on ", child.id());
    let start = format!("error: cannot write to `{}`: {holder}", run.display());
    assert!(said.stderr.starts_with(&start), "{}", said.stderr);
    let said = sandbox.runner("resume logs").exits(75);
    let start = format!("left alone: cannot write to `logs/small/{}", "");
    assert!(said.stderr.starts_with(&start) && said.stderr.contains(&holder), "{}", said.stderr);

    super::kills::signal(&child, "KILL");
    child.wait_with_output().unwrap();
    let mut call = sandbox.runner("resume logs -q").stderr(Stdio::null());
    let child = call.start();
    let resumed = || {
        let record = Record::load(&run.join("run.json")).unwrap();
        !record.resumed.is_empty()
    };
    while !resumed() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    super::kills::signal(&child, "INT");
    call.judge(&child.wait_with_output().unwrap(), 75);
    assert_eq!(Record::load(&run.join("run.json")).unwrap().status, Status::Stopped);
}

#[test]
fn a_damaged_checkpoint_is_told_with_a_way_out() {
    let sandbox = Sandbox::new();
    let (whole, run) = finished_and_interrupted(&sandbox);
    let checkpoint = run.join("checkpoint");
    fs::create_dir(&checkpoint).unwrap();
    fs::write(checkpoint.join("state.safetensors"), "no tensors").unwrap();
    let said = sandbox.runner("resume logs").exits(1);
    let want = "state.safetensors`: ";
    assert!(said.stderr.contains("cannot go on from the checkpoint `"), "{}", said.stderr);
    assert!(said.stderr.contains(want), "{}", said.stderr);
    assert!(said.stderr.contains("; remove it, and the run starts again"), "{}", said.stderr);
    // The way out leads out.
    fs::remove_file(checkpoint.join("state.safetensors")).unwrap();
    sandbox.runner("resume logs").exits(0);
    same_run(&run, &whole);
}

/// A disk that is full at one point or another: no file can grow beyond so many KiB.
#[test]
#[cfg(unix)]
fn a_full_disk_fails_the_run_which_can_be_resumed() {
    let sandbox = Sandbox::new();
    // Event files grow beyond the checkpoint's size.
    let more = "[optimizer]\nname = \"sgd\"\n[tensorboard]\nlayout = \"flat\"";
    let hidden = "{ type = \"dense\", units = 9, activation = \"relu\" },";
    let config = toml(more).replace("epochs = 4", "epochs = 150").replace(hidden, "");
    sandbox.file("small.toml", &config);
    sandbox.runner("run small.toml --logdir whole -q").exits(0);
    let whole = only(&sandbox, "whole", "small");
    let mut failed_in_training = 0;
    for limit in [0, 1, 2, 3, 4, 16, 36, 50] {
        let logs = format!("logs{limit}");
        // Ignored, the signal becomes an error of the write.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
        let output = Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_runner"), "run", "small.toml", "-q"])
            .args(["--logdir", &logs])
            .current_dir(sandbox.path())
            .output()
            .expect("this test needs `bash`");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{limit}: {stderr}");
        assert!(stderr.contains("File too large"), "{limit}: {stderr}");
        let begun = names(&sandbox.path().join(&logs).join("small"));
        if begun.iter().all(|name| name.starts_with('.')) {
            continue;
        }
        let run = only(&sandbox, &logs, "small");
        let history = fs::read_to_string(run.join("history.csv")).unwrap_or_default();
        failed_in_training += usize::from(2 < history.lines().count());
        sandbox.runner(&format!("resume {logs} --retry-failed -q")).exits(0);
        same_run(&run, &whole);
    }
    assert!(2 <= failed_in_training, "the limits leave no run enough room to begin");
}

#[test]
fn a_finished_run_is_called_by_name_and_trained_further() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &toml("[optimizer]\nname = \"adam\""));
    sandbox.runner("run small.toml --logdir whole -q").exits(0);
    sandbox.runner("run small.toml -q --set training.epochs=2").exits(0);
    let run = only(&sandbox, "logs", "small");
    let said = sandbox.runner("resume small --epochs 4").exits(0);
    assert!(said.stderr.starts_with("1 run: 1 to go on with\nEpoch 3/4"), "{}", said.stderr);
    super::same::same_but_hparams(&run, &only(&sandbox, "whole", "small"));
    let shown = json(&sandbox.runner("show small --json").exits(0).stdout);
    assert_eq!(
        (&shown["record"]["epochs"], &shown["config"]["training"]["epochs"]),
        (&4.into(), &4.into())
    );

    let said = sandbox.runner("resume latest --epochs 3").exits(2).stderr;
    assert!(said.contains("stays as it is: it has 4 epochs, want more than that"), "{said}");
    assert!(said.ends_with("; nothing was started\n"), "{said}");
    let said = sandbox.runner("resume logs --epochs 9").exits(2).stderr;
    assert!(said.contains("more epochs are for runs and sweeps that are named"), "{said}");
    let said = sandbox.runner("resume smull --epochs 9").exits(2).stderr;
    assert!(said.contains("help: did you mean `small`?\nnothing was started"), "{said}");
    fs::remove_dir_all(run.join("checkpoint")).unwrap();
    let said = sandbox.runner("resume small --epochs 9").exits(2).stderr;
    assert!(
        said.contains("without `--keep-checkpoints`; `model.weights` starts a new run"),
        "{said}"
    );
    let said = sandbox.runner("resume small").exits(0).stderr;
    assert!(said.starts_with("nothing left to do; 1 run: 1 done before\n"), "{said}");
}

#[test]
fn an_early_stop_would_end_more_epochs_too() {
    let sandbox = Sandbox::new();
    let more = "[callbacks.early_stopping]\npatience = 0\n[optimizer]\nname = \"sgd\"\nlearning_rate = 3.0";
    sandbox.file("small.toml", &toml(more).replace("epochs = 4", "epochs = 40"));
    sandbox.runner("run small.toml -q").exits(0);
    let said = sandbox.runner("resume small --epochs 50").exits(2).stderr;
    assert!(said.contains("early stopping ended it after epoch "), "{said}");
    change_record(&only(&sandbox, "logs", "small"), |record| record.status = Status::Failed);
    let said = sandbox.runner("resume small --epochs 50").exits(2).stderr;
    assert!(said.contains("it failed; --retry-failed tries it again"), "{said}");
}

#[test]
fn a_name_to_resume_is_its_youngest_unfinished_run() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &toml(""));
    for _ in 0..3 {
        sandbox.runner("run small.toml -q").exits(0);
    }
    let logs = sandbox.path().join("logs/small");
    let runs = names(&logs);
    change_record(&logs.join(&runs[1]), |record| record.status = Status::Running);
    let said = sandbox.runner("resume small").exits(0).stderr;
    let want = format!("small: small/{}, the only unfinished one of 3\n1 run: 1 to go on", runs[1]);
    assert!(said.starts_with(&want), "{said}");
    let said = sandbox.runner("resume small --epochs 5 --progress none").exits(0).stderr;
    assert!(said.starts_with(&format!("small: small/{}, the youngest of 3\n", runs[2])), "{said}");
}

/// The plan of a sweep stays as it was written; its runs remember their own epochs.
#[test]
fn a_sweep_is_trained_further_and_may_be_killed_meanwhile() {
    let sandbox = Sandbox::new();
    let sweep = "[sweep]\nseeds = [1, 2]\n";
    sandbox.file("sweep.toml", &toml(sweep));
    sandbox.runner("run sweep.toml --logdir whole -q").exits(0);
    let short = "run sweep.toml -q --set training.epochs=2";
    sandbox.runner(short).exits(0);
    let (whole, dir) = (only(&sandbox, "whole", "sweep"), only(&sandbox, "logs", "sweep"));
    let runs = ["0000-seed=1", "0001-seed=2"];
    let state = dir.join(runs[0]).join("checkpoint/state.safetensors");
    let after_two = fs::read(&state).unwrap();
    let said = sandbox.runner("resume sweep --epochs 4 --progress none").exits(0).stderr;
    assert!(said.starts_with("2 runs: 2 to go on with\n"), "{said}");
    let check = || {
        for run in runs {
            super::same::same_but_hparams(&dir.join(run), &whole.join(run));
        }
    };
    check();
    // As if the process had died before the third epoch had a checkpoint.
    fs::write(&state, after_two).unwrap();
    change_record(&dir.join(runs[0]), |record| record.status = Status::Running);
    let said = sandbox.runner("resume sweep --progress none").exits(0).stderr;
    assert!(said.starts_with("2 runs: 1 to go on with, 1 done before\n"), "{said}");
    check();
    let config = fs::read_to_string(dir.join(runs[0]).join("config.toml")).unwrap();
    assert!(config.contains("epochs = 4\n"), "{config}");
}
