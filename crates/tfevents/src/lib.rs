//! TensorBoard's format: records, summaries, the writer of event files and a reader of their scalars;
//! knows nothing of training.
//!
//! The frame and its checksum come from `tensorboard-rs`, the messages from `tensorboard-proto`.
//! The writers of `tensorboard-rs` are not used: they panic in a thread of their own when a write
//! fails, and abort the process when they are dropped after that.

#![forbid(unsafe_code)]

mod clock;
mod error;
mod frame;
mod reader;
mod value;
mod visible;
mod wire;
mod writer;

mod custom_scalars;
mod graph;
mod histogram;
mod hparams;
mod image;
mod map;
mod pr_curve;
mod scalar;
mod summary;
mod text;

pub use clock::Clock;
pub use error::EventError;
pub use reader::{Damage, Scalar, Tags, read_scalars, scalars_in};
pub use visible::{HIDDEN, VISIBLE, is_event_file, set_visible};
pub use writer::EventWriter;

pub use custom_scalars::{MarginChart, custom_scalars};
pub use graph::{Graph, Node, UNKNOWN, graph, keras_graph};
pub use histogram::histogram;
pub use hparams::{HParam, Outcome, session_end, session_start};
pub use image::{Picture, image};
pub use pr_curve::pr_curve;
pub use scalar::scalar;
pub use summary::Summary;
pub use text::text;
