//! Runs in this process, stopped after a given number of steps: every moment at which a fit can
//! stop, by the count.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runner::config::Plan;
use runner::experiment::{
    self, DatasetCache, RunContext, RunEvent, RunSpec, RunSummary, SYNC_EVERY,
};
use runner::runs::{Folder, Record, Status};
use runner::train::FitEvent;
use tempfile::tempdir;

use super::same::{same_but_hparams, same_run};
use super::{plan, variants};
use crate::tensorboard::check_logdir;

/// Read once for all tests.
static FEEDS: LazyLock<DatasetCache> = LazyLock::new(DatasetCache::default);

/// One thread, never stopped, and everything forced to the disk at once.
fn context() -> RunContext<'static> {
    RunContext {
        threads: &|| 1,
        datasets: &FEEDS,
        git_commit: None,
        stop: &|| false,
        save_every: Duration::ZERO,
        patience: Duration::ZERO,
        discard_checkpoints: false,
        sync_every: Duration::ZERO,
    }
}

/// Trains in `dir`, and stops when it was asked for the `stop_at`th time whether to.
fn train(plan: &Plan, dir: &Path, stop_at: usize, threads: &[usize]) -> (Status, RunSummary) {
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) + 1 == stop_at;
    let shares = AtomicUsize::new(0);
    let share = || threads[shares.fetch_add(1, Ordering::Relaxed) % threads.len()];
    let context = RunContext { threads: &share, stop: &stop, sync_every: SYNC_EVERY, ..context() };
    let spec =
        RunSpec { plan, dir, data: None, changes: &[], trial: None, rung: None, verdict: None };
    let mut summary = RunSummary::default();
    let status = experiment::run(&spec, &context, &mut summary, &mut |_| {});
    (status.unwrap(), summary)
}

/// Every kind of state that a fit can have: stopped after each step, then resumed, it ends as the
/// one that never stopped.
#[test]
fn a_run_stopped_at_any_step_ends_as_if_it_had_not() {
    for (name, plan) in variants() {
        let dir = tempdir().unwrap();
        let whole = dir.path().join("whole");
        let (status, summary) = train(&plan, &whole, usize::MAX, &[1]);
        assert_eq!(status, Status::Completed, "{name}");
        let mut stops = 0;
        for stop_at in 1.. {
            let resumed = dir.path().join(format!("{name}-{stop_at}"));
            if train(&plan, &resumed, stop_at, &[1]).0 == Status::Completed {
                break;
            }
            stops += 1;
            let (status, again) = train(&plan, &resumed, usize::MAX, &[1]);
            assert_eq!(status, Status::Completed, "{name} {stop_at}");
            assert_eq!((again.epochs, &again.last), (summary.epochs, &summary.last));
            same_run(&resumed, &whole);
        }
        assert!(10 < stops, "{name}: only {stops} stops");
    }
}

/// Stopped again and again after a few steps.
#[test]
fn a_run_may_be_stopped_as_often_as_one_likes() {
    let (name, plan) = variants().remove(0);
    let dir = tempdir().unwrap();
    let (whole, pieces) = (dir.path().join("whole"), dir.path().join("pieces"));
    train(&plan, &whole, usize::MAX, &[1]);
    let stops = (0..).take_while(|_| train(&plan, &pieces, 4, &[1]).0 == Status::Stopped).count();
    same_run(&pieces, &whole);
    let record = Record::load(&Folder::at(&pieces).record()).unwrap();
    assert_eq!(record.resumed.len(), stops, "{name}");
    assert!(record.resumed.is_sorted_by_key(|resumed| (resumed.epoch, resumed.batch)));
    assert!(record.resumed.iter().any(|resumed| 0 < resumed.batch), "in mid-epoch");
    assert!(record.started <= record.resumed[0].at);
}

/// Neither of TensorBoard's loaders can tell a run in pieces from a whole one.
#[test]
fn tensorboard_sees_no_seam() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (whole, pieces) = (dir.path().join("whole"), dir.path().join("pieces"));
    train(&plan, &whole, usize::MAX, &[1]);
    while train(&plan, &pieces, 5, &[1]).0 == Status::Stopped {}
    let seen = check_logdir(dir.path());
    for (loader, place) in [("loader", ""), ("fast", "/scalars"), ("slow", "/scalars")] {
        let runs = seen.pointer(&format!("/{loader}{place}")).unwrap();
        for part in ["train", "validation"] {
            let of = |run: &str| &runs[format!("{run}/{part}")];
            assert!(of("whole")["epoch_loss"].is_array() || loader == "loader", "{runs}");
            assert!(!of("whole").is_null(), "{loader} {part}");
            assert_eq!(of("pieces"), of("whole"), "{loader} {part}");
        }
    }
}

