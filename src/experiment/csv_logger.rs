//! The numbers of each epoch in the format of Keras's `CSVLogger`: the epoch, then columns by name.
//! Lines end in a carriage return and a line feed. The module never reads the file.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::config::CsvLogger;
use crate::system::{self, Displaced, check_in_place};
use crate::train::Logs;

/// The file of a run in progress.
pub(super) struct CsvFile {
    path: PathBuf,
    file: File,
    separator: String,
    /// The names of the columns, known after the first epoch.
    columns: Vec<String>,
}

impl CsvFile {
    /// Creates the file anew in the run's folder, with the epochs already logged.
    pub(super) fn create<'a>(
        folder: &Path,
        rule: &CsvLogger,
        logged: impl IntoIterator<Item = (usize, &'a Logs)>,
    ) -> Result<CsvFile> {
        let path = folder.join(&rule.filename);
        let parent = path.parent().unwrap_or(folder);
        let cannot = |path: &Path| format!("cannot create `{}`", path.display());
        system::make_below(folder, parent).with_context(|| cannot(parent))?;
        let mut options = OpenOptions::new();
        let file = system::open_own(&path, options.write(true).create(true).truncate(true));
        let file = file.with_context(|| cannot(&path))?;
        let separator = rule.separator.clone();
        let mut csv = CsvFile { path, file, separator, columns: Vec::new() };
        logged.into_iter().try_for_each(|(epoch, logs)| csv.epoch(epoch, logs))?;
        Ok(csv)
    }

    /// Appends the numbers of an epoch, from 0.
    pub(super) fn epoch(&mut self, epoch: usize, logs: &Logs) -> Result<()> {
        let mut text = String::new();
        if self.columns.is_empty() {
            self.columns = logs.0.iter().map(|(name, _)| name.clone()).collect();
            self.columns.sort();
            text = self.line("epoch".to_owned(), self.columns.iter().cloned());
        }
        let number = |name: &String| logs.get(name).map_or("NA".to_owned(), |x| x.to_string());
        text += &self.line(epoch.to_string(), self.columns.iter().map(number));
        let written = self.file.write_all(text.as_bytes());
        written.with_context(|| format!("cannot write to `{}`", self.path.display()))
    }

    /// Whether the path still leads to this file.
    pub(super) fn check_in_place(&self) -> Result<(), Displaced> {
        check_in_place(&self.file, &self.path, &self.path)
    }

    fn line(&self, first: String, others: impl Iterator<Item = String>) -> String {
        let cells: Vec<_> = std::iter::once(first).chain(others).collect();
        cells.join(&self.separator) + "\r\n"
    }
}
