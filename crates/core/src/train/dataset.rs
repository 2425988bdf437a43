//! A data set in the form of the kernels: scaled inputs, and targets as rows of numbers. All runs share it; nothing
//! changes it.

use crate::data::{Inputs, Table, TargetTransform, Targets, Values};
use kernels::{BlockCsr, LANES, Matrix, ViewMut, argmax, prefetch};

/// A table with scaled inputs.
#[derive(Debug)]
pub struct Dataset {
    pub(super) inputs: DatasetInputs,
    targets: Targets,
    /// The scaling of each target, and the scaled targets; none if the loss takes them as they are.
    scaling: Option<(Vec<TargetTransform>, Vec<f32>)>,
    /// The weight of each row; none for equal weights.
    weights: Option<Vec<f32>>,
    /// The smallest target, rounded, if each row has a single real value.
    lowest: i64,
}

#[derive(Debug)]
pub(super) enum DatasetInputs {
    Sparse(BlockCsr),
    Dense(DenseInputs),
}

#[derive(Debug)]
pub(super) struct DenseInputs {
    pub(super) features: usize,
    values: Values,
    scale: f64,
}

impl Dataset {
    /// The rows of `table`, every input divided by `scale`.
    pub fn new(table: Table, scale: f64) -> Dataset {
        let inputs = match table.inputs {
            Inputs::Sparse(s) => DatasetInputs::Sparse(match s.values {
                Values::Bytes(values) => BlockCsr::from_bytes(&s.mask, &values, scale),
                Values::Floats(values) => BlockCsr::from_floats(&s.mask, &values, scale),
            }),
            Inputs::Dense(d) => {
                DatasetInputs::Dense(DenseInputs { features: d.features, values: d.values, scale })
            }
        };
        let lowest = match &table.targets {
            Targets::Values { values, width: 1 } => values.iter().map(|t| t.round() as i64).min(),
            _ => None,
        };
        let (targets, weights) = (table.targets, table.weights);
        Dataset { inputs, targets, scaling: None, weights, lowest: lowest.unwrap_or(0) }
    }

    /// The same with targets scaled for the loss, each by its transform. Metrics and predictions stay in the unit of the
    /// data. Without transforms and with classes, nothing changes.
    pub fn with_target_scaling(mut self, transforms: &[TargetTransform]) -> Dataset {
        if let (Targets::Values { values, .. }, false) = (&self.targets, transforms.is_empty()) {
            let all = values.iter().zip(transforms.iter().cycle());
            let scaled = all.map(|(t, transform)| transform.apply(*t)).collect();
            self.scaling = Some((transforms.to_vec(), scaled));
        }
        self
    }

    /// The memory of the inputs, if they are dense floats.
    pub fn into_floats(self) -> Vec<f32> {
        match self.inputs {
            DatasetInputs::Dense(DenseInputs { values: Values::Floats(floats), .. }) => floats,
            _ => Vec::new(),
        }
    }

    /// Whether the loss takes scaled targets.
    pub(super) fn has_scaled_targets(&self) -> bool {
        self.scaling.is_some()
    }

