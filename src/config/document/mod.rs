//! TOML text as a tree of values with spans; it knows no key of a config.

mod literal;
mod merge;
mod overrides;
mod parse;
mod shorthand;
mod spanned;
mod write;

pub(crate) use literal::{as_array, number_text};
pub(crate) use merge::merge;
pub(crate) use overrides::{Override, assign, parse_override};
pub(crate) use parse::parse;
pub use shorthand::{TAGS, shorthand};
pub(crate) use spanned::{Entry, Spanned, Value};
pub(crate) use write::{inline, top_value, write};
