//! Metrics: what is reported beside the loss, each a few sums over the rows of an epoch that become
//! one number; no gradient.

mod auc;
mod batch_outputs;
mod class_scores;
mod confusion;
mod f_score;
mod named;
mod r2;
mod rows;

pub use auc::Auc;
pub use batch_outputs::BatchOutputs;
pub use class_scores::ClassScores;
pub use confusion::{ClassId, Thresholded};
pub use f_score::{FBetaScore, FScore};
pub use named::NamedMetric;
pub use rows::TopK;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Loss;
use kernels::Arch;
use rows::RowMean;

/// A metric by its Keras name, under which it is logged as Keras logs it: `acc` as `acc`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Metric {
    /// Share of the rows that are classified right: as Keras resolves it, by the shapes of output
    /// and target (binary for one output, sparse for integer targets, else categorical). One output
    /// means yes above ½, as in `binary_accuracy`; for logits (`from_logits`) write
    /// `{ name = "binary_accuracy", threshold = 0.0 }` instead.
    #[serde(alias = "acc")]
    #[schemars(extend("x-aliases" = ["acc"]))]
    Accuracy {},
    /// Share of the outputs that are on the right side of a threshold.
    BinaryAccuracy {
        /// The output above which the answer is yes.
        #[serde(default = "confusion::half")]
        threshold: f64,
    },
    /// Share of the rows whose greatest output is that of the greatest target.
    CategoricalAccuracy {},
    /// The same for integer targets.
    SparseCategoricalAccuracy {},
    /// Share of the rows whose class is among the k greatest outputs.
    TopKCategoricalAccuracy(TopK),
    /// The same for integer targets.
    SparseTopKCategoricalAccuracy(TopK),
    /// Share of what is said to be so that is so, over all classes.
    Precision(Thresholded),
    /// Share of what is so that is said to be so, over all classes.
    Recall(Thresholded),
    /// Area under the curve of a binary classifier, over all classes.
    Auc(Auc),
    /// Harmonic mean of precision and recall.
    F1Score(FScore),
    /// The same with recall counted beta times as much.
    #[serde(alias = "f_beta_score")]
    #[schemars(extend("x-aliases" = ["f_beta_score"]))]
    FbetaScore(FBetaScore),
    /// Precision, recall and F1 of each class, by the class that the network predicts, as `evaluate` has
    /// them; logged as `precision/LABEL`, `recall/LABEL` and `f1/LABEL`.
    ClassScores(ClassScores),
    /// Share of the variance of the targets that is explained.
    R2Score {},
    /// As the loss of this name.
    #[serde(alias = "mse", alias = "MSE")]
    #[schemars(extend("x-aliases" = ["mse", "MSE"]))]
    MeanSquaredError {},
    /// The root of the mean squared error.
    RootMeanSquaredError {},
    /// As the loss of this name.
    #[serde(alias = "mae", alias = "MAE")]
    #[schemars(extend("x-aliases" = ["mae", "MAE"]))]
    MeanAbsoluteError {},
    /// As the loss of this name.
    #[serde(alias = "mape", alias = "MAPE")]
    #[schemars(extend("x-aliases" = ["mape", "MAPE"]))]
    MeanAbsolutePercentageError {},
    /// As the loss of this name.
    #[serde(alias = "msle", alias = "MSLE")]
    #[schemars(extend("x-aliases" = ["msle", "MSLE"]))]
    MeanSquaredLogarithmicError {},
    /// As the loss of this name.
    #[serde(alias = "logcosh", alias = "log_cosh_error")]
    #[schemars(extend("x-aliases" = ["logcosh", "log_cosh_error"]))]
    LogCosh {},
    /// As the loss of this name.
    Poisson {},
    /// As the loss of this name.
    Hinge {},
    /// As the loss of this name.
    SquaredHinge {},
    /// As the loss of this name.
    CategoricalHinge {},
    /// As the loss of this name.
    #[serde(alias = "kld", alias = "KLD")]
    #[schemars(extend("x-aliases" = ["kld", "KLD"]))]
    KlDivergence {},
    /// The cosine of the angle between outputs and targets: the loss with the other sign.
    CosineSimilarity {},
    /// As the loss of this name.
    #[serde(alias = "bce", alias = "BCE")]
    #[schemars(extend("x-aliases" = ["bce", "BCE"]))]
    BinaryCrossentropy {},
    /// As the loss of this name.
    CategoricalCrossentropy {},
    /// As the loss of this name.
    SparseCategoricalCrossentropy {},
}

