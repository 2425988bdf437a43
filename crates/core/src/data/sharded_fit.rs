//! The preprocessing of a table that stays in its files: each fit reads the rows that train again, in the order of the files,
//! and comes to the same bits as with the table in memory.

use std::cell::RefCell;

use crate::data::training_rows::{TrainingRows, dense};
use crate::data::{DataError, DenseRows, Preprocessing, ShardedTable, TargetScaling, Targets};

/// The first rows of a table.
struct FirstShards<'a> {
    table: &'a ShardedTable,
    rows: usize,
    /// The first error; no row is shown after it.
    error: RefCell<Option<DataError>>,
}

impl TrainingRows for FirstShards<'_> {
    fn features(&self) -> usize {
        self.table.columns().width()
    }

    fn visit(&self, see: &mut dyn FnMut(&DenseRows, &Targets, usize)) {
        if self.error.borrow().is_none() {
            *self.error.borrow_mut() = self.read(see).err();
        }
    }
}

impl FirstShards<'_> {
    fn read(&self, see: &mut dyn FnMut(&DenseRows, &Targets, usize)) -> Result<(), DataError> {
        let mut reader = self.table.reader()?;
        for (at, shard) in self.table.shards().iter().enumerate() {
            let rows = self.rows.saturating_sub(shard.first).min(shard.rows);
            reader.read(at, 0..rows, &mut |table, part| {
                see(&dense(&table.inputs), &table.targets, part.end);
                true
            })?;
        }
        Ok(())
    }
}

impl Preprocessing {
    /// Learned from the first `rows` rows of a table that stays in its files.
    ///
    /// # Errors
    ///
    /// Rows unfit for training, see [`DataError`].
    pub fn of_shards(
        table: &ShardedTable,
        rows: usize,
        (scale, standardize): (f64, bool),
        targets: Option<TargetScaling>,
    ) -> Result<Preprocessing, DataError> {
        let columns = table.columns();
        let classes = columns.class_names().map(<[String]>::len);
        let form = (classes, columns.labels().len());
        let training = FirstShards { table, rows, error: RefCell::new(None) };
        let found = Preprocessing::unfitted(vec![columns.width()], form, Some(columns.clone()))
            .fit(&training, scale, standardize)
            .fit_targets(&training, targets);
        training.error.into_inner().map_or(Ok(found), Err)
    }
}
