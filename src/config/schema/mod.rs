//! The JSON Schema of a config, derived from the types of the plan, and the validation against it.

mod coerce;
mod generate;
mod key_path;
mod keys;
mod query;
mod unknown_key;
mod validate;
mod wording;

pub(crate) use generate::{OPTIONAL, SCHEMA};
pub use keys::{Key, all_keys, key_named};
pub(crate) use query::{
    aliases, kinds, properties, resolve, sentence, tag, variant_names, variants, words,
};
pub(crate) use validate::{validate, validate_at};
pub(crate) use wording::{default, list, range, wanted};
