//! What a search knows of its trials.

use crate::space::Point;

/// What is known of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The value of the objective; a smaller one is better.
    Value(f64),
    /// The objective is no number: worse than every value.
    Diverged,
    /// Not known: the point is avoided, because a second trial there would teach nothing.
    Pending,
}

impl Outcome {
    /// The value for comparisons: infinite unless it is a number.
    pub fn value(self) -> f64 {
        match self {
            Outcome::Value(value) if !value.is_nan() => value,
            _ => f64::INFINITY,
        }
    }
}

/// A point and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The values of the parameters.
    pub point: Point,
    /// What is known of it.
    pub outcome: Outcome,
}

impl Trial {
    /// Whether the trial has ended with a value, or diverged.
    pub(crate) fn is_known(&self) -> bool {
        self.outcome != Outcome::Pending
    }
}
