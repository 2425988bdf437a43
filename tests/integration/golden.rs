//! Keras's own numbers.
