//! The JSON Schema of a config, derived from the types of the plan, and the validation against it.

mod coerce;
mod editor;
mod generate;
mod key_path;
mod keys;
mod query;
mod unknown_key;
mod validate;
mod wording;

pub use editor::schema;
pub(crate) use generate::{OPTIONAL, SCHEMA};
pub use keys::{Key, all_keys, key_named};
pub(crate) use query::{kinds, properties, resolve, sentence, variant_names, variants, words};
pub(crate) use validate::{validate, validate_at};
pub(crate) use wording::{default, list, range, wanted};