/// A run that is given more or fewer threads between epochs.
#[test]
fn threads_may_come_and_go() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (one, many) = (dir.path().join("one"), dir.path().join("many"));
    train(&plan, &one, usize::MAX, &[1]);
    train(&plan, &many, usize::MAX, &[1, 2, 3, 2]);
    same_run(&many, &one);
}

/// What a kill leaves that comes before the first checkpoint, or between one and the next.
#[test]
fn what_came_after_the_last_checkpoint_is_done_again() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let whole = dir.path().join("whole");
    train(&plan, &whole, usize::MAX, &[1]);

    let folder = Folder::at(&dir.path().join("killed"));
    train(&plan, folder.path(), 8, &[1]);
    // As if the process had died within an epoch, with temporary files open and the next event
    // file just made.
    let mut record = Record::load(&folder.record()).unwrap();
    record.status = Status::Running;
    record.save(&folder.record(), runner::runs::Durability::ProcessCrash).unwrap();
    fs::write(folder.path().join(".run.json.abc.tmp"), "{").unwrap();
    fs::write(folder.checkpoint().join(".state.safetensors.abc.tmp"), "x").unwrap();
    fs::create_dir_all(folder.validation()).unwrap();
    fs::write(folder.validation().join("events.out.tfevents.1.a.1.1.v2"), "torn").unwrap();
    for dir in [folder.path().to_owned(), folder.train()] {
        for file in super::same::names(&dir).iter().filter(|name| name.contains("tfevents")) {
            let path = dir.join(file);
            fs::write(&path, [&fs::read(&path).unwrap()[..], b"half a record"].concat()).unwrap();
        }
    }
    let history = fs::read_to_string(folder.history()).unwrap();
    fs::write(folder.history(), history + "7,0.5,").unwrap();
    train(&plan, folder.path(), usize::MAX, &[1]);
    same_run(folder.path(), &whole);

    let folder = Folder::at(&dir.path().join("early"));
    train(&plan, folder.path(), 8, &[1]);
    fs::remove_dir_all(folder.checkpoint()).unwrap();
    train(&plan, folder.path(), usize::MAX, &[1]);
    same_run(folder.path(), &whole);
}

/// Epochs that no checkpoint has followed, be there an older one or none.
#[test]
fn epochs_since_the_last_checkpoint_are_trained_again() {
    for (name, plan) in variants() {
        let dir = tempdir().unwrap();
        let whole = dir.path().join("whole");
        train(&plan, &whole, usize::MAX, &[1]);
        for stop_at in [0, 8] {
            let died = dir.path().join(format!("{name}-{stop_at}"));
            if 0 < stop_at {
                assert_eq!(train(&plan, &died, stop_at, &[1]).0, Status::Stopped, "{name}");
            }
            let context = RunContext { save_every: Duration::MAX, ..context() };
            let spec = RunSpec {
                plan: &plan,
                dir: &died,
                data: None,
                changes: &[],
                trial: None,
                rung: None,
                verdict: None,
            };
            let mut tell = |news: RunEvent<'_>| {
                if let RunEvent::Training(FitEvent::EpochBegin { epoch }) = news {
                    assert!(epoch < 2, "planted");
                }
            };
            let ended = experiment::run(&spec, &context, &mut RunSummary::default(), &mut tell);
            assert!(ended.is_err(), "{name}");
            assert_eq!(Folder::at(&died).checkpoint().exists(), 0 < stop_at, "{name}");
            assert_eq!(train(&plan, &died, usize::MAX, &[1]).0, Status::Completed, "{name}");
            same_run(&died, &whole);
        }
    }
}

