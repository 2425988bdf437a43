//! The shape of data in memory: unscaled inputs, sparse or dense, with their targets.

use crate::data::Columns;

/// Inputs are kept sparse when at most this share of them is not zero.
///
/// An entry of a sparse row brings an index of two bytes along with its value, and the rows of
/// weights that it picks are added one by one where a dense product would work in blocks. So a third
/// of zeros gains nothing, while MNIST's four fifths gain much; the line is drawn in between.
pub const SPARSE_DENSITY: f64 = 0.4;

/// Rows of inputs and their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The inputs, one row per example.
    pub inputs: Inputs,
    /// The targets, one per row of `inputs`.
    pub targets: Targets,
    /// The shape of one input before it was flattened, such as `[28, 28]`.
    pub shape: Vec<usize>,
    /// What the columns of the CSV file are that it was read from, if it was.
    pub columns: Option<Columns>,
}

/// The inputs of a table (rows × features), as they are stored: nothing has been divided yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Only the values that are not zero.
    Sparse(SparseRows),
    /// Every value.
    Dense(DenseRows),
}

/// Rows of which only the values that are not zero are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseRows {
    /// Number of features of a row, zeros included; at most 65,536.
    pub features: usize,
    /// Row r is entries `offsets[r]..offsets[r + 1]`; there is one more offset than rows.
    pub offsets: Vec<u32>,
    /// The feature of each entry, ascending within a row.
    pub indices: Vec<u16>,
    /// The value of each entry.
    pub values: Values,
}

/// Rows of which every value is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseRows {
    /// Number of features of a row.
    pub features: usize,
    /// Row after row.
    pub values: Values,
}

/// Values as their file holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Such as pixels, 0 to 255.
    Bytes(Vec<u8>),
    /// Anything else.
    Floats(Vec<f32>),
}

/// What a network should answer for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The class of each row, below `classes`.
    Classes {
        /// One label per row.
        labels: Vec<u32>,
        /// Number of classes: one more than the greatest label of the training set.
        classes: usize,
    },
    /// Real values (rows × width), row after row.
    Values {
        /// The values.
        values: Vec<f32>,
        /// Number of values per row.
        width: usize,
    },
}

impl Inputs {
    /// Takes rows of `features` values each, and keeps their zeros or not: see [`SPARSE_DENSITY`].
    pub fn new(features: usize, values: Values) -> Self {
        let (n_values, n_entries) = match &values {
            Values::Bytes(bytes) => (bytes.len(), count(bytes)),
            Values::Floats(floats) => (floats.len(), count(floats)),
        };
        let thin = n_entries as f64 <= SPARSE_DENSITY * n_values as f64;
        if thin && features <= 1 << 16 && u32::try_from(n_entries).is_ok() {
            Inputs::Sparse(SparseRows::new(features, &values, n_entries))
        } else {
            Inputs::Dense(DenseRows { features, values })
        }
    }
}

impl SparseRows {
    /// The same rows with their zeros.
    pub fn to_dense(&self) -> DenseRows {
        let values = match &self.values {
            Values::Bytes(bytes) => Values::Bytes(self.spread(bytes)),
            Values::Floats(floats) => Values::Floats(self.spread(floats)),
        };
        DenseRows { features: self.features, values }
    }

    fn new(features: usize, values: &Values, n_entries: usize) -> Self {
        let mut rows = SparseRows {
            features,
            offsets: vec![0],
            indices: Vec::with_capacity(n_entries),
            values: Values::Bytes(Vec::new()),
        };
        rows.values = match values {
            Values::Bytes(bytes) => Values::Bytes(rows.gather(bytes, n_entries)),
            Values::Floats(floats) => Values::Floats(rows.gather(floats, n_entries)),
        };
        rows
    }

    /// Enters every value that is not zero, and returns those values.
    fn gather<T: Copy + Default + PartialEq>(&mut self, dense: &[T], n_entries: usize) -> Vec<T> {
        let mut values = Vec::with_capacity(n_entries);
        for row in dense.chunks_exact(self.features) {
            for (index, &value) in row.iter().enumerate() {
                if value != T::default() {
                    self.indices.push(index as u16);
                    values.push(value);
                }
            }
            self.offsets.push(values.len() as u32);
        }
        values
    }

    fn spread<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let n_rows = self.offsets.len() - 1;
        let mut dense = vec![T::default(); n_rows * self.features];
        for (row, ends) in dense.chunks_exact_mut(self.features).zip(self.offsets.windows(2)) {
            for entry in ends[0] as usize..ends[1] as usize {
                row[usize::from(self.indices[entry])] = values[entry];
            }
        }
        dense
    }
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        match &self.targets {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Values { values, width } => values.len() / width,
        }
    }

    /// Number of features of a row.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }
}

/// How many values are not zero.
fn count<T: Default + PartialEq>(values: &[T]) -> usize {
    values.iter().filter(|value| **value != T::default()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_share_of_zeros_decides_the_form() {
        let is_sparse = |features, values| {
            matches!(Inputs::new(features, Values::Bytes(values)), Inputs::Sparse(_))
        };
        assert!(is_sparse(5, vec![1, 0, 2, 0, 0])); // 0.4, just thin enough
        assert!(!is_sparse(5, vec![1, 0, 2, 3, 0]));
        assert!(is_sparse(1 << 16, vec![0; 1 << 16])); // every index fits into a u16
        assert!(!is_sparse((1 << 16) + 1, vec![0; (1 << 16) + 1]));
    }

    #[test]
    fn a_last_index_is_kept() {
        let mut values = vec![0.0; 1 << 16];
        values[(1 << 16) - 1] = -1.5;
        let Inputs::Sparse(rows) = Inputs::new(1 << 16, Values::Floats(values.clone())) else {
            panic!("one value of many is not dense")
        };
        assert_eq!((rows.offsets[..].to_vec(), rows.indices[0]), (vec![0, 1], u16::MAX));
        assert_eq!(rows.to_dense().values, Values::Floats(values));
    }

    proptest! {
        /// The naive twin of the sparse form is the dense one.
        #[test]
        fn sparse_rows_are_the_dense_ones(
            features in 1..7_usize,
            values in proptest::collection::vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..60),
        ) {
            let whole = values.len() / features * features;
            let bytes = values[..whole].to_vec();
            let floats = bytes.iter().map(|&byte| f32::from(byte) / 3.0).collect();
            for dense in [Values::Bytes(bytes), Values::Floats(floats)] {
                let rows = SparseRows::new(features, &dense, 0);
                prop_assert_eq!(rows.offsets.len(), whole / features + 1);
                prop_assert_eq!(rows.to_dense(), DenseRows { features, values: dense });
            }
        }
    }
}
