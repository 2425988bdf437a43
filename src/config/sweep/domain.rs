//! A distribution as a domain of the search, and the values of a config that stand for its numbers.

use super::draw::readable;
use crate::config::document::Value;
use crate::config::plan::Distribution;
use crate::search::Domain;

impl Distribution {
    /// The domain; a number with a `step` is the number of its steps.
    pub(crate) fn domain(&self) -> Domain {
        match *self {
            Distribution::Uniform { step: None, min, max, .. } => {
                Domain::Real { min, max, log: false }
            }
            Distribution::Uniform { step: Some(step), min, max, .. } => {
                Domain::Integer { min: 0, max: steps(min, max, step), step: 1, log: false }
            }
            Distribution::LogUniform { min, max, .. } => Domain::Real { min, max, log: true },
            Distribution::IntUniform { min, max, step, .. } => {
                let step = u64::from(step.unwrap_or(1));
                Domain::Integer { min, max, step, log: false }
            }
            Distribution::IntLogUniform { min, max, .. } => {
                Domain::Integer { min, max, step: 1, log: true }
            }
        }
    }

    /// The value at the number `x` of the domain.
    pub(crate) fn value(&self, x: f64) -> Value {
        match *self {
            Distribution::Uniform { step: Some(step), min, .. } => {
                Value::Float(decimal(min + x * step))
            }
            Distribution::Uniform { min, max, .. } | Distribution::LogUniform { min, max, .. } => {
                Value::Float(readable(x, min, max))
            }
            Distribution::IntUniform { .. } | Distribution::IntLogUniform { .. } => {
                Value::Integer(x as i128)
            }
        }
    }

    /// The number of the domain that a value stands for.
    pub(crate) fn number(&self, value: &Value) -> f64 {
        let number = match value {
            Value::Float(float) => *float,
            Value::Integer(integer) => *integer as f64,
            _ => 0.0,
        };
        match *self {
            Distribution::Uniform { step: Some(step), min, .. } => ((number - min) / step).round(),
            _ => number,
        }
    }
}

/// The whole steps between two numbers; a last step that ends by rounding beyond `max` counts.
fn steps(min: f64, max: f64, step: f64) -> i64 {
    ((max - min) / step + 1e-9).floor() as i64
}

/// `x` without the error of a sum in its last digits: 0.3 instead of 0.30000000000000004.
fn decimal(x: f64) -> f64 {
    format!("{x:.12}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_values_stand_for_each_other() {
        let stepped = Distribution::Uniform { min: 0.0, max: 0.5, step: Some(0.1), when: None };
        assert_eq!(stepped.domain(), Domain::Integer { min: 0, max: 5, step: 1, log: false });
        let log = Distribution::LogUniform { min: 1e-4, max: 1.0, when: None };
        let whole = Distribution::IntLogUniform { min: 1, max: 64, when: None };
        for (from, x, text) in [(&stepped, 3.0, "0.3"), (&log, 0.012, "0.012"), (&whole, 7.0, "7")]
        {
            let value = from.value(x);
            assert_eq!(from.number(&value), x);
            let shown = match value {
                Value::Float(float) => float.to_string(),
                Value::Integer(integer) => integer.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!(shown, text);
        }
    }
}
