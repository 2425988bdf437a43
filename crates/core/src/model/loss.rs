//! Losses: what training makes small.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{Arch, ElementwiseLoss, RowLoss, View, ViewMut, softmax_crossentropy};
use crate::model::Activation;

/// A loss by its Keras name; every one is averaged over the rows of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// −Σ t ln p over the classes, t one-hot; on the logits after softmax and sigmoid.
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
    /// −t ln p − (1 − t) ln(1 − p), averaged over the outputs; on the logits after sigmoid and
    /// softmax.
    #[serde(alias = "bce", alias = "BCE")]
    #[schemars(extend("x-aliases" = ["bce", "BCE"]))]
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
    #[serde(alias = "mse", alias = "MSE")]
    #[schemars(extend("x-aliases" = ["mse", "MSE"]))]
    MeanSquaredError {},
    /// |t − y|, averaged over the outputs.
    #[serde(alias = "mae", alias = "MAE")]
    #[schemars(extend("x-aliases" = ["mae", "MAE"]))]
    MeanAbsoluteError {},
    /// 100 |t − y| / |t|, averaged over the outputs.
    #[serde(alias = "mape", alias = "MAPE")]
    #[schemars(extend("x-aliases" = ["mape", "MAPE"]))]
    MeanAbsolutePercentageError {},
    /// (ln(1 + y) − ln(1 + t))², averaged over the outputs; what is below 0 counts as 0.
    #[serde(alias = "msle", alias = "MSLE")]
    #[schemars(extend("x-aliases" = ["msle", "MSLE"]))]
    MeanSquaredLogarithmicError {},
    /// (t − y)² / 2 for small errors, in proportion to |t − y| beyond delta.
    Huber {
        /// The error from which on the loss grows evenly.
        #[serde(default = "one")]
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        delta: f64,
    },
    /// ln cosh(y − t), averaged over the outputs.
    #[serde(alias = "logcosh")]
    #[schemars(extend("x-aliases" = ["logcosh"]))]
    LogCosh {},
    /// y − t ln y, averaged over the outputs: for counts.
    Poisson {},
    /// max(1 − t y, 0), averaged over the outputs; targets 0 and 1 count as −1 and 1.
    Hinge {},
    /// The square of the hinge.
    SquaredHinge {},
    /// max(the greatest wrong output − the right one + 1, 0).
    CategoricalHinge {},
    /// Σ t ln(t / y): how far the outputs are from a distribution.
    #[serde(alias = "kld", alias = "KLD", alias = "kullback_leibler_divergence")]
    #[schemars(extend("x-aliases" = ["kld", "KLD", "kullback_leibler_divergence"]))]
    KlDivergence {},
    /// −cos of the angle between outputs and targets.
    CosineSimilarity {},
    /// Categorical cross-entropy with less weight on what is easy (Lin et al. 2017).
    CategoricalFocalCrossentropy {
        /// The factor of all of it.
        #[serde(default = "quarter")]
        #[schemars(range(min = 0.0))]
        alpha: f64,
        /// How much less weight the easy has.
        #[serde(default = "two")]
        #[schemars(range(min = 0.0))]
        gamma: f64,
        /// Share of the target that is spread over all classes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
    },
    /// Binary cross-entropy with less weight on what is easy (Lin et al. 2017); the cross-entropy
    /// is taken on the logits after sigmoid and softmax.
    BinaryFocalCrossentropy {
        /// Give the class 1 the weight alpha, the class 0 the weight 1 − alpha.
        #[serde(default)]
        apply_class_balancing: bool,
        /// The weight of class 1, if classes are balanced.
        #[serde(default = "quarter")]
        #[schemars(range(min = 0.0, max = 1.0))]
        alpha: f64,
        /// How much less weight the easy has.
        #[serde(default = "two")]
        #[schemars(range(min = 0.0))]
        gamma: f64,
        /// Share of the target that is moved to ½.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
    },
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn quarter() -> f64 {
    0.25
}

