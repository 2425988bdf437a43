//! Tables that stay in their files: the columns are learned in a pass, and the rows are read shard by shard.

use std::ops::Range;
use std::path::PathBuf;

use super::columns::{Columns, CsvOptions};
use super::learn::check_missing;
use super::roles::Roles;
use super::scan::{Scan, scan};
use super::shard::Shard;
use super::typed::{TypedRows, no_row_groups};
use crate::data::columnar::{Wanted, is_columnar};
use crate::data::{DataError, DatasetInfo, Labels, Table, TableFiles};

/// A table whose rows stay in Parquet files.
#[derive(Debug)]
pub struct ShardedTable {
    files: Vec<PathBuf>,
    /// With the columns, by which rows are read.
    options: CsvOptions,
    shards: Vec<Shard>,
    rows: usize,
    found: Scan,
}

impl ShardedTable {
    /// Reads the files once to learn their columns. By `options` with columns nothing but the files' footers is read.
    ///
    /// # Errors
    ///
    /// Files that are no Parquet, or rows unfit for training, see [`DataError`].
    pub fn open(files: &TableFiles, options: &CsvOptions) -> Result<ShardedTable, DataError> {
        let files = files.paths()?;
        if let Some(text) = files.iter().find(|path| !is_columnar(path)) {
            return Err(no_row_groups(text));
        }
        let mut source = TypedRows::open(&files)?;
        let shards = source.shards()?;
        let rows = shards.iter().map(|shard| shard.rows).sum();
        if rows == 0 {
            return Err(source.head.sheet("it has no row"));
        }
        let (options, found) = match &options.columns {
            Some(columns) => {
                Roles::known(columns, &source.head, true)?;
                (options.clone(), Scan::of(columns))
            }
            None => {
                let found = scan(&mut source, &shards, options)?;
                let columns = Some(found.columns.clone());
                (CsvOptions { columns, ..options.clone() }, found)
            }
        };
        Ok(ShardedTable { files, options, shards, rows, found })
    }

    /// The description without the class of each row.
    pub fn describe(&self) -> DatasetInfo {
        let names = self.found.columns.class_names();
        DatasetInfo {
            rows: self.rows,
            bytes: 0,
            shape: vec![self.found.columns.width()],
            classes: names.map(<[String]>::len),
            target_width: self.found.columns.labels().len(),
            default_scale: 1.0,
            has_test: false,
            labels: names.map(|names| Labels::from(names.to_vec())),
            parts: None,
            class_rows: None,
            binary: self.found.binary,
            columns: Some(self.found.columns.clone()),
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns.
    pub fn columns(&self) -> &Columns {
        &self.found.columns
    }

    /// The shards in the order of the files.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// Number of rows of each class that train; empty of real values, and of columns that another table has taught.
    pub fn class_counts(&self) -> &[usize] {
        &self.found.class_counts
    }

    /// Whether all targets are 0 or 1.
    pub fn is_binary(&self) -> bool {
        self.found.binary
    }

    /// The SHA-256 of the rows and their division into shards; empty of columns that another table has taught.
    pub fn fingerprint(&self) -> &str {
        &self.found.fingerprint
    }

    /// Opens the files for reading.
    ///
    /// # Errors
    ///
    /// A file that is gone or changed.
    pub fn reader(&self) -> Result<ShardReader<'_>, DataError> {
        let mut source = TypedRows::open(&self.files)?;
        if source.shards()? != self.shards {
            return Err(source.head.sheet("it was changed since it was read first"));
        }
        let mut roles = Roles::known(&self.found.columns, &source.head, true)?;
        let wanted = source.wanted(&mut roles)?;
        Ok(ShardReader { table: self, source, roles, wanted })
    }
}

/// Open files of a [`ShardedTable`].
pub struct ShardReader<'a> {
    table: &'a ShardedTable,
    source: TypedRows,
    roles: Roles,
    wanted: Vec<Wanted>,
}

impl ShardReader<'_> {
    /// Shows the rows `range` of the shard at an index in pieces of at most 65,536 rows, each a table with the range of
    /// its rows that are meant; until `see` is false, which is then the result.
    ///
    /// # Errors
    ///
    /// Rows unfit for the network, see [`DataError`].
    pub fn read(
        &mut self,
        shard: usize,
        range: Range<usize>,
        see: &mut dyn FnMut(Table, Range<usize>) -> bool,
    ) -> Result<bool, DataError> {
        let (shard, columns) = (&self.table.shards[shard], &self.table.found.columns);
        self.source.seek(shard)?;
        let mut at = 0;
        while at < range.end {
            let roles = self.roles.clone();
            let sheet = self.source.piece(roles, &self.wanted, &self.table.options)?;
            let cut = |row: usize| row.saturating_sub(at).min(sheet.rows);
            let part = cut(range.start)..cut(range.end);
            let first = shard.first + at;
            at += sheet.rows;
            if part.is_empty() {
                continue;
            }
            let place = |row: usize| self.source.place((first + row) as u64);
            check_missing(&sheet, columns, &self.source.head, &place)?;
            if !see(sheet.table(&self.table.files[0], columns.clone())?, part) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
