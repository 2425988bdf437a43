//! Runs that pause at rungs: one that goes on ends as if it had never paused, and one that does not keeps what it
//! has.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protobuf::Message;
use runner::config::Plan;
use runner::experiment::{
    self, DatasetCache, RunContext, RunSpec, RunSummary, SAVE_EVERY, SYNC_EVERY, Verdict,
};
use runner::runs::{Folder, History, Lock, Record, RungNote, Status, load_weights};
use tempfile::tempdir;
use tensorboard_proto::api::Status as SessionStatus;
use tensorboard_proto::plugin_hparams::HParamsPluginData;

use super::same::{names, same_run};
use super::{plan, variants};
use crate::events::events;

/// Read once for all tests.
static DATA: LazyLock<DatasetCache> = LazyLock::new(DatasetCache::default);

/// Trains in `dir` up to an epoch, if there is one, and stops when it was asked for the `stop_at`th time whether to.
fn train(plan: &Plan, dir: &Path, epochs: Option<usize>, stop_at: usize) -> Status {
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) + 1 == stop_at;
    let context = context(&stop);
    let rung = epochs.map(|epochs| RungNote { number: epochs, epochs });
    experiment::run(&spec(plan, dir, rung), &context, &mut RunSummary::default(), &mut |_| {})
        .unwrap()
}

fn spec<'a>(plan: &'a Plan, dir: &'a Path, rung: Option<RungNote>) -> RunSpec<'a> {
    RunSpec { plan, dir, data: None, changes: &[], trial: Some(7), rung, verdict: None }
}

fn context<'a>(stop: &'a (dyn Fn() -> bool + Sync)) -> RunContext<'a> {
    RunContext {
        threads: &|| 1,
        datasets: &DATA,
        git_commit: None,
        stop,
        save_every: SAVE_EVERY,
        patience: Duration::ZERO,
        discard_checkpoints: false,
        sync_every: SYNC_EVERY,
    }
}

#[test]
fn a_run_that_pauses_after_every_epoch_ends_as_one_that_does_not() {
    for (name, plan) in variants() {
        let dir = tempdir().unwrap();
        let (whole, paused) = (dir.path().join("whole"), dir.path().join("paused"));
        assert_eq!(train(&plan, &whole, None, usize::MAX), Status::Completed);
        let trained = Record::load(&Folder::at(&whole).record()).unwrap().epochs;
        for epochs in 1..trained {
            assert_eq!(train(&plan, &paused, Some(epochs), usize::MAX), Status::Paused, "{name}");
            let record = Record::load(&Folder::at(&paused).record()).unwrap();
            assert_eq!((record.status, record.epochs), (Status::Paused, epochs), "{name}");
            assert_eq!(record.trial.unwrap().rung.unwrap().epochs, epochs);
            assert!(!Lock::is_held_in(&paused), "{name}: the lock is given back");
            // A second time is no further.
            assert_eq!(train(&plan, &paused, Some(epochs), usize::MAX), Status::Paused, "{name}");
        }
        assert_eq!(train(&plan, &paused, None, usize::MAX), Status::Completed, "{name}");
        same_run(&paused, &whole);
        let record = Record::load(&Folder::at(&paused).record()).unwrap();
        assert!(record.resumed.is_empty(), "{name}: a pause is no interruption");
    }
}

#[test]
fn a_run_stopped_between_its_rungs_goes_on_to_them() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (whole, stopped) = (dir.path().join("whole"), dir.path().join("stopped"));
    train(&plan, &whole, None, usize::MAX);
    let epochs = plan.training.epochs;
    assert!(2 < epochs);
    for rung in [Some(1), Some(epochs - 1), None] {
        let mut stops = 0;
        loop {
            match train(&plan, &stopped, rung, 4) {
                Status::Stopped => stops += 1,
                status => {
                    let want = if rung.is_some() { Status::Paused } else { Status::Completed };
                    assert_eq!(status, want);
                    break;
                }
            }
        }
        assert!(0 < stops, "{rung:?}");
    }
    same_run(&stopped, &whole);
}

