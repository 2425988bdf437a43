//! Training without input or output: data sets, networks, optimizers and the training loop.
//!
//! The modules stand in dependency order; a module uses only modules further down.

#![forbid(unsafe_code)]

pub mod train;

pub mod data;
pub mod model;
pub mod optim;

pub mod random;
pub mod shorthand;
