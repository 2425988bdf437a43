//! Optimizers: how a gradient becomes a step; pure rules over the caller's state, with Keras's
//! names and defaults, that never see a layer or a batch.

mod schedule;
mod shared;

mod adjust;
mod average;
mod power;
mod whole;

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod ftrl;
mod lamb;
mod lion;
mod muon;
mod nadam;
mod rmsprop;
mod sgd;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use average::Average;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use lion::Lion;
pub use muon::Muon;
pub use nadam::Nadam;
pub use rmsprop::RmsProp;
pub use schedule::{
    CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, LearningRate,
    PiecewiseConstantDecay, PolynomialDecay, Schedule,
};
pub use sgd::Sgd;
pub use shared::Shared;
pub use whole::{Combine, Each, Hands, Scratch, Weight, Whole};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{Matrix, UpdateRule};
use adjust::Adjust;
use shared::Arguments;

/// The rule that updates the weights, by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum Optimizer {
    /// Gradient descent, with momentum when asked for.
    Sgd(Sgd),
    /// RMSprop (Tieleman and Hinton 2012), in Keras's formulation.
    RmsProp(RmsProp),
    /// Adam (Kingma and Ba 2015), in Keras's formulation.
    Adam(Adam),
    /// Adam with a decay of the weights beside it (Loshchilov and Hutter 2019).
    AdamW(AdamW),
    /// Adagrad (Duchi et al. 2011): steps divided by the root of all squares so far.
    Adagrad(Adagrad),
    /// Adadelta (Zeiler 2012): steps as large as the last ones were; Keras's default rate is small.
    Adadelta(Adadelta),
    /// Adamax (Kingma and Ba 2015): Adam by the greatest gradient instead of the mean square.
    Adamax(Adamax),
    /// Adam with Nesterov's momentum (Dozat 2016).
    Nadam(Nadam),
    /// Follow the regularized leader (McMahan et al. 2013), for sparse linear models.
    Ftrl(Ftrl),
    /// Lion (Chen et al. 2023): steps of one size, by the sign of a momentum.
    Lion(Lion),
    /// Lamb (You et al. 2020): Adam's direction, with steps in proportion to each weight's norm.
    Lamb(Lamb),
    /// Adafactor (Shazeer and Stern 2018): second moments by row and column alone.
    Adafactor(Adafactor),
    /// Muon (Jordan et al. 2024): orthogonal steps for kernels, AdamW for biases.
    Muon(Muon),
}

/// What to do with the rule of a step; a trait, because each rule is a type of its own.
pub trait UseRule {
    /// What comes of it.
    type Output;

    /// Uses a rule that sees one number at a time, where it is worth kernels of its own.
    fn use_rule<R: UpdateRule>(self, rule: &R) -> Self::Output;

    /// Uses a rule that needs the whole gradient of a weight at once, or is content to ([`Each`]).
    fn use_whole<W: Whole>(self, rule: &W) -> Self::Output;
}

/// The moment of an update.
#[derive(Clone, Copy, Debug)]
struct Now {
    /// η, the step size.
    eta: f32,
    /// Number of this update, from 1.
    t: u64,
}

impl Default for Optimizer {
    /// What Keras's `compile` takes when it is told nothing.
    fn default() -> Optimizer {
        Optimizer::RmsProp(RmsProp::default())
    }
}

impl Optimizer {
    /// The arguments that all optimizers have.
    pub fn shared(&self) -> &Shared {
        self.arguments().shared()
    }

    /// The schedule of the learning rate, unless it is one number.
    pub fn schedule(&self) -> Option<&Schedule> {
        match self.arguments().learning_rate() {
            LearningRate::Constant(_) => None,
            LearningRate::Schedule(schedule) => Some(schedule),
        }
    }

