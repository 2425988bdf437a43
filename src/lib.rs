//! The library of the program `runner`, which trains feed-forward networks from TOML experiments and logs them
//! for TensorBoard.
//!
//! The modules stand in dependency order: a module uses only modules further down, which
//! `tests/integration/architecture` checks. ARCHITECTURE.md has the map.

#![forbid(unsafe_code)]

pub mod cli;
pub mod cluster;
pub mod experiment;
pub mod export;
pub mod query;
pub mod sweep;

pub mod config;
pub mod runs;

pub use base::{memory, quote, system};
pub use runner_core::{data, model, optim, random, shorthand, train};
pub use {kernels, search, tfevents as events};
