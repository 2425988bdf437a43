//! The shape of data in memory: unscaled inputs, sparse or dense, with their targets.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use crate::data::row_split::SplitKeys;
use crate::data::{Columns, RowOrder, RowSplit};
use kernels::NonzeroBitmap;

/// Inputs are stored sparse up to this share of nonzero values.
///
/// Where the values of a sparse row belong has to be found out, and the rows of weights that they
/// pick are added one by one where a dense product would work in blocks. So a third
/// of zeros gains nothing, while MNIST's four fifths gain much; the line is drawn in between.
pub const SPARSE_DENSITY: f64 = 0.4;

/// Values that a thread counts at a time.
const COUNTED: usize = 1 << 16;

/// Rows of inputs and their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The inputs, one row per example.
    pub inputs: Inputs,
    /// The targets, one per row of `inputs`.
    pub targets: Targets,
    /// The shape of one input before flattening, such as `[28, 28]`.
    pub shape: Vec<usize>,
    /// The columns of the CSV file, if read from one.
    pub columns: Option<Columns>,
    /// The order of the rows, if it is not that of the data set.
    pub order: Option<RowOrder>,
    /// The weight of each row in the loss and in weighted metrics; none for equal weights.
    pub weights: Option<Vec<f32>>,
    /// The names of classes that are texts in an array, where there are no columns.
    pub class_names: Option<Vec<String>>,
}

/// The inputs of a table (rows × features), as stored, before any division.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// The nonzero values.
    Sparse(SparseRows),
    /// Every value.
    Dense(DenseRows),
}

/// Rows of nonzero values.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseRows {
    /// Which values are not zero; at most 65,536 features.
    pub mask: NonzeroBitmap,
    /// These values, row after row.
    pub values: Values,
}

/// Rows of all values.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseRows {
    /// Number of features of a row.
    pub features: usize,
    /// Row after row.
    pub values: Values,
}

/// Values in the form of their file.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Such as pixels, 0 to 255; those that are built in stay where they are.
    Bytes(Cow<'static, [u8]>),
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
        /// Number of classes: the largest label of the training set + 1.
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

impl Targets {
    /// The class of each row, if the targets are classes.
    pub(super) fn into_classes(self) -> Option<Vec<u32>> {
        match self {
            Targets::Classes { labels, .. } => Some(labels),
            Targets::Values { .. } => None,
        }
    }

    /// Whether all targets are 0 or 1.
    pub fn is_binary(&self) -> bool {
        match self {
            Targets::Classes { classes, .. } => *classes <= 2,
            Targets::Values { values, .. } => values.iter().all(|t| *t == 0.0 || *t == 1.0),
        }
    }
}

impl Inputs {
    /// Rows of `features` values each, dense or sparse: see [`SPARSE_DENSITY`].
    pub fn new(features: usize, values: Values) -> Self {
        let (n_values, n_entries) = match &values {
            Values::Bytes(bytes) => (bytes.len(), count(bytes)),
            Values::Floats(floats) => (floats.len(), count(floats)),
        };
        if is_sparse(features, n_values, n_entries) {
            Inputs::Sparse(SparseRows::new(features, &values, n_entries))
        } else {
            Inputs::Dense(DenseRows { features, values })
        }
    }
}

/// Whether rows of `features` features with `n_entries` nonzero values are stored sparse.
pub(super) fn is_sparse(features: usize, n_values: usize, n_entries: usize) -> bool {
    let thin = n_entries as f64 <= SPARSE_DENSITY * n_values as f64;
    thin && features <= 1 << 16 && u32::try_from(n_entries).is_ok()
}

impl SparseRows {
    /// The same rows with their zeros.
    pub fn to_dense(&self) -> DenseRows {
        let values = match &self.values {
            Values::Bytes(bytes) => Values::Bytes(self.spread(bytes).into()),
            Values::Floats(floats) => Values::Floats(self.spread(floats)),
        };
        DenseRows { features: self.mask.features(), values }
    }

    /// The offset of each row's values, and the end of the last row.
    pub fn offsets(&self) -> impl Iterator<Item = usize> + '_ {
        let counts = (0..self.mask.rows()).map(|r| self.mask.row_indices(r).count());
        std::iter::once(0).chain(counts.scan(0, |end, count| {
            *end += count;
            Some(*end)
        }))
    }

    fn new(features: usize, values: &Values, n_entries: usize) -> Self {
        let (mask, values) = match values {
            Values::Bytes(bytes) => {
                let (mask, bytes) = gather(features, bytes, n_entries);
                (mask, Values::Bytes(bytes.into()))
            }
            Values::Floats(floats) => {
                let (mask, floats) = gather(features, floats, n_entries);
                (mask, Values::Floats(floats))
            }
        };
        SparseRows { mask, values }
    }

    fn spread<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let (n_rows, features) = (self.mask.rows(), self.mask.features());
        let mut dense = vec![T::default(); n_rows * features];
        let mut values = values.iter();
        for (r, row) in dense.chunks_exact_mut(features).enumerate() {
            for (i, &value) in self.mask.row_indices(r).zip(&mut values) {
                row[i] = value;
            }
        }
        dense
    }
}

