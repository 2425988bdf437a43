//! What a run leaves on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, FixedOffset};
use runner::runs::{
    Best, DataSource, Durability, Folder, History, HistoryWriter, MachineInfo, Record, Resumed,
    RunsError, Status, TensorView, git_commit, load_weights, save_weights, write_atomic,
};
use runner::train::Logs;
use safetensors::SafeTensors;
use tempfile::tempdir;

#[cfg(unix)]
use crate::events::with_small_files;

fn time(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn logs(numbers: &[(&str, f32)]) -> Logs {
    Logs(numbers.iter().map(|&(name, value)| (name.to_owned(), f64::from(value))).collect())
}

fn names_in(dir: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| name(entry).into_string().unwrap()).collect();
    names.sort();
    names
}

fn nothing(_: &Folder) -> Result<(), RunsError> {
    Ok(())
}

#[test]
fn folders_of_the_same_second_are_different() {
    let logdir = tempdir().unwrap();
    let started = time("2025-11-23T21:08:00+01:00");
    let create = || Folder::create(logdir.path(), "my adam", &started, nothing).unwrap();
    let paths: Vec<_> = (0..3).map(|_| create().path().to_owned()).collect();
    let parent = logdir.path().join("my_adam");
    let want = ["20251123-210800", "20251123-210800-1", "20251123-210800-2"];
    assert_eq!(paths, want.map(|name| parent.join(name)));
    assert!(paths.iter().all(|path| path.is_dir()));
}

#[test]
fn many_threads_never_share_a_folder() {
    let logdir = tempdir().unwrap();
    let started = time("2025-11-23T21:08:00+01:00");
    let create =
        || Folder::create(logdir.path(), "a", &started, nothing).unwrap().path().to_owned();
    let mut paths: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 16);
}

#[test]
fn a_sweep_has_one_folder_per_run() {
    let logdir = tempdir().unwrap();
    let sweep = Folder::create(logdir.path(), "s", &time("2025-11-23T21:08:00Z"), nothing).unwrap();
    let run = sweep.child("0003-learning_rate=0.01,units=64");
    assert_eq!(run.path(), sweep.path().join("0003-learning_rate=0.01,units=64"));
    run.make().unwrap();
    run.make().unwrap();
    fs::remove_dir_all(sweep.path()).unwrap();
    let error = run.make().unwrap_err().to_string();
    assert!(error.starts_with("cannot create the folder `"), "{error}");
}

#[test]
fn a_log_folder_that_is_a_file_is_an_error() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("logs");
    fs::write(&file, "").unwrap();
    let error =
        Folder::create(&file, "a", &time("2025-11-23T21:08:00Z"), nothing).unwrap_err().to_string();
    let want = format!("cannot create the folder `{}`: ", file.join("a").display());
    assert!(error.starts_with(&want), "{error}");
}

#[test]
fn files_are_replaced_whole() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.json");
    let (old, new) = (vec![b'a'; 100_000], vec![b'b'; 50_000]);
    write_atomic(&path, &old, Durability::ProcessCrash).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let seen = fs::read(&path).unwrap();
                assert!(seen == old || seen == new, "{} bytes", seen.len());
            }
        });
        for turn in 0..200 {
            write_atomic(&path, if turn % 2 == 0 { &new } else { &old }, Durability::ProcessCrash)
                .unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(names_in(dir.path()), ["run.json"]);
}

#[test]
#[cfg(unix)]
fn files_can_be_read_by_whoever_may_read_others() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    let (plain, ours) = (dir.path().join("plain"), dir.path().join("ours"));
    fs::write(&plain, "").unwrap();
    write_atomic(&ours, b"", Durability::ProcessCrash).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&plain));
}

#[test]
fn a_file_in_a_missing_folder_is_an_error_with_its_path() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("missing").join("run.json");
    let error = write_atomic(&path, b"", Durability::ProcessCrash).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot write `{}`: ", path.display())), "{error}");
}

