//! `.results`: the index of a sweep's results, in one file beside the run folders. `resume` reads
//! this file instead of a record per run. A missing, torn or outdated line costs only time: the
//! record of the run is read instead.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::folder::Folder;
use super::record::{Outcome, Record, Status};
use crate::system;

/// The name of the file.
const NAME: &str = ".results";

/// The maximum length of a line in bytes; a longer line is not from this program.
const MAX_LINE: u64 = 1 << 16;

/// An ended run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The number of the run in the plan.
    pub run: usize,
    /// The stamp of the record behind the entry.
    pub stamp: Stamp,
    /// The status: [`Status::Completed`], [`Status::Failed`] or [`Status::Pruned`].
    pub status: Status,
    /// Whether the run is a diverged trial of a search.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub diverged: bool,
    /// The reason of a failure or of an early end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The numbers of the run: an [`Outcome`].
    pub outcome: Box<RawValue>,
}

impl IndexEntry {
    /// The entry of an ended run; `None` for a run to resume.
    pub fn new(run: usize, stamp: Stamp, record: Record) -> Option<IndexEntry> {
        let has_ended = match record.status {
            Status::Completed | Status::Pruned => true,
            Status::Failed => !record.is_machine_fault(),
            Status::Running | Status::Stopped | Status::Paused => false,
        };
        let reason = record.trial.as_ref().and_then(|trial| trial.reason.clone());
        let (status, error) = (record.status, record.error.clone().or(reason));
        let diverged = record.is_diverged_trial();
        let outcome = has_ended.then(|| to_raw_value(&Outcome::from(record)).ok());
        Some(IndexEntry { run, stamp, status, diverged, error, outcome: outcome.flatten()? })
    }
}

/// The size and the modification time of a record; another record has another stamp.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    bytes: u64,
    nanoseconds: u64,
}

impl Stamp {
    /// The stamp of the record of the run in `folder`; `None` if there is no record.
    pub fn of(folder: &Folder) -> Option<Stamp> {
        let found = fs::metadata(folder.record()).ok().filter(fs::Metadata::is_file)?;
        let time = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Stamp { bytes: found.len(), nanoseconds: u64::try_from(time.as_nanos()).ok()? })
    }
}

/// The index file of a sweep. Only the owner of the sweep's lock appends.
#[derive(Debug, Default)]
pub struct RunIndex(Mutex<Option<File>>);

impl RunIndex {
    /// Reads the entries of the sweep in `folder`. A run may have several entries; the last entry
    /// counts.
    pub fn read(folder: &Path, mut take: impl FnMut(IndexEntry)) {
        let Ok(file) = system::open(&folder.join(NAME)) else { return };
        let mut input = BufReader::with_capacity(1 << 16, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut input).take(MAX_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => parse(&line).into_iter().for_each(&mut take),
            }
        }
    }

    /// Appends the result of run `number` in the folder `run` to the index of the sweep in
    /// `folder`. A failure is no error: the next reader reads the record.
    pub fn append(&self, folder: &Path, number: usize, run: &Folder) {
        // The stamp is read first: a record changed in between has another stamp.
        let Some(stamp) = Stamp::of(run) else { return };
        if let Ok(record) = Record::load(&run.record())
            && let Some(entry) = IndexEntry::new(number, stamp, record)
        {
            self.append_entry(folder, &entry);
        }
    }

    /// Appends an entry to the index of the sweep in `folder`.
    pub fn append_entry(&self, folder: &Path, entry: &IndexEntry) {
        let Ok(json) = serde_json::to_string(entry) else { return };
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if file.is_none() {
            *file = open(folder).ok();
        }
        let written = file.as_mut().map(|file| file.write_all(line.as_bytes()));
        if written.is_some_and(|written| written.is_err()) {
            *file = None;
        }
    }
}

/// Opens the file for appending on a new line, because a killed process may have left a partial
/// line.
fn open(folder: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    let mut file = system::open_own(&folder.join(NAME), &mut options)?;
    let mut last = [b'\n'];
    match file.seek(SeekFrom::End(-1)) {
        Ok(_) => file.read_exact(&mut last)?,
        Err(error) if error.kind() == ErrorKind::InvalidInput => {}
        Err(error) => return Err(error),
    }
    if last != [b'\n'] {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

/// Parses a line with the right checksum.
fn parse(line: &[u8]) -> Option<IndexEntry> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, json) = text.split_once(' ')?;
    let fits = u32::from_str_radix(sum, 16) == Ok(crc32fast::hash(json.as_bytes()));
    let entry: IndexEntry = fits.then(|| serde_json::from_str(json).ok()).flatten()?;
    // Another version may have written other numbers.
    serde_json::from_str::<Outcome>(entry.outcome.get()).is_ok().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Logs;

    const NONE: [String; 0] = [];

    fn entry(run: usize) -> IndexEntry {
        let outcome = Outcome {
            seconds: 0.5,
            epochs: 3,
            metrics: Logs(vec![("loss".to_owned(), 0.25), ("val_loss".to_owned(), f64::INFINITY)]),
            best: None,
            early_stopping: None,
            trial: None,
            rung: None,
        };
        let stamp = Stamp { bytes: 7, nanoseconds: 8 };
        let outcome = to_raw_value(&outcome).unwrap();
        IndexEntry { run, stamp, status: Status::Completed, diverged: false, error: None, outcome }
    }

    fn read(folder: &Path) -> Vec<String> {
        let mut entries = Vec::new();
        RunIndex::read(folder, |entry| entries.push(json(entry)));
        entries
    }

    fn json(entry: IndexEntry) -> String {
        serde_json::to_string(&entry).unwrap()
    }

    #[test]
    fn entries_are_read_back_after_torn_and_changed_lines() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), NONE);
        let index = RunIndex::default();
        (0..3).for_each(|run| index.append_entry(dir.path(), &entry(run)));
        assert_eq!(read(dir.path()), [0, 1, 2].map(|run| json(entry(run))));
        let path = dir.path().join(NAME);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        RunIndex::default().append_entry(dir.path(), &entry(3));
        assert_eq!(read(dir.path()), [0, 1, 3].map(|run| json(entry(run))));
        fs::write(&path, text.replacen("0.25", "0.26", 1)).unwrap();
        assert_eq!(read(dir.path()), [1, 2].map(|run| json(entry(run))), "the checksum is another");
        fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
        assert_eq!(read(dir.path()), NONE);
    }

    #[test]
    fn stamp_changes_with_the_record() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        assert_eq!(Stamp::of(&folder), None);
        fs::write(folder.record(), "{}").unwrap();
        let first = Stamp::of(&folder).unwrap();
        assert_eq!(Stamp::of(&folder), Some(first));
        fs::write(folder.record(), "{ }").unwrap();
        assert_ne!(Stamp::of(&folder), Some(first));
    }
}
