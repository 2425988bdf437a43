//! The inputs of all rows of a CSV file. Words become one-hot columns of which only the ones are
//! kept: a dense table of a thousand categories would take a thousand times the file.

use super::cells::{ColumnValues, MISSING, OTHER, Words, bucket};
use super::columns::{Columns, FeatureColumn};
use super::sheet::Sheet;
use crate::data::date;
use crate::data::table::is_sparse;
use crate::data::{DenseRows, Inputs, SparseRows, Values};
use base::memory::{OutOfMemory, reserve};
use kernels::NonzeroBitmap;

impl Sheet {
    /// Bytes that the rows take in memory: the fields as they were read, and the inputs.
    pub(super) fn memory(&self, columns: &Columns) -> u64 {
        let (rows, width) = (self.rows as u64, columns.width());
        if self.dense.is_some() {
            return rows.saturating_mul((width + self.labels.len()) as u64).saturating_mul(4);
        }
        let fields = (self.features.len() + self.labels.len()) as u64;
        let entries = self.entries(columns);
        let inputs = if is_sparse(width, self.rows.saturating_mul(width), entries) {
            (entries as u64).saturating_mul(4) + rows * 8 * NonzeroBitmap::words_of(width) as u64
        } else {
            rows.saturating_mul(width as u64).saturating_mul(4)
        };
        inputs.saturating_add(rows * fields * 4)
    }

    /// The inputs, sparse or dense by the rule of [`Inputs::new`].
    pub(super) fn inputs(&mut self, columns: &Columns) -> Result<Inputs, OutOfMemory> {
        if let Some(dense) = self.dense.take() {
            return Ok(Inputs::new(columns.width(), Values::Floats(dense.values)));
        }
        let (rows, width) = (self.rows, columns.width());
        let entries = self.entries(columns);
        if is_sparse(width, rows.saturating_mul(width), entries) {
            self.sparse(columns, entries).map(Inputs::Sparse)
        } else {
            self.dense(columns).map(Inputs::Dense)
        }
    }

    /// How many inputs of all rows are not zero.
    fn entries(&self, columns: &Columns) -> usize {
        let count = |(cells, feature): (&ColumnValues, &FeatureColumn)| match cells {
            ColumnValues::Numbers(numbers) if !feature.indicator => {
                numbers.iter().filter(|number| **number != 0.0).count()
            }
            cells => {
                let encoder = Encoder::new(cells, feature);
                let mut n = 0;
                (0..self.rows)
                    .for_each(|row| encoder.visit(row, |_, value| n += usize::from(value != 0.0)));
                n
            }
        };
        self.features.iter().map(|(_, cells)| cells).zip(&columns.features).map(count).sum()
    }

    fn encoders<'a>(&'a self, columns: &'a Columns) -> Vec<Encoder<'a>> {
        let pairs = self.features.iter().zip(&columns.features);
        pairs.map(|((_, cells), feature)| Encoder::new(cells, feature)).collect()
    }

    fn sparse(&self, columns: &Columns, entries: usize) -> Result<SparseRows, OutOfMemory> {
        let mut mask = NonzeroBitmap::new(self.rows, columns.width());
        let mut values = Vec::new();
        reserve(&mut values, entries)?;
        let encoders = self.encoders(columns);
        for row in 0..self.rows {
            visit(&encoders, row, |feature, value| {
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
        let encoders = self.encoders(columns);
        for row in 0..self.rows {
            let first = row * width;
            visit(&encoders, row, |feature, value| values[first + feature] = value);
        }
        Ok(DenseRows { features: width, values: Values::Floats(values) })
    }
}

/// Shows the inputs of a row that may not be zero, ascending.
fn visit(encoders: &[Encoder<'_>], row: usize, mut see: impl FnMut(usize, f32)) {
    let mut first = 0;
    for encoder in encoders {
        encoder.visit(row, |input, value| see(first + input, value));
        first += encoder.feature.width();
    }
}

/// A column with the inputs that it becomes.
struct Encoder<'a> {
    cells: &'a ColumnValues,
    feature: &'a FeatureColumn,
    /// The bucket of each word, where words are hashed.
    buckets: Vec<usize>,
}

impl<'a> Encoder<'a> {
    fn new(cells: &'a ColumnValues, feature: &'a FeatureColumn) -> Encoder<'a> {
        let buckets = match (cells, feature.buckets) {
            (ColumnValues::Words(words), Some(n)) => {
                words.words.iter().map(|word| bucket(word, n)).collect()
            }
            _ => Vec::new(),
        };
        Encoder { cells, feature, buckets }
    }

    fn visit(&self, row: usize, mut see: impl FnMut(usize, f32)) {
        let last = self.feature.width() - 1;
        let missing = self.cells.is_missing(row);
        match self.cells {
            ColumnValues::Numbers(numbers) => see(0, numbers[row]),
            ColumnValues::Words(words) => self.visit_word(words, row, &mut see),
            ColumnValues::Dates(dates) => {
                let inputs = dates.seconds[row].map_or([f32::NAN; 3], date::inputs);
                inputs.into_iter().enumerate().for_each(|(input, value)| see(input, value));
            }
        }
        if self.feature.indicator && missing {
            see(last, 1.0);
        }
    }

    fn visit_word(&self, words: &Words, row: usize, see: &mut impl FnMut(usize, f32)) {
        let feature = self.feature;
        let id = match (words.ids[row], feature.fill) {
            (MISSING, Some(bucket)) if feature.buckets.is_some() => {
                return see(bucket as usize, 1.0);
            }
            (MISSING, Some(fill)) => fill,
            (id, _) => id,
        };
        match id {
            MISSING | OTHER if feature.ordinal => see(0, f32::NAN),
            MISSING => {}
            OTHER if feature.other => see(feature.values(), 1.0),
            OTHER => {}
            id if feature.ordinal => see(0, id as f32),
            id if feature.buckets.is_some() => see(self.buckets[id as usize], 1.0),
            id => see(id as usize, 1.0),
        }
    }
}
