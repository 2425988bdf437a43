//! All tests that use the program from outside, in one binary: it links once.

#![expect(clippy::too_many_lines, reason = "a test tells its story in one piece")]

mod answers;
mod architecture;
mod board;
mod book;
mod cli;
mod cluster;
mod completions;
mod config;
mod data;
mod dependencies;
mod disk;
mod editor;
mod events;
mod export;
mod fuzz;
mod golden;
mod integrity;
mod keras_words;
mod kernels;
mod labels;
mod layers;
mod links;
mod losses;
mod man;
mod memory;
mod mlflow;
mod optimizers;
mod pictures;
mod python;
mod reader;
mod readme;
mod report;
mod restarts;
mod resume;
mod runs;
mod sandbox;
mod searches;
mod slips;
mod start_weights;
mod sweeps;
mod tensorboard;
mod trained;
mod tutorial;
mod watch;
