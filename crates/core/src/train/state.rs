//! The state of an optimizer between steps: a plain value, to copy and to save.

use crate::model::Network;
use crate::optim::Optimizer;
use kernels::Matrix;

/// The state of an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Batches so far.
    pub iterations: u64,
    /// The learning rate set by a callback; `None` for the optimizer's own.
    pub rate: Option<f32>,
    /// The slots of each parameter, in the network's order.
    pub slots: Vec<Vec<Matrix>>,
    /// The moving average of each parameter; empty without `use_ema`.
    pub averages: Vec<Matrix>,
    /// The sum of the gradients of each parameter since the last update; empty without accumulation.
    pub accumulated: Vec<Matrix>,
}

impl OptimizerState {
    /// The state before the first step.
    pub fn new(optimizer: &Optimizer, network: &Network) -> OptimizerState {
        let weights = network.trainable();
        let slots = weights.iter().map(|w| {
            let is_vector = w.shape.len() == 1;
            optimizer.slots(w.values, is_vector)
        });
        let zeros = |wanted: bool| {
            if wanted {
                weights.iter().map(|w| Matrix::zeros(w.values.rows(), w.values.cols())).collect()
            } else {
                Vec::new()
            }
        };
        let shared = optimizer.common_args();
        OptimizerState {
            iterations: 0,
            rate: None,
            slots: slots.collect(),
            averages: zeros(shared.use_ema),
            accumulated: zeros(shared.batches() > 1),
        }
    }

    /// The step size of the next batch.
    pub fn learning_rate(&self, optimizer: &Optimizer) -> f32 {
        self.rate.unwrap_or_else(|| optimizer.learning_rate(self.iterations))
    }

    /// All matrices: the slots of each parameter, the averages, the sums of gradients.
    pub fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.slots.iter().flatten().chain(&self.averages).chain(&self.accumulated)
    }

    /// As [`OptimizerState::matrices`], mutable.
    pub fn matrices_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        self.slots.iter_mut().flatten().chain(&mut self.averages).chain(&mut self.accumulated)
    }

    /// Replaces the weights by their moving averages, if any.
    pub fn apply_ema(&self, network: &mut Network) {
        if self.iterations > 0 {
            for ((_, weight), average) in network.trainable_mut().zip(&self.averages) {
                weight.as_mut_slice().copy_from_slice(average.as_slice());
            }
        }
    }
}
