//! `runner` trains feed-forward networks from TOML experiments and logs them for TensorBoard; the
//! library holds every room of the program, the binary is only its door.
//!
//! The rooms stand in dependency order: a room uses only rooms further down (`tests/house.rs`
//! reads the `use crate::` lines and says so when one does not).

#![forbid(unsafe_code)]

pub mod cli;
pub mod experiment;
pub mod export;
pub mod query;
pub mod sweep;

pub mod config;
pub mod runs;

pub use base::{memory, quote, system};
pub use runner_core::{data, model, optim, random, shorthand, train};
pub use {kernels, tfevents as events};
