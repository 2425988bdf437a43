//! The runs that a command's arguments name, with the notes of the choice on stderr.

use std::path::{Path, PathBuf};

use crate::cli::args::{FilterArgs, SelectArgs, WeightsArgs};
use crate::cli::display::console::Console;
use crate::query::{Filter, Purpose, RequestError, Run, RunSelector, read_settings};

impl FilterArgs {
    /// Removes the runs of which a filter is false; notes the configs that cannot be read.
    pub(crate) fn retain(
        &self,
        runs: &mut Vec<Run>,
        notes: &mut Vec<String>,
    ) -> Result<(), RequestError> {
        let filters = self.filter.iter().map(|text| Filter::parse(text));
        let filters = filters.collect::<Result<Vec<_>, _>>()?;
        if filters.iter().any(|filter| filter.needs_settings(runs)) {
            notes.extend(read_settings(runs));
        }
        filters.iter().try_for_each(|filter| filter.retain(runs))
    }
}

impl SelectArgs {
    /// The folder that is looked through for names.
    pub(crate) fn logdir(&self) -> &Path {
        &self.place.logdir
    }

    /// Chooses for a purpose with `work`, for which the user gave these words, and says which run
    /// was taken where several could be meant.
    pub(crate) fn select<T>(
        &self,
        purpose: Purpose,
        words: &[String],
        console: &Console,
        work: impl FnOnce(&mut RunSelector<'_>) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        let is_best = |word: &String| word == "best" || word.ends_with("/best");
        if let Some(by) = self.by.as_ref().filter(|_| !words.iter().any(is_best)) {
            return Err(RequestError::new(
                format!("--by {by} is for `best`, which is not asked for"),
                format!("`{}/best` is the best run of that name", words[0]),
            ));
        }
        let mut selector = RunSelector::new(self.logdir()).purpose(purpose).by(self.by.as_deref());
        let selection = work(&mut selector);
        selector.notes().iter().for_each(|note| console.say(note));
        selection
    }

    /// The only run that `word` calls.
    pub(crate) fn select_one(&self, word: &str, console: &Console) -> Result<Run, RequestError> {
        let words = [word.to_owned()];
        self.select(Purpose::Ask, &words, console, |selector| selector.select_one(word))
    }

    /// All runs that the words call, of which the filters are true, and what cannot be read.
    pub(crate) fn select_all(
        &self,
        words: &[String],
        filters: &FilterArgs,
        console: &Console,
    ) -> Result<(Vec<Run>, Vec<String>), RequestError> {
        self.select(Purpose::Ask, words, console, |selector| {
            let (mut runs, mut notes) = selector.select_all(words)?;
            let found = runs.len();
            filters.retain(&mut runs, &mut notes)?;
            if runs.is_empty() && 0 < found {
                Err(RequestError::new(
                    format!("none of {found} runs is such: --filter {}", filters.filter.join(", ")),
                    "`runner list` shows what there is",
                ))
            } else {
                Ok((runs, notes))
            }
        })
    }

    /// The only run that `word` calls, and the file of its weights.
    pub(crate) fn select_weights(
        &self,
        word: &str,
        weights: &WeightsArgs,
        console: &Console,
    ) -> Result<(Run, PathBuf), RequestError> {
        let (words, weights) = ([word.to_owned()], weights.weights.as_deref());
        self.select(Purpose::Ask, &words, console, |selector| {
            selector.select_weights(word, weights)
        })
    }

    /// The runs of the folds that `word` calls, or the only run, with their files of weights.
    pub(crate) fn select_networks(
        &self,
        word: &str,
        weights: &WeightsArgs,
        console: &Console,
    ) -> Result<Vec<(Run, PathBuf)>, RequestError> {
        let (words, weights) = ([word.to_owned()], weights.weights.as_deref());
        self.select(Purpose::Ask, &words, console, |selector| {
            selector.select_networks(word, weights)
        })
    }
}
