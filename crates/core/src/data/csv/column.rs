//! A column of a CSV file as a config names it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column, by its name or its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Column {
    /// Its place, from 0.
    Index(usize),
    /// What the first line calls it.
    Name(String),
}
