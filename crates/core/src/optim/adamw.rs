//! AdamW: [`Adam`] with a decay of the weights beside it; nothing else.
//!
//! ```text
//! w ← w − λ η w, then Adam's step                λ: weight_decay
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, LearningRate};

/// The arguments of Keras's `AdamW`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the uncorrected second moment ("epsilon hat" of the paper).
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Scale by the largest second moment seen so far (Reddi et al. 2018).
    pub amsgrad: bool,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW {
            learning_rate: 0.001.into(),
            weight_decay: 0.004,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for AdamW {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_1, self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let AdamW { beta_1, beta_2, epsilon, amsgrad, .. } = *self;
        Adam { beta_1, beta_2, epsilon, amsgrad, ..Adam::default() }.visit(info, visitor)
    }
}
