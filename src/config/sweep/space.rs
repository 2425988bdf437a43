//! The combinations of a sweep, in the order of its runs; it knows values, and no plan.

use super::axis::{Axis, Values, not_for_sweeps};
use super::draw::draw;
use super::folds::folds;
use super::options::{SearchOptions, put_axis};
use super::read::{Sweep, repeated_seed, seed};
use crate::config::diagnostic::{Diagnostic, Location, Span};
use crate::config::document::{Entry, Override, Spanned};
use crate::config::schema::{SCHEMA, validate_at};

/// The maximum number of runs of a search, whose proposals take longer with every trial.
pub const MOST_RUNS: u64 = 100_000;
/// The maximum number of runs of a grid, or of draws: planning takes a minute of one core.
const MOST_FIXED_RUNS: u64 = 1_000_000;

/// The search space, from the config and from the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchSpace {
    /// The parameters that are drawn together, with number and seed of the draws.
    pub(crate) drawn: Option<(Vec<Axis>, u64, u64)>,
    /// The parameters of which every combination is run.
    pub(crate) grid: Vec<Axis>,
    /// The seeds of replicates, each with its place.
    pub(crate) seeds: Vec<(u64, Span)>,
    /// How the drawn parameters are proposed by a search instead.
    pub(crate) search: Option<SearchOptions>,
}

impl SearchSpace {
    /// What the entry `sweep` of a config says; nothing without one.
    pub(crate) fn read(entry: Option<Entry>) -> Result<SearchSpace, Vec<Diagnostic>> {
        let Some(entry) = entry else { return Ok(SearchSpace::default()) };
        let Sweep { trials, search, seed, seeds, axes } = Sweep::read(entry)?;
        Ok(match trials {
            Some(trials) => {
                SearchSpace { drawn: Some((axes, trials, seed)), grid: Vec::new(), seeds, search }
            }
            None => SearchSpace { drawn: None, grid: axes, seeds, search: None },
        })
    }

    /// Puts the overrides of the command line in the place of what the config varies: one value ends
    /// the variation of its key, several are another one, of which every combination is run.
    pub(crate) fn put(&mut self, sets: &[&Override]) -> Result<(), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for set in sets {
            match (set.key().as_str(), set.varies()) {
                ("seed", true) => diagnostics.extend(self.replicate(set)),
                ("seed", false) => self.seeds.clear(),
                (key, varies) => diagnostics.extend(self.put_one(key, varies, set)),
            }
        }
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    fn replicate(&mut self, set: &Override) -> Vec<Diagnostic> {
        let schema = &SCHEMA["properties"]["seed"];
        let diagnostics = set.values.iter().flat_map(|node| validate_at(node, schema, &["seed"]));
        let diagnostics: Vec<_> = diagnostics.collect();
        if !diagnostics.is_empty() {
            return diagnostics;
        }
        self.seeds = set.values.iter().filter_map(seed).collect();
        repeated_seed(&self.seeds).into_iter().collect()
    }

    fn put_one(&mut self, key: &str, varies: bool, set: &Override) -> Option<Diagnostic> {
        if varies && let Some((message, help)) = not_for_sweeps(key) {
            return Some(Diagnostic::at(&set.path[0].1, message, help));
        }
        let values = Values::List(set.values.clone());
        let axis = varies.then(|| Axis { path: set.path.clone(), values, when: None });
        if let (Some(axis), Some((axes, ..)), true) =
            (&axis, &mut self.drawn, self.search.is_some())
        {
            put_axis(axes, axis.clone());
            return None;
        }
        let drawn = self.drawn.take().map(|(mut axes, trials, seed)| {
            axes.retain(|axis| axis.key() != key);
            (axes, trials, seed)
        });
        self.drawn = drawn.filter(|(axes, ..)| !axes.is_empty());
        let place = self.grid.iter().position(|axis| axis.key() == key);
        match place {
            Some(place) => drop(self.grid.splice(place..=place, axis)),
            None => self.grid.extend(axis),
        }
        None
    }