fn record() -> Record {
    Record {
        name: "adam".to_owned(),
        status: Status::Failed,
        error: Some("loss is not finite at step 17".to_owned()),
        cause: None,
        version: "0.1.0".to_owned(),
        arguments: vec!["run".to_owned(), "configs/adam.toml".to_owned()],
        git_commit: None,
        machine: MachineInfo {
            hostname: "box".to_owned(),
            os: "linux x86_64".to_owned(),
            cpu: "AMD EPYC".to_owned(),
            threads: 2,
        },
        trial: None,
        data: DataSource { description: "mnist".to_owned(), sha256: "731c5ac6".to_owned() },
        seed: u64::MAX,
        started: time("2025-11-23T21:08:00+01:00"),
        resumed: vec![Resumed {
            at: time("2025-11-23T21:08:01+01:00"),
            epoch: 1,
            batch: 12,
            version: "0.1.0".to_owned(),
        }],
        finished: Some(time("2025-11-23T21:08:02.5+01:00")),
        seconds: 2.5,
        epochs: 2,
        metrics: logs(&[("loss", f32::NAN), ("accuracy", 0.1), ("val_loss", f32::INFINITY)]),
        best: Some(Best { epoch: 0, metrics: logs(&[("loss", 0.3353), ("val_loss", 1e-7)]) }),
        early_stopping: None,
    }
}

#[test]
fn a_record_reads_as_this() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.json");
    record().save(&path, Durability::ProcessCrash).unwrap();
    insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r#"
    {
      "name": "adam",
      "status": "failed",
      "error": "loss is not finite at step 17",
      "version": "0.1.0",
      "arguments": [
        "run",
        "configs/adam.toml"
      ],
      "machine": {
        "hostname": "box",
        "os": "linux x86_64",
        "cpu": "AMD EPYC",
        "threads": 2
      },
      "data": {
        "description": "mnist",
        "sha256": "731c5ac6"
      },
      "seed": 18446744073709551615,
      "started": "2025-11-23T21:08:00+01:00",
      "resumed": [
        {
          "at": "2025-11-23T21:08:01+01:00",
          "epoch": 1,
          "batch": 12,
          "version": "0.1.0"
        }
      ],
      "finished": "2025-11-23T21:08:02.500+01:00",
      "seconds": 2.5,
      "epochs": 2,
      "metrics": {
        "loss": "nan",
        "accuracy": 0.1,
        "val_loss": "inf"
      },
      "best": {
        "epoch": 0,
        "metrics": {
          "loss": 0.3353,
          "val_loss": 1e-7
        }
      }
    }
    "#);
}

#[test]
fn a_record_comes_back() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.json");
    let mut want = record();
    want.metrics = logs(&[("b", f32::MIN_POSITIVE), ("a", -0.0), ("c", f32::NEG_INFINITY)]);
    want.save(&path, Durability::ProcessCrash).unwrap();
    assert_eq!(Record::load(&path).unwrap(), want);

    record().save(&path, Durability::ProcessCrash).unwrap();
    let nan = Record::load(&path).unwrap().metrics.get("loss").unwrap();
    assert!(nan.is_nan());
}

#[test]
fn a_torn_record_is_an_error_with_its_path() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("run.json");
    fs::write(&path, "{\"name\": \"a").unwrap();
    assert_eq!(
        Record::load(&path).unwrap_err().to_string(),
        format!(
            "cannot read `{}` as the record of a run: EOF while parsing a string at line 1 column 11",
            path.display()
        )
    );
    let missing = dir.path().join("missing.json");
    let error = Record::load(&missing).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot read `{}`: ", missing.display())), "{error}");
}

#[test]
fn the_commit_is_that_of_the_repository() {
    let dir = tempdir().unwrap();
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(dir.path()).args(args).output();
        let output = output.expect("this test needs `git`");
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    assert_eq!(git_commit(dir.path()), None, "no commit yet");
    git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message=one",
    ]);
    assert_eq!(git_commit(dir.path()), Some(git(&["log", "-1", "--format=%H"])));
}

