//! Event files: the bytes, and what survives.

use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::Command;

use protobuf::Message;
use runner::events::{Clock, EventWriter, HParam, SessionStatus, keras_graph, scalar};
use runner::events::{session_end, session_start};
use tempfile::tempdir;
use tensorboard_proto::event::Event;
use tensorboard_rs::masked_crc32c::masked_crc32c;

const CLOCK: Clock = Clock::Fixed(1500.5);

/// Runs `check` in a process whose files cannot grow beyond 8 KiB: a write that crosses the limit
/// puts a part of its bytes there and the next one fails, as on a full disk. `name` is the name of
/// the calling test, which is started again for that.
#[cfg(unix)]
pub(crate) fn with_small_files(name: &str, check: impl FnOnce()) {
    const CHILD: &str = "RUNNER_TEST_SMALL_FILES";
    if std::env::var_os(CHILD).is_some() {
        return check();
    }
    // Ignored, the signal becomes an error of the write; what is ignored stays so over `exec`.
    let limit = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"";
    let output = Command::new("bash")
        .args(["-c", limit])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("this test needs `bash`");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{}\n{stdout}\n{stderr}",
        output.status
    );
}

/// The events of a file, which must consist of whole and sound records.
pub(crate) fn events(path: &Path) -> Vec<Event> {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut events = Vec::new();
    while !rest.is_empty() {
        let (length, data) = rest.split_at(12);
        assert_eq!(masked_crc32c(&length[..8]).to_le_bytes(), length[8..]);
        let length = u64::from_le_bytes(length[..8].try_into().unwrap()) as usize;
        let (data, crc) = data.split_at(length);
        assert_eq!(masked_crc32c(data).to_le_bytes(), crc[..4]);
        events.push(Event::parse_from_bytes(data).unwrap());
        rest = &crc[4..];
    }
    events
}