    /// Adds the folds of `[cross_validation]` to the parameters. The runs of a setting lie side by side.
    pub(crate) fn cross_validate(
        &mut self,
        entry: Entry,
        root: &mut Spanned,
    ) -> Result<(), Vec<Diagnostic>> {
        if let Some(search) = self.search.as_ref().filter(|_| self.drawn.is_some()) {
            let message = "a search proposes from single runs, `[cross_validation]` makes several";
            let help = match (search.learns, &search.pruner) {
                (true, _) => {
                    "take `[cross_validation]` out, or write `method = \"random\"` in `[sweep]`"
                }
                (false, Some(_)) => "take `[cross_validation]` or `pruner` out",
                (false, None) => {
                    "take `[cross_validation]` out, or `when` out of `[sweep.parameters]`"
                }
            };
            let diagnostic = Diagnostic::at(&entry.span, message, help);
            return Err(vec![diagnostic.related(Some(&search.span), "the search")]);
        }
        self.grid.extend(folds(entry, root)?);
        Ok(())
    }

    /// Whether an override is of a key within a table that varies as a whole.
    pub(crate) fn covers(&self, set: &Override) -> bool {
        let key = set.key();
        self.axes().any(|axis| key.starts_with(&format!("{}.", axis.key())))
    }

    /// Whether later runs depend on the results of earlier ones.
    pub(crate) fn is_search(&self) -> bool {
        self.search.is_some() && self.drawn.is_some()
    }

    /// Whether there is only one run.
    pub(crate) fn is_empty(&self) -> bool {
        self.drawn.is_none() && self.grid.is_empty() && self.seeds.is_empty()
    }

    /// The parameters, in the order of the values of a combination.
    pub(crate) fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.drawn.iter().flat_map(|(axes, ..)| axes).chain(&self.grid)
    }

    /// The number of combinations, seeds not counted.
    pub(crate) fn combinations(&self) -> Result<usize, Box<Diagnostic>> {
        let trials = self.drawn.as_ref().map_or(1, |(_, trials, _)| *trials);
        let sizes = self.grid.iter().map(|axis| axis.list().len()).chain([self.seeds.len().max(1)]);
        let total =
            sizes.into_iter().try_fold(trials, |total, size| total.checked_mul(size as u64));
        if total.is_none_or(|total| self.most_runs() < total) {
            return Err(self.too_many(total).into());
        }
        Ok(trials as usize * self.grid_size())
    }

    /// A combination, by its number: the values of [`SearchSpace::axes`], the last changing fastest.
    pub(crate) fn combination(&self, index: usize) -> Vec<Spanned> {
        let mut left = index % self.grid_size();
        let mut values: Vec<Spanned> = Vec::new();
        for axis in self.grid.iter().rev() {
            let list = axis.list();
            values.push(list[left % list.len()].clone());
            left /= list.len();
        }
        let trial = (index / self.grid_size()) as u64;
        let drawn = self.drawn.iter();
        let drawn = drawn.flat_map(|(axes, _, seed)| axes.iter().rev().map(|axis| (axis, *seed)));
        values.extend(drawn.map(|(axis, seed)| draw(axis, seed, trial)));
        values.reverse();
        values
    }

    /// The combinations of each draw.
    fn grid_size(&self) -> usize {
        self.grid.iter().map(|axis| axis.list().len()).product()
    }

    fn most_runs(&self) -> u64 {
        if self.search.is_some() { MOST_RUNS } else { MOST_FIXED_RUNS }
    }

    fn too_many(&self, total: Option<u64>) -> Diagnostic {
        let number = total.map_or("more than 2^64".to_owned(), |total| total.to_string());
        let message = format!("the sweep has {number} runs");
        let help = "take fewer values, or `method = \"random\"` with as many `trials` as you can \
                    wait for";
        let place = self.axes().next().map(|axis| &axis.path[0].1);
        let place = place.or(self.seeds.first().map(|(_, span)| span));
        let location = place.map_or_else(|| Location::File("sweep".into()), Location::from);
        Diagnostic::at(location, message, help).label(format!("want at most {}", self.most_runs()))
    }
}