/// The nonzero values of `dense` rows, `n_entries` in number.
fn gather<T: Copy + Default + PartialEq>(
    features: usize,
    dense: &[T],
    n_entries: usize,
) -> (NonzeroBitmap, Vec<T>) {
    let mut mask = NonzeroBitmap::new(dense.len() / features, features);
    let mut values = Vec::with_capacity(n_entries);
    for (r, row) in dense.chunks_exact(features).enumerate() {
        for (i, &value) in row.iter().enumerate().filter(|(_, value)| **value != T::default()) {
            mask.set(r, i);
            values.push(value);
        }
    }
    (mask, values)
}

impl Table {
    /// A table without columns, of equally weighted rows in their order, whose classes are numbers.
    pub fn new(inputs: Inputs, targets: Targets, shape: Vec<usize>) -> Table {
        let (columns, order, weights, class_names) = (None, None, None, None);
        Table { inputs, targets, shape, columns, order, weights, class_names }
    }

    /// Gives named classes the numbers that they have among other names; the error is a class that is not there.
    pub(super) fn renumber_classes(&mut self, names: &[String]) -> Result<(), String> {
        let own = self.class_names.take().unwrap_or_default();
        let place = |name: String| {
            let place = names.iter().position(|known| *known == name);
            place.ok_or_else(|| format!("the class `{name}`"))
        };
        let places: Vec<_> = own.into_iter().map(place).collect::<Result<_, _>>()?;
        if let Targets::Classes { labels, classes } = &mut self.targets {
            labels.iter_mut().for_each(|label| *label = places[*label as usize] as u32);
            *classes = names.len();
        }
        self.class_names = Some(names.to_vec());
        Ok(())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match &self.targets {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Values { values, width } => values.len() / width,
        }
    }

    /// The rows in the order of a split; those of a CSV file are in it since they were read.
    pub fn arranged(self, split: &RowSplit) -> Table {
        let labels = match &self.targets {
            Targets::Classes { labels, .. } => &labels[..],
            Targets::Values { .. } => &[],
        };
        let keys = SplitKeys { labels, ..SplitKeys::default() };
        match split.order(self.rows(), keys).filter(|_| self.columns.is_none()) {
            Some(order) => self.select(order),
            None => self,
        }
    }

    fn select(self, row_order: RowOrder) -> Table {
        let order = &row_order.rows;
        let features = self.features();
        let rows = match self.inputs {
            Inputs::Sparse(rows) => rows.to_dense(),
            Inputs::Dense(rows) => rows,
        };
        let values = match &rows.values {
            Values::Bytes(bytes) => Values::Bytes(select(bytes, features, order).into()),
            Values::Floats(floats) => Values::Floats(select(floats, features, order)),
        };
        let targets = match self.targets {
            Targets::Classes { labels, classes } => {
                Targets::Classes { labels: select(&labels, 1, order), classes }
            }
            Targets::Values { values, width } => {
                Targets::Values { values: select(&values, width, order), width }
            }
        };
        let inputs = Inputs::new(features, values);
        let weights = self.weights.map(|weights| select(&weights, 1, order));
        Table { inputs, targets, weights, order: Some(row_order), ..self }
    }

