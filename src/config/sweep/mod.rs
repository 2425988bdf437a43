//! `[sweep]`: the search space of a config, and its expansion to runs.

mod axis;
mod draw;
mod expand;
mod json_diff;
mod label;
mod packed_lines;
mod read;
mod runs;
mod short_texts;
mod space;
mod value_text;
mod variant;

pub(crate) use expand::expand;
pub use label::short_keys;
pub use packed_lines::{LineCache, PackedLines};
pub use runs::Runs;
pub use short_texts::ShortTexts;
pub(crate) use space::SearchSpace;
pub use variant::{Change, Variant};
