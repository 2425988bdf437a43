//! Logs of jobs that were restarted: `export scalars` gives the values that TensorBoard's default
//! data server shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use runner::events::{Clock, EventWriter, scalar};
use runner::query::logged_scalars;
use serde_json::{Value, json};
use tensorboard_proto::summary::Summary_Value;

use crate::reader::{fixtures, record};
use crate::sandbox::Sandbox;
use crate::tensorboard::check_logdir;

/// The scalars of a log folder in the form of `tests/tensorboard/check.py`, and the number of values
/// left out.
fn exported(logdir: &Path) -> (Value, usize) {
    let mut runs: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    let read = logged_scalars(logdir, false, &mut |run, s| {
        let tags = runs.entry(run.to_owned()).or_default();
        tags.entry(s.tag.to_owned()).or_default().push(json!([s.step, s.value]));
    });
    (json!(runs), read.unwrap().overwritten)
}

fn event(tag: &str, step: i64, value: f32) -> Vec<u8> {
    let mut summary = Summary_Value { tag: tag.to_owned(), ..Summary_Value::default() };
    summary.set_simple_value(value);
    record(step, vec![summary])
}

/// Restarts within a file, over files, at a step that was never logged, of one tag alone, of all; and
/// values that all have one step.
#[test]
fn restarted_runs_have_the_values_that_tensorboard_shows() {
    let logs = tempfile::tempdir().unwrap();
    let write = |file: &str, events: &[(&str, i64)]| {
        let path = logs.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let events = events.iter().enumerate();
        let bytes: Vec<u8> =
            events.flat_map(|(n, (tag, step))| event(tag, *step, n as f32)).collect();
        fs::write(path, bytes).unwrap();
    };
    write("one-file/1.tfevents", &[("a", 0), ("a", 1), ("a", 2), ("a", 1), ("a", 2), ("a", 3)]);
    write("from-zero/1.tfevents", &[("a", 0), ("a", 1), ("a", 2), ("a", 0)]);
    write("gap/1.tfevents", &[("a", 0), ("a", 10), ("a", 20), ("a", 5), ("a", 30)]);
    write("one-tag/1.tfevents", &[("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 0)]);
    write("one-step/1.tfevents", &[("a", 0), ("a", 0), ("a", 0)]);
    write("negative/1.tfevents", &[("a", -1), ("a", 4), ("a", -1), ("a", 0)]);
    write("files/1.tfevents", &[("a", 0), ("a", 1), ("b", 7), ("a", 2)]);
    write("files/2.tfevents", &[("a", 1), ("b", 3)]);
    write("files/10.tfevents", &[("a", 5), ("b", 5)]);
    for (clock, first) in [(1_700_000_000.0, 0), (1_700_000_060.0, 3)] {
        let dir = logs.path().join("session-logs");
        let mut writer = EventWriter::create(&dir, first, Clock::Fixed(clock)).unwrap();
        (first..first + 5).for_each(|step| writer.add(step, scalar("a", step as f32)));
        writer.flush().unwrap();
    }
    let (exported, overwritten) = exported(logs.path());
    assert_eq!(exported, check_logdir(logs.path())["fast"]["scalars"]);
    assert_eq!(exported["one-file"]["a"], json!([[0, 0.0], [1, 3.0], [2, 4.0], [3, 5.0]]));
    assert_eq!(exported["one-tag"], json!({"a": [[0, 4.0]], "b": [[0, 1.0], [1, 3.0]]}));
    // Of `files` five: the names sort as 1, 10, 2.
    assert_eq!(overwritten, 2 + 3 + 2 + 2 + 2 + 2 + 5 + 2);
}

/// A log of two files, and what tensorboardX leaves after a restart with `purge_step=3`.
#[test]
fn logs_that_others_restarted_have_the_values_that_tensorboard_shows() {
    let logs = fixtures().join("restarted-logs");
    let (exported, overwritten) = exported(&logs);
    assert_eq!(exported, check_logdir(&logs)["fast"]["scalars"]);
    let want = json!([
        [0, 10.0],
        [1, 9.0],
        [2, 8.0],
        [3, 97.0],
        [4, 96.0],
        [5, 95.0],
        [6, 94.0],
        [7, 93.0]
    ]);
    assert_eq!(exported["two-files"]["loss"], want);
    assert_eq!(exported["tensorboardX"]["loss"].as_array().unwrap().len(), 8);
    assert_eq!(overwritten, 6);
}

#[test]
fn an_export_says_how_many_values_it_leaves_out() {
    let sandbox = Sandbox::new();
    let logs = fixtures().join("restarted-logs/two-files").display().to_string();
    let said = sandbox.runner(&format!("export scalars {logs}")).exits(0);
    assert_eq!(said.stdout.lines().count(), 1 + 8, "{}", said.stdout);
    let want = "left out, as in TensorBoard: 3 values that a restart has overwritten; \
                --all keeps them\n";
    assert_eq!(said.stderr, want);
    let said = sandbox.runner(&format!("export scalars {logs} --all")).exits(0);
    assert_eq!((said.stdout.lines().count(), &*said.stderr), (1 + 11, ""));
}