fn hparams() -> Vec<(String, HParam)> {
    let hparams = [
        ("batch_size", HParam::Number(32.0)),
        ("epochs", HParam::Number(20.0)),
        ("learning_rate", HParam::Number(0.001)),
        ("nesterov", HParam::Bool(false)),
        ("optimizer", HParam::Text("adam".to_owned())),
    ];
    hparams.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A file with one summary of each kind.
fn one_of_each(dir: &Path) -> PathBuf {
    let mut writer = EventWriter::create(dir, 0, CLOCK).unwrap();
    writer.add(0, session_start(&hparams(), "group", 1500.5));
    writer.add(0, keras_graph("{}"));
    writer.add(7, scalar("epoch_loss", 0.3353));
    writer.add(0, session_end(SessionStatus::Success, 1600.25));
    writer.flush().unwrap();
    writer.path().to_owned()
}

#[test]
fn a_file_has_the_name_that_readers_look_for() {
    let dir = tempdir().unwrap();
    let writer = EventWriter::create(&dir.path().join("run/train"), 0, CLOCK).unwrap();
    assert_eq!(writer.path().parent().unwrap(), dir.path().join("run/train"));
    let name = writer.path().file_name().unwrap().to_str().unwrap().to_owned();
    let rest = name.strip_prefix("events.out.tfevents.0000001500.").expect(&name);
    let rest = rest.strip_suffix(".v2").expect(&name);
    let (rest, uid) = rest.rsplit_once('.').unwrap();
    let (host, pid) = rest.rsplit_once('.').unwrap();
    assert!(uid.parse::<u64>().is_ok() && !host.is_empty(), "{name}");
    assert_eq!(pid, std::process::id().to_string());
}

#[test]
fn writers_of_the_same_second_have_files_of_their_own() {
    let dir = tempdir().unwrap();
    let write = |value: f32| {
        let mut writer = EventWriter::create(dir.path(), 0, CLOCK).unwrap();
        for step in 0..100 {
            writer.add(step, scalar("loss", value));
            writer.flush().unwrap();
        }
        (writer.path().to_owned(), value)
    };
    let files: Vec<_> = std::thread::scope(|scope| {
        let write = &write;
        let threads: Vec<_> = (0..8).map(|i| scope.spawn(move || write(i as f32))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (path, value) in files {
        let events = events(&path);
        assert_eq!(events.len(), 102);
        let values =
            events[2..].iter().map(|event| event.get_summary().value[0].get_tensor().float_val[0]);
        assert!(values.into_iter().all(|got| got == value));
    }
}

#[test]
fn a_file_begins_with_its_version_and_a_session() {
    let dir = tempdir().unwrap();
    let writer = EventWriter::create(dir.path(), 3, CLOCK).unwrap();
    // From TensorBoard 2.21.0: `Event(wall_time=1500.5, file_version="brain.Event:2",
    // source_metadata=SourceMetadata(writer="runner"))` and `Event(wall_time=1500.5, step=3,
    // session_log=SessionLog(status=SessionLog.START))`, each as `RecordWriter` frames it.
    let want = "\
        220000000000000078113dfd\
        0900000000007297401a0d627261696e2e4576656e743a3252080a0672756e6e6572c5437731\
        0f000000000000006d532b09\
        09000000000072974010033a020801897f8b71";
    let got: String =
        fs::read(writer.path()).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(got, want);
    assert_eq!(writer.offset() * 2, got.len() as u64);
}

#[test]
fn nothing_reaches_the_file_before_a_flush_and_all_of_it_after() {
    let dir = tempdir().unwrap();
    let mut writer = EventWriter::create(dir.path(), 0, CLOCK).unwrap();
    let path = writer.path().to_owned();
    let start = fs::metadata(&path).unwrap().len();
    writer.add(0, scalar("loss", 1.0));
    assert_eq!(fs::metadata(&path).unwrap().len(), start);
    writer.flush().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), writer.offset());
    assert_eq!(events(&path).len(), 3);
    drop(writer);
    assert_eq!(events(&path).len(), 3);
}

#[test]
fn equal_events_give_equal_bytes() {
    let (a, b) = (tempdir().unwrap(), tempdir().unwrap());
    assert_eq!(fs::read(one_of_each(a.path())).unwrap(), fs::read(one_of_each(b.path())).unwrap());
}

#[test]
fn a_continued_file_equals_an_uninterrupted_one() {
    let dir = tempdir().unwrap();
    let epoch = |writer: &mut EventWriter, step: i64| {
        writer.add(step, scalar("epoch_accuracy", 1.0 / (step + 2) as f32));
        writer.add(step, scalar("epoch_loss", 1.0 / (step + 3) as f32));
        writer.flush().unwrap();
        writer.offset()
    };
    let mut writer = EventWriter::create(&dir.path().join("whole"), 0, CLOCK).unwrap();
    let mut offsets = vec![writer.offset()];
    offsets.extend((0..4).map(|step| epoch(&mut writer, step)));
    let whole = fs::read(writer.path()).unwrap();

    // Killed at any moment after the checkpoint: the file may end anywhere behind its offset.
    let path = dir.path().join("events.out.tfevents.continued");
    for (done, &offset) in offsets.iter().enumerate() {
        for length in offset as usize..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let mut writer = EventWriter::reopen(&path, offset, CLOCK).unwrap();
            assert_eq!(writer.offset(), offset);
            for step in done..4 {
                epoch(&mut writer, step as i64);
            }
            assert!(fs::read(&path).unwrap() == whole, "{done} epochs, {length} bytes");
        }
    }
}

#[test]
fn a_file_is_continued_only_at_the_end_of_a_record() {
    let dir = tempdir().unwrap();
    let path = one_of_each(dir.path());
    let whole = fs::read(&path).unwrap();
    let error = |offset: usize| {
        let offset = offset as u64;
        EventWriter::reopen(&path, offset, CLOCK).unwrap_err().to_string()
    };
    let want = |offset: usize, got: usize| {
        let place = path.display();
        format!("cannot continue `{place}` at byte {offset}: got whole records up to byte {got}")
    };
    let longer = whole.len() + 1;
    assert_eq!(error(longer), want(longer, whole.len()), "too short");
    assert_eq!(error(1), want(1, 0), "inside the first record");
    assert_eq!(fs::read(&path).unwrap(), whole, "untouched");

    let mut changed = whole.clone();
    changed[20] ^= 1;
    fs::write(&path, &changed).unwrap();
    assert_eq!(error(whole.len()), want(whole.len(), 0), "corrupt");

    let missing = dir.path().join("missing");
    let error = EventWriter::reopen(&missing, 0, CLOCK).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot open `{}`: ", missing.display())), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_fails_its_own_writer_alone() {
    let dir = tempdir().unwrap();
    let mut healthy = EventWriter::create(dir.path(), 0, CLOCK).unwrap();
    let mut full = EventWriter::reopen(Path::new("/dev/full"), 0, CLOCK).unwrap();
    full.add(0, scalar("loss", 1.0));
    let error = full.flush().unwrap_err().to_string();
    assert_eq!(error, "cannot write to `/dev/full`: No space left on device (os error 28)");
    for step in 0..3 {
        full.add(step, scalar("loss", 1.0));
        assert!(full.flush().is_err(), "still full");
        healthy.add(step, scalar("loss", 1.0));
        healthy.flush().unwrap();
    }
    assert_eq!(full.offset(), 0);
    drop(full);
    assert_eq!(events(healthy.path()).len(), 5);
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_grow_ends_with_a_whole_record() {
    with_small_files("events::a_file_that_cannot_grow_ends_with_a_whole_record", || {
        let dir = tempdir().unwrap();
        let mut writer = EventWriter::create(dir.path(), 0, CLOCK).unwrap();
        let path = writer.path().to_owned();
        let mut epoch = |step| {
            writer.add(step, scalar("epoch_accuracy", 0.5));
            writer.add(step, scalar("epoch_loss", 0.5));
            writer.flush().map(|()| writer.offset()).map_err(|error| (step, error))
        };
        let (full, error) = (0..).find_map(|step| epoch(step).err()).unwrap();
        let want = format!("cannot write to `{}`: File too large (os error 27)", path.display());
        assert_eq!(error.to_string(), want);
        assert_eq!(events(&path).len() as i64, 2 + 2 * full);
        assert!(epoch(full + 1).is_err(), "still full");
        assert_eq!(events(&path).len() as i64, 2 + 2 * full);
    });
}

#[test]
fn a_folder_that_cannot_be_is_an_error() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("train");
    let error = EventWriter::create(&below, 0, CLOCK).unwrap_err().to_string();
    let want = format!("cannot create the folder `{}`: ", below.display());
    assert!(error.starts_with(&want), "{error}");
}
