//! A run on disk: its record, state, annotations and, on demand, its config.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use super::parallel;
use crate::config::{self, Plan};
use crate::runs::{Annotations, Folder, History, Lock, Record, RunsError, Status};
use crate::system;

/// A run as its folder tells of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its folder.
    pub dir: PathBuf,
    /// The folder of its sweep, if it is of one.
    pub sweep: Option<PathBuf>,
    /// What it says of itself.
    pub record: Record,
    /// How far it got.
    pub state: State,
    /// Its name, tags and note; the name replaces the one in the record.
    pub annotations: Annotations,
    settings: OnceLock<Vec<(String, Value)>>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is training now.
    Running,
    /// It got to its end.
    Completed,
    /// It could not go on.
    Failed,
    /// It was asked to stop and can be resumed.
    Stopped,
    /// Its process died, and it can be resumed.
    Interrupted,
    /// It is at a rung of its search, which decides whether it goes on.
    Paused,
    /// Its search went on without it.
    Pruned,
    /// The engine of its sweep will start its task again.
    Requeued,
    /// Its process died, and the engine of its sweep has no task for it.
    Lost,
}

impl State {
    /// All there are.
    pub const ALL: [State; 9] = [
        State::Running,
        State::Completed,
        State::Failed,
        State::Stopped,
        State::Interrupted,
        State::Paused,
        State::Pruned,
        State::Requeued,
        State::Lost,
    ];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Completed => "completed",
            State::Failed => "failed",
            State::Stopped => "stopped",
            State::Interrupted => "interrupted",
            State::Paused => "paused",
            State::Pruned => "pruned",
            State::Requeued => "requeued",
            State::Lost => "lost",
        }
    }
}

impl Run {
    /// The run in `dir`.
    pub fn load(dir: &Path, sweep: Option<&Path>) -> Result<Run, RunsError> {
        let mut record = Record::load(&Folder::at(dir).record())?;
        let annotations = Annotations::of_run(dir, sweep)?;
        if let Some(name) = &annotations.name {
            record.name.clone_from(name);
        }
        let state = match record.status {
            Status::Running if Lock::is_held_in(dir) => State::Running,
            Status::Running => State::Interrupted,
            Status::Completed => State::Completed,
            Status::Failed => State::Failed,
            Status::Stopped => State::Stopped,
            Status::Paused => State::Paused,
            Status::Pruned => State::Pruned,
        };
        let (dir, sweep) = (dir.to_owned(), sweep.map(Path::to_owned));
        Ok(Run { dir, sweep, record, state, annotations, settings: OnceLock::new() })
    }

    /// Its folder, as seen from `base` if it is in there.
    pub fn label(&self, base: &Path) -> String {
        let inner = self.dir.strip_prefix(base).ok().filter(|path| *path != Path::new(""));
        inner.unwrap_or(&self.dir).display().to_string()
    }

    /// Its number in its sweep, `0003` of `0003-units=64`; else its folder's name.
    pub fn place(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match &self.sweep {
            Some(_) => name.split('-').next().unwrap_or_default().to_owned(),
            None => name,
        }
    }

    /// Its swept settings but for fold and seed, `units=64` of `0003-units=64,fold=0,seed=1`.
    pub fn swept(&self) -> Option<String> {
        let name = self.dir.file_name()?.to_string_lossy().into_owned();
        let (_, settings) = self.sweep.as_ref().and_then(|_| name.split_once('-'))?;
        let is_shared = |setting: &&str| {
            !["seed=", "fold=", "repeat="].iter().any(|key| setting.starts_with(key))
        };
        let kept: Vec<_> = settings.split(',').filter(is_shared).collect();
        Some(kept.join(",")).filter(|settings| !settings.is_empty())
    }

    /// The keys of its config, by dotted path; none before [`read_settings`].
    pub fn settings(&self) -> &[(String, Value)] {
        self.settings.get().map_or(&[], Vec::as_slice)
    }

    /// The value of a key of its config, if it has it.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        self.settings().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// A number of it: of its last epoch, of its best as `best.val_loss`, `epochs` or `seconds`.
    pub fn number(&self, name: &str) -> Option<f64> {
        match name {
            "epochs" => Some(self.record.epochs as f64),
            "seconds" => Some(self.record.seconds),
            _ => match name.strip_prefix("best.") {
                Some(name) => self.record.best.as_ref()?.metrics.get(name),
                None => self.record.metrics.get(name),
            },
        }
    }

    /// The names of all that [`Run::number`] knows.
    pub fn numbers(&self) -> Vec<String> {
        let names = |logs: &crate::train::Logs| -> Vec<String> {
            logs.0.iter().map(|(name, _)| name.clone()).collect()
        };
        let best = self.record.best.as_ref().map(|best| names(&best.metrics)).unwrap_or_default();
        let best = best.into_iter().map(|name| format!("best.{name}"));
        let fixed = ["epochs", "seconds"].map(str::to_owned);
        names(&self.record.metrics).into_iter().chain(best).chain(fixed).collect()
    }

    /// Its config, in TOML.
    pub fn config(&self) -> Result<String, String> {
        system::read_to_string(&self.config_path()).map_err(|error| self.cannot(&error.to_string()))
    }

    /// Its plan.
    pub fn plan(&self) -> Result<Plan, String> {
        config::saved_plan(&self.config()?).map_err(|what| self.cannot(&what))
    }

    /// The numbers of its epochs; none before the first is done.
    pub fn history(&self) -> Result<History, RunsError> {
        let path = Folder::at(&self.dir).history();
        if path.is_file() {
            History::load(&path)
        } else {
            Ok(History { columns: Vec::new(), epochs: Vec::new() })
        }
    }

    fn config_path(&self) -> PathBuf {
        Folder::at(&self.dir).config()
    }

    fn cannot(&self, what: &str) -> String {
        format!("cannot read `{}`: {what}", self.config_path().display())
    }

    fn read_settings(&self) -> Result<(), String> {
        if self.settings.get().is_some() {
            return Ok(());
        }
        let settings = config::settings(&self.config()?).map_err(|what| self.cannot(&what))?;
        self.settings.get_or_init(|| settings);
        Ok(())
    }
}

/// Reads the config of every run, and says which cannot be read.
pub fn read_settings(runs: &[Run]) -> Vec<String> {
    parallel::map(runs, |run| run.read_settings().err()).into_iter().flatten().collect()
}
