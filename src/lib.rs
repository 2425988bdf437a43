//! `runner` trains feed-forward networks from TOML experiments and logs them for TensorBoard; the
//! library holds every room of the program, the binary is only its door.
//!
//! The rooms stand in dependency order: a room uses only rooms further down (`tests/house.rs`
//! reads the `use crate::` lines and says so when one does not).

pub mod cli;
pub mod experiment;
pub mod export;
pub mod report;
pub mod sweep;

pub mod config;
pub mod events;
pub mod runs;

pub mod data;
pub mod kernels;
pub mod model;
pub mod optim;
pub mod train;

pub mod memory;
pub mod quote;
pub mod random;
pub mod shorthand;
pub mod system;
