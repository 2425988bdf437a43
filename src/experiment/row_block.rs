//! A block of rows in the making: rows in the order of the files, and their order in the pass.

use std::ops::Range;

use rayon::prelude::*;

use crate::data::{DenseRows, Inputs, Preprocessing, Table, Targets, Values};
use crate::memory::probe;
use crate::random::{RandomStream, StreamPurpose};
use crate::train::Dataset;

/// Inputs of a copy by one thread.
const COPIED: usize = 1 << 16;

/// Rows of a block, of which some have arrived.
pub(super) struct RowBlock<'a> {
    preprocessing: &'a Preprocessing,
    /// The row at each place of the pass.
    order: Vec<u32>,
    arrived: usize,
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
    /// A block of rows in an order; `buffer` is memory of an earlier one.
    pub(super) fn new(
        preprocessing: &'a Preprocessing,
        order: Vec<u32>,
        buffer: Vec<f32>,
    ) -> RowBlock<'a> {
        let features: usize = preprocessing.shape.iter().product();
        let n_inputs = order.len() * features;
        let inputs = if n_inputs <= buffer.len() {
            buffer
        } else {
            probe(4 * n_inputs);
            vec![0.0; n_inputs]
        };
        let targets = match preprocessing.classes {
            Some(classes) => Targets::Classes { labels: Vec::with_capacity(order.len()), classes },
            None => {
                let width = preprocessing.target_width;
                Targets::Values { values: Vec::with_capacity(order.len() * width), width }
            }
        };
        RowBlock { preprocessing, order, arrived: 0, inputs, targets, weights: None }
    }

    /// Number of rows that are to arrive.
    pub(super) fn missing(&self) -> usize {
        self.order.len() - self.arrived
    }

    /// Takes rows of a table.
    pub(super) fn add(&mut self, table: &DenseTable, rows: Range<usize>) {
        let features = table.inputs.features;
        let of = |rows: &Range<usize>| rows.start * features..rows.end * features;
        let places = &mut self.inputs[of(&(self.arrived..self.arrived + rows.len()))];
        self.arrived += rows.len();
        match &table.inputs.values {
            Values::Floats(floats) => {
                let pieces =
                    places.par_chunks_mut(COPIED).zip(floats[of(&rows)].par_chunks(COPIED));
                pieces.for_each(|(to, from)| to.copy_from_slice(from));
            }
            Values::Bytes(bytes) => {
                let bytes = bytes[of(&rows)].iter();
                places.iter_mut().zip(bytes).for_each(|(x, byte)| *x = f32::from(*byte));
            }
        }
        add_targets(&mut self.targets, &table.targets, &rows);
        if let Some(weights) = &table.weights {
            self.weights.get_or_insert_default().extend_from_slice(&weights[rows]);
        }
    }

    /// The whole block, of rows like those of `table`, and their order.
    pub(super) fn finish(mut self, table: &DenseTable) -> (Dataset, Vec<u32>) {
        let shape = self.preprocessing.shape.clone();
        let features = shape.iter().product();
        self.inputs.truncate(self.order.len() * features);
        let inputs = Inputs::Dense(DenseRows { features, values: Values::Floats(self.inputs) });
        let (targets, weights) = (self.targets, self.weights);
        let scale = table.scale;
        let table = Table { weights, ..Table::new(inputs, targets, shape) };
        let dataset = Dataset::new(table, scale);
        (dataset.with_target_scaling(&self.preprocessing.targets), self.order)
    }
}

/// Adds the targets of some rows.
fn add_targets(to: &mut Targets, from: &Targets, rows: &Range<usize>) {
    match (to, from) {
        (Targets::Classes { labels, .. }, Targets::Classes { labels: found, .. }) => {
            labels.extend_from_slice(&found[rows.clone()]);
        }
        (Targets::Values { values, width }, Targets::Values { values: found, .. }) => {
            values.extend_from_slice(&found[rows.start * *width..rows.end * *width]);
        }
        _ => {}
    }
}
