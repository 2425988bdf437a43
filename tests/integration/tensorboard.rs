//! The real TensorBoard reads what we write.

use std::path::{Path, PathBuf};
use std::process::Command;

use runner::events::{Clock, EventWriter, HParam, SessionStatus, keras_graph, scalar};
use runner::events::{session_end, session_start};
use serde_json::{Value, json};
use tempfile::tempdir;

/// What TensorBoard sees in `logdir`, as `tests/tensorboard/check.py` describes it.
///
/// # Panics
///
/// If there is no Python with TensorBoard, or TensorBoard cannot show the directory.
pub(crate) fn check_logdir(logdir: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tensorboard/check.py");
    let output = Command::new(python()).arg(script).arg(logdir).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "check.py failed, {}:\n{stderr}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The Python that has TensorBoard: `RUNNER_TEST_PYTHON`, or that of `scripts/test.sh`.
pub(crate) fn python() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/python");
    let python = std::env::var_os("RUNNER_TEST_PYTHON").map_or(ours, PathBuf::from);
    let version = Command::new(&python).arg("--version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "this test needs a Python with TensorBoard, and `{}` does not run: \
         use `scripts/test.sh`, or set RUNNER_TEST_PYTHON",
        python.display()
    );
    python
}

const MODEL: &str = r#"{"class_name": "Sequential", "config": {"name": "sequential", "layers": [
    {"class_name": "Dense", "config": {"name": "dense_0", "dtype": "float32", "units": 64}},
    {"class_name": "Dense", "config": {"name": "dense_1", "dtype": "float32", "units": 10}}
]}}"#;