#[test]
fn a_run_that_ends_itself_ends_as_one_that_pauses_and_is_pruned() {
    for (name, plan) in variants() {
        let dir = tempdir().unwrap();
        let (paused, ended) = (dir.path().join("paused"), dir.path().join("ended"));
        if train(&plan, &paused, Some(2), usize::MAX) != Status::Paused {
            continue;
        }
        let mut summary = RunSummary::default();
        let pruned = spec(&plan, &paused, None);
        experiment::prune(&pruned, "it is worse", &context(&|| false), &mut summary).unwrap();
        // The verdict is asked after each epoch, in whatever process.
        let rung = RungNote { number: 2, epochs: 2 };
        let verdict = |epochs: usize, history: &History| {
            assert_eq!(history.epochs.len(), epochs, "{name}");
            (epochs == 2).then(|| Verdict { rung, reason: "it is worse".to_owned() })
        };
        let ends = RunSpec { verdict: Some(&verdict), ..spec(&plan, &ended, None) };
        let mut stops = 0;
        let status = loop {
            let asked = AtomicUsize::new(0);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) == 3;
            let mut told = RunSummary::default();
            match experiment::run(&ends, &context(&stop), &mut told, &mut |_| {}).unwrap() {
                Status::Stopped => stops += 1,
                status => {
                    assert_eq!((told.epochs, told.rung), (2, Some(rung)), "{name}");
                    break status;
                }
            }
        };
        assert_eq!(status, Status::Pruned, "{name}");
        assert!(0 < stops, "{name}");
        let [got, want] = [&ended, &paused].map(|dir| {
            let record = Record::load(&Folder::at(dir).record()).unwrap();
            (record.status, record.trial, record.epochs, record.metrics, record.best)
        });
        assert_eq!(got, want, "{name}");
        same_run(&ended, &paused);
    }
}

#[test]
fn a_pruned_run_keeps_history_and_weights_and_ends_its_session() {
    let plan = plan("");
    let dir = tempdir().unwrap();
    let (short, pruned) = (dir.path().join("short"), dir.path().join("pruned"));
    let mut shorter = plan.clone();
    shorter.training.epochs = 2;
    train(&shorter, &short, None, usize::MAX);
    train(&plan, &pruned, Some(2), usize::MAX);
    let spec = spec(&plan, &pruned, None);
    let prune = || {
        let mut summary = RunSummary::default();
        experiment::prune(&spec, "place 3 of 3", &context(&|| false), &mut summary).unwrap();
        assert_eq!(summary.epochs, 2);
    };
    prune();
    let folder = Folder::at(&pruned);
    let record = Record::load(&folder.record()).unwrap();
    assert_eq!((record.status, record.epochs), (Status::Pruned, 2));
    assert_eq!(record.trial.unwrap().reason.unwrap(), "place 3 of 3");
    let files = names(&pruned);
    assert!(!files.contains(&"checkpoint".to_owned()), "{files:?}");
    // Its numbers are those of a run of two epochs.
    let history = |dir: &Path| History::load(&Folder::at(dir).history()).unwrap();
    assert_eq!(history(&pruned), history(&short));
    let weights = |dir: &Path| load_weights(&Folder::at(dir).weights()).unwrap().tensors;
    assert_eq!(weights(&pruned), weights(&short));
    let ends = || {
        let name = names(&pruned).into_iter().find(|name| name.contains("tfevents")).unwrap();
        let values = events(&pruned.join(name)).into_iter();
        let values = values.flat_map(|event| event.get_summary().get_value().to_vec());
        let ends = values.filter(|value| value.tag == "_hparams_/session_end_info");
        let status = |value: tensorboard_proto::summary::Summary_Value| {
            let content = &value.get_metadata().get_plugin_data().content;
            HParamsPluginData::parse_from_bytes(content).unwrap().get_session_end_info().status
        };
        ends.map(status).collect::<Vec<_>>()
    };
    assert_eq!(ends(), [SessionStatus::STATUS_UNKNOWN]);
    // Once more, as after a kill: nothing is written twice.
    prune();
    assert_eq!(ends(), [SessionStatus::STATUS_UNKNOWN]);
}
