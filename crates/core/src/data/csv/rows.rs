//! The inputs of all rows of a CSV file. Words become one-hot columns of which only the ones are
//! kept: a dense table of a thousand categories would take a thousand times the file.

use super::cells::ColumnValues;
use super::columns::Columns;
use super::sheet::Sheet;
use crate::data::table::is_sparse;
use crate::data::{DenseRows, Inputs, SparseRows, Values};
use base::memory::{OutOfMemory, reserve};
use kernels::NonzeroBitmap;

impl Sheet {
    /// Bytes that the rows take in memory: the fields as they were read, and the inputs.
    pub(super) fn memory(&self, columns: &Columns) -> u64 {
        let (rows, width) = (self.rows as u64, columns.width());
        let fields = (self.features.len() + self.labels.len()) as u64;
        let entries = self.entries() as u64;
        let inputs = if is_sparse(width, self.rows.saturating_mul(width), self.entries()) {
            entries.saturating_mul(4) + rows * 8 * NonzeroBitmap::words_of(width) as u64
        } else {
            rows.saturating_mul(width as u64).saturating_mul(4)
        };
        inputs.saturating_add(rows * fields * 4)
    }

    /// The inputs, sparse or dense by the rule of [`Inputs::new`].
    pub(super) fn inputs(&self, columns: &Columns) -> Result<Inputs, OutOfMemory> {
        let (rows, width) = (self.rows, columns.width());
        let entries = self.entries();
        if is_sparse(width, rows.saturating_mul(width), entries) {
            self.sparse(columns, entries).map(Inputs::Sparse)
        } else {
            self.dense(columns).map(Inputs::Dense)
        }
    }

    /// How many inputs of all rows are not zero.
    fn entries(&self) -> usize {
        let count = |cells: &ColumnValues| match cells {
            ColumnValues::Numbers(numbers) => {
                numbers.iter().filter(|number| **number != 0.0).count()
            }
            ColumnValues::Words(words) => words.ids.len(),
        };
        self.features.iter().map(|(_, cells)| count(cells)).sum()
    }

    fn sparse(&self, columns: &Columns, entries: usize) -> Result<SparseRows, OutOfMemory> {
        let mut mask = NonzeroBitmap::new(self.rows, columns.width());
        let mut values = Vec::new();
        reserve(&mut values, entries)?;
        for row in 0..self.rows {
            self.visit(columns, row, |feature, value| {
                if value != 0.0 {
                    mask.set(row, feature);
                    values.push(value);
                }
            });
        }
        Ok(SparseRows { mask, values: Values::Floats(values) })
    }

    fn dense(&self, columns: &Columns) -> Result<DenseRows, OutOfMemory> {
        let width = columns.width();
        let mut values = Vec::new();
        reserve(&mut values, self.rows.saturating_mul(width))?;
        values.resize(self.rows * width, 0.0);
        for row in 0..self.rows {
            let first = row * width;
            self.visit(columns, row, |feature, value| values[first + feature] = value);
        }
        Ok(DenseRows { features: width, values: Values::Floats(values) })
    }

    /// Shows the inputs of a row that may not be zero, ascending.
    fn visit(&self, columns: &Columns, row: usize, mut see: impl FnMut(usize, f32)) {
        let mut first = 0;
        for ((_, cells), feature) in self.features.iter().zip(&columns.features) {
            match cells {
                ColumnValues::Numbers(numbers) => see(first, numbers[row]),
                ColumnValues::Words(words) => see(first + words.ids[row] as usize, 1.0),
            }
            first += feature.width();
        }
    }
}