#[test]
fn a_history_reads_as_keras_writes_it() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("history.csv");
    let mut writer = HistoryWriter::create(&path).unwrap();
    writer.append(0, &logs(&[("loss", 0.3353), ("val_loss", 0.1911)])).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "epoch,loss,val_loss\n0,0.3353,0.1911\n");
    writer.append(1, &logs(&[("loss", f32::NAN), ("val_loss", f32::INFINITY)])).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "epoch,loss,val_loss\n0,0.3353,0.1911\n1,nan,inf\n");

    let history = History::load(&path).unwrap();
    assert_eq!(history.columns, ["loss", "val_loss"]);
    assert_eq!(history.epochs[0], (0, vec![f64::from(0.3353f32), f64::from(0.1911f32)]));
    assert!(history.column("loss").unwrap()[1].is_nan());
    assert_eq!(history.column("val_loss").unwrap()[1], f64::INFINITY);
    assert_eq!(history.column("accuracy"), None);
}

#[test]
fn a_history_is_never_overwritten_and_keeps_its_columns() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("history.csv");
    let mut writer = HistoryWriter::create(&path).unwrap();
    let error = HistoryWriter::create(&path).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot create `{}`: ", path.display())), "{error}");

    writer.append(0, &logs(&[("loss", 0.5)])).unwrap();
    let error = writer.append(1, &logs(&[("accuracy", 0.5)])).unwrap_err().to_string();
    let want = "got the columns epoch,accuracy, want epoch,loss";
    assert_eq!(error, format!("cannot write to `{}`: {want}", path.display()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "epoch,loss\n0,0.5\n");
}

#[test]
fn a_resumed_history_equals_an_uninterrupted_one() {
    let dir = tempdir().unwrap();
    let numbers = |epoch: usize| logs(&[("loss", 1.0 / (epoch + 3) as f32)]);
    let whole = dir.path().join("whole.csv");
    let mut writer = HistoryWriter::create(&whole).unwrap();
    for epoch in 0..5 {
        writer.append(epoch, &numbers(epoch)).unwrap();
    }
    let whole = fs::read(whole).unwrap();

    let resumed = dir.path().join("resumed.csv");
    // Whatever was written after the checkpoint, up to a torn line, does not matter.
    for done in 0..5 {
        for length in (0..=whole.len())
            .filter(|&n| whole[..n].split(|&b| b == b'\n').count() > done + 1 || done == 0)
        {
            fs::write(&resumed, &whole[..length]).unwrap();
            let mut writer = HistoryWriter::reopen(&resumed, done, None).unwrap();
            for epoch in done..5 {
                writer.append(epoch, &numbers(epoch)).unwrap();
            }
            assert_eq!(fs::read(&resumed).unwrap(), whole, "{done} epochs, {length} bytes");
        }
    }
}

#[test]
fn a_history_with_too_few_epochs_is_not_continued() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("history.csv");
    fs::write(&path, "epoch,loss\n0,0.5\n1,0.2").unwrap();
    assert_eq!(
        HistoryWriter::reopen(&path, 2, None).unwrap_err().to_string(),
        format!(
            "cannot read `{}` as a history: line 3: got 1 epochs, want 2 or more",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "epoch,loss\n0,0.5\n1,0.2", "untouched");
}

#[test]
fn what_is_no_history_is_said_with_its_line() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("history.csv");
    let cases = [
        ("loss\n", "line 1: got `loss`, want a header that starts with `epoch`"),
        ("epoch,loss\n0,0.5\nx,0.2\n", "line 3: got `x`, want an epoch"),
        ("epoch,loss\n0,many\n", "line 2: got `many`, want a number"),
        ("epoch,loss\n0,1,2\n", "line 2: got 2 numbers, want 1"),
    ];
    for (text, want) in cases {
        fs::write(&path, text).unwrap();
        let error = History::load(&path).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read `{}` as a history: {want}", path.display()));
    }
    fs::write(&path, "").unwrap();
    assert_eq!(History::load(&path).unwrap().epochs, []);
}

