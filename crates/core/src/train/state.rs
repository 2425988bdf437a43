//! What an optimizer remembers between steps; it is a value that its owner can copy and save.

use crate::kernels::Matrix;
use crate::model::Network;
use crate::optim::Optimizer;

/// The state of an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Batches so far.
    pub iterations: u64,
    /// The step size that a callback has set in place of the optimizer's.
    pub rate: Option<f32>,
    /// For each weight, in the network's order, the matrices that the rule keeps.
    pub slots: Vec<Vec<Matrix>>,
    /// The moving average of each weight; none unless the optimizer averages.
    pub averages: Vec<Matrix>,
    /// The sum of the gradients since the last update, of each weight; none unless the optimizer
    /// accumulates.
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
        let zeros = |wanted: bool| match wanted {
            true => {
                weights.iter().map(|w| Matrix::zeros(w.values.rows(), w.values.cols())).collect()
            }
            false => Vec::new(),
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

    /// Every matrix that is kept: the slots of each weight, the averages, the sums of gradients.
    pub fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        self.slots.iter().flatten().chain(&self.averages).chain(&self.accumulated)
    }

    /// As [`OptimizerState::matrices`], to be written to.
    pub fn matrices_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        self.slots.iter_mut().flatten().chain(&mut self.averages).chain(&mut self.accumulated)
    }

    /// Puts the averages, if there are any, in the place of the weights.
    pub fn apply_ema(&self, network: &mut Network) {
        if self.iterations > 0 {
            for ((_, weight), average) in network.trainable_mut().zip(&self.averages) {
                weight.as_mut_slice().copy_from_slice(average.as_slice());
            }
        }
    }
}