/// A panic, wherever it comes from, fails its run and leaves it as any failure does.
#[test]
fn a_panic_fails_the_run_and_can_be_tried_again() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (whole, folder) = (dir.path().join("whole"), Folder::at(&dir.path().join("panicked")));
    train(&plan, &whole, usize::MAX, &[1]);
    let context = context();
    let spec = RunSpec {
        plan: &plan,
        dir: folder.path(),
        data: None,
        changes: &[],
        trial: None,
        rung: None,
        verdict: None,
    };
    let steps = Cell::new(0);
    let mut tell = |news: RunEvent<'_>| {
        if let RunEvent::Training(FitEvent::BatchEnd { .. }) = news {
            steps.set(steps.get() + 1);
            assert!(steps.get() < 9, "planted");
        }
    };
    let error = experiment::run(&spec, &context, &mut RunSummary::default(), &mut tell);
    assert_eq!(error.unwrap_err().to_string(), "a bug in runner: planted");
    let record = Record::load(&folder.record()).unwrap();
    assert_eq!(record.status, Status::Failed);
    assert_eq!((record.error.as_deref(), record.epochs), (Some("a bug in runner: planted"), 1));
    train(&plan, folder.path(), usize::MAX, &[1]);
    same_run(folder.path(), &whole);
    // From the checkpoint at the end of the epoch before.
    let record = Record::load(&folder.record()).unwrap();
    assert_eq!((record.resumed[0].epoch, record.resumed[0].batch), (1, 0));
}

#[test]
fn what_is_forced_to_the_disk_is_the_same() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (whole, forced) = (dir.path().join("whole"), dir.path().join("forced"));
    train(&plan, &whole, usize::MAX, &[1]);
    let spec = RunSpec {
        plan: &plan,
        dir: &forced,
        data: None,
        changes: &[],
        trial: None,
        rung: None,
        verdict: None,
    };
    experiment::run(&spec, &context(), &mut RunSummary::default(), &mut |_| {}).unwrap();
    same_run(&forced, &whole);
}

/// Runs that cannot be taken up say so, and stay as they were.
#[test]
fn what_does_not_fit_is_refused_and_left_alone() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let folder = Folder::at(&dir.path().join("run"));
    train(&plan, folder.path(), 8, &[1]);
    let before = fs::read(folder.record()).unwrap();
    let state = folder.checkpoint().join("state.safetensors");
    let refused = |plan: &Plan, data: Option<&str>| {
        let context = context();
        let spec = RunSpec {
            plan,
            dir: folder.path(),
            data,
            changes: &[],
            trial: None,
            rung: None,
            verdict: None,
        };
        let error = experiment::run(&spec, &context, &mut RunSummary::default(), &mut |_| {});
        assert_eq!(fs::read(folder.record()).unwrap(), before);
        error.unwrap_err().to_string()
    };
    let mut other = plan.clone();
    other.training.batch_size += 1;
    let error = refused(&other, None);
    assert!(error.contains("config.toml` has changed since"), "{error}");
    assert!(error.ends_with("to the same numbers"), "{error}");

    let mut other = plan.clone();
    other.data.dataset = "elsewhere".into();
    assert!(refused(&other, None).contains("elsewhere"));

    let whole = fs::read(&state).unwrap();
    for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&state, &whole[..length]).unwrap();
        let error = refused(&plan, None);
        let want = format!("cannot go on from the checkpoint `{}`: ", state.display());
        assert!(error.starts_with(&want), "{error}");
    }
    fs::write(&state, &whole).unwrap();

    let history = fs::read(folder.history()).unwrap();
    fs::write(folder.history(), "").unwrap();
    let error = refused(&plan, None);
    assert!(error.contains("as a history: line 1: got 0 epochs, want 1 or more"), "{error}");
    // A history is plain text: every digit of an epoch that counts is known to the checkpoint.
    let digits = (0..history.len()).filter(|&at| history[at].is_ascii_digit());
    for at in digits.take_while(|&at| history[..at].iter().filter(|b| **b == b'\n').count() < 2) {
        let mut changed = history.clone();
        changed[at] = if changed[at] == b'9' { b'8' } else { changed[at] + 1 };
        fs::write(folder.history(), changed).unwrap();
        let error = refused(&plan, None);
        assert!(error.contains("got other numbers in its first 1 epochs"), "{error}");
        assert!(error.ends_with("to the same numbers"), "{error}");
    }
    fs::write(folder.history(), history).unwrap();
    assert_eq!(train(&plan, folder.path(), usize::MAX, &[1]).0, Status::Completed);
}

/// The plan with so many epochs.
fn with_epochs(plan: &Plan, epochs: usize) -> Plan {
    let mut plan = plan.clone();
    plan.training.epochs = epochs;
    plan
}