    /// Outputs [rows × outputs] for scaled targets in the unit of the data.
    pub(super) fn unscale(&self, mut outputs: ViewMut<'_>) {
        let Some((transforms, _)) = &self.scaling else { return };
        let n = outputs.cols();
        for r in 0..outputs.rows() {
            let row = outputs.row(r)[..n].iter_mut().zip(transforms);
            row.for_each(|(y, transform)| *y = transform.undo(*y));
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match &self.targets {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Values { values, width } => values.len() / width,
        }
    }

    /// Number of inputs of a row.
    pub fn features(&self) -> usize {
        match &self.inputs {
            DatasetInputs::Sparse(x) => x.features(),
            DatasetInputs::Dense(dense) => dense.features,
        }
    }

    /// The inputs of a row, divided by the scale.
    pub fn inputs_of(&self, row: usize) -> Vec<f32> {
        let mut inputs = Matrix::zeros(1, self.features());
        self.inputs.gather(&[row as u32], inputs.view_mut(1));
        inputs.to_rows()
    }

    /// The class of a row, if the targets are classes.
    pub fn class(&self, row: u32) -> Option<usize> {
        match &self.targets {
            Targets::Classes { labels, .. } => Some(labels[row as usize] as usize),
            Targets::Values { .. } => None,
        }
    }

    /// The real values of a row, if the targets are real values.
    pub fn values(&self, row: usize) -> Option<&[f32]> {
        match &self.targets {
            Targets::Values { values, width } => Some(&values[row * width..(row + 1) * width]),
            Targets::Classes { .. } => None,
        }
    }

    /// The weight of a row in the loss and in weighted metrics.
    pub fn weight(&self, row: u32) -> f32 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row as usize])
    }

    /// Whether the rows have weights.
    pub fn is_weighted(&self) -> bool {
        self.weights.is_some()
    }

    /// The class of a row for class weights: the label, the index of the largest of several targets, or the rounded value
    /// above the lowest, with Keras's rounding.
    pub fn class_number(&self, row: u32) -> usize {
        let row = row as usize;
        match &self.targets {
            Targets::Classes { labels, .. } => labels[row] as usize,
            Targets::Values { values, width: 1 } => {
                (values[row].round() as i64 - self.lowest) as usize
            }
            Targets::Values { values, width } => argmax(&values[row * width..(row + 1) * width]),
        }
    }

    /// Whether all targets of `outputs` outputs are 0 or 1.
    pub(super) fn is_binary(&self, outputs: usize) -> bool {
        match &self.targets {
            Targets::Classes { classes, .. } => 1 < outputs || *classes <= 2,
            Targets::Values { values, .. } => values.iter().all(|t| *t == 0.0 || *t == 1.0),
        }
    }

    /// Writes the targets of `rows` in the unit of the data into `to` [rows × outputs].
    pub(super) fn unscaled_targets(&self, rows: &[u32], mut to: ViewMut<'_>) {
        match (&self.scaling, &self.targets) {
            (Some(_), Targets::Values { values, width }) => {
                for (r, &row) in rows.iter().enumerate() {
                    let from = row as usize * width;
                    to.row(r)[..*width].copy_from_slice(&values[from..from + width]);
                }
            }
            _ => self.targets(rows, (1.0, 0.0), to),
        }
    }

    /// Prefetches the targets of `rows` for [`Dataset::targets`]; the rows are scattered in memory.
    pub(super) fn prefetch_targets(&self, rows: &[u32]) {
        let rows = rows.iter().map(|&row| row as usize);
        match &self.targets {
            Targets::Classes { labels, .. } => rows.for_each(|r| prefetch(&labels[r..=r])),
            Targets::Values { values, width } => {
                rows.for_each(|r| prefetch(&values[r * width..(r + 1) * width]));
            }
        }
    }

    /// Writes the targets of `rows` for the loss into `to` [rows × outputs]: a class is one-hot, or a number if the
    /// network has a single output. Then t ← t · factor + shift.
    pub(super) fn targets(&self, rows: &[u32], (factor, shift): (f32, f32), mut to: ViewMut<'_>) {
        let n = to.cols();
        for (r, &row) in rows.iter().enumerate() {
            let row = row as usize;
            let to = to.row(r);
            match &self.targets {
                Targets::Classes { labels, .. } if n == 1 => to[0] = labels[row] as f32,
                Targets::Classes { labels, .. } => {
                    // By whole vectors: a row is too short for a call of memset.
                    to.as_chunks_mut::<LANES>().0.iter_mut().for_each(|t| *t = [0.0; LANES]);
                    to[..n][labels[row] as usize] = 1.0;
                }
                Targets::Values { values, width } => {
                    let values = self.scaling.as_ref().map_or(values, |(_, scaled)| scaled);
                    to[..n].copy_from_slice(&values[row * width..(row + 1) * width]);
                }
            }
            if (factor, shift) != (1.0, 0.0) {
                to[..n].iter_mut().for_each(|t| *t = t.mul_add(factor, shift));
            }
        }
    }
}

impl DatasetInputs {
    /// Writes the inputs of `rows` into `to` (rows × features).
    pub(super) fn gather(&self, rows: &[u32], to: ViewMut<'_>) {
        match self {
            DatasetInputs::Dense(dense) => dense.gather(rows, to),
            DatasetInputs::Sparse(x) => x.densify(rows, to),
        }
    }
}

impl DenseInputs {
    fn gather(&self, rows: &[u32], mut to: ViewMut<'_>) {
        for (r, &row) in rows.iter().enumerate() {
            let range = row as usize * self.features..(row as usize + 1) * self.features;
            let to = &mut to.row(r)[..self.features];
            match &self.values {
                Values::Bytes(values) => {
                    let inverse = |byte: u8| (f64::from(byte) / self.scale) as f32;
                    to.iter_mut().zip(&values[range]).for_each(|(x, &byte)| *x = inverse(byte));
                }
                Values::Floats(values) if self.scale == 1.0 => to.copy_from_slice(&values[range]),
                Values::Floats(values) => {
                    let scaled = |x: f32| (f64::from(x) / self.scale) as f32;
                    to.iter_mut().zip(&values[range]).for_each(|(to, &x)| *to = scaled(x));
                }
            }
        }
    }
}
