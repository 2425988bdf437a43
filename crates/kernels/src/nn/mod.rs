//! Kernels of neural networks: activations, losses, normalization and updates of weights.

mod activation;
mod elementwise_loss;
pub mod norm;
mod row_loss;
mod softmax;
mod update;

pub use activation::Unary;
pub use elementwise_loss::ElementwiseLoss;
pub use row_loss::RowLoss;
pub use softmax::{argmax, softmax, softmax_backward, softmax_crossentropy};
pub(crate) use update::Pointers;
pub use update::{MAX_SLOTS, ParamMut, UpdateRule, bias_update, map, product_update, update};
