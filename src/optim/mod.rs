//! Optimizers: how a gradient becomes a step; pure rules over the caller's state, with Keras's
//! names and defaults, that never see a layer or a batch.

mod adam;
mod rmsprop;
mod sgd;

pub use adam::Adam;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::Rule;

/// The rule that updates the weights, by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Optimizer {
    /// Gradient descent, with momentum when asked for.
    Sgd(Sgd),
    /// RMSprop (Tieleman and Hinton 2012), in Keras's formulation.
    #[serde(rename = "rmsprop")]
    RmsProp(RmsProp),
    /// Adam (Kingma and Ba 2015), in Keras's formulation.
    Adam(Adam),
}

/// What to do with the rule of a step; a trait, because each rule is a type of its own.
pub trait UseRule {
    /// What comes of it.
    type Output;

    /// Uses `rule`.
    fn use_rule<R: Rule>(self, rule: &R) -> Self::Output;
}

impl Default for Optimizer {
    /// What Keras's `compile` takes when it is told nothing.
    fn default() -> Optimizer {
        Optimizer::RmsProp(RmsProp::default())
    }
}

impl Optimizer {
    /// Number of state vectors for each weight, all 0 at first.
    pub fn slots(&self) -> usize {
        struct Slots;
        impl UseRule for Slots {
            type Output = usize;
            fn use_rule<R: Rule>(self, _: &R) -> usize {
                R::SLOTS
            }
        }
        self.at(0, Slots)
    }

    /// The step size of the update number `iterations`, counted from 0.
    pub fn learning_rate(&self, iterations: u64) -> f32 {
        let _ = iterations;
        match self {
            Optimizer::Sgd(sgd) => sgd.learning_rate as f32,
            Optimizer::RmsProp(rmsprop) => rmsprop.learning_rate as f32,
            Optimizer::Adam(adam) => adam.learning_rate as f32,
        }
    }

    /// Uses the rule of the update number `iterations`, counted from 0.
    pub fn at<U: UseRule>(&self, iterations: u64, user: U) -> U::Output {
        let eta = self.learning_rate(iterations);
        match self {
            Optimizer::Sgd(sgd) => sgd.at(eta, user),
            Optimizer::RmsProp(rmsprop) => rmsprop.at(eta, user),
            Optimizer::Adam(adam) => adam.at(eta, iterations, user),
        }
    }
}

#[cfg(test)]
mod tests;
