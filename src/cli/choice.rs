//! How users say which run they mean, as types that clap fills in, and the run that they mean.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueHint};

use super::console::Console;
use crate::report::{Chooser, Filter, Purpose, Refusal, Run, read_settings};

/// Where runs are looked for.
#[derive(Debug, ClapArgs)]
pub(super) struct Logdir {
    /// Where runs are looked for by their names
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(super) logdir: PathBuf,
}

/// How a run is chosen.
#[derive(Debug, ClapArgs)]
pub(super) struct Choice {
    #[command(flatten)]
    pub(super) place: Logdir,

    /// The number that `best` is chosen by, such as val_accuracy or best.val_loss
    ///
    /// A number of the last epoch, or of the best as best.val_loss. Without it what early stopping or
    /// the model checkpoint monitors, or else val_loss where there is one and loss otherwise.
    #[arg(long, value_name = "METRIC")]
    pub(super) by: Option<String>,
}

/// Which weights of a run.
#[derive(Debug, ClapArgs)]
pub(super) struct ChosenWeights {
    /// Weights of the run other than its last, such as best.safetensors
    ///
    /// A file in or below the run's folder, as callbacks.model_checkpoint writes it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) weights: Option<PathBuf>,
}

/// Which of the runs.
#[derive(Debug, ClapArgs)]
pub(super) struct Filters {
    /// Only runs of which this is true; may be repeated
    ///
    /// KEY is status, name, tag, note, a dotted path of the config such as optimizer.name, a number of
    /// the last epoch such as val_loss, of the best as best.val_loss, epochs or seconds. Beside = there
    /// are !=, ~ (contains), and for numbers <, <=, > and >=, to be quoted in a shell.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) filter: Vec<String>,
}

impl Filters {
    /// Removes the runs of which a filter is false; notes the configs that cannot be read.
    pub(super) fn retain(
        &self,
        runs: &mut Vec<Run>,
        notes: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let filters = self.filter.iter().map(|text| Filter::parse(text));
        let filters = filters.collect::<Result<Vec<_>, _>>()?;
        if filters.iter().any(|filter| filter.needs_settings(runs)) {
            notes.extend(read_settings(runs));
        }
        filters.iter().try_for_each(|filter| filter.retain(runs))
    }
}

impl Choice {
    /// The folder that is looked through for names.
    pub(super) fn logdir(&self) -> &Path {
        &self.place.logdir
    }

    /// Chooses for a purpose with `work`, for which the user gave these words, and says which run
    /// was taken where several could be meant.
    pub(super) fn choose<T>(
        &self,
        purpose: Purpose,
        words: &[String],
        console: &Console,
        work: impl FnOnce(&mut Chooser<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let is_best = |word: &String| word == "best" || word.ends_with("/best");
        if let Some(by) = self.by.as_ref().filter(|_| !words.iter().any(is_best)) {
            return Err(Refusal::new(
                format!("--by {by} is for `best`, which is not asked for"),
                format!("`{}/best` is the best run of that name", words[0]),
            ));
        }
        let mut chooser = Chooser::new(self.logdir()).purpose(purpose).by(self.by.as_deref());
        let chosen = work(&mut chooser);
        chooser.notes().iter().for_each(|note| console.say(note));
        chosen
    }

    /// The only run that `word` calls.
    pub(super) fn one(&self, word: &str, console: &Console) -> Result<Run, Refusal> {
        let words = [word.to_owned()];
        self.choose(Purpose::Ask, &words, console, |chooser| chooser.one(word))
    }

    /// All runs that the words call, of which the filters are true, and what cannot be read.
    pub(super) fn all(
        &self,
        words: &[String],
        filters: &Filters,
        console: &Console,
    ) -> Result<(Vec<Run>, Vec<String>), Refusal> {
        self.choose(Purpose::Ask, words, console, |chooser| {
            let (mut runs, mut notes) = chooser.all(words)?;
            let found = runs.len();
            filters.retain(&mut runs, &mut notes)?;
            match runs.is_empty() && 0 < found {
                true => Err(Refusal::new(
                    format!("none of {found} runs is such: --filter {}", filters.filter.join(", ")),
                    "`runner list` shows what there is",
                )),
                false => Ok((runs, notes)),
            }
        })
    }

    /// The only run that `word` calls, and the file of its weights.
    pub(super) fn trained(
        &self,
        word: &str,
        weights: &ChosenWeights,
        console: &Console,
    ) -> Result<(Run, PathBuf), Refusal> {
        let (words, weights) = ([word.to_owned()], weights.weights.as_deref());
        self.choose(Purpose::Ask, &words, console, |chooser| chooser.trained(word, weights))
    }
}
