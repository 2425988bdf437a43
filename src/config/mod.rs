//! TOML in, plan out: the only room that knows TOML; it trains nothing and prints nothing.

mod experiment;
mod packed_lines;
mod plan;
mod runs;

mod load;
mod loose;
mod set;
mod sweep;
mod tree;

mod callbacks;
mod check;
mod classes;
mod data;
mod fit;
mod initial_weights;
mod memory;
mod notes;
mod optimizer;
mod schema;
mod task;
mod tensorboard;
mod walk;
mod weights;

mod example;
mod keys;
mod nearest;
mod reference;
mod toml_text;
mod words;

mod picture;
mod problem;
mod saved;

pub use callbacks::{Callbacks, CsvLogger, ModelCheckpoint, TerminateOnNan};
pub use check::Describe;
pub use example::example;
pub use experiment::{Change, Experiment, Variant};
pub use keys::key_named;
pub use load::{load, load_with};
pub use nearest::nearest;
pub use packed_lines::{LineCache, PackedLines};
pub use picture::render;
pub use plan::{Data, Label, Model, Parts, Plan, Training};
pub use problem::{Location, Origin, Place, Problem, Problems, Source};
pub use reference::reference;
pub use runs::Runs;
pub use saved::{saved_plan, settings, swept};
pub use schema::schema;
pub use sweep::{ShortTexts, short_keys};
pub use tensorboard::{Layout, TensorBoard, UpdateFreq};
pub use tree::TAGS;
pub use weights::{ClassWeight, ClassWeights, Formula};
