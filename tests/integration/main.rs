//! All tests that use the program from outside, in one binary: it links once.

mod answers;
mod cli;
mod config;
mod data;
mod events;
mod export;
mod golden;
mod house;
mod kernels;
mod labels;
mod layers;
mod memory;
mod naps;
mod optimizers;
mod pictures;
mod reader;
mod report;
mod resume;
mod runs;
mod sandbox;
mod sweeps;
mod tensorboard;
mod trained;
mod tutorial;
mod watch;
