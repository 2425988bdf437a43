//! Loads TOML configs: parses, validates, checks and expands them to the plans of runs.

mod check;
mod diagnostic;
mod docs;
mod document;
mod experiment;
mod from_run;
mod load;
mod nearest;
mod paths;
mod plan;
mod render;
mod schema;
mod sweep;

pub use check::DescribeDataset;
pub use diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, SourceKind, Span};
pub use docs::{reference, reference_config};
pub use document::{TAGS, shorthand};
pub use experiment::Experiment;
pub use from_run::{reload_plan, saved_plan, settings, swept};
pub use load::{load, load_with};
pub use nearest::nearest;
pub use plan::{
    Callbacks, ClassWeight, ClassWeights, CsvLogger, Data, Formula, Label, Layout, Model,
    ModelCheckpoint, Parts, Plan, TensorBoard, TerminateOnNan, Training, UpdateFreq,
};
pub use render::render;
pub use schema::{key_named, schema};
pub use sweep::{Change, LineCache, PackedLines, Runs, ShortTexts, Variant, short_keys};
