//! Losses with Keras's names, as a table.
//!
//! # How to add a loss
//!
//! 1. Add a file with the formula and its gradient, as `tversky.rs`, and declare it.
//! 2. Add a row to the table: a doc comment, the variant with its aliases and arguments, the kind of
//!    targets and the kernel; for a cross-entropy also its kernel on logits, and the link from logits to
//!    probabilities.
//! 3. Add a case to `tests/golden/keras_losses.py`, and renew the schema:
//!    `UPDATE=1 INSTA_UPDATE=always cargo test config`.

mod kernel;
mod table;
mod tversky;

pub use kernel::{LossKernel, TargetKind};

use crate::model::Activation;
use kernels::{ElementwiseLoss, RowLoss};

table::losses! {
    /// −Σ t ln p over the classes, t one-hot; on the logits after softmax and sigmoid.
    CategoricalCrossentropy {
        /// Share of the target that is spread over all classes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    } => {
        targets: Classes,
        kernel: LossKernel::Row(RowLoss::CategoricalCrossentropy),
        logits(_): LossKernel::SoftmaxCrossentropy,
        link: Softmax if from_logits,
        scale(outputs, _): smooth(label_smoothing, outputs),
    }
    /// The same for integer targets.
    SparseCategoricalCrossentropy {
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    } => {
        targets: Classes,
        kernel: LossKernel::Row(RowLoss::SparseCategoricalCrossentropy),
        logits(_): LossKernel::SoftmaxCrossentropy,
        link: Softmax if from_logits,
    }
    /// −t ln p − (1 − t) ln(1 − p), averaged over the outputs; on the logits after sigmoid and
    /// softmax.
    BinaryCrossentropy ["bce", "BCE"] {
        /// Share of the target that is moved to ½.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no sigmoid has been applied to them.
        #[serde(default)]
        from_logits: bool,
    } => {
        targets: Binary,
        kernel: LossKernel::Elementwise(ElementwiseLoss::BinaryCrossentropy),
        logits(_): LossKernel::Elementwise(ElementwiseLoss::SigmoidCrossentropy),
        link: Sigmoid if from_logits,
        scale(_, _): smooth(label_smoothing, 2.0),
    }
    /// (t − y)², averaged over the outputs.
    MeanSquaredError ["mse", "MSE"] {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::SquaredError),
    }
    /// |t − y|, averaged over the outputs.
    MeanAbsoluteError ["mae", "MAE"] {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::AbsoluteError),
    }
    /// 100 |t − y| / |t|, averaged over the outputs.
    MeanAbsolutePercentageError ["mape", "MAPE"] {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::AbsolutePercentageError),
    }
    /// (ln(1 + y) − ln(1 + t))², averaged over the outputs; what is below 0 counts as 0.
    MeanSquaredLogarithmicError ["msle", "MSLE"] {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::SquaredLogarithmicError),
    }
    /// (t − y)² / 2 for small errors, in proportion to |t − y| beyond delta.
    Huber {
        /// The error from which on the loss grows evenly.
        #[serde(default = "one")]
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        delta: f64,
    } => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::Huber { delta: delta as f32 }),
    }
    /// ln cosh(y − t), averaged over the outputs.
    LogCosh ["logcosh"] {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::LogCosh),
    }
    /// y − t ln y, averaged over the outputs: for counts.
    Poisson {} => {
        targets: Numbers,
        kernel: LossKernel::Elementwise(ElementwiseLoss::Poisson),
    }
    /// max(1 − t y, 0), averaged over the outputs; targets 0 and 1 count as −1 and 1.
    Hinge {} => {
        targets: Binary,
        kernel: LossKernel::Elementwise(ElementwiseLoss::Hinge),
        scale(_, binary): signs(binary),
    }
    /// The square of the hinge.
    SquaredHinge {} => {
        targets: Binary,
        kernel: LossKernel::Elementwise(ElementwiseLoss::SquaredHinge),
        scale(_, binary): signs(binary),
    }
    /// max(the greatest wrong output − the right one + 1, 0).
    CategoricalHinge {} => {
        targets: Classes,
        kernel: LossKernel::Row(RowLoss::CategoricalHinge),
    }
    /// Σ t ln(t / y): how far the outputs are from a distribution.
    KlDivergence ["kld", "KLD", "kullback_leibler_divergence"] {} => {
        targets: Classes,
        kernel: LossKernel::Elementwise(ElementwiseLoss::KlDivergence),
    }
    /// −cos of the angle between outputs and targets.
    CosineSimilarity {} => {
        targets: Numbers,
        kernel: LossKernel::Row(RowLoss::CosineSimilarity),
    }
    /// Categorical cross-entropy with less weight on what is easy (Lin et al. 2017).
    CategoricalFocalCrossentropy {
        /// The factor α of the whole loss.
        #[serde(default = "quarter")]
        #[schemars(range(min = 0.0))]
        alpha: f64,
        /// The exponent γ: the greater, the less do rows count that are predicted well.
        #[serde(default = "two")]
        #[schemars(range(min = 0.0))]
        gamma: f64,
        /// Share of the target that is spread over all classes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
    } => {
        targets: Classes,
        kernel: LossKernel::Row(RowLoss::CategoricalFocal {
            alpha: alpha as f32,
            gamma: gamma as f32,
        }),
        scale(outputs, _): smooth(label_smoothing, outputs),
    }
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
        /// The exponent γ: the greater, the less do rows count that are predicted well.
        #[serde(default = "two")]
        #[schemars(range(min = 0.0))]
        gamma: f64,
        /// Share of the target that is moved to ½.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
    } => {
        targets: Binary,
        kernel: LossKernel::Elementwise(ElementwiseLoss::BinaryFocal {
            gamma: gamma as f32,
            alpha: balance(apply_class_balancing, alpha),
        }),
        logits(last): binary_focal_of_logits(last, gamma, balance(apply_class_balancing, alpha)),
        scale(_, _): smooth(label_smoothing, 2.0),
    }
    /// 1 − S / (S + α Σ t (1 − y) + β Σ y (1 − t)) with S = Σ t y, sums over the outputs of a row
    /// (Salehi et al. 2017).
    Tversky {
        /// The weight of Σ t (1 − y).
        #[serde(default = "half")]
        #[schemars(range(min = 0.0))]
        alpha: f64,
        /// The weight of Σ y (1 − t).
        #[serde(default = "half")]
        #[schemars(range(min = 0.0))]
        beta: f64,
        /// Keras's `axis=-1`, a loss for each row. Its default, one loss for all rows of a batch, is not
        /// supported.
        #[schemars(range(min = -1, max = -1), extend("examples" = [-1]))]
        axis: i64,
    } => {
        targets: Binary,
        kernel: tversky::kernel(alpha, beta),
    }
}

