//! Losses: what training makes small.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{
    Cpu, Pointwise, View, ViewMut, pointwise, probability_crossentropy, softmax_crossentropy,
};
use crate::model::Activation;

/// A loss by its Keras name; every one is averaged over the rows of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// −Σ t ln p over the classes, t one-hot; on the logits when the last activation is softmax.
    CategoricalCrossentropy {
        /// Share of the target that is spread over all classes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// The same for integer targets.
    SparseCategoricalCrossentropy {
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// −t ln p − (1 − t) ln(1 − p), averaged over the outputs; on the logits after a sigmoid.
    #[serde(alias = "bce")]
    #[schemars(extend("x-aliases" = ["bce"]))]
    BinaryCrossentropy {
        /// Share of the target that is moved to ½.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no sigmoid has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// (t − y)², averaged over the outputs.
    #[serde(alias = "mse")]
    #[schemars(extend("x-aliases" = ["mse"]))]
    MeanSquaredError {},
}

/// How a loss is computed behind a given last activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objective {
    /// Cross-entropy with its softmax, from the logits.
    SoftmaxCrossentropy,
    /// Cross-entropy of outputs that are taken for probabilities.
    ProbabilityCrossentropy,
    /// Output by output.
    Pointwise(Pointwise),
}

impl Loss {
    /// The way to compute this loss after `last`, and whether `last` is part of it: then it is not
    /// to be applied (Keras's logits path).
    pub fn objective(&self, last: Activation) -> (Objective, bool) {
        match *self {
            Loss::CategoricalCrossentropy { from_logits, .. }
            | Loss::SparseCategoricalCrossentropy { from_logits } => match last {
                Activation::Softmax if !from_logits => (Objective::SoftmaxCrossentropy, true),
                _ if from_logits => (Objective::SoftmaxCrossentropy, false),
                _ => (Objective::ProbabilityCrossentropy, false),
            },
            Loss::BinaryCrossentropy { from_logits, .. } => match last {
                Activation::Sigmoid if !from_logits => {
                    (Objective::Pointwise(Pointwise::SigmoidCrossentropy), true)
                }
                _ if from_logits => (Objective::Pointwise(Pointwise::SigmoidCrossentropy), false),
                _ => (Objective::Pointwise(Pointwise::BinaryCrossentropy), false),
            },
            Loss::MeanSquaredError {} => (Objective::Pointwise(Pointwise::SquaredError), false),
        }
    }

    /// What a target t of `outputs` outputs becomes: t ← t · factor + shift.
    pub fn smoothing(&self, outputs: usize) -> (f32, f32) {
        match *self {
            Loss::CategoricalCrossentropy { label_smoothing: a, .. } => {
                ((1.0 - a) as f32, (a / outputs as f64) as f32)
            }
            Loss::BinaryCrossentropy { label_smoothing: a, .. } => {
                ((1.0 - a) as f32, (a / 2.0) as f32)
            }
            _ => (1.0, 0.0),
        }
    }
}

impl Objective {
    /// `losses[row]` ← the loss of each row of outputs, and `delta` ← its gradient times `scale`;
    /// all of one shape (rows × outputs).
    pub fn apply(
        self,
        cpu: Cpu,
        outputs: View<'_>,
        targets: View<'_>,
        scale: f32,
        mut delta: ViewMut<'_>,
        losses: &mut [f32],
    ) {
        match self {
            Objective::SoftmaxCrossentropy => {
                for r in 0..outputs.rows() {
                    delta.row(r).copy_from_slice(outputs.row(r));
                }
                softmax_crossentropy(cpu, delta, targets, scale, losses);
            }
            Objective::ProbabilityCrossentropy => {
                probability_crossentropy(outputs, targets, scale, delta, losses);
            }
            Objective::Pointwise(loss) => {
                pointwise(cpu, loss, outputs, targets, scale, delta, losses);
            }
        }
    }

    /// The output above which a single unit says "yes": ½ for probabilities, 0 for logits.
    pub fn threshold(self) -> f32 {
        match self {
            Objective::Pointwise(Pointwise::SigmoidCrossentropy) => 0.0,
            _ => 0.5,
        }
    }
}