/// How a metric comes about.
enum MetricKind<'a> {
    /// Counted by the trainer for every row, whether or not a metric asks for the count.
    Accuracy,
    Mean(RowMean),
    /// The root of one.
    Root(RowMean),
    Precision(&'a Thresholded),
    Recall(&'a Thresholded),
    Auc(&'a Auc),
    F(FScore, f64),
    /// The values of several classes.
    Classes(&'a ClassScores),
    R2,
}

impl Metric {
    /// The name under which the metric is logged.
    pub const fn name(&self) -> &'static str {
        match self {
            Metric::Accuracy {} => "accuracy",
            Metric::BinaryAccuracy { .. } => "binary_accuracy",
            Metric::CategoricalAccuracy {} => "categorical_accuracy",
            Metric::SparseCategoricalAccuracy {} => "sparse_categorical_accuracy",
            Metric::TopKCategoricalAccuracy(_) => "top_k_categorical_accuracy",
            Metric::SparseTopKCategoricalAccuracy(_) => "sparse_top_k_categorical_accuracy",
            Metric::Precision(_) => "precision",
            Metric::Recall(_) => "recall",
            Metric::Auc(_) => "auc",
            Metric::F1Score(_) => "f1_score",
            Metric::FbetaScore(_) => "fbeta_score",
            Metric::ClassScores(_) => "class_scores",
            Metric::R2Score {} => "r2_score",
            Metric::MeanSquaredError {} => "mean_squared_error",
            Metric::RootMeanSquaredError {} => "root_mean_squared_error",
            Metric::MeanAbsoluteError {} => "mean_absolute_error",
            Metric::MeanAbsolutePercentageError {} => "mean_absolute_percentage_error",
            Metric::MeanSquaredLogarithmicError {} => "mean_squared_logarithmic_error",
            Metric::LogCosh {} => "log_cosh",
            Metric::Poisson {} => "poisson",
            Metric::Hinge {} => "hinge",
            Metric::SquaredHinge {} => "squared_hinge",
            Metric::CategoricalHinge {} => "categorical_hinge",
            Metric::KlDivergence {} => "kl_divergence",
            Metric::CosineSimilarity {} => "cosine_similarity",
            Metric::BinaryCrossentropy {} => "binary_crossentropy",
            Metric::CategoricalCrossentropy {} => "categorical_crossentropy",
            Metric::SparseCategoricalCrossentropy {} => "sparse_categorical_crossentropy",
        }
    }

    /// Whether more is better of the number called `name`, `val_` or not: Keras's mode `auto`.
    pub fn rises(name: &str) -> bool {
        let name = name.strip_prefix("val_").unwrap_or(name);
        let name = name.strip_prefix("weighted_").unwrap_or(name);
        // A score of a class has the label after a slash.
        let name = name.split('/').next().unwrap_or(name);
        let rising = [
            "f1",
            "precision",
            "recall",
            "auc",
            "f1_score",
            "fbeta_score",
            "f_beta_score",
            "r2_score",
            "cosine_similarity",
        ];
        name.contains("acc") || rising.contains(&name)
    }

    /// The class that it is limited to.
    pub fn class_id(&self) -> Option<&ClassId> {
        match self {
            Metric::Precision(metric) | Metric::Recall(metric) => metric.class_id.as_ref(),
            _ => None,
        }
    }

    /// The same metric, limited to an output instead of the class of a label.
    pub fn at_output(&self, output: usize) -> Metric {
        let mut metric = self.clone();
        if let Metric::Precision(one) | Metric::Recall(one) = &mut metric {
            one.class_id = Some(ClassId::Number(output as i64));
        }
        metric
    }

    /// Whether it says something about classes only.
    pub fn is_of_classes(&self) -> bool {
        match self.kind() {
            MetricKind::Mean(RowMean::Loss(..)) | MetricKind::Root(_) | MetricKind::R2 => false,
            MetricKind::Accuracy
            | MetricKind::Mean(_)
            | MetricKind::Precision(_)
            | MetricKind::Recall(_) => true,
            MetricKind::Auc(_) | MetricKind::F(..) | MetricKind::Classes(_) => true,
        }
    }

    /// Whether it takes the logits of softmax and sigmoid where there are any.
    pub fn is_crossentropy_of_logits(&self) -> bool {
        matches!(self.kind(), MetricKind::Mean(RowMean::Loss(loss, _)) if loss.is_crossentropy_of_logits())
    }

    /// Number of sums that it keeps, for a number of outputs.
    pub fn sums(&self, outputs: usize) -> usize {
        match self.kind() {
            MetricKind::Accuracy => 0,
            MetricKind::Mean(_) | MetricKind::Root(_) => 1,
            MetricKind::Precision(_) | MetricKind::Recall(_) => confusion::SUMS,
            MetricKind::Auc(auc) => auc.sums(),
            MetricKind::F(..) => f_score::SUMS * outputs,
            MetricKind::Classes(_) => ClassScores::sums(outputs),
            MetricKind::R2 => r2::SUMS * outputs,
        }
    }

    /// Adds some rows to its sums. The loss counts the correct rows of an accuracy without a sum.
    pub fn add(&self, arch: Arch, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        match self.kind() {
            MetricKind::Accuracy => {
                let rows = accuracy(batch.outputs.cols());
                sums.iter_mut().for_each(|sum| *sum += rows.sum(arch, batch));
            }
            MetricKind::Mean(mean) | MetricKind::Root(mean) => sums[0] += mean.sum(arch, batch),
            MetricKind::Precision(metric) | MetricKind::Recall(metric) => metric.add(batch, sums),
            MetricKind::Auc(auc) => auc.add(batch, sums),
            MetricKind::F(score, _) => score.add(batch, sums),
            MetricKind::Classes(scores) => scores.add(batch, sums),
            MetricKind::R2 => r2::add(batch, sums),
        }
    }

    /// The number with the index `at`, of several only with [`ClassScores`], after rows of the weight `rows` with these
    /// sums, of which `correct` were classified right.
    pub fn value(&self, at: usize, sums: &[f64], rows: f64, correct: f64) -> f64 {
        let share = |x: f64| confusion::share(x, rows);
        match self.kind() {
            MetricKind::Accuracy => share(correct),
            MetricKind::Mean(_) => share(sums[0]),
            MetricKind::Root(_) => share(sums[0]).sqrt(),
            MetricKind::Precision(_) => confusion::precision(sums),
            MetricKind::Recall(_) => confusion::recall(sums),
            MetricKind::Auc(auc) => auc.value(sums),
            MetricKind::F(score, beta) => score.value(sums, beta),
            MetricKind::Classes(scores) => scores.value(at, sums),
            MetricKind::R2 => r2::value(sums, rows),
        }
    }

    fn kind(&self) -> MetricKind<'_> {
        let loss = |loss: Loss| MetricKind::Mean(RowMean::Loss(loss, 1.0));
        match self {
            Metric::Accuracy {} => MetricKind::Accuracy,
            Metric::BinaryAccuracy { threshold } => {
                MetricKind::Mean(RowMean::Binary { threshold: *threshold as f32 })
            }
            Metric::CategoricalAccuracy {} | Metric::SparseCategoricalAccuracy {} => {
                MetricKind::Mean(RowMean::Categorical)
            }
            Metric::TopKCategoricalAccuracy(top) | Metric::SparseTopKCategoricalAccuracy(top) => {
                MetricKind::Mean(RowMean::Top { k: top.k })
            }
            Metric::Precision(metric) => MetricKind::Precision(metric),
            Metric::Recall(metric) => MetricKind::Recall(metric),
            Metric::Auc(auc) => MetricKind::Auc(auc),
            Metric::F1Score(score) => MetricKind::F(*score, 1.0),
            Metric::FbetaScore(score) => MetricKind::F(score.plain(), score.beta),
            Metric::ClassScores(scores) => MetricKind::Classes(scores),
            Metric::R2Score {} => MetricKind::R2,
            Metric::MeanSquaredError {} => loss(Loss::MeanSquaredError {}),
            Metric::RootMeanSquaredError {} => {
                MetricKind::Root(RowMean::Loss(Loss::MeanSquaredError {}, 1.0))
            }
            Metric::MeanAbsoluteError {} => loss(Loss::MeanAbsoluteError {}),
            Metric::MeanAbsolutePercentageError {} => loss(Loss::MeanAbsolutePercentageError {}),
            Metric::MeanSquaredLogarithmicError {} => loss(Loss::MeanSquaredLogarithmicError {}),
            Metric::LogCosh {} => loss(Loss::LogCosh {}),
            Metric::Poisson {} => loss(Loss::Poisson {}),
            Metric::Hinge {} => loss(Loss::Hinge {}),
            Metric::SquaredHinge {} => loss(Loss::SquaredHinge {}),
            Metric::CategoricalHinge {} => loss(Loss::CategoricalHinge {}),
            Metric::KlDivergence {} => loss(Loss::KlDivergence {}),
            Metric::CosineSimilarity {} => {
                MetricKind::Mean(RowMean::Loss(Loss::CosineSimilarity {}, -1.0))
            }
            Metric::BinaryCrossentropy {} => {
                loss(Loss::BinaryCrossentropy { label_smoothing: 0.0, from_logits: false })
            }
            Metric::CategoricalCrossentropy {} => {
                loss(Loss::CategoricalCrossentropy { label_smoothing: 0.0, from_logits: false })
            }
            Metric::SparseCategoricalCrossentropy {} => {
                loss(Loss::SparseCategoricalCrossentropy { from_logits: false })
            }
        }
    }
}

/// The accuracy that Keras resolves `accuracy` to, for a number of outputs.
fn accuracy(outputs: usize) -> RowMean {
    match outputs {
        1 => RowMean::Binary { threshold: 0.5 },
        _ => RowMean::Categorical,
    }
}
