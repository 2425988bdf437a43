//! Loads TOML configs: parses, validates, checks and expands them to the plans of runs.
//!
//! ```
//! use runner::config;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = std::env::temp_dir().join(format!("runner-config-{}", std::process::id()));
//! std::fs::create_dir_all(&folder)?;
//! let path = folder.join("run.toml");
//! std::fs::write(&path, r#"
//!     optimizer = "sgd"
//!     model.layers = [{ type = "dense", units = 10, activation = "softmax" }]
//!     sweep.parameters."optimizer.learning_rate" = [0.1, 0.01]
//! "#)?;
//! let experiments = config::load(&[path], &["training.epochs=3".to_owned()])?;
//! let runs = &experiments[0].runs;
//! assert_eq!(runs.len(), 2);
//! let plan = runs.get(1)?.plan;
//! assert_eq!(plan.training.epochs, 3);
//! assert_eq!(config::saved_plan(&plan.to_toml())?, plan);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(())
//! # }
//! ```

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
mod search;
mod searched;
mod sweep;

pub use check::DescribeDataset;
pub use diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, SourceKind, Span};
pub use docs::{reference, reference_config, schema};
pub use document::{TAGS, shorthand};
pub use experiment::{Experiment, SearchText};
pub use from_run::{reload_plan, saved_plan, search_of, settings, swept};
pub use load::{load, load_with};
pub use nearest::nearest;
pub use plan::{
    Callbacks, ClassWeight, ClassWeights, CsvLogger, Data, DataFiles, Formula, Label, Layout,
    Model, ModelCheckpoint, Plan, TensorBoard, TerminateOnNan, Training, UpdateFreq,
};
pub use render::render;
pub use schema::{Key, all_keys, key_named};
pub use search::Search;
pub use searched::{SearchedParameter, SearchedSpace, SearchedValues};
pub use sweep::{
    Change, LineCache, MOST_RUNS, PackedLines, Pruner, Runs, ShortTexts, Trial, Variant,
    is_replicate_key, short_keys,
};
