//! A search read from its text: the space, the objective, and the proposal of the next trial.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::check::KnownWeights;
use super::diagnostic::{Diagnostic, Location, SourceFile, SourceKind};
use super::document::{Spanned, parse};
use super::load::plan;
use super::plan::Plan;
use super::render::render;
use super::sweep::{Pruner, SearchSpace, Trial, TrialSpace, objective, propose, pruner};
use crate::data::{self, DataError, DatasetInfo, Source};
use crate::runs::Objective;
use crate::search::Outcome;

/// A search of a config.
///
/// [`Search::propose`] is a function of its arguments and of the text alone: it keeps nothing but a cache
/// of what the data sets are.
pub struct Search {
    file: PathBuf,
    space: TrialSpace,
    objective: Objective,
    pruner: Option<Pruner>,
    lookup: Mutex<Lookup>,
}

/// What is known of data sets and weights.
#[derive(Default)]
struct Lookup {
    described: HashMap<Source, Result<DatasetInfo, Arc<DataError>>>,
    weights: KnownWeights,
}

impl Search {
    /// The search in the text of a config, which is kept in `file`.
    ///
    /// # Errors
    ///
    /// The diagnostics as text.
    pub fn parse(text: &str, file: &Path) -> Result<Search, String> {
        let kind = SourceKind::File(file.to_owned());
        let source = Arc::new(SourceFile { kind, text: text.to_owned() });
        let read = || -> Result<Search, Vec<Diagnostic>> {
            let mut root = parse(&source.text, &source)?;
            let space = SearchSpace::read(root.take("sweep"))?;
            let none = || {
                let location = Location::File(file.to_owned());
                vec![Diagnostic::at(location, "the config has no search", "write another plan")]
            };
            let space = TrialSpace::new(&root, &space, &[])?.ok_or_else(none)?;
            let mut lookup = Lookup::default();
            let first = lookup.plan(file, space.config(&space.drawn(0))?)?;
            let objective = objective(&space, &first);
            let pruner = pruner(&space, &first)?;
            let lookup = Mutex::new(lookup);
            Ok(Search { file: file.to_owned(), space, objective, pruner, lookup })
        };
        read().map_err(|diagnostics| texts(&diagnostics))
    }

    /// The number of planned trials.
    pub fn trials(&self) -> usize {
        self.pruner.and_then(|pruner| pruner.trials()).unwrap_or(self.space.trials)
    }

    /// When trials are stopped early; none are without a pruner.
    pub fn pruner(&self) -> Option<Pruner> {
        self.pruner
    }

    /// Whether proposals depend on results, and are not all drawn.
    pub fn learns(&self) -> bool {
        self.space.options.learns
    }

    /// The number of runs of a trial.
    pub fn replicates(&self) -> usize {
        self.space.seeds.len().max(1)
    }

    /// The first trials, which are drawn as by a random search.
    pub fn startup_trials(&self) -> usize {
        self.space.options.startup_trials
    }

    /// Whether a trial waits for the results of the trials below the lag.
    pub fn waits(&self) -> bool {
        self.space.options.waits()
    }

    /// How many of `trials` trials may be under way together.
    pub fn under_way(&self, trials: usize) -> usize {
        self.space.options.under_way(trials)
    }

    /// The number of results that a proposal may lack: those of the trials just below it.
    pub fn lag(&self) -> usize {
        self.space.options.parallel - 1
    }

    /// The number that the search makes small or great.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// The keys that vary, as dotted paths.
    pub fn keys(&self) -> Vec<String> {
        let varying = self.space.axes().iter().filter(|axis| axis.varies());
        let keys = varying.map(|axis| axis.key());
        keys.chain((1 < self.space.seeds.len()).then(|| "seed".to_owned())).collect()
    }

    /// The next trial after `trials` with these outcomes, in which a smaller value is better; a trial without an
    /// outcome is only not repeated. None, if every combination is tried.
    ///
    /// # Errors
    ///
    /// A combination that makes no plan: the diagnostics as text.
    pub fn propose(
        &self,
        trials: &[Trial],
        outcomes: &[Option<Outcome>],
    ) -> Result<Option<Trial>, String> {
        let mut lookup = self.lookup.lock().unwrap_or_else(PoisonError::into_inner);
        let mut planner = |root: Spanned| lookup.plan(&self.file, root);
        propose(&self.space, trials, outcomes, &mut planner)
            .map_err(|diagnostics| texts(&diagnostics))
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Search").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Lookup {
    fn plan(&mut self, file: &Path, root: Spanned) -> Result<Plan, Vec<Diagnostic>> {
        let Lookup { described, weights } = self;
        let mut describe = |source: &Source| {
            let found = described.entry(source.clone());
            found.or_insert_with(|| data::describe(source).map_err(Arc::new)).clone()
        };
        plan(file, root, &[], &mut describe, weights).map(|(plan, _, _)| plan)
    }
}

/// Diagnostics as one text.
fn texts(diagnostics: &[Diagnostic]) -> String {
    let texts = diagnostics.iter().map(|diagnostic| render(diagnostic, false));
    texts.collect::<Vec<_>>().join("\n")
}