impl Loss {
    /// The kernel of this loss after `last`. The flag says that the kernel contains `last`, which is then
    /// not applied.
    ///
    /// Keras on TensorFlow keeps the logits of softmax and of sigmoid beside the outputs. Every
    /// cross-entropy takes these logits, even behind the other activation of the two.
    pub fn kernel_after(&self, last: Activation) -> (LossKernel, bool) {
        let cached = last.caches_logits();
        match (self.kernel_of_logits(last), self.link().is_some()) {
            (Some(kernel), from_logits) if cached || from_logits => (kernel, cached),
            _ => (self.kernel(), false),
        }
    }

    /// Whether the loss takes the logits of softmax and sigmoid where there are any.
    pub fn is_crossentropy_of_logits(&self) -> bool {
        self.kernel_of_logits(Activation::Linear).is_some()
    }
}

/// Label smoothing: the share `a` of a target is spread over `classes` classes.
fn smooth(a: f64, classes: f64) -> (f32, f32) {
    ((1.0 - a) as f32, (a / classes) as f32)
}

/// Binary targets become −1 and 1.
fn signs(binary: bool) -> (f32, f32) {
    if binary { (2.0, -1.0) } else { (1.0, 0.0) }
}

/// The weight of class 1, if classes are balanced.
fn balance(balanced: bool, alpha: f64) -> Option<f32> {
    balanced.then_some(alpha as f32)
}

fn binary_focal_of_logits(last: Activation, gamma: f64, alpha: Option<f32>) -> LossKernel {
    let gamma = gamma as f32;
    match last {
        Activation::Softmax => LossKernel::Row(RowLoss::SoftmaxBinaryFocal { gamma, alpha }),
        _ => LossKernel::Elementwise(ElementwiseLoss::SigmoidFocal { gamma, alpha }),
    }
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn half() -> f64 {
    0.5
}

fn quarter() -> f64 {
    0.25
}