    /// The state of a weight (rows × cols; a bias is a vector) before the first step.
    pub fn state(&self, rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix> {
        self.at(0, None, First { start: self.start(), rows, cols, is_vector })
    }

    /// The step size of the batch number `iterations`, counted from 0.
    pub fn learning_rate(&self, iterations: u64) -> f32 {
        self.arguments().learning_rate().at(iterations) as f32
    }

    /// Uses the rule of the update with the batch number `iterations`, counted from 0, with its own
    /// step size unless there is another `rate`.
    pub fn at<U: UseRule>(&self, iterations: u64, rate: Option<f32>, user: U) -> U::Output {
        let eta = rate.unwrap_or_else(|| self.learning_rate(iterations));
        let now = Now { eta, t: iterations / self.shared().batches() + 1 };
        let decay = (self.decay() * f64::from(eta)) as f32;
        match (decay, self.shared().clipvalue) {
            (0.0, None) => self.rule(now, user),
            (_, limit) => self.rule(now, Adjust::new(decay, limit, user)),
        }
    }

    /// In so many updates no number of the state decays to less than 2⁻¹⁶ of itself: so often it must
    /// be looked whether one has all but gone.
    pub fn fade_interval(&self) -> u64 {
        // A share of 0 leaves nothing that could be small.
        let decays = |share: &f64| (0.0..1.0).contains(share) && *share != 0.0;
        let least = self.kept().into_iter().filter(decays).fold(1.0, f64::min);
        (16.0 / least.recip().log2()).max(1.0) as u64
    }

    fn rule<U: UseRule>(&self, now: Now, user: U) -> U::Output {
        match self {
            Optimizer::Sgd(sgd) => sgd.at(now, user),
            Optimizer::RmsProp(rmsprop) => rmsprop.at(now, user),
            Optimizer::Adam(adam) => adam.at(now, user),
            Optimizer::AdamW(adamw) => adamw.at(now, user),
            Optimizer::Adagrad(adagrad) => adagrad.at(now, user),
            Optimizer::Adadelta(adadelta) => adadelta.at(now, user),
            Optimizer::Adamax(adamax) => adamax.at(now, user),
            Optimizer::Nadam(nadam) => nadam.at(now, user),
            Optimizer::Ftrl(ftrl) => ftrl.at(now, user),
            Optimizer::Lion(lion) => lion.at(now, user),
            Optimizer::Lamb(lamb) => lamb.at(now, user),
            Optimizer::Adafactor(adafactor) => adafactor.at(now, user),
            Optimizer::Muon(muon) => muon.at(now, user),
        }
    }

    /// Whether weights decay beside the steps, be it that η is 0 for now.
    pub fn decays_weights(&self) -> bool {
        self.decay() != 0.0
    }

    /// λ: before its step every weight loses λ η of itself.
    fn decay(&self) -> f64 {
        match self {
            // Its kernels and its biases decay differently.
            Optimizer::Muon(_) => 0.0,
            other => other.arguments().weight_decay(),
        }
    }

    /// The shares of themselves that the numbers of the state keep in an update; 1 is no decay.
    fn kept(&self) -> [f64; 3] {
        match self {
            Optimizer::Sgd(sgd) => [sgd.momentum, 1.0, 1.0],
            Optimizer::RmsProp(rmsprop) => [rmsprop.rho, rmsprop.momentum, 1.0],
            Optimizer::Adam(adam) => [adam.beta_1, adam.beta_2, 1.0],
            Optimizer::AdamW(adamw) => [adamw.beta_1, adamw.beta_2, 1.0],
            Optimizer::Adagrad(_) | Optimizer::Ftrl(_) => [1.0; 3],
            Optimizer::Adadelta(adadelta) => [adadelta.rho, 1.0, 1.0],
            Optimizer::Adamax(adamax) => [adamax.beta_1, adamax.beta_2, 1.0],
            Optimizer::Nadam(nadam) => [nadam.beta_1, nadam.beta_2, 1.0],
            Optimizer::Lion(lion) => [lion.beta_2, 1.0, 1.0],
            Optimizer::Lamb(lamb) => [lamb.beta_1, lamb.beta_2, 1.0],
            // More and more: 1 − t^−0.8 after the first.
            Optimizer::Adafactor(_) => [0.4, 1.0, 1.0],
            Optimizer::Muon(muon) => [muon.momentum, muon.adam_beta_1, muon.adam_beta_2],
        }
    }

    /// What the first number of every state starts from; the others start from 0.
    fn start(&self) -> f32 {
        match self {
            Optimizer::Adagrad(adagrad) => adagrad.initial_accumulator_value as f32,
            Optimizer::Ftrl(ftrl) => ftrl.initial_accumulator_value as f32,
            _ => 0.0,
        }
    }

    fn arguments(&self) -> &dyn Arguments {
        match self {
            Optimizer::Sgd(sgd) => sgd,
            Optimizer::RmsProp(rmsprop) => rmsprop,
            Optimizer::Adam(adam) => adam,
            Optimizer::AdamW(adamw) => adamw,
            Optimizer::Adagrad(adagrad) => adagrad,
            Optimizer::Adadelta(adadelta) => adadelta,
            Optimizer::Adamax(adamax) => adamax,
            Optimizer::Nadam(nadam) => nadam,
            Optimizer::Ftrl(ftrl) => ftrl,
            Optimizer::Lion(lion) => lion,
            Optimizer::Lamb(lamb) => lamb,
            Optimizer::Adafactor(adafactor) => adafactor,
            Optimizer::Muon(muon) => muon,
        }
    }
}

/// Makes the state of a weight.
struct First {
    start: f32,
    rows: usize,
    cols: usize,
    is_vector: bool,
}

impl UseRule for First {
    type Output = Vec<Matrix>;

    fn use_rule<R: UpdateRule>(self, rule: &R) -> Vec<Matrix> {
        self.use_whole(&Each(*rule))
    }

    fn use_whole<W: Whole>(self, _: &W) -> Vec<Matrix> {
        let mut slots = W::state(self.rows, self.cols, self.is_vector);
        if let Some(first) = slots.first_mut() {
            first.as_mut_slice().fill(self.start);
        }
        slots
    }
}

#[cfg(test)]
mod tests;
