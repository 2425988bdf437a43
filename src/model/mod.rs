//! Networks: layers with their weights, activations, initialisers, losses and metrics, as Keras
//! defines them; no data set, no epoch, no file.

mod activation;
mod initializer;
mod layer;
mod loss;
mod metric;
mod network;

pub use activation::Activation;
pub use initializer::Initializer;
pub use layer::{Dense, DenseLayer, Layer};
pub use loss::{Loss, Objective};
pub use metric::Metric;
pub use network::{Network, Weights, WeightsError};
