//! Reads typed columns of Parquet and Arrow files into the columns of a sheet.

use std::path::{Path, PathBuf};

use super::builder::{Builder, Fault};
use super::cells::{ColumnValues, Dates, Words};
use super::columns::CsvOptions;
use super::head::{Head, Place};
use super::read_lines::too_many_words;
use super::roles::Roles;
use super::row_keys::Key;
use super::shard::Shard;
use super::sheet::Sheet;
use crate::data::columnar::{Cells, ColumnKind, ColumnarFile, Wanted};
use crate::data::{DataError, RowPlace};
use base::quote::quote;

/// The rows of one file, or of several one after the other.
pub(super) struct TypedRows {
    pub(super) head: Head,
    files: Vec<PathBuf>,
    /// The first row of each file that was opened.
    starts: Vec<u64>,
    /// The open file, and its place among the files.
    file: ColumnarFile,
    at: usize,
    rows: u64,
}

impl TypedRows {
    /// Opens the first of some files.
    pub(super) fn open(files: &[PathBuf]) -> Result<TypedRows, DataError> {
        let path = files.first().cloned().unwrap_or_default();
        let file = ColumnarFile::open(&path)?;
        let names = names(&file);
        let head = Head { path, names, header: true, hint: None };
        Ok(TypedRows { head, files: files.to_vec(), starts: vec![0], file, at: 0, rows: 0 })
    }

    /// The file and the number of a row.
    pub(super) fn place(&self, begin: u64) -> Place {
        let file = self.starts.partition_point(|start| *start <= begin).max(1) - 1;
        (self.files[file].clone(), RowPlace::Row(begin - self.starts[file]))
    }

    /// Goes to the next file, if there is one.
    fn open_next(&mut self) -> Result<bool, DataError> {
        let Some(path) = self.files.get(self.starts.len()) else { return Ok(false) };
        let next = ColumnarFile::open(path)?;
        self.head.check_same(path, &names(&next))?;
        let kinds = |file: &ColumnarFile| -> Vec<_> {
            file.columns().iter().map(|column| column.kind().ok()).collect()
        };
        let (want, got) = (kinds(&self.file), kinds(&next));
        if let Some(at) = (0..got.len()).find(|at| got[*at] != want[*at]) {
            let column = |file: &ColumnarFile| {
                format!("{} of type {}", quote(&self.head.names[at]), file.columns()[at].found())
            };
            let (got, want) = (column(&next), column(&self.file));
            let (path, first) = (path.clone(), self.head.path.clone());
            return Err(DataError::OtherColumns { path, first, got, want });
        }
        (self.file, self.at) = (next, self.starts.len());
        self.starts.push(self.rows);
        Ok(true)
    }

    /// The row groups of all files, which are opened to see that they have the same columns.
    pub(super) fn shards(&mut self) -> Result<Vec<Shard>, DataError> {
        let mut shards = Vec::new();
        loop {
            let Some(groups) = self.file.groups() else {
                return Err(no_row_groups(self.file.path()));
            };
            for (group, rows) in groups.into_iter().enumerate().filter(|(_, rows)| *rows != 0) {
                let first = self.rows as usize;
                shards.push(Shard { file: self.at, group, first, rows });
                self.rows += rows as u64;
            }
            if !self.open_next()? {
                return Ok(shards);
            }
        }
    }

    /// Makes the first rows of a shard the next ones.
    pub(super) fn seek(&mut self, shard: &Shard) -> Result<(), DataError> {
        if self.at != shard.file {
            (self.file, self.at) = (ColumnarFile::open(&self.files[shard.file])?, shard.file);
        }
        self.file.seek(shard.group);
        self.rows = shard.first as u64;
        Ok(())
    }

    /// The next piece of rows, which is within a shard, by roles whose forms are `wanted`.
    pub(super) fn piece(
        &mut self,
        roles: Roles,
        wanted: &[Wanted],
        options: &CsvOptions,
    ) -> Result<Sheet, DataError> {
        let Some(cells) = self.file.next(wanted)? else {
            let path = self.file.path().to_owned();
            let (reason, help) = ("it was changed while it was read".to_owned(), None);
            return Err(DataError::Sheet { path, reason, help });
        };
        let mut builder = Builder::new(roles, &self.head, options);
        let first = self.rows;
        let added = builder.add(&cells, &|row| first + row as u64);
        added.map_err(|fault| self.error(fault))?;
        self.rows += builder.rows as u64;
        Ok(builder.finish())
    }

    /// The next rows of the wanted columns.
    fn next(&mut self, wanted: &[Wanted]) -> Result<Option<Vec<Cells>>, DataError> {
        loop {
            let found = self.file.next(wanted)?;
            if found.is_some() || !self.open_next()? {
                return Ok(found);
            }
        }
    }

