//! Writer of an event file: whole records only, one write per flush, all errors returned to the
//! caller, no background thread.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use protobuf::Message;
use tensorboard_proto::event::{Event, SessionLog, SessionLog_SessionStatus};

use super::clock::Clock;
use super::error::EventError;
use super::frame;
use super::graph::Graph;
use super::summary::Summary;
use super::visible::VISIBLE;
use base::system::{self, Displaced, check_in_place};

/// Field numbers of `source_metadata` in [`event.proto`] and of `writer` in `SourceMetadata`, both
/// missing from `tensorboard-proto`.
///
/// [`event.proto`]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
const SOURCE_METADATA: u32 = 10;
const SOURCE_METADATA_WRITER: u32 = 1;

/// Distinguishes files created by this process within the same second.
static NEXT_UID: AtomicU64 = AtomicU64::new(0);

/// Appends events to a single event file.
///
/// Events stay in memory until [`EventWriter::flush`]. Dropping the writer does not flush, because a
/// destructor cannot return errors. A file must not be open in two writers.
///
/// # Examples
///
/// ```
/// use tfevents::{Clock, EventWriter, scalar, text};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let logdir = dir.path();
/// let mut writer = EventWriter::create(&logdir.join("train"), 0, Clock::System)?;
/// writer.add(0, text("config", "batch size **32**"));
/// for (epoch, loss) in [0.34_f32, 0.19, 0.12].into_iter().enumerate() {
///     writer.add(epoch as i64, scalar("epoch_loss", loss));
/// }
/// writer.flush()?;
///
/// // A later process appends to the same file.
/// let (path, offset) = (writer.path().to_owned(), writer.offset());
/// drop(writer);
/// let mut writer = EventWriter::reopen(&path, offset, Clock::System)?;
/// writer.add(3, scalar("epoch_loss", 0.08));
/// writer.flush()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    /// Open in append mode.
    file: File,
    clock: Clock,
    /// Encoded records not yet written.
    pending: Vec<u8>,
    /// Length in bytes of the whole records in the file.
    offset: u64,
    /// Whether a failed write may have left a partial record after `offset`.
    torn: bool,
}

impl EventWriter {
    /// Creates a new event file in `dir`; creates `dir` if missing.
    ///
    /// The file starts with a `SessionLog.START` event at `first_step`. TensorBoard's Python loader
    /// then discards events of earlier files of the folder from `first_step` on, if the earlier file
    /// also starts with a `SessionLog.START`.
    ///
    /// # Errors
    ///
    /// [`EventError::Io`] if the folder or the file cannot be created or written.
    pub fn create(dir: &Path, first_step: i64, clock: Clock) -> Result<EventWriter, EventError> {
        fs::create_dir_all(dir).map_err(EventError::io("create the folder", dir))?;
        let (path, file) = create_file(dir, clock.now())?;
        let mut writer = EventWriter::new(path, file, clock, 0);
        writer.append(file_version());
        writer.append(session_start(first_step));
        writer.flush()?;
        Ok(writer)
    }

    /// Opens the event file at `path` for appending at `offset`, in bytes; truncates the file there.
    ///
    /// # Errors
    ///
    /// [`EventError::NoRecordBoundary`] if `offset` is not the end of a whole record,
    /// [`EventError::Io`] if the file cannot be opened, read or truncated.
    pub fn reopen(path: &Path, offset: u64, clock: Clock) -> Result<EventWriter, EventError> {
        let open = || system::open_own(path, OpenOptions::new().read(true).append(true));
        let file = open().map_err(EventError::io("open", path))?;
        let mut kept = Vec::new();
        (&file).take(offset).read_to_end(&mut kept).map_err(EventError::io("read", path))?;
        let got = frame::whole_records(&kept) as u64;
        if got != offset {
            return Err(EventError::NoRecordBoundary { path: path.to_owned(), want: offset, got });
        }
        let length = file.metadata().map_err(EventError::io("read", path))?.len();
        let mut writer = EventWriter::new(path.to_owned(), file, clock, offset);
        if length != offset {
            writer.truncate().map_err(EventError::io("shorten", path))?;
        }
        Ok(writer)
    }

