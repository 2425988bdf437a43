//! Learning rates that change with the steps: pure functions of the step, with Keras's names and
//! defaults; they know no optimizer.
//!
//! They are computed in double precision with the platform's mathematics, once for each step, and
//! rounded to single precision by their users.

mod cosine_decay;
mod cosine_decay_restarts;
mod exponential_decay;
mod inverse_time_decay;
mod piecewise_constant_decay;
mod polynomial_decay;

pub use cosine_decay::CosineDecay;
pub use cosine_decay_restarts::CosineDecayRestarts;
pub use exponential_decay::ExponentialDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A learning rate: one number for all steps, or a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LearningRate {
    /// The same for every step.
    Constant(#[schemars(range(min = 0.0))] f64),
    /// A function of the step.
    Schedule(Schedule),
}

/// A learning rate as a function of the step, by its Keras name; steps are batches, counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "schedule", rename_all = "snake_case")]
pub enum Schedule {
    /// Multiplied by `decay_rate` every `decay_steps` steps.
    ExponentialDecay(ExponentialDecay),
    /// One value up to each boundary, and one beyond the last.
    PiecewiseConstantDecay(PiecewiseConstantDecay),
    /// Along a power of the steps that are left, to `end_learning_rate`.
    PolynomialDecay(PolynomialDecay),
    /// Divided by a number that grows with the steps.
    InverseTimeDecay(InverseTimeDecay),
    /// Down half a wave of the cosine, after a linear warm-up when `warmup_target` is there.
    CosineDecay(CosineDecay),
    /// Down the cosine again and again, each time slower (Loshchilov and Hutter 2017).
    CosineDecayRestarts(CosineDecayRestarts),
}

impl LearningRate {
    /// The step size of step `step`, counted from 0.
    pub fn value(&self, step: u64) -> f64 {
        match self {
            LearningRate::Constant(eta) => *eta,
            LearningRate::Schedule(schedule) => schedule.value(step),
        }
    }
}

impl Schedule {
    /// The step size of step `step`, counted from 0.
    pub fn value(&self, step: u64) -> f64 {
        let s = step as f64;
        match self {
            Schedule::ExponentialDecay(schedule) => schedule.value(s),
            Schedule::PiecewiseConstantDecay(schedule) => schedule.value(step),
            Schedule::PolynomialDecay(schedule) => schedule.value(s),
            Schedule::InverseTimeDecay(schedule) => schedule.value(s),
            Schedule::CosineDecay(schedule) => schedule.value(s),
            Schedule::CosineDecayRestarts(schedule) => schedule.value(s),
        }
    }
}

impl From<f64> for LearningRate {
    fn from(eta: f64) -> LearningRate {
        LearningRate::Constant(eta)
    }
}