    /// Reads all rows.
    pub(super) fn read(
        &mut self,
        mut roles: Roles,
        options: &CsvOptions,
    ) -> Result<Sheet, DataError> {
        let wanted = self.wanted(&mut roles)?;
        let mut builder = Builder::new(roles, &self.head, options);
        while let Some(cells) = self.next(&wanted)? {
            let first = self.rows;
            let added = builder.add(&cells, &|row| first + row as u64);
            added.map_err(|fault| self.error(fault))?;
            self.rows += cells.first().map_or(0, Cells::len) as u64;
        }
        match self.rows {
            0 => Err(self.head.sheet("it has no row")),
            _ => Ok(builder.finish()),
        }
    }

    fn error(&self, fault: Fault) -> DataError {
        match fault {
            Fault::Field { label: true, at, begin, field, want } => {
                self.head.label(self.place(begin), at, &field, &want)
            }
            Fault::Field { at, begin, field, want, .. } => {
                self.head.cell(self.place(begin), at, &field, &want)
            }
            Fault::Words(at) => too_many_words(at, &self.head),
            Fault::Memory(error) => error,
        }
    }

    /// The forms that the columns are read in; open features get the form that suits their types.
    pub(super) fn wanted(&self, roles: &mut Roles) -> Result<Vec<Wanted>, DataError> {
        let mut wanted = Vec::new();
        for feature in &mut roles.features {
            let at = feature.at;
            let kind = self.kind(at)?;
            let cells = feature.cells_or(|| match kind {
                ColumnKind::Number => ColumnValues::Numbers(Vec::new()),
                ColumnKind::Word => ColumnValues::Words(Words::of_classes()),
                ColumnKind::Date => ColumnValues::Dates(Dates::default()),
            });
            wanted.push((at, self.form(at, kind, cells)?));
        }
        for (at, cells) in &roles.labels {
            wanted.push((*at, self.form(*at, self.kind(*at)?, cells)?));
        }
        for (at, key) in &roles.keys {
            let kind = match (key, self.kind(*at)?) {
                (Key::Time, ColumnKind::Date) => ColumnKind::Date,
                (Key::Weight, ColumnKind::Number) => ColumnKind::Number,
                _ => ColumnKind::Word,
            };
            wanted.push((*at, kind));
        }
        Ok(wanted)
    }

    fn kind(&self, at: usize) -> Result<ColumnKind, DataError> {
        self.file.columns()[at].kind().map_err(|found| {
            let name = &self.head.names[at];
            let want = "want numbers, truths, dates or text";
            let reason = format!("column {} is of type {found}, {want}", quote(name));
            let help = Some(format!("`ignore = [\"{name}\"]` leaves it out"));
            DataError::Sheet { path: self.file.path().to_owned(), reason, help }
        })
    }

    /// The form for the values of a column of a kind.
    fn form(
        &self,
        at: usize,
        kind: ColumnKind,
        values: &ColumnValues,
    ) -> Result<ColumnKind, DataError> {
        match (values, kind) {
            (ColumnValues::Words(_), _) | (_, ColumnKind::Word) => Ok(ColumnKind::Word),
            (ColumnValues::Numbers(_), ColumnKind::Number)
            | (ColumnValues::Dates(_), ColumnKind::Date) => Ok(kind),
            (wanted, _) => {
                let name = quote(&self.head.names[at]);
                let (got, want) = match wanted {
                    ColumnValues::Dates(_) => ("numbers", "dates"),
                    _ => ("dates", "numbers"),
                };
                Err(self.head.sheet(format!("column {name} has {got}, want {want}")))
            }
        }
    }

    /// The values of all rows as texts, an empty one where a value is missing.
    pub(super) fn fields(&mut self) -> Result<Vec<Vec<String>>, DataError> {
        let all: Vec<_> = (0..self.head.names.len())
            .filter(|at| self.file.columns()[*at].kind().is_ok())
            .map(|at| (at, ColumnKind::Word))
            .collect();
        let mut rows = Vec::new();
        while let Some(cells) = self.next(&all)? {
            let n = cells.first().map_or(0, Cells::len);
            let texts = (0..n).map(|row| cells.iter().map(|cells| cells.text(row)).collect());
            rows.extend(texts);
            self.rows += n as u64;
        }
        Ok(rows)
    }
}

/// The error of a file that has to be read from its beginning.
pub(super) fn no_row_groups(path: &Path) -> DataError {
    let reason = "it is not read in shards: want Parquet files, which have row groups".to_owned();
    let help = "write it as Parquet, or take `in_memory = false` out".to_owned();
    DataError::Sheet { path: path.to_owned(), reason, help: Some(help) }
}

fn names(file: &ColumnarFile) -> Vec<String> {
    file.columns().iter().map(|column| column.name.clone()).collect()
}
