//! Networks: layers with their weights, activations, initialisers, losses and metrics, as Keras
//! defines them; no data set, no epoch, no file.

mod activation;
mod initializer;
mod layer;
mod loss;
mod metric;

pub use activation::Activation;
pub use initializer::Initializer;
pub use layer::{Dense, Layer};
pub use loss::Loss;
pub use metric::Metric;
