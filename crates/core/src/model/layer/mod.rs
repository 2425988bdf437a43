//! Layers with Keras's names, as a table: as a config describes them, and as built with their
//! parameters. A layer knows no other layer.
//!
//! # How to add a layer
//!
//! 1. Add a file with a struct of the arguments, which implements `Spec`, and a struct of the built
//!    layer, which implements `Op`.
//! 2. Declare the file and add a row to the table below: a doc comment, the file, which is the name in
//!    a config, the variant and the struct of the arguments.
//! 3. Add a case to `tests/golden/keras_fit.py`, and renew the schema:
//!    `UPDATE=1 INSTA_UPDATE=always cargo test config`.
//!
//! Schema, reference, parameter shapes, memory, graph and ONNX export follow from the traits.

mod activation;
mod batch_normalization;
mod dense;
mod dropout;
mod embedding;
mod gaussian_noise;
mod layer_normalization;
mod spec;
mod table;
mod unit_normalization;

pub use dense::DenseLayer;
pub use embedding::{EmbeddingLayer, EmbeddingTable};
pub use spec::{GradientKind, ParamSpec, PassContext};

table::layers! {
    /// Tables of embedded columns; `embedding` of `data.columns` puts them first.
    #[schemars(skip)]
    embedding: Embedding(Embedding),
    /// Every unit sees every input: `activation(x · kernel + bias)`.
    dense: Dense(Dense),
    /// An activation on its own.
    activation: Activation(ActivationLayer),
    /// In training, sets inputs to 0 at random and scales up the others.
    dropout: Dropout(Dropout),
    /// In training, adds random numbers to the inputs.
    gaussian_noise: GaussianNoise(GaussianNoise),
    /// Brings each unit to mean 0 and deviation 1 over a batch; later, by what training has seen.
    batch_normalization: BatchNormalization(BatchNormalization),
    /// Brings each row to mean 0 and deviation 1 over its units.
    layer_normalization: LayerNormalization(LayerNormalization),
    /// Divides each row by its length.
    unit_normalization: UnitNormalization(UnitNormalization),
}