#[test]
fn a_finished_run_goes_on_to_the_bits_of_a_longer_one() {
    for (name, plan) in variants() {
        let dir = tempdir().unwrap();
        let whole = dir.path().join("whole");
        train(&plan, &whole, usize::MAX, &[1]);
        for finished in [1, 2] {
            let longer = dir.path().join(format!("{name}-{finished}"));
            let short = with_epochs(&plan, finished);
            assert_eq!(train(&short, &longer, usize::MAX, &[1]).0, Status::Completed, "{name}");
            let (status, summary) = train(&plan, &longer, usize::MAX, &[2]);
            assert_eq!(status, Status::Completed, "{name}");
            assert!(finished < summary.epochs, "{name}");
            same_but_hparams(&longer, &whole);
            let record = Record::load(&Folder::at(&longer).record()).unwrap();
            assert_eq!((record.resumed.len(), record.resumed[0].epoch), (1, finished), "{name}");
        }
    }
}

/// Stopped at every step on its way to more epochs, and with the process dead at the moments that
/// leave other files.
#[test]
fn an_extension_can_be_interrupted_anywhere() {
    let plan = variants().remove(0).1;
    let dir = tempdir().unwrap();
    let (whole, short) = (dir.path().join("whole"), with_epochs(&plan, 2));
    train(&plan, &whole, usize::MAX, &[1]);
    let mut stops = 0;
    for stop_at in 1.. {
        let longer = dir.path().join(format!("longer-{stop_at}"));
        train(&short, &longer, usize::MAX, &[1]);
        let stopped = train(&plan, &longer, stop_at, &[1]).0 == Status::Stopped;
        stops += usize::from(stopped);
        assert_eq!(train(&plan, &longer, usize::MAX, &[1]).0, Status::Completed);
        same_but_hparams(&longer, &whole);
        if !stopped {
            break;
        }
    }
    assert!(10 < stops, "only {stops} stops");

    // Dead after the record and before the config: the finished run is as it was.
    let folder = Folder::at(&dir.path().join("early"));
    train(&short, folder.path(), usize::MAX, &[1]);
    let weights = fs::read(folder.weights()).unwrap();
    let mut record = Record::load(&folder.record()).unwrap();
    record.status = Status::Running;
    record.save(&folder.record(), runner::runs::Durability::ProcessCrash).unwrap();
    assert_eq!(train(&short, folder.path(), usize::MAX, &[1]).0, Status::Completed);
    assert_eq!(fs::read(folder.weights()).unwrap(), weights);
    assert_eq!(train(&plan, folder.path(), usize::MAX, &[1]).0, Status::Completed);
    same_but_hparams(folder.path(), &whole);
}

#[test]
fn a_finished_run_without_its_whole_state_stays_as_it_is() {
    let plan = plan("");
    let (dir, longer) = (tempdir().unwrap(), with_epochs(&plan, 9));
    let folder = Folder::at(&dir.path().join("run"));
    train(&plan, folder.path(), usize::MAX, &[1]);
    let state = folder.checkpoint().join("state.safetensors");
    let files = [folder.config(), folder.record(), folder.weights(), folder.history()];
    let all = || files.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    let (before, whole) = (all(), fs::read(&state).unwrap());
    let refused = || {
        let context = context();
        let spec = RunSpec {
            plan: &longer,
            dir: folder.path(),
            data: None,
            changes: &[],
            trial: None,
            rung: None,
            verdict: None,
        };
        let error = experiment::run(&spec, &context, &mut RunSummary::default(), &mut |_| {});
        assert!(all() == before);
        error.unwrap_err().to_string()
    };
    fs::write(&state, &whole[..whole.len() / 2]).unwrap();
    assert!(refused().starts_with("cannot go on from the checkpoint"));
    fs::remove_file(&state).unwrap();
    assert!(refused().starts_with("cannot train it further: its last state, `"));
}

#[test]
fn other_data_than_planned_is_refused() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let context = context();
    let spec = RunSpec {
        plan: &plan,
        dir: &dir.path().join("run"),
        data: Some("0123"),
        changes: &[],
        trial: None,
        rung: None,
        verdict: None,
    };
    let error = experiment::run(&spec, &context, &mut RunSummary::default(), &mut |_| {});
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("the data has changed since the run was planned: got mnist: "));
    assert!(error.contains("want 0123; put the old data back, or start anew with `runner run "));
}
