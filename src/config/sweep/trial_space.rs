//! The space of a search: the parameters of a config as the search sees them, and the config of a point.

use super::axis::{Axis, Values};
use super::conditions::ordered;
use super::draw::draw;
use super::label::{label, short_keys};
use super::options::SearchOptions;
use super::short_texts::ShortTexts;
use super::space::SearchSpace;
use super::variant::Change;
use crate::config::diagnostic::Diagnostic;
use crate::config::document::{Override, Spanned, assign};
use crate::search::{Domain, Parameter, Point, Space};

/// The parameters of a search and the config that they change.
#[derive(Debug)]
pub(crate) struct TrialSpace {
    root: Spanned,
    axes: Vec<Axis>,
    model: Space,
    /// Texts for the values of each parameter.
    texts: Vec<ShortTexts>,
    /// The short name of each parameter, and `seed`.
    names: Vec<String>,
    /// The number of trials.
    pub(crate) trials: usize,
    /// The seed of all draws.
    pub(crate) seed: u64,
    /// The seeds of the replicates; empty if there are none.
    pub(crate) seeds: Vec<u64>,
    /// Objective, startup and lag.
    pub(crate) options: SearchOptions,
}

impl TrialSpace {
    /// The search of a config `root`; `nested` are overrides of keys within swept tables.
    ///
    /// # Errors
    ///
    /// Conditions that name no value of a parameter. A space that is no search has none.
    pub(crate) fn new(
        root: &Spanned,
        space: &SearchSpace,
        nested: &[&Override],
    ) -> Result<Option<TrialSpace>, Vec<Diagnostic>> {
        let (Some((axes, trials, seed)), Some(options)) = (&space.drawn, &space.search) else {
            return Ok(None);
        };
        let fixed = nested.iter().map(|set| {
            let values = Values::List(set.values.clone());
            Axis { path: set.path.clone(), values, when: None }
        });
        let axes = axes.iter().chain(&space.grid).cloned().chain(fixed).collect();
        let (axes, whens): (Vec<_>, Vec<_>) = ordered(axes, root)?.into_iter().unzip();
        let parameters = axes.iter().zip(whens);
        let parameters = parameters.map(|(axis, when)| Parameter { domain: domain(axis), when });
        let model = Space::new(parameters.collect());
        let texts = axes.iter().map(|axis| {
            let values: Vec<_> = axis.list().iter().map(Spanned::to_toml).collect();
            ShortTexts::of(&values)
        });
        let keys: Vec<_> = axes.iter().map(Axis::key).chain(["seed".to_owned()]).collect();
        Ok(Some(TrialSpace {
            root: root.clone(),
            model,
            texts: texts.collect(),
            names: short_keys(&keys),
            axes,
            trials: *trials as usize,
            seed: *seed,
            seeds: space.seeds.iter().map(|(seed, _)| *seed).collect(),
            options: options.clone(),
        }))
    }

    /// The space without names and values.
    pub(crate) fn model(&self) -> &Space {
        &self.model
    }

    /// The parameters, in the order of the points.
    pub(crate) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The point with the numbers that its values stand for, as a config has them after rounding.
    pub(crate) fn rounded(&self, point: &Point) -> Point {
        let round = |(axis, x): (&Axis, &Option<f64>)| {
            x.map(|x| match &axis.values {
                Values::List(_) => x,
                Values::Drawn { from, .. } => from.number(&from.value(x)),
            })
        };
        self.axes.iter().zip(point).map(round).collect()
    }

    /// The point that a random search draws in its `trial`th combination.
    pub(crate) fn drawn(&self, trial: usize) -> Point {
        self.model.fill(|at, _| {
            let axis = &self.axes[at];
            let drawn = draw(axis, self.seed, trial as u64);
            match &axis.values {
                Values::Drawn { from, .. } => from.number(&drawn.value),
                Values::List(nodes) => {
                    let drawn = drawn.to_toml();
                    nodes.iter().position(|node| node.to_toml() == drawn).unwrap_or(0) as f64
                }
            }
        })
    }

    /// The config of a point.
    pub(crate) fn config(&self, point: &Point) -> Result<Spanned, Vec<Diagnostic>> {
        let mut root = self.root.clone();
        let mut pairs: Vec<_> = self.values(point).collect();
        // A whole table first, then the keys within it.
        pairs.sort_by_key(|(at, _)| self.axes[*at].path.len());
        let failed = pairs.into_iter().filter_map(|(at, value)| {
            assign(&mut root, &self.axes[at].path, &value).err().map(|diagnostic| *diagnostic)
        });
        let diagnostics: Vec<_> = failed.collect();
        if diagnostics.is_empty() { Ok(root) } else { Err(diagnostics) }
    }

    /// The values of the parameters that vary and exist at a point.
    pub(crate) fn changes(&self, point: &Point) -> Vec<Change> {
        let varying = self.values(point).filter(|(at, _)| self.axes[*at].varies());
        let change = |(at, value): (usize, Spanned)| Change {
            key: self.axes[at].key(),
            value: value.to_toml(),
        };
        varying.map(change).collect()
    }

    /// The short text of a value of a parameter.
    pub(crate) fn text(&self, at: usize, value: &toml::Value) -> String {
        self.texts[at].get(value)
    }

    /// The name of the folder of a trial's replicate.
    pub(crate) fn label(&self, number: usize, point: &Point, seed: Option<u64>) -> String {
        let varying = self.values(point).filter(|(at, _)| self.axes[*at].varies());
        let (mut keys, mut texts): (Vec<_>, Vec<_>) = varying
            .map(|(at, value)| (self.names[at].clone(), self.texts[at].get(&value.to_toml())))
            .unzip();
        if let Some(seed) = seed {
            keys.push(self.names[self.axes.len()].clone());
            texts.push(seed.to_string());
        }
        // The width of the number must not depend on the trials, which may grow later.
        label(number, 0, &keys, &texts)
    }

    /// The parameters that exist at a point, by index, with their values.
    fn values<'a>(&'a self, point: &'a Point) -> impl Iterator<Item = (usize, Spanned)> + 'a {
        self.axes.iter().zip(point).enumerate().filter_map(|(at, (axis, x))| {
            let x = (*x)?;
            let value = match &axis.values {
                Values::List(nodes) => nodes[x as usize].clone(),
                Values::Drawn { from, node } => {
                    Spanned { value: from.value(x), span: node.span.clone() }
                }
            };
            Some((at, value))
        })
    }
}

fn domain(axis: &Axis) -> Domain {
    match &axis.values {
        Values::List(nodes) => Domain::Choice { options: nodes.len() },
        Values::Drawn { from, .. } => from.domain(),
    }
}
