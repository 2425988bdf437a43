//! The shape of data in memory: unscaled inputs, sparse or dense, with their targets.

/// Rows of inputs and their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The inputs, one row per example.
    pub inputs: Inputs,
    /// The targets, one per row of `inputs`.
    pub targets: Targets,
    /// The shape of one input before it was flattened, such as `[28, 28]`.
    pub shape: Vec<usize>,
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
