//! What an optimizer remembers between steps; it is a value that its owner can copy and save.

use crate::kernels::Matrix;
use crate::model::Network;
use crate::optim::Optimizer;

/// The state of an optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Updates made so far.
    pub iterations: u64,
    /// For each weight, in the network's order, the vectors that the rule keeps.
    pub slots: Vec<Vec<Matrix>>,
}

impl OptimizerState {
    /// The state before the first step.
    pub fn new(optimizer: &Optimizer, network: &mut Network) -> OptimizerState {
        let zeros = |w: &mut Matrix| vec![Matrix::zeros(w.rows(), w.cols()); optimizer.slots()];
        OptimizerState { iterations: 0, slots: network.weights_mut().map(zeros).collect() }
    }
}