    /// Some of the rows, with all their values.
    pub fn slice(&self, rows: Range<usize>) -> Table {
        let features = self.features();
        let values = match &self.inputs {
            Inputs::Sparse(inputs) => inputs.to_dense().values.slice(features, &rows),
            Inputs::Dense(inputs) => inputs.values.slice(features, &rows),
        };
        let weights = self.weights.as_ref().map(|weights| weights[rows.clone()].to_vec());
        let targets = match &self.targets {
            Targets::Classes { labels, classes } => {
                Targets::Classes { labels: labels[rows].to_vec(), classes: *classes }
            }
            Targets::Values { values, width } => {
                let values = values[rows.start * width..rows.end * width].to_vec();
                Targets::Values { values, width: *width }
            }
        };
        let inputs = Inputs::Dense(DenseRows { features, values });
        let (columns, class_names) = (self.columns.clone(), self.class_names.clone());
        let table = Table::new(inputs, targets, self.shape.clone());
        Table { columns, weights, class_names, ..table }
    }

    /// The rows of a table from [`Table::slice`], where row r has the values of row `order[r]` in the
    /// columns `inputs`.
    pub fn permuted(&self, inputs: Range<usize>, order: &[u32]) -> Table {
        let mut table = self.clone();
        let features = self.features();
        if let (Inputs::Dense(to), Inputs::Dense(from)) = (&mut table.inputs, &self.inputs) {
            match (&mut to.values, &from.values) {
                (Values::Bytes(to), Values::Bytes(from)) => {
                    permute(to.to_mut(), from, (features, inputs), order);
                }
                (Values::Floats(to), Values::Floats(from)) => {
                    permute(to, from, (features, inputs), order);
                }
                _ => {}
            }
        }
        table
    }

    /// Number of features of a row.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Values {
    /// The values of some rows.
    fn slice(&self, features: usize, rows: &Range<usize>) -> Values {
        let range = rows.start * features..rows.end * features;
        match self {
            Values::Bytes(bytes) => Values::Bytes(bytes[range].to_vec().into()),
            Values::Floats(floats) => Values::Floats(floats[range].to_vec()),
        }
    }
}

/// Copies the columns `inputs` of rows of `features` values, in an order.
fn permute<T: Copy>(
    to: &mut [T],
    from: &[T],
    (features, inputs): (usize, Range<usize>),
    order: &[u32],
) {
    for (row, other) in to.chunks_exact_mut(features).zip(order) {
        let other = &from[*other as usize * features..][..features];
        row[inputs.clone()].copy_from_slice(&other[inputs.clone()]);
    }
}

/// Rows of `width` values each, in an order.
fn select<T: Copy>(values: &[T], width: usize, order: &[u32]) -> Vec<T> {
    let row = |row: &u32| &values[*row as usize * width..][..width];
    order.iter().flat_map(row).copied().collect()
}

/// How many values are not zero.
fn count<T: Default + PartialEq + Sync>(values: &[T]) -> usize {
    let count = |values: &[T]| values.iter().filter(|value| **value != T::default()).count();
    values.par_chunks(COUNTED).map(count).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_share_of_zeros_decides_the_form() {
        let is_sparse = |features, values: Vec<u8>| {
            matches!(Inputs::new(features, Values::Bytes(values.into())), Inputs::Sparse(_))
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
        assert_eq!(rows.offsets().collect::<Vec<_>>(), [0, 1]);
        assert_eq!(rows.mask.row_indices(0).collect::<Vec<_>>(), [usize::from(u16::MAX)]);
        assert_eq!(rows.to_dense().values, Values::Floats(values));
    }

    proptest! {
        /// The sparse form against the dense form.
        #[test]
        fn sparse_rows_are_the_dense_ones(
            features in 1..7_usize,
            values in proptest::collection::vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..60),
        ) {
            let whole = values.len() / features * features;
            let bytes = values[..whole].to_vec();
            let floats = bytes.iter().map(|&byte| f32::from(byte) / 3.0).collect();
            for dense in [Values::Bytes(bytes.into()), Values::Floats(floats)] {
                let rows = SparseRows::new(features, &dense, 0);
                prop_assert_eq!(rows.offsets().count(), whole / features + 1);
                prop_assert_eq!(rows.offsets().last(), Some(rows.mask.count_ones()));
                prop_assert_eq!(rows.to_dense(), DenseRows { features, values: dense });
            }
        }
    }
}
