//! `history.csv`: the numbers of every epoch, a line each. Lines are only appended, and only whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::decimal;
use super::error::RunsError;
use super::sums::hex;
use crate::quote::{clip, quote};
use crate::system::{self, Displaced, check_in_place};
use crate::train::Logs;

/// The first column: the epoch, from 0.
const EPOCH: &str = "epoch";

/// Writes a history.
#[derive(Debug)]
pub struct HistoryWriter {
    path: PathBuf,
    /// Opened for appending.
    file: File,
    /// The header line, present after the first epoch.
    header: Option<String>,
    /// Length of the file in whole lines, in bytes.
    offset: u64,
    /// The SHA-256 of these lines.
    hash: Sha256,
    /// Whether a failed write may have left a partial line after `offset`.
    torn: bool,
}

/// The content of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The names of the numbers.
    pub columns: Vec<String>,
    /// For every line, the epoch and the numbers in column order.
    pub epochs: Vec<(usize, Vec<f64>)>,
}

impl HistoryWriter {
    /// Creates the file; an existing file is an error.
    pub fn create(path: &Path) -> Result<HistoryWriter, RunsError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(RunsError::io("create", path))?;
        let path = path.to_owned();
        let hash = Sha256::new();
        Ok(HistoryWriter { path, file, header: None, offset: 0, hash, torn: false })
    }

    /// Opens the file after the first `n_epochs` epochs and cuts off the rest.
    ///
    /// Fails if the file has fewer epochs, or if `digest` differs from the digest of these epochs.
    pub fn reopen(
        path: &Path,
        n_epochs: usize,
        digest: Option<&str>,
    ) -> Result<HistoryWriter, RunsError> {
        let text = system::read_to_string(path).map_err(RunsError::io("read", path))?;
        // The header comes with the first epoch.
        let n_lines = if n_epochs == 0 { 0 } else { n_epochs + 1 };
        let lines: Vec<&str> = whole_lines(&text).take(n_lines).collect();
        if lines.len() < n_lines {
            return Err(RunsError::History {
                path: path.to_owned(),
                line: lines.len() + 1,
                got: format!("{} epochs", lines.len().saturating_sub(1)),
                want: format!("{n_epochs} or more"),
            });
        }
        let header = lines.first().map(|line| line.trim_end().to_owned());
        let offset: usize = lines.iter().map(|line| line.len()).sum();
        let hash = Sha256::new_with_prefix(&text[..offset]);
        if digest.is_some_and(|digest| digest != hex(&hash.clone().finalize())) {
            return Err(RunsError::History {
                path: path.to_owned(),
                line: 1,
                got: format!("other numbers in its first {n_epochs} epochs"),
                want: "those that the run has written".to_owned(),
            });
        }
        let offset = offset as u64;
        let file = system::open_own(path, OpenOptions::new().append(true));
        let file = file.map_err(RunsError::io("open", path))?;
        file.set_len(offset).map_err(RunsError::io("shorten", path))?;
        Ok(HistoryWriter { path: path.to_owned(), file, header, offset, hash, torn: false })
    }

    /// Appends the numbers of an epoch and hands them to the system. The first call names the
    /// columns.
    ///
    /// After an error the file ends with the last whole line before this call.
    pub fn append(&mut self, epoch: usize, logs: &Logs) -> Result<(), RunsError> {
        let names = logs.0.iter().map(|(name, _)| name.as_str());
        let header = [EPOCH].into_iter().chain(names).collect::<Vec<_>>().join(",");
        let mut text = String::new();
        match &self.header {
            None => text = format!("{header}\n"),
            Some(columns) if *columns == header => {}
            Some(columns) => {
                let (path, got, want) = (self.path.clone(), clip(header), clip(columns));
                return Err(RunsError::Columns { path, got, want });
            }
        }
        text += &epoch.to_string();
        for &(_, value) in &logs.0 {
            text += ",";
            text += &decimal::to_text(value);
        }
        text += "\n";
        self.write(text.as_bytes()).map_err(RunsError::io("write to", &self.path))?;
        self.header = Some(header);
        Ok(())
    }

    /// The SHA-256 of all lines so far, for [`HistoryWriter::reopen`].
    pub fn digest(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// Whether the path still leads to this file.
    pub fn check_in_place(&self) -> Result<(), Displaced> {
        check_in_place(&self.file, &self.path, &self.path)
    }

    /// Forces the appended lines to the disk.
    pub fn sync(&self) -> Result<(), RunsError> {
        self.file.sync_data().map_err(RunsError::io("write to", &self.path))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.torn {
            self.truncate()?;
        }
        if let Err(error) = self.file.write_all(bytes) {
            // A partial line that stays now is removed before the next write.
            self.torn = true;
            let _ = self.truncate();
            return Err(error);
        }
        self.offset += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(())
    }

    fn truncate(&mut self) -> io::Result<()> {
        self.file.set_len(self.offset)?;
        self.torn = false;
        Ok(())
    }
}

impl History {
    /// The numbers of each epoch by name.
    pub fn logs(&self) -> Vec<(usize, Logs)> {
        let logs = |values: &Vec<f64>| {
            Logs(self.columns.iter().cloned().zip(values.iter().copied()).collect())
        };
        self.epochs.iter().map(|(epoch, values)| (*epoch, logs(values))).collect()
    }

    /// Reads the file. An unterminated last line, possible after a power loss, is ignored.
    pub fn load(path: &Path) -> Result<History, RunsError> {
        let text = system::read_to_string(path).map_err(RunsError::io("read", path))?;
        History::parse(&text).map_err(|(line, got, want)| RunsError::History {
            path: path.to_owned(),
            line,
            got,
            want,
        })
    }

    /// The numbers called `name`, in the order of the lines.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let place = self.columns.iter().position(|column| column == name)?;
        Some(self.epochs.iter().map(|(_, values)| values[place]).collect())
    }

    /// Parses the history in `text`. The error holds the line, the actual and the expected content.
    fn parse(text: &str) -> Result<History, (usize, String, String)> {
        let mut lines = whole_lines(text).map(str::trim_end);
        let Some(header) = lines.next() else {
            return Ok(History { columns: Vec::new(), epochs: Vec::new() });
        };
        let mut columns: Vec<String> = header.split(',').map(str::to_owned).collect();
        if columns.remove(0) != EPOCH {
            return Err((1, quote(header), format!("a header that starts with `{EPOCH}`")));
        }
        let epochs = lines
            .enumerate()
            .map(|(i, line)| {
                parse_line(line, columns.len()).map_err(|(got, want)| (i + 2, got, want))
            })
            .collect::<Result<_, _>>()?;
        Ok(History { columns, epochs })
    }
}

/// Parses the epoch and the numbers of a line. The error holds the actual and the expected content.
fn parse_line(line: &str, n_numbers: usize) -> Result<(usize, Vec<f64>), (String, String)> {
    let mut cells = line.split(',');
    let epoch = cells.next().unwrap_or_default();
    let epoch = epoch.parse().map_err(|_| (quote(epoch), "an epoch".to_owned()))?;
    let numbers = cells
        .map(|cell| decimal::from_text(cell).ok_or_else(|| (quote(cell), "a number".to_owned())))
        .collect::<Result<Vec<_>, _>>()?;
    if numbers.len() != n_numbers {
        return Err((format!("{} numbers", numbers.len()), n_numbers.to_string()));
    }
    Ok((epoch, numbers))
}

/// The terminated lines, with their terminators.
fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter(|line| line.ends_with('\n'))
}
