//! All tests that use the program from outside, in one binary: it links once.

mod cli;
mod config;
mod data;
mod events;
mod golden;
mod house;
mod kernels;
mod layers;
mod optimizers;
pub(crate) mod pictures;
mod resume;
mod runs;
mod sandbox;
mod sweeps;
mod tensorboard;
mod tutorial;
