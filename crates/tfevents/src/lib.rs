//! TensorBoard event files: summaries, a writer, and a reader of scalars.
//!
//! An event file is a sequence of [TFRecords], each with an encoded [`Event`] message. The framing and
//! the checksum come from `tensorboard-rs`, the messages from `tensorboard-proto`. The writers of
//! `tensorboard-rs` are not used: a failed write panics in a background thread, and a later drop
//! aborts the process.
//!
//! # Examples
//!
//! Write an event file, then read the scalars back:
//!
//! ```
//! use tfevents::{Clock, EventWriter, Tags, read_scalars, scalar};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let logdir = dir.path();
//! let mut writer = EventWriter::create(logdir, 0, Clock::System)?;
//! writer.add(0, scalar("epoch_accuracy", 0.75));
//! writer.flush()?;
//!
//! read_scalars(writer.path(), &mut Tags::default(), &mut |scalar| {
//!     assert_eq!((scalar.tag, scalar.step, scalar.value), ("epoch_accuracy", 0, 0.75));
//! })?;
//! # Ok(())
//! # }
//! ```
//!
//! [TFRecords]: https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
//! [`Event`]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto

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
pub use hparams::{HParam, SessionStatus, session_end, session_start};
pub use image::{Picture, image};
pub use pr_curve::pr_curve;
pub use scalar::scalar;
pub use summary::Summary;
pub use text::text;
