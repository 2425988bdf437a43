//! Draws from a range: what trial `t` gets for a parameter depends on the sweep's seed, the
//! parameter's key and `t`, and on nothing else.

use super::axis::{Axis, Values};
use crate::config::diagnostic::Diagnostic;
use crate::config::document::{Spanned, Value};
use crate::config::plan::Distribution;
use crate::random::RandomStream;

/// The value of a parameter in a trial, counted from 0.
pub(crate) fn draw(axis: &Axis, seed: u64, trial: u64) -> Spanned {
    let mut stream = RandomStream::trial(seed, &axis.key(), trial);
    match &axis.values {
        Values::List(nodes) => nodes[stream.below(nodes.len() as u32) as usize].clone(),
        Values::Drawn { from, node } => {
            Spanned { value: from.draw(&mut stream), span: node.span.clone() }
        }
    }
}

impl Distribution {
    fn draw(&self, stream: &mut RandomStream) -> Value {
        match *self {
            Distribution::Uniform { min, max, step: None, .. } => {
                Value::Float(readable(stream.uniform(min, max), min, max))
            }
            Distribution::LogUniform { min, max, .. } => {
                let exponent = stream.uniform(min.ln(), max.ln());
                Value::Float(readable(exponent.exp(), min, max))
            }
            Distribution::IntUniform { min, max, step, .. } => {
                // `diagnostic` has seen to it that there are at most 2^32 - 1 of them.
                let step = step.unwrap_or(1);
                let n = max.abs_diff(min) as u32 / step + 1;
                Value::Integer(i128::from(min) + i128::from(stream.below(n)) * i128::from(step))
            }
            Distribution::Uniform { step: Some(_), .. } | Distribution::IntLogUniform { .. } => {
                self.value(self.domain().random(stream.unit()))
            }
        }
    }

    /// The least and the greatest value.
    pub(crate) fn ends(&self) -> [Value; 2] {
        match *self {
            Distribution::Uniform { min, max, .. } | Distribution::LogUniform { min, max, .. } => {
                [Value::Float(min), Value::Float(max)]
            }
            Distribution::IntUniform { min, max, .. }
            | Distribution::IntLogUniform { min, max, .. } => {
                [Value::Integer(min.into()), Value::Integer(max.into())]
            }
        }
    }

    /// What is wrong with a range that is written as it should be.
    pub(crate) fn diagnostic(&self, node: &Spanned) -> Option<Diagnostic> {
        let (is_empty, width, step) = match *self {
            Distribution::Uniform { min, max, step, .. } => (max <= min, max - min, step),
            Distribution::LogUniform { min, max, .. } => (max <= min, max - min, None),
            Distribution::IntUniform { min, max, step, .. } => {
                (max <= min, max.abs_diff(min) as f64, step.map(f64::from))
            }
            Distribution::IntLogUniform { min, max, .. } => {
                (max <= min, max.abs_diff(min) as f64, None)
            }
        };
        let at = |key: &str| node.entry(key).map_or(&node.span, |entry| &entry.node.span);
        if is_empty {
            let diagnostic =
                Diagnostic::at(at("max"), "`max` must be above `min`", "exchange them");
            return Some(diagnostic.related(Some(at("min")), "`min`"));
        }
        if step.is_some_and(|step| width < step) {
            let message = "the step is wider than the range";
            return Some(Diagnostic::at(at("step"), message, "take a smaller `step`"));
        }
        let whole =
            matches!(self, Distribution::IntUniform { .. } | Distribution::IntLogUniform { .. });
        let steps = step.map_or(0.0, |step| width / step);
        if whole && f64::from(u32::MAX) <= width
            || f64::from(u32::MAX) <= steps
            || !width.is_finite()
        {
            let message = "the range is too wide to draw from";
            return Some(Diagnostic::at(at("max"), message, "take a smaller `max`"));
        }
        None
    }
}

/// `x` rounded so that a person can read it, four digits of its own or of the range, whichever are
/// finer; it stays in the range.
pub(crate) fn readable(x: f64, min: f64, max: f64) -> f64 {
    const DIGITS: i32 = 4;
    let digits = |x: f64| x.abs().log10().floor() as i32 + 1;
    let own = if x == 0.0 { i32::MAX } else { digits(x) };
    let decimals = DIGITS - own.min(digits(max - min));
    // Through decimal text: the result is the number that the text reads as.
    let text = match usize::try_from(decimals) {
        Ok(decimals) => format!("{x:.decimals$}"),
        Err(_) => format!("{x:.0}"),
    };
    text.parse().unwrap_or(x).clamp(min, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(from: Distribution) -> Vec<f64> {
        let value = |trial| match from.draw(&mut RandomStream::trial(0, "key", trial)) {
            Value::Float(float) => float,
            Value::Integer(integer) => integer as f64,
            other => panic!("{other:?}"),
        };
        (0..4000).map(value).collect()
    }

    /// The share of draws below some value.
    fn share(draws: &[f64], below: f64) -> f64 {
        draws.iter().filter(|draw| **draw < below).count() as f64 / draws.len() as f64
    }

    #[test]
    fn draws_fill_their_range_as_they_should() {
        let uniform = draws(Distribution::Uniform { min: -1.0, max: 3.0, step: None, when: None });
        assert!(uniform.iter().all(|x| (-1.0..=3.0).contains(x)));
        assert!((share(&uniform, 0.0) - 0.25).abs() < 0.03);
        let log = draws(Distribution::LogUniform { min: 1e-4, max: 1.0, when: None });
        assert!(log.iter().all(|x| (1e-4..=1.0).contains(x)));
        assert!((share(&log, 1e-3) - 0.25).abs() < 0.03);
        let whole = draws(Distribution::IntUniform { min: -1, max: 2, step: None, when: None });
        let count = |n: f64| whole.iter().filter(|x| **x == n).count() as f64 / 4000.0;
        assert!([-1.0, 0.0, 1.0, 2.0].iter().all(|n| (count(*n) - 0.25).abs() < 0.03));
    }

    #[test]
    fn draws_are_readable() {
        assert_eq!(readable(0.000_372_819_384, 1e-4, 1.0), 0.000_372_8);
        assert_eq!(readable(123.456_789, 0.0, 1000.0), 123.5);
        assert_eq!(readable(123_456.789, 0.0, 1e6), 123_457.0);
        assert_eq!(readable(0.999_123_456_7, 0.999, 0.9999), 0.999_123_5);
        assert_eq!(readable(0.0, 0.0, 1.0), 0.0);
        assert_eq!(readable(0.100_04, 0.1, 0.100_1), 0.100_04);
    }
}