/// What the targets must be for a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// One of several classes: one output for each.
    Classes,
    /// Yes or no, for one output or for each of several.
    Binary,
    /// Numbers, or classes: one output for each, or one for the label as a number.
    Numbers,
}

/// How a loss is computed behind a given last activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LossKernel {
    /// Cross-entropy with its softmax, from the logits.
    SoftmaxCrossentropy,
    /// Output by output.
    ElementwiseLoss(ElementwiseLoss),
    /// All outputs of a row together.
    RowLoss(RowLoss),
}

impl Loss {
    /// The way to compute this loss after `last`, and whether `last` is part of it: then it is not
    /// to be applied.
    ///
    /// Keras on TensorFlow keeps the logits of softmax and of sigmoid beside the outputs, and every
    /// cross-entropy takes these, whether or not the activation is the one that fits it.
    pub fn kernel_after(&self, last: Activation) -> (LossKernel, bool) {
        let cached = last.caches_logits();
        match (self.of_logits(last), self.takes_logits()) {
            (Some(kernel), from_logits) if cached || from_logits => (kernel, cached),
            _ => (self.direct(), false),
        }
    }

    /// The way to compute a cross-entropy from the logits of `last`; none for other losses.
    fn of_logits(&self, last: Activation) -> Option<LossKernel> {
        match *self {
            Loss::CategoricalCrossentropy { .. } | Loss::SparseCategoricalCrossentropy { .. } => {
                Some(LossKernel::SoftmaxCrossentropy)
            }
            Loss::BinaryCrossentropy { .. } => {
                Some(LossKernel::ElementwiseLoss(ElementwiseLoss::SigmoidCrossentropy))
            }
            Loss::BinaryFocalCrossentropy { apply_class_balancing, alpha, gamma, .. } => {
                let alpha = apply_class_balancing.then_some(alpha as f32);
                let gamma = gamma as f32;
                Some(match last {
                    Activation::Softmax => {
                        LossKernel::RowLoss(RowLoss::SoftmaxBinaryFocal { gamma, alpha })
                    }
                    _ => {
                        LossKernel::ElementwiseLoss(ElementwiseLoss::SigmoidFocal { gamma, alpha })
                    }
                })
            }
            _ => None,
        }
    }

    /// Whether it takes the logits of softmax and sigmoid where there are any.
    pub fn is_crossentropy_of_logits(&self) -> bool {
        self.of_logits(Activation::Linear).is_some()
    }

    /// The way to compute a loss that takes outputs as they are.
    fn direct(&self) -> LossKernel {
        LossKernel::ElementwiseLoss(match *self {
            Loss::CosineSimilarity {} => return LossKernel::RowLoss(RowLoss::CosineSimilarity),
            Loss::CategoricalHinge {} => return LossKernel::RowLoss(RowLoss::CategoricalHinge),
            Loss::CategoricalFocalCrossentropy { alpha, gamma, .. } => {
                let (alpha, gamma) = (alpha as f32, gamma as f32);
                return LossKernel::RowLoss(RowLoss::CategoricalFocal { alpha, gamma });
            }
            Loss::CategoricalCrossentropy { .. } => {
                return LossKernel::RowLoss(RowLoss::CategoricalCrossentropy);
            }
            Loss::SparseCategoricalCrossentropy { .. } => {
                return LossKernel::RowLoss(RowLoss::SparseCategoricalCrossentropy);
            }
            Loss::BinaryCrossentropy { .. } => ElementwiseLoss::BinaryCrossentropy,
            Loss::MeanSquaredError {} => ElementwiseLoss::SquaredError,
            Loss::MeanAbsoluteError {} => ElementwiseLoss::AbsoluteError,
            Loss::MeanAbsolutePercentageError {} => ElementwiseLoss::AbsolutePercentageError,
            Loss::MeanSquaredLogarithmicError {} => ElementwiseLoss::SquaredLogarithmicError,
            Loss::Huber { delta } => ElementwiseLoss::Huber { delta: delta as f32 },
            Loss::LogCosh {} => ElementwiseLoss::LogCosh,
            Loss::Poisson {} => ElementwiseLoss::Poisson,
            Loss::Hinge {} => ElementwiseLoss::Hinge,
            Loss::SquaredHinge {} => ElementwiseLoss::SquaredHinge,
            Loss::KlDivergence {} => ElementwiseLoss::KlDivergence,
            Loss::BinaryFocalCrossentropy { apply_class_balancing, alpha, gamma, .. } => {
                let alpha = apply_class_balancing.then_some(alpha as f32);
                ElementwiseLoss::BinaryFocal { gamma: gamma as f32, alpha }
            }
        })
    }

