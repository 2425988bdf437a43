//! The space that a search draws from: parameters with domains and conditions.

use crate::normal::{exp, ln};

/// The values of one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// The numbers of [`min`, `max`], drawn evenly, or evenly in their logarithm.
    Real {
        /// The least value, above 0 if `log`.
        min: f64,
        /// The greatest value.
        max: f64,
        /// Whether the logarithm is drawn evenly.
        log: bool,
    },
    /// The numbers `min`, `min + step`, ... up to `max`.
    Integer {
        /// The least value, above 0 if `log`.
        min: i64,
        /// No value is greater.
        max: i64,
        /// The distance of neighbours, above 0.
        step: u64,
        /// Whether the logarithm is drawn evenly.
        log: bool,
    },
    /// One of so many options without an order; its value is the option's index.
    Choice {
        /// The number of options, above 0.
        options: usize,
    },
}

/// A condition on a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The index of the choice, which stands before the parameter.
    pub parameter: usize,
    /// The options that meet the condition.
    pub options: Vec<usize>,
}

/// One dimension of a space.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its values.
    pub domain: Domain,
    /// When the parameter exists; always, if there is none.
    pub when: Option<Condition>,
}

impl Parameter {
    /// A parameter without a condition.
    pub fn new(domain: Domain) -> Parameter {
        Parameter { domain, when: None }
    }
}

/// The value of each parameter of a space, `None` where the condition of a parameter does not hold.
pub type Point = Vec<Option<f64>>;

/// The parameters of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    parameters: Vec<Parameter>,
}

impl Space {
    /// A space of these parameters.
    ///
    /// # Panics
    ///
    /// Panics if a domain is empty or a condition does not name an earlier choice.
    pub fn new(parameters: Vec<Parameter>) -> Space {
        for (at, parameter) in parameters.iter().enumerate() {
            assert!(!parameter.domain.is_empty(), "parameter {at} has an empty domain");
            if let Some(when) = &parameter.when {
                assert!(
                    when.parameter < at,
                    "the condition of parameter {at} must name an earlier one"
                );
                let is_choice = matches!(parameters[when.parameter].domain, Domain::Choice { .. });
                assert!(is_choice, "the condition of parameter {at} must name a choice");
            }
        }
        Space { parameters }
    }

    /// The parameters in their order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// A point with the value that `draw` gives to each parameter whose condition holds.
    pub fn fill(&self, mut draw: impl FnMut(usize, &Domain) -> f64) -> Point {
        let mut point = Point::with_capacity(self.parameters.len());
        for (at, parameter) in self.parameters.iter().enumerate() {
            let exists = parameter.when.as_ref().is_none_or(|when| when.holds(&point));
            point.push(exists.then(|| draw(at, &parameter.domain)));
        }
        point
    }

    /// A point drawn evenly, by numbers from [0, 1).
    pub fn random(&self, unit: &mut dyn FnMut() -> f64) -> Point {
        self.fill(|_, domain| domain.random(unit()))
    }
}

impl Condition {
    /// Whether the condition holds in a point of which the earlier parameters are known.
    fn holds(&self, point: &[Option<f64>]) -> bool {
        point[self.parameter].is_some_and(|option| self.options.contains(&(option as usize)))
    }
}

/// The scale that a domain is modelled on: an interval, in cells of a width for integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// The interval, in the logarithm if `log`.
    pub low: f64,
    pub high: f64,
    pub log: bool,
    /// Half the distance of neighbours, before the logarithm; 0 for real numbers.
    pub half_step: f64,
}

impl Domain {
    fn is_empty(&self) -> bool {
        match *self {
            Domain::Real { min, max, log } => !(min < max && (!log || 0.0 < min)),
            Domain::Integer { min, max, step, log } => max < min || step == 0 || log && min < 1,
            Domain::Choice { options } => options == 0,
        }
    }

    /// The scale of a numerical domain, `None` of a choice.
    pub(crate) fn scale(&self) -> Option<Scale> {
        let (min, max, log, half_step) = match *self {
            Domain::Real { min, max, log } => (min, max, log, 0.0),
            Domain::Integer { min, max, step, log } => {
                let last = min + (max - min) / step as i64 * step as i64;
                let half = step as f64 / 2.0;
                (min as f64 - half, last as f64 + half, log, half)
            }
            Domain::Choice { .. } => return None,
        };
        let bound = |x: f64| if log { ln(x) } else { x };
        Some(Scale { low: bound(min), high: bound(max), log, half_step })
    }

    /// The value at `u` in [0, 1) of an even distribution.
    pub fn random(&self, u: f64) -> f64 {
        match self.scale() {
            Some(scale) => self.snap(scale.low + (scale.high - scale.low) * u),
            None => {
                let Domain::Choice { options } = *self else {
                    unreachable!("choices have no scale")
                };
                ((options as f64 * u) as usize).min(options - 1) as f64
            }
        }
    }

    /// The value of the domain nearest to `x` on its scale.
    pub(crate) fn snap(&self, x: f64) -> f64 {
        match *self {
            Domain::Real { min, max, log } => (if log { exp(x) } else { x }).clamp(min, max),
            Domain::Integer { min, max, step, log } => {
                let x = if log { exp(x) } else { x };
                let last = ((max - min) / step as i64) as f64;
                let steps = libm::round((x - min as f64) / step as f64).clamp(0.0, last);
                min as f64 + steps * step as f64
            }
            Domain::Choice { .. } => x,
        }
    }
}

impl Scale {
    /// The place of a value on the scale.
    pub(crate) fn place(&self, value: f64) -> f64 {
        if self.log { ln(value) } else { value }
    }

    /// The ends of the cell of a value; both are its place for real numbers.
    pub(crate) fn cell(&self, value: f64) -> [f64; 2] {
        [self.place(value - self.half_step), self.place(value + self.half_step)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_drawn_evenly_to_both_ends() {
        let domain = Domain::Integer { min: 3, max: 10, step: 3, log: false };
        let drawn: Vec<_> = (0..9).map(|i| domain.random((f64::from(i) + 0.5) / 9.0)).collect();
        assert_eq!(drawn, [3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 9.0, 9.0, 9.0]);
    }

    #[test]
    fn a_parameter_exists_only_where_its_condition_holds() {
        let when = Condition { parameter: 0, options: vec![1] };
        let inner = Parameter { when: Some(when), ..Parameter::new(Domain::Choice { options: 3 }) };
        let outer = Condition { parameter: 1, options: vec![2] };
        let last = Parameter { when: Some(outer), ..Parameter::new(Domain::Choice { options: 2 }) };
        let space = Space::new(vec![Parameter::new(Domain::Choice { options: 2 }), inner, last]);
        assert_eq!(space.random(&mut || 0.0), [Some(0.0), None, None]);
        assert_eq!(space.random(&mut || 0.99), [Some(1.0), Some(2.0), Some(1.0)]);
    }
}
