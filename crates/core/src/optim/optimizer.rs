//! The choice between the optimizers of the table, and the functions that all of them share.

use super::decay_and_clip::WithDecayAndClip;
use super::rule::{InitialSlot, RuleVisitor, StepInfo};
use super::tensor_rule::{Elementwise, TensorRule};
use super::{LearningRate, Optimizer, RmsProp, Schedule};
use kernels::{Matrix, UpdateRule};

impl Default for Optimizer {
    /// The default of Keras's `compile`.
    fn default() -> Optimizer {
        Optimizer::RmsProp(RmsProp::default())
    }
}

impl Optimizer {
    /// The schedule of the learning rate, unless the learning rate is a number.
    pub fn schedule(&self) -> Option<&Schedule> {
        match self.learning_rate_arg() {
            LearningRate::Constant(_) => None,
            LearningRate::Schedule(schedule) => Some(schedule),
        }
    }

    /// The slots of `parameter` before the first update; a parameter of one dimension `is_vector`.
    pub fn slots(&self, parameter: &Matrix, is_vector: bool) -> Vec<Matrix> {
        let initial = self.initial_slot();
        self.with_rule(0, None, InitialSlots { initial, parameter, is_vector })
    }

    /// The learning rate of the batch number `iterations`, counted from 0.
    ///
    /// ```
    /// use runner_core::optim::{Adam, Optimizer};
    ///
    /// let optimizer: Optimizer = serde_json::from_str(r#"{"name": "adam"}"#).unwrap();
    /// assert_eq!(optimizer, Optimizer::Adam(Adam::default()));
    /// assert_eq!(optimizer.learning_rate(0), 0.001);
    /// ```
    pub fn learning_rate(&self, iterations: u64) -> f32 {
        self.learning_rate_arg().value(iterations) as f32
    }

    /// Passes the rule of the update with the batch number `iterations`, counted from 0, to
    /// `visitor`; `learning_rate` replaces the optimizer's own.
    pub fn with_rule<V: RuleVisitor>(
        &self,
        iterations: u64,
        learning_rate: Option<f32>,
        visitor: V,
    ) -> V::Output {
        let eta = learning_rate.unwrap_or_else(|| self.learning_rate(iterations));
        let info = StepInfo { eta, t: iterations / self.common_args().batches() + 1 };
        let decay = (self.weight_decay() * f64::from(eta)) as f32;
        match (decay, self.common_args().clipvalue) {
            (0.0, None) => self.visit_rule(info, visitor),
            (_, limit) => self.visit_rule(info, WithDecayAndClip::new(decay, limit, visitor)),
        }
    }

    /// The number of updates in which no slot decays to less than 2⁻¹⁶ of its value; tiny values have
    /// to be flushed to 0 as often.
    pub fn flush_interval(&self) -> u64 {
        // A rate of 0 leaves no tiny value.
        let decays = |rate: &f64| (0.0..1.0).contains(rate) && *rate != 0.0;
        let least = self.decay_rates().into_iter().filter(decays).fold(1.0, f64::min);
        (16.0 / least.recip().log2()).max(1.0) as u64
    }
}

/// Makes the slots of a parameter.
struct InitialSlots<'a> {
    initial: InitialSlot,
    parameter: &'a Matrix,
    is_vector: bool,
}

impl RuleVisitor for InitialSlots<'_> {
    type Output = Vec<Matrix>;

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) -> Vec<Matrix> {
        self.visit_tensor_rule(&Elementwise(*rule))
    }

    fn visit_tensor_rule<R: TensorRule>(self, _: &R) -> Vec<Matrix> {
        let (rows, cols) = (self.parameter.rows(), self.parameter.cols());
        let mut slots = R::slots(rows, cols, self.is_vector);
        if let Some(first) = slots.first_mut() {
            match self.initial {
                InitialSlot::Constant(value) => first.as_mut_slice().fill(value),
                InitialSlot::Parameter => first.clone_from(self.parameter),
            }
        }
        slots
    }
}
