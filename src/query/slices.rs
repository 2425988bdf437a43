//! What the trials of a search say of its parameters: the importance of each, and the objective by its values.

use super::search_trials::SearchTrials;
use crate::config::{SearchedParameter, SearchedValues};
use crate::search::{Outcome, Trial};

/// The ranges that a numerical parameter is divided into.
const RANGES: usize = 4;

/// The objective by the values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// The dotted path of the key.
    pub key: String,
    /// Whether positions are those of a logarithm.
    pub log: bool,
    /// The texts of the choices; none of a range.
    pub choices: Vec<String>,
    /// The texts of the ends of a range.
    pub ends: [String; 2],
    /// For each trial with a finite value: its number, the place of the parameter's value from 0 to 1, and the objective.
    pub points: Vec<(usize, f64, f64)>,
}

/// The trials with similar values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceGroup {
    /// The values.
    pub label: String,
    /// The number of trials.
    pub trials: usize,
    /// The best objective.
    pub best: f64,
    /// The median objective, the better one of two.
    pub median: f64,
}

impl SearchTrials {
    /// The share of each varying parameter in the importance of all, the greatest first, see
    /// [`crate::search::Space::importance`]. `None` with too few trials.
    pub fn importance(&self) -> Option<Vec<(&str, f64)>> {
        let known = |value: f64| match value {
            value if value.is_nan() => Outcome::Diverged,
            value if self.objective.rises => Outcome::Value(-value),
            value => Outcome::Value(value),
        };
        let trials = self.trials.iter().map(|trial| Trial {
            point: trial.point.clone(),
            outcome: trial.value.map_or(Outcome::Pending, known),
        });
        let shares = self.space.space.importance(&trials.collect::<Vec<_>>())?;
        let named = self.space.parameters.iter().zip(shares).filter(|(one, _)| one.varies);
        let mut named: Vec<_> = named.map(|(one, share)| (one.key.as_str(), share)).collect();
        named.sort_by(|a, b| b.1.total_cmp(&a.1));
        Some(named)
    }

    /// The objective by the values of each varying parameter.
    pub fn slices(&self) -> Vec<Slice> {
        let varying = self.space.parameters.iter().enumerate().filter(|(_, one)| one.varies);
        varying.map(|(at, parameter)| self.slice(at, parameter)).collect()
    }

    fn slice(&self, at: usize, parameter: &SearchedParameter) -> Slice {
        let ended = self.trials.iter().filter_map(|trial| {
            let value = trial.value.filter(|value| value.is_finite())?;
            Some((trial.number, place(&parameter.values, trial.point[at]?), value))
        });
        let (log, choices, ends) = match &parameter.values {
            SearchedValues::Choices(choices) => {
                (false, choices.iter().map(|(_, text)| text.clone()).collect(), Default::default())
            }
            SearchedValues::Range { min, max, log, .. } => {
                (*log, Vec::new(), [short(*min), short(*max)])
            }
        };
        Slice { key: parameter.key.clone(), log, choices, ends, points: ended.collect() }
    }

    /// The trials by the values of a parameter: a group for each choice, or for each quarter of a range.
    pub fn groups(&self, slice: &Slice) -> Vec<SliceGroup> {
        let n = if slice.choices.is_empty() { RANGES } else { slice.choices.len() };
        let label = |group: usize| match slice.choices.get(group) {
            Some(choice) => choice.clone(),
            None => {
                let end = |share: f64| self.end(slice, share);
                format!(
                    "{} to {}",
                    end(group as f64 / n as f64),
                    end((group + 1) as f64 / n as f64)
                )
            }
        };
        let groups = (0..n).filter_map(|group| {
            let here = |place: f64| ((place * n as f64) as usize).min(n - 1) == group;
            let values = slice.points.iter().filter(|(_, place, _)| here(*place));
            let mut values: Vec<f64> = values.map(|(_, _, value)| *value).collect();
            values.sort_by(f64::total_cmp);
            if self.objective.rises {
                values.reverse();
            }
            let (best, median) = (*values.first()?, values[(values.len() - 1) / 2]);
            Some(SliceGroup { label: label(group), trials: values.len(), best, median })
        });
        groups.collect()
    }

    /// The text of the value at a share of a range.
    fn end(&self, slice: &Slice, share: f64) -> String {
        let parameter = self.space.parameters.iter().find(|one| one.key == slice.key);
        match parameter.map(|one| &one.values) {
            Some(&SearchedValues::Range { min, max, log: true, .. }) => {
                short((min.ln() + (max / min).ln() * share).exp())
            }
            Some(SearchedValues::Range { min, max, .. }) => short(min + (max - min) * share),
            _ => String::new(),
        }
    }
}

/// A number in three digits.
pub(super) fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    match rounded.abs() {
        0.0 => "0".to_owned(),
        size if (1e-4..1e6).contains(&size) => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

/// The place of a value from 0 to 1: the middle of a choice's part, or the share of a range.
fn place(values: &SearchedValues, x: f64) -> f64 {
    match *values {
        SearchedValues::Choices(ref choices) => (x + 0.5) / choices.len() as f64,
        SearchedValues::Range { min, max, log: true, .. } => (x / min).ln() / (max / min).ln(),
        SearchedValues::Range { min, max, step: Some(step), whole: false, .. } => {
            x * step / (max - min)
        }
        SearchedValues::Range { min, max, .. } => (x - min) / (max - min),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_from_0_to_1() {
        let range =
            |step, log, whole| SearchedValues::Range { min: 1.0, max: 9.0, step, log, whole };
        assert_eq!(place(&range(None, false, false), 5.0), 0.5);
        assert_eq!(place(&range(None, true, true), 3.0), 0.5);
        // The number of a step is known, not the value.
        assert_eq!(place(&range(Some(2.0), false, false), 4.0), 1.0);
        assert_eq!(place(&range(Some(2.0), false, true), 9.0), 1.0);
    }

    #[test]
    fn ends_are_short() {
        let texts = [0.0, 1e-4, 5.6234e-4, 17.78, 1024.0, 1e-7].map(short);
        assert_eq!(texts, ["0", "0.0001", "0.000562", "17.8", "1020", "1e-7"]);
    }
}
