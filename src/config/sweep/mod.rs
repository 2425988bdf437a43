//! `[sweep]`: the search space of a config, and its expansion to runs.

mod axis;
mod check_search;
mod conditions;
mod domain;
mod draw;
mod expand;
mod folds;
mod foreign_words;
mod freeze;
mod json_diff;
mod label;
mod options;
mod packed_lines;
mod read;
mod runs;
mod short_texts;
mod space;
mod trial;
mod trial_space;
mod value_text;
mod variant;

pub(crate) use check_search::{check_objective, check_search, objective};
pub(crate) use expand::{Planner, expand};
pub use folds::is_replicate_key;
pub(crate) use freeze::freeze;
pub use label::short_keys;
pub use packed_lines::{LineCache, PackedLines};
pub use runs::Runs;
pub use short_texts::ShortTexts;
pub use space::MOST_RUNS;
pub(crate) use space::SearchSpace;
pub use trial::Trial;
pub(crate) use trial::propose;
pub(crate) use trial_space::TrialSpace;
pub use variant::{Change, Variant};
