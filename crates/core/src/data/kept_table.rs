//! The last table that was described, kept for the run that loads it: so a large file is read once.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::data::{Column, Columns, CsvOptions, ShardedTable, Table};

/// The last table of numbers.
pub(super) static TABLE: KeptTable<Table> = KeptTable::new();
/// The last table that stays in its files.
pub(super) static SHARDED: KeptTable<Arc<ShardedTable>> = KeptTable::new();

/// A place for one table.
pub(super) struct KeptTable<T>(Mutex<Option<Kept<T>>>);

/// A table, and what it was read from.
struct Kept<T> {
    files: Vec<Stamp>,
    options: CsvOptions,
    columns: Columns,
    table: T,
}

/// A file at the time of the read: its path, size and time of change.
type Stamp = (PathBuf, u64, Option<SystemTime>);

/// What the files are now; none if one cannot be looked at.
fn stamps(files: &[PathBuf]) -> Option<Vec<Stamp>> {
    let stamp = |path: &PathBuf| {
        let meta = std::fs::metadata(path).ok()?;
        Some((path.clone(), meta.len(), meta.modified().ok()))
    };
    files.iter().map(stamp).collect()
}

/// The files before they are read, to be given to [`KeptTable::keep`].
pub(super) struct Before(Option<Vec<Stamp>>);

impl Before {
    pub(super) fn of(files: &[PathBuf]) -> Before {
        Before(stamps(files))
    }
}

impl<T> KeptTable<T> {
    /// An empty place.
    pub(super) const fn new() -> KeptTable<T> {
        KeptTable(Mutex::new(None))
    }

    /// Keeps a table with its columns in place of the one before.
    pub(super) fn keep(&self, before: Before, options: &CsvOptions, columns: &Columns, table: T) {
        let (options, columns) = (options.clone(), columns.clone());
        let kept = before.0.map(|files| Kept { files, options, columns, table });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Takes the kept table, if it is of these files, unchanged, and was read alike.
    pub(super) fn take(&self, files: &[PathBuf], options: &CsvOptions) -> Option<T> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = slot.as_ref()?;
        let same = alike(&kept.options, options, &kept.columns)
            && stamps(files).as_ref() == Some(&kept.files);
        if same { slot.take().map(|kept| kept.table) } else { None }
    }
}

/// Whether options read what others have read, which a config may have filled in from the columns that were found.
fn alike(kept: &CsvOptions, asked: &CsvOptions, columns: &Columns) -> bool {
    let found = |column: &Column, name: &String| match column {
        Column::Name(asked) => asked == name,
        Column::Index(index) => !columns.header && *name == index.to_string(),
    };
    let filled = |label: &Vec<Column>| {
        label.len() == columns.labels().len()
            && label.iter().zip(columns.labels()).all(|(column, name)| found(column, name))
    };
    let same_label = kept.label == asked.label || asked.label.as_ref().is_some_and(filled);
    let same_task = kept.task == asked.task || asked.task == Some(columns.task());
    let same_header = kept.header == asked.header || asked.header == Some(columns.header);
    let rest = CsvOptions {
        label: kept.label.clone(),
        task: kept.task,
        header: kept.header,
        ..asked.clone()
    };
    same_label && same_task && same_header && rest == *kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Source, Split, Task, describe, load};

    #[test]
    fn a_described_table_is_loaded_once_and_only_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        let source = |options: CsvOptions| Source::Csv(path.clone().into(), options);
        let options = CsvOptions::default();
        std::fs::write(&path, "x,y\n1,0\n2,1\n").unwrap();
        let kept = |options: &CsvOptions| TABLE.take(std::slice::from_ref(&path), options);
        describe(&source(options.clone())).unwrap();
        assert_eq!(kept(&CsvOptions { comment: Some(b'#'), ..options.clone() }), None);
        let filled = CsvOptions {
            label: Some(vec![Column::Name("y".to_owned())]),
            task: Some(Task::Classification),
            header: Some(true),
            ..options.clone()
        };
        let table = kept(&filled).unwrap();
        assert_eq!(kept(&filled), None);
        assert_eq!(table, load(&source(filled.clone()), Split::Train).unwrap());
        describe(&source(options)).unwrap();
        std::fs::write(&path, "x,y\n1,0\n2,1\n3,1\n").unwrap();
        assert_eq!(load(&source(filled), Split::Train).unwrap().rows(), 3);
    }
}
