//! The parameters of a search read from its text alone, for those who read its trials: no data set is described.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::diagnostic::{Diagnostic, Location, SourceFile, SourceKind};
use super::document::parse;
use super::plan::Distribution;
use super::render::render;
use super::sweep::{Axis, SearchSpace, TrialSpace, Values};
use crate::search::{Point, Space};

/// The parameters of a search.
#[derive(Clone, Debug)]
pub struct SearchedSpace {
    /// The parameters, in the order of the space.
    pub parameters: Vec<SearchedParameter>,
    /// The space without names and values.
    pub space: Space,
}

/// A parameter of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchedParameter {
    /// The dotted path of the key.
    pub key: String,
    /// The values.
    pub values: SearchedValues,
    /// Whether the parameter has more than one value.
    pub varies: bool,
    /// Whether the parameter exists in some trials only.
    pub is_conditional: bool,
}

/// The values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchedValues {
    /// One of these, each with its short text.
    Choices(Vec<(Json, String)>),
    /// A number of a range.
    Range {
        /// The least.
        min: f64,
        /// The greatest, a whole number of steps above `min`.
        max: f64,
        /// The distance of the numbers, if they are in steps.
        step: Option<f64>,
        /// Whether each order of magnitude is as likely as any other.
        log: bool,
        /// Whether the numbers are whole.
        whole: bool,
    },
}

impl SearchedSpace {
    /// The parameters in the text of a search, see [`super::SearchText::config`].
    ///
    /// # Errors
    ///
    /// The diagnostics as text.
    pub fn parse(config: &str) -> Result<SearchedSpace, String> {
        let file = Path::new("plan.json");
        let kind = SourceKind::File(file.to_owned());
        let source = Arc::new(SourceFile { kind, text: config.to_owned() });
        let read = || -> Result<TrialSpace, Vec<Diagnostic>> {
            let mut root = parse(&source.text, &source)?;
            let space = SearchSpace::read(root.take("sweep"))?;
            let none = || {
                let location = Location::File(file.to_owned());
                vec![Diagnostic::at(location, "the config has no search", "write another plan")]
            };
            TrialSpace::new(&root, &space, &[])?.ok_or_else(none)
        };
        let space = read().map_err(|diagnostics| {
            let texts = diagnostics.iter().map(|diagnostic| render(diagnostic, false));
            texts.collect::<Vec<_>>().join("\n")
        })?;
        let parameters = space.axes().iter().enumerate().map(|(at, axis)| SearchedParameter {
            key: axis.key(),
            values: values(axis, &space, at),
            varies: axis.varies(),
            is_conditional: space.model().parameters()[at].when.is_some(),
        });
        Ok(SearchedSpace { parameters: parameters.collect(), space: space.model().clone() })
    }

    /// The point of a trial with these values by dotted path; a parameter without a value does not exist.
    pub fn point(&self, values: &Map<String, Json>) -> Point {
        let number = |parameter: &SearchedParameter| parameter.number(values.get(&parameter.key)?);
        self.parameters.iter().map(number).collect()
    }
}

impl SearchedParameter {
    /// The number of the space that a value stands for: the index of a choice, the number of steps, or the number.
    fn number(&self, value: &Json) -> Option<f64> {
        match &self.values {
            SearchedValues::Choices(choices) => {
                choices.iter().position(|(choice, _)| choice == value).map(|at| at as f64)
            }
            SearchedValues::Range { min, step: Some(step), whole: false, .. } => {
                Some(((value.as_f64()? - min) / step).round())
            }
            SearchedValues::Range { .. } => value.as_f64(),
        }
    }
}

fn values(axis: &Axis, space: &TrialSpace, at: usize) -> SearchedValues {
    let from = match &axis.values {
        Values::List(nodes) => {
            let choice = |node: &super::document::Spanned| {
                let value = node.to_toml();
                (serde_json::to_value(&value).unwrap_or_default(), space.text(at, &value))
            };
            return SearchedValues::Choices(nodes.iter().map(choice).collect());
        }
        Values::Drawn { from, .. } => from,
    };
    let last = |min: f64, max: f64, step: Option<f64>| match step {
        // Without the error of the sum in the last digits.
        Some(step) => {
            let last = min + ((max - min) / step + 1e-9).floor() * step;
            format!("{last:.12}").parse().unwrap_or(last)
        }
        None => max,
    };
    let (min, max, step, log, whole) = match *from {
        Distribution::Uniform { min, max, step, .. } => (min, max, step, false, false),
        Distribution::LogUniform { min, max, .. } => (min, max, None, true, false),
        Distribution::IntUniform { min, max, step, .. } => {
            (min as f64, max as f64, step.map(f64::from), false, true)
        }
        Distribution::IntLogUniform { min, max, .. } => (min as f64, max as f64, None, true, true),
    };
    SearchedValues::Range { min, max: last(min, max, step), step, log, whole }
}
