//! The dense layer on sparse inputs, where most of a step of the tutorial is spent.
//!
//! [`BlockCsr`] holds the rows as **block CSR**: per row the 1×2 blocks that are not zero. A minibatch is
//! transposed to **CSC** (`batch_csc.rs`), so that the forward product and the weight gradient read each
//! row of W once. The sum over inputs is **split-K**: two parts with a fixed order of addition, on any
//! number of threads.
//!
//! ```text
//! forward   z = Σₛ X[:, s] W[s, :] + b      s = 0, 1        [batch × units]
//! update    W ← rule(W, Xᵀ δ)                               [features × units]
//! ```

mod batch_csc;
mod bitmap;
mod block;
mod block_csr;
mod builder;
mod input_layer;
mod shape;
mod spmm;
mod spmm_t_update;
#[cfg(test)]
mod tests;
mod value_pool;

pub use bitmap::NonzeroBitmap;
pub use block_csr::BlockCsr;
pub use input_layer::InputLayer;
pub use spmm_t_update::InputGradient;