/// Writes a run of three epochs into `dir`, as it is laid out on disk; `learning_rate` decides its
/// numbers.
fn write_run(dir: &Path, group: &str, learning_rate: f64, outcome: SessionStatus) {
    let create = |dir: &Path| EventWriter::create(dir, 0, Clock::System).unwrap();
    let mut session = create(dir);
    let hparams = [
        ("learning_rate", HParam::Number(learning_rate)),
        ("nesterov", HParam::Bool(false)),
        ("optimizer", HParam::Text("adam".to_owned())),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    session.add(0, session_start(&hparams, group, Clock::System.now()));
    session.flush().unwrap();

    let (mut train, mut validation) = (create(&dir.join("train")), create(&dir.join("validation")));
    train.add(0, keras_graph(MODEL));
    for epoch in 0..3 {
        for (writer, loss) in [(&mut train, 0.5), (&mut validation, 0.25)] {
            writer.add(epoch, scalar("epoch_accuracy", accuracy(epoch)));
            writer.add(epoch, scalar("epoch_loss", loss * learning_rate as f32));
            writer.flush().unwrap();
        }
    }
    session.add(0, session_end(outcome, Clock::System.now()));
    session.flush().unwrap();
}

/// The accuracy of the runs here; no round number in binary.
fn accuracy(epoch: i64) -> f32 {
    0.9 + epoch as f32 / 100.0
}

/// `[[step, value], ...]` of an accuracy.
fn accuracies() -> Value {
    (0..3).map(|epoch| json!([epoch, accuracy(epoch)])).collect()
}

/// `[[step, value], ...]` of a loss that stays as it is.
fn constant(value: f32) -> Value {
    (0..3).map(|epoch| json!([epoch, value])).collect()
}

/// A log directory with a sweep of two runs of one group, and a run of its own that failed.
#[test]
fn tensorboard_sees_all_of_it() {
    let logdir = tempdir().unwrap();
    let dir = |name: &str| logdir.path().join(name);
    write_run(&dir("sweep/20251123-210800/0000"), "group", 0.5, SessionStatus::Success);
    write_run(&dir("sweep/20251123-210800/0001"), "group", 0.5, SessionStatus::Success);
    write_run(&dir("adam/20251123-210800"), "adam", 0.25, SessionStatus::Failure);
    let seen = check_logdir(logdir.path());

    let run = "adam/20251123-210800";
    files_have_every_event(&seen["files"], run);
    loader_sees_the_numbers(&seen["loader"], run);
    for (name, provider) in [("fast", "Grpc"), ("slow", "Multiplexer")] {
        let shown = &seen[name];
        let got = shown["provider"].as_str().unwrap();
        assert!(got.starts_with(provider), "{name} is not what it should be: {got}");
        pages_show_the_numbers(shown, run);
        hparams_have_their_metrics(&shown["hparams"]);
    }
}

fn files_have_every_event(files: &Value, run: &str) {
    let files = files.as_object().unwrap();
    assert_eq!(files.len(), 9);
    let of = |dir: &str| {
        let (_, events) = files
            .iter()
            .find(|(path, _)| Path::new(path).parent() == Some(Path::new(dir)))
            .unwrap();
        let events = events.as_array().unwrap();
        assert!(events.iter().all(|event| 1.7e9 < event["wall_time"].as_f64().unwrap()));
        events.iter().map(|event| json!([event["step"], event["kind"], event["tags"]])).collect()
    };
    let session: Value = of(run);
    assert_eq!(
        session,
        json!([
            [0, "file_version", []],
            [0, "session_log", []],
            [0, "summary", ["_hparams_/session_start_info"]],
            [0, "summary", ["_hparams_/session_end_info"]],
        ])
    );
    let train: Value = of(&format!("{run}/train"));
    assert_eq!(
        train,
        json!([
            [0, "file_version", []],
            [0, "session_log", []],
            [0, "summary", ["keras"]],
            [0, "summary", ["epoch_accuracy"]],
            [0, "summary", ["epoch_loss"]],
            [1, "summary", ["epoch_accuracy"]],
            [1, "summary", ["epoch_loss"]],
            [2, "summary", ["epoch_accuracy"]],
            [2, "summary", ["epoch_loss"]],
        ])
    );
}

fn loader_sees_the_numbers(loader: &Value, run: &str) {
    assert_eq!(loader.as_object().unwrap().len(), 9);
    assert_eq!(
        loader[format!("{run}/train")],
        json!({
            "keras": {"plugin": "graph_keras_model", "points": [[0, [MODEL]]]},
            "epoch_accuracy": {"plugin": "scalars", "points": accuracies()},
            "epoch_loss": {"plugin": "scalars", "points": constant(0.125)},
        })
    );
    assert_eq!(
        loader[format!("{run}/validation")],
        json!({
            "epoch_accuracy": {"plugin": "scalars", "points": accuracies()},
            "epoch_loss": {"plugin": "scalars", "points": constant(0.0625)},
        })
    );
}

fn pages_show_the_numbers(shown: &Value, run: &str) {
    assert_eq!(shown["runs"].as_array().unwrap().len(), 9);
    let scalars = shown["scalars"].as_object().unwrap();
    let with_scalars: Vec<_> = scalars.iter().filter(|(_, tags)| *tags != &json!({})).collect();
    assert_eq!(with_scalars.len(), 6);
    for (part, loss) in [("train", 0.125), ("validation", 0.0625)] {
        assert_eq!(
            scalars[&format!("{run}/{part}")],
            json!({"epoch_accuracy": accuracies(), "epoch_loss": constant(loss)})
        );
    }
    let graphs = shown["graphs"].as_object().unwrap();
    assert_eq!(graphs.len(), 3);
    let graph = graphs[&format!("{run}/train")]["keras"].as_str().unwrap();
    for node in ["sequential/dense_0", "sequential/dense_1"] {
        assert!(graph.contains(&format!("name: \"{node}\"")), "{graph}");
    }
}

fn hparams_have_their_metrics(hparams: &Value) {
    let mut groups = hparams["groups"].as_array().unwrap().clone();
    groups.sort_by_key(|group| group["name"].to_string());
    assert_eq!(groups.len(), 2);
    let [alone, sweep] = &groups[..] else { unreachable!() };
    assert_eq!(
        alone["hparams"],
        json!({"learning_rate": 0.25, "nesterov": false, "optimizer": "adam"})
    );
    assert_eq!(alone["sessions"][0]["status"], "STATUS_FAILURE");
    assert_eq!(sweep["sessions"].as_array().unwrap().len(), 2, "replicates share a row");
    assert_eq!(sweep["sessions"][0]["status"], "STATUS_SUCCESS");
    let mut metrics: Vec<_> = alone["metricValues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| {
            let name = &metric["name"];
            format!("{} {} {}", name["group"], name["tag"], metric["value"])
        })
        .collect();
    metrics.sort();
    let last = f64::from(accuracy(2));
    let want = [
        format!(r#""train" "epoch_accuracy" {last}"#),
        r#""train" "epoch_loss" 0.125"#.to_owned(),
        format!(r#""validation" "epoch_accuracy" {last}"#),
        r#""validation" "epoch_loss" 0.0625"#.to_owned(),
    ];
    assert_eq!(metrics, want, "those of the last epoch");
}

/// A later file of the same folder takes the place of what an earlier one says from its first step
/// on: this is how a run goes on whose event file cannot be continued.
#[test]
fn tensorboard_sees_a_later_file_instead_of_an_earlier_one() {
    let logdir = tempdir().unwrap();
    let dir = logdir.path().join("run/train");
    let write = |clock: f64, steps: std::ops::Range<i64>, value: f32| {
        let mut writer = EventWriter::create(&dir, steps.start, Clock::Fixed(clock)).unwrap();
        for step in steps {
            writer.add(step, scalar("epoch_loss", value));
        }
        writer.flush().unwrap();
    };
    write(1_700_000_000.0, 0..6, 1.0);
    write(1_700_000_060.0, 3..5, 2.0);
    let seen = check_logdir(logdir.path());
    let want = json!([[0, 1.0], [1, 1.0], [2, 1.0], [3, 2.0], [4, 2.0]]);
    assert_eq!(seen["loader"]["run/train"]["epoch_loss"]["points"], want);
    for name in ["fast", "slow"] {
        assert_eq!(seen[name]["scalars"]["run/train"], json!({"epoch_loss": want}), "{name}");
    }
}

/// A run whose process died in the middle of a write, and that went on in the same file; its loss
/// is no number in the end.
#[test]
fn tensorboard_sees_a_continued_file_as_one() {
    let logdir = tempdir().unwrap();
    let dir = logdir.path().join("run/train");
    let mut writer = EventWriter::create(&dir, 0, Clock::System).unwrap();
    writer.add(0, scalar("epoch_loss", 0.5));
    writer.flush().unwrap();
    let checkpoint = writer.offset();
    writer.add(1, scalar("epoch_loss", 7.0));
    writer.flush().unwrap();
    let path = writer.path().to_owned();
    drop(writer);
    let torn = std::fs::metadata(&path).unwrap().len() - 5;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(torn).unwrap();

    let mut writer = EventWriter::reopen(&path, checkpoint, Clock::System).unwrap();
    writer.add(1, scalar("epoch_loss", f32::INFINITY));
    writer.add(2, scalar("epoch_loss", f32::NAN));
    writer.flush().unwrap();
    let seen = check_logdir(logdir.path());
    let points = &seen["loader"]["run/train"]["epoch_loss"]["points"];
    assert_eq!(*points, json!([[0, 0.5], [1, "inf"], [2, "nan"]]));
    let want = json!({"epoch_loss": [[0, 0.5], [1, "Infinity"], [2, "NaN"]]});
    for name in ["fast", "slow"] {
        assert_eq!(seen[name]["scalars"]["run/train"], want, "{name}");
    }
}
