//! The rows that train, for the fits on them: shown in pieces, in their order, as often as a fit asks for them.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::data::{DenseRows, Inputs, Table, Targets};

/// Rows that train.
pub(super) trait TrainingRows {
    /// Number of inputs of a row.
    fn features(&self) -> usize;

    /// Shows pieces of rows by their inputs and targets; of each piece so many rows train, the first.
    fn visit(&self, see: &mut dyn FnMut(&DenseRows, &Targets, usize));
}

/// The first rows of a table in memory, as one piece.
pub(super) struct FirstRows<'a> {
    table: &'a Table,
    rows: usize,
    dense: OnceCell<Cow<'a, DenseRows>>,
}

impl<'a> FirstRows<'a> {
    pub(super) fn new(table: &'a Table, rows: usize) -> FirstRows<'a> {
        FirstRows { table, rows, dense: OnceCell::new() }
    }
}

impl TrainingRows for FirstRows<'_> {
    fn features(&self) -> usize {
        self.table.features()
    }

    fn visit(&self, see: &mut dyn FnMut(&DenseRows, &Targets, usize)) {
        let inputs = self.dense.get_or_init(|| dense(&self.table.inputs));
        see(inputs, &self.table.targets, self.rows);
    }
}

/// Rows of all values.
pub(super) fn dense(inputs: &Inputs) -> Cow<'_, DenseRows> {
    match inputs {
        Inputs::Dense(rows) => Cow::Borrowed(rows),
        Inputs::Sparse(rows) => Cow::Owned(rows.to_dense()),
    }
}
