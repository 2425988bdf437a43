//! The writer of one event file: whole records only, one write per flush, every failure handed to
//! the caller; it starts no thread and never panics.

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

/// The number of `source_metadata` in TensorFlow's newer `Event`, which the message crate lacks,
/// and of `writer` in that.
const SOURCE_METADATA: u32 = 10;
const SOURCE_METADATA_WRITER: u32 = 1;

/// Tells the files apart that this process creates within a second.
static NEXT_UID: AtomicU64 = AtomicU64::new(0);

/// Writes one event file.
///
/// Events wait in memory until [`EventWriter::flush`]; dropping the writer does not flush, so that
/// no failure goes unheard. Only one writer may have a file open.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    /// Opened for appending.
    file: File,
    clock: Clock,
    /// Whole records that are not yet in the file.
    pending: Vec<u8>,
    /// Length of the file in whole records.
    offset: u64,
    /// Whether a failed write may have left a piece of a record after `offset`.
    torn: bool,
}

impl EventWriter {
    /// Creates a new event file in `dir`, and `dir` if it is missing.
    ///
    /// The file says at once that a session starts at `first_step`: TensorBoard's Python loader
    /// drops what an earlier file of the same folder holds from that step on, if that file began
    /// with such a mark as well.
    pub fn create(dir: &Path, first_step: i64, clock: Clock) -> Result<EventWriter, EventError> {
        fs::create_dir_all(dir).map_err(EventError::io("create the folder", dir))?;
        let (path, file) = create_file(dir, clock.now())?;
        let mut writer = EventWriter::new(path, file, clock, 0);
        writer.append(file_version());
        writer.append(session_start(first_step));
        writer.flush()?;
        Ok(writer)
    }

    /// Opens the event file at `path` to go on at `offset`, where an earlier writer was; whatever
    /// came after that is cut off.
    ///
    /// Fails if `offset` is not the end of a whole record.
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

    /// Adds an event; it reaches the file with the next flush.
    pub fn add(&mut self, step: i64, summary: Summary) {
        let mut event = Event { step, ..Event::default() };
        event.set_summary(summary.0);
        self.append(event);
    }

    /// Adds the graph that the Graphs page opens on; of several in a folder it shows the last.
    pub fn add_graph(&mut self, graph: Graph) {
        let mut event = Event::default();
        event.set_graph_def(graph.0);
        self.append(event);
    }

    /// Hands all added events to the system, in one write: from then on they survive the death of
    /// this process.
    ///
    /// After an error the file ends with the last whole record before this flush, and the events
    /// are kept: another flush tries them again.
    pub fn flush(&mut self) -> Result<(), EventError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.write_pending().map_err(EventError::io("write to", &self.path))
    }

    /// Forces what was flushed to the disk: from then on it survives the death of the machine.
    pub fn sync(&self) -> Result<(), EventError> {
        self.file.sync_data().map_err(EventError::io("write to", &self.path))
    }

    /// Length of the file in bytes as of the last flush: where [`EventWriter::reopen`] can go on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the file is still at its path.
    pub fn check_in_place(&self) -> Result<(), Displaced> {
        check_in_place(&self.file, &self.path, &self.path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn new(path: PathBuf, file: File, clock: Clock, offset: u64) -> EventWriter {
        EventWriter { path, file, clock, pending: Vec::new(), offset, torn: false }
    }

    /// Stamps `event` with the time and adds it as a record.
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
            // A torn record with others behind it would end the file for every reader. If it
            // cannot be removed now, it is before the next write.
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

/// Creates a file with a name that no other writer has, as TensorFlow forms it: names sort by
/// their time, and a reader looks for `tfevents` in them.
fn create_file(dir: &Path, now: f64) -> Result<(PathBuf, File), EventError> {
    let host = gethostname::gethostname().to_string_lossy().replace(['/', '\\'], "_");
    let pid = std::process::id();
    loop {
        let uid = NEXT_UID.fetch_add(1, Ordering::Relaxed);
        let name = format!("{VISIBLE}{:010}.{host}.{pid}.{uid}.v2", now as u64);
        let path = dir.join(name);
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            // Another process with our number, on a shared disk or in a container.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(EventError::io("create", &path)(error)),
        }
    }
}

/// The first event of every file.
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

/// The mark from which on earlier files of the same folder no longer count.
fn session_start(first_step: i64) -> Event {
    let mut event = Event { step: first_step, ..Event::default() };
    let status = SessionLog_SessionStatus::START;
    event.set_session_log(SessionLog { status, ..SessionLog::default() });
    event
}