#[test]
#[cfg(unix)]
fn a_history_that_cannot_grow_ends_with_a_whole_line() {
    with_small_files("runs::a_history_that_cannot_grow_ends_with_a_whole_line", || {
        let dir = tempdir().unwrap();
        let path = dir.path().join("history.csv");
        let mut writer = HistoryWriter::create(&path).unwrap();
        let mut append = |epoch| writer.append(epoch, &logs(&[("loss", 0.5)]));
        let (full, error) =
            (0..).find_map(|epoch| append(epoch).err().map(|error| (epoch, error))).unwrap();
        let want = format!("cannot write to `{}`: File too large (os error 27)", path.display());
        assert_eq!(error.to_string(), want);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.ends_with(&format!("\n{},0.5\n", full - 1)), "{full}: {text}");
        assert!(append(full).is_err(), "still full");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    });
}

fn tensors() -> [TensorView<'static>; 3] {
    [
        TensorView {
            name: "dense_0.kernel",
            shape: &[2, 3],
            data: &[1.0, -0.0, f32::MIN_POSITIVE, 4.0, f32::NAN, f32::INFINITY],
        },
        TensorView { name: "dense_0.bias", shape: &[3], data: &[0.5, 0.25, 0.125] },
        TensorView { name: "dense_10.kernel", shape: &[3, 0], data: &[] },
    ]
}

fn metadata() -> BTreeMap<String, String> {
    let entries = ["name", "epoch", "version", "loss"].map(|key| (key.to_owned(), "x".to_owned()));
    entries.into()
}

#[test]
fn weights_come_back_bit_for_bit_and_in_order() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    save_weights(&path, &tensors(), &metadata(), Durability::ProcessCrash).unwrap();
    let loaded = load_weights(&path).unwrap();
    assert_eq!(loaded.metadata, metadata());
    for (got, want) in loaded.tensors.iter().zip(tensors()) {
        assert_eq!((got.name.as_str(), &got.shape[..]), (want.name, want.shape));
        let bits = |data: &[f32]| data.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&got.data), bits(want.data));
    }
    assert_eq!(loaded.tensors.len(), 3);
}

#[test]
fn weights_are_what_the_safetensors_crate_reads_and_writes() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    save_weights(&path, &tensors(), &metadata(), Durability::ProcessCrash).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 3);
    let bias = file.tensor("dense_0.bias").unwrap();
    assert_eq!(bias.shape(), [3]);
    assert_eq!(bias.data(), [0.5f32, 0.25, 0.125].map(f32::to_le_bytes).concat());
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(header % 8, 0, "the data is aligned");

    let theirs = safetensors::serialize(file.tensors(), None).unwrap();
    fs::write(&path, theirs).unwrap();
    let mut names: Vec<_> =
        load_weights(&path).unwrap().tensors.into_iter().map(|tensor| tensor.name).collect();
    names.sort();
    assert_eq!(names, ["dense_0.bias", "dense_0.kernel", "dense_10.kernel"]);
}

#[test]
fn equal_weights_give_equal_files() {
    let dir = tempdir().unwrap();
    let paths = ["a", "b"].map(|name| dir.path().join(name));
    for path in &paths {
        save_weights(path, &tensors(), &metadata(), Durability::ProcessCrash).unwrap();
    }
    assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
}

#[test]
fn what_are_no_weights_is_said_with_the_path() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("model.safetensors");
    let error = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        load_weights(&path).unwrap_err().to_string()
    };
    let want = |what: &str| format!("cannot read `{}` as weights: {what}", path.display());
    assert_eq!(error(b"short"), want("header too small"));

    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::I32, vec![1], &[0; 4]);
    let other = safetensors::serialize([("ids", view.unwrap())], None).unwrap();
    assert_eq!(error(&other), want("tensor `ids`: got the type I32, want F32"));

    save_weights(&path, &tensors(), &metadata(), Durability::ProcessCrash).unwrap();
    let mut torn = fs::read(&path).unwrap();
    torn.pop();
    assert_eq!(error(&torn), want("incomplete metadata, file not fully covered"));
}