    /// Adds an event; the next flush writes it.
    pub fn add(&mut self, step: i64, summary: Summary) {
        let mut event = Event { step, ..Event::default() };
        event.set_summary(summary.0);
        self.append(event);
    }

    /// Adds the graph of the Graphs dashboard; TensorBoard shows the last graph of a folder.
    pub fn add_graph(&mut self, graph: Graph) {
        let mut event = Event::default();
        event.set_graph_def(graph.0);
        self.append(event);
    }

    /// Writes all added events to the file in one call; flushed events survive a crash of the process.
    ///
    /// # Errors
    ///
    /// [`EventError::Io`] if the write fails. The file then ends with the last record of the previous
    /// flush, and the events are kept for the next flush.
    pub fn flush(&mut self) -> Result<(), EventError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.write_pending().map_err(EventError::io("write to", &self.path))
    }

    /// Syncs flushed events to the disk; synced events survive a power failure.
    ///
    /// # Errors
    ///
    /// [`EventError::Io`] if the sync fails.
    pub fn sync(&self) -> Result<(), EventError> {
        self.file.sync_data().map_err(EventError::io("write to", &self.path))
    }

    /// Length of the file in bytes after the last flush, for [`EventWriter::reopen`].
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Checks the file is still at its path.
    ///
    /// # Errors
    ///
    /// [`Displaced`] if another program removed, moved or replaced the file.
    pub fn check_in_place(&self) -> Result<(), Displaced> {
        check_in_place(&self.file, &self.path, &self.path)
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn new(path: PathBuf, file: File, clock: Clock, offset: u64) -> EventWriter {
        EventWriter { path, file, clock, pending: Vec::new(), offset, torn: false }
    }

    /// Sets the wall time of `event` and encodes the record.
    fn append(&mut self, mut event: Event) {
        event.wall_time = self.clock.now();
        let data =
            event.write_to_bytes().expect("a message without required fields always encodes");
        frame::append(&mut self.pending, &data);
    }

    fn write_pending(&mut self) -> io::Result<()> {
        if self.torn {
            self.truncate()?;
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            // Readers stop at a partial record. If truncation fails now, the next write retries.
            self.torn = true;
            let _ = self.truncate();
            return Err(error);
        }
        self.offset += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn truncate(&mut self) -> io::Result<()> {
        self.file.set_len(self.offset)?;
        self.torn = false;
        Ok(())
    }
}

/// Creates a file with a unique name in TensorFlow's form; names sort by creation time.
fn create_file(dir: &Path, now: f64) -> Result<(PathBuf, File), EventError> {
    let host = gethostname::gethostname().to_string_lossy().replace(['/', '\\'], "_");
    let pid = std::process::id();
    loop {
        let uid = NEXT_UID.fetch_add(1, Ordering::Relaxed);
        let name = format!("{VISIBLE}{:010}.{host}.{pid}.{uid}.v2", now as u64);
        let path = dir.join(name);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            // Another process with the same PID, on a shared disk or in a container.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(EventError::io("create", &path)(error)),
        }
    }
}

/// The version event at the start of every file.
fn file_version() -> Event {
    let mut event = Event::default();
    event.set_file_version("brain.Event:2".to_owned());
    let mut source = protobuf::UnknownFields::new();
    source.add_length_delimited(SOURCE_METADATA_WRITER, b"runner".to_vec());
    let mut bytes = Vec::new();
    let mut out = protobuf::CodedOutputStream::vec(&mut bytes);
    out.write_unknown_fields(&source).and_then(|()| out.flush()).expect("memory takes every field");
    drop(out);
    event.unknown_fields.add_length_delimited(SOURCE_METADATA, bytes);
    event
}

/// The `SessionLog.START` event: earlier files of the folder are ignored from `first_step` on.
fn session_start(first_step: i64) -> Event {
    let mut event = Event { step: first_step, ..Event::default() };
    let status = SessionLog_SessionStatus::START;
    event.set_session_log(SessionLog { status, ..SessionLog::default() });
    event
}
