//! Networks: layers with their weights, activations, initialisers, losses and metrics, as Keras
//! defines them; no data set, no epoch, no file.

mod activation;
mod constraint;
mod initializer;
mod layer;
mod loss;
mod metric;
mod network;
mod onnx_graph;
mod regularizer;
mod shapes;

pub use activation::Activation;
pub use constraint::Constraint;
pub use initializer::Initializer;
pub use layer::*;
pub use loss::{Loss, LossKernel, TargetKind};
pub use metric::{
    Auc, BatchOutputs, ClassId, ClassScores, FBetaScore, FScore, Metric, NamedMetric, Thresholded,
    TopK,
};
pub use network::{NamedParam, Network};
pub use onnx_graph::{OnnxAttribute, OnnxGraph};
pub use regularizer::Regularizer;
pub use shapes::{WeightsError, check_shapes, weight_shapes};
