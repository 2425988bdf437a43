//! Which way a number gets better.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Metric;

/// Which way a number gets better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Direction {
    /// By the metric: less for losses and errors, more for accuracy and its like.
    #[default]
    Auto,
    /// Less is better.
    Min,
    /// More is better.
    Max,
}

impl Direction {
    /// The direction of the number called `name`: `Min` or `Max`.
    pub fn of(self, name: &str) -> Direction {
        match self {
            Direction::Auto if Metric::rises(name) => Direction::Max,
            Direction::Auto => Direction::Min,
            known => known,
        }
    }

    /// Whether `value` of the number called `name` is better than `reference` by more than
    /// `delta`; never, if it is not a number.
    pub fn improves(self, name: &str, value: f64, reference: f64, delta: f64) -> bool {
        match self.of(name) {
            Direction::Max => reference < value - delta,
            _ => value + delta < reference,
        }
    }
}
