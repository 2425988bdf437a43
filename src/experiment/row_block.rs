//! A block of rows in the making: rows arrive in the order of the files, and are put in the order of the pass.

use std::ops::Range;

use crate::data::{DenseRows, Inputs, Preprocessing, Table, Targets, Values};
use crate::memory::probe;
use crate::random::{RandomStream, StreamPurpose};
use crate::train::Dataset;

/// Rows of a block, of which some have arrived.
pub(super) struct RowBlock<'a> {
    preprocessing: &'a Preprocessing,
    /// The place of each row in the order of the pass.
    places: Vec<u32>,
    arrived: usize,
    /// Rows at the beginning of the order that are left out.
    skip: usize,
    inputs: Vec<f32>,
    targets: Targets,
    weights: Option<Vec<f32>>,
}

/// Rows after preprocessing.
pub(super) struct DenseTable {
    inputs: DenseRows,
    targets: Targets,
    weights: Option<Vec<f32>>,
    /// The divisor of the inputs that is left to the data set.
    scale: f64,
}

impl DenseTable {
    /// The rows of a table.
    pub(super) fn new(preprocessing: &Preprocessing, table: Table) -> DenseTable {
        let (Table { inputs, targets, weights, .. }, scale) = preprocessing.apply(table);
        let inputs = match inputs {
            Inputs::Dense(rows) => rows,
            Inputs::Sparse(rows) => rows.to_dense(),
        };
        DenseTable { inputs, targets, weights, scale }
    }
}

/// The order of the rows in block `block` of an epoch: the row at each place.
pub(super) fn order(rows: usize, shuffle: Option<(u64, usize)>, block: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    if let Some((seed, epoch)) = shuffle {
        let index = (epoch as u64) << 32 | block as u64;
        RandomStream::new(seed, StreamPurpose::Block, index).shuffle(&mut order);
    }
    order
}

impl<'a> RowBlock<'a> {
    /// A block of rows in an order, without its first `skip` places.
    pub(super) fn new(
        preprocessing: &'a Preprocessing,
        order: &[u32],
        skip: usize,
    ) -> RowBlock<'a> {
        let rows = order.len() - skip;
        let mut places = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(row, place)| places[*row as usize] = place);
        let features: usize = preprocessing.shape.iter().product();
        probe(4 * rows * features);
        let inputs = vec![0.0; rows * features];
        let targets = match preprocessing.classes {
            Some(classes) => Targets::Classes { labels: vec![0; rows], classes },
            None => {
                let width = preprocessing.target_width;
                Targets::Values { values: vec![0.0; rows * width], width }
            }
        };
        let (arrived, weights) = (0, None);
        RowBlock { preprocessing, places, arrived, skip, inputs, targets, weights }
    }

    /// Number of rows that are to arrive.
    pub(super) fn missing(&self) -> usize {
        self.places.len() - self.arrived
    }

    /// Takes rows of a table.
    pub(super) fn add(&mut self, table: &DenseTable, rows: Range<usize>) {
        let features = table.inputs.features;
        let places = &self.places[self.arrived..][..rows.len()];
        self.arrived += rows.len();
        let n_rows = self.places.len() - self.skip;
        let arriving = places.iter().map(|place| *place as usize).zip(rows);
        let arriving = arriving.filter_map(|(to, from)| Some((to.checked_sub(self.skip)?, from)));
        for (to, from) in arriving {
            let values = from * features..(from + 1) * features;
            let place = &mut self.inputs[to * features..][..features];
            match &table.inputs.values {
                Values::Floats(floats) => place.copy_from_slice(&floats[values]),
                Values::Bytes(bytes) => {
                    let bytes = bytes[values].iter();
                    place.iter_mut().zip(bytes).for_each(|(x, byte)| *x = f32::from(*byte));
                }
            }
            copy_target(&mut self.targets, to, &table.targets, from);
            if let Some(weights) = &table.weights {
                self.weights.get_or_insert_with(|| vec![1.0; n_rows])[to] = weights[from];
            }
        }
    }

    /// The whole block, of rows like those of `table`.
    pub(super) fn finish(self, table: &DenseTable) -> Dataset {
        let shape = self.preprocessing.shape.clone();
        let features = shape.iter().product();
        let inputs = Inputs::Dense(DenseRows { features, values: Values::Floats(self.inputs) });
        let (targets, weights) = (self.targets, self.weights);
        let scale = table.scale;
        let table = Table { weights, ..Table::new(inputs, targets, shape) };
        Dataset::new(table, scale).with_target_scaling(&self.preprocessing.targets)
    }
}

/// Copies the target of a row to another place.
fn copy_target(to: &mut Targets, at: usize, from: &Targets, row: usize) {
    match (to, from) {
        (Targets::Classes { labels, .. }, Targets::Classes { labels: found, .. }) => {
            labels[at] = found[row];
        }
        (Targets::Values { values, width }, Targets::Values { values: found, .. }) => {
            let width = *width;
            values[at * width..][..width].copy_from_slice(&found[row * width..][..width]);
        }
        _ => {}
    }
}