    /// Whether it takes outputs for logits, as it was told to.
    pub fn takes_logits(&self) -> bool {
        matches!(
            self,
            Loss::CategoricalCrossentropy { from_logits: true, .. }
                | Loss::SparseCategoricalCrossentropy { from_logits: true }
                | Loss::BinaryCrossentropy { from_logits: true, .. }
        )
    }

    /// The activation that makes probabilities of outputs that are logits; none where they are none.
    pub fn link(&self) -> Option<Activation> {
        let logits = self.takes_logits();
        logits.then_some(match self {
            Loss::BinaryCrossentropy { .. } => Activation::Sigmoid,
            _ => Activation::Softmax,
        })
    }

    /// What the targets must be.
    pub fn target_kind(&self) -> TargetKind {
        match self {
            Loss::CategoricalCrossentropy { .. }
            | Loss::SparseCategoricalCrossentropy { .. }
            | Loss::CategoricalFocalCrossentropy { .. }
            | Loss::CategoricalHinge {}
            | Loss::KlDivergence {} => TargetKind::Classes,
            Loss::BinaryCrossentropy { .. }
            | Loss::BinaryFocalCrossentropy { .. }
            | Loss::Hinge {}
            | Loss::SquaredHinge {} => TargetKind::Binary,
            _ => TargetKind::Numbers,
        }
    }

    /// What a target t of `outputs` outputs becomes: t ← t · factor + shift. `binary` says whether
    /// all targets are 0 or 1.
    pub fn smoothing(&self, outputs: usize, binary: bool) -> (f32, f32) {
        match *self {
            Loss::Hinge {} | Loss::SquaredHinge {} if binary => (2.0, -1.0),
            Loss::BinaryFocalCrossentropy { label_smoothing: a, .. } => {
                ((1.0 - a) as f32, (a / 2.0) as f32)
            }
            Loss::CategoricalFocalCrossentropy { label_smoothing: a, .. }
            | Loss::CategoricalCrossentropy { label_smoothing: a, .. } => {
                ((1.0 - a) as f32, (a / outputs as f64) as f32)
            }
            Loss::BinaryCrossentropy { label_smoothing: a, .. } => {
                ((1.0 - a) as f32, (a / 2.0) as f32)
            }
            _ => (1.0, 0.0),
        }
    }
}

impl LossKernel {
    /// `losses[row]` ← the loss of each row of outputs, and `delta` ← its gradient times `scale`;
    /// all of one shape (rows × outputs).
    pub fn apply(
        self,
        arch: Arch,
        outputs: View<'_>,
        targets: View<'_>,
        scale: f32,
        delta: ViewMut<'_>,
        losses: &mut [f32],
    ) {
        match self {
            LossKernel::SoftmaxCrossentropy => {
                softmax_crossentropy(arch, outputs, targets, scale, delta, losses);
            }
            LossKernel::ElementwiseLoss(loss) => {
                loss.apply(arch, outputs, targets, scale, delta, losses);
            }
            LossKernel::RowLoss(loss) => loss.apply(outputs, targets, scale, delta, losses),
        }
    }
}
