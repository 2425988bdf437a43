//! Hydra-style overrides: tells `KEY=VALUE` from a path among the configs.

use std::path::{Path, PathBuf};

use super::load::{load, load_and_verify};
use crate::cli::args::ConfigArgs;
use crate::cli::display::console::Console;
use crate::config::Experiment;
use crate::query::{RequestError, RunSelector};

/// Makes experiments of configs and overrides.
type Load = fn(&[PathBuf], &[String], bool) -> Result<Vec<Experiment>, Vec<String>>;

impl ConfigArgs {
    /// The same, with the config of the best or latest run in the place of `SWEEP/best` and
    /// `SWEEP/latest`.
    pub(crate) fn resolved(
        &self,
        logdir: &Path,
        console: &Console,
    ) -> Result<ConfigArgs, RequestError> {
        let mut selector = RunSelector::new(logdir);
        let mut config = |word: &PathBuf| {
            let called = word.to_str().filter(|text| {
                (text.ends_with("/best") || text.ends_with("/latest")) && !word.exists()
            });
            match called {
                Some(text) => Ok(selector.select_one(text)?.dir.join("config.toml")),
                None => Ok(word.clone()),
            }
        };
        let configs = self.configs.iter().map(&mut config).collect::<Result<_, RequestError>>()?;
        selector.notes().iter().for_each(|note| console.say(note));
        Ok(ConfigArgs { configs, set: self.set.clone() })
    }

    /// The experiments that it describes, or a picture of everything that is wrong with it.
    pub(crate) fn experiments(&self, color: bool) -> Result<Vec<Experiment>, Vec<String>> {
        self.loaded(color, load)
    }

    /// The same, after reading all of their data.
    pub(crate) fn verified_experiments(&self, color: bool) -> Result<Vec<Experiment>, Vec<String>> {
        self.loaded(color, load_and_verify)
    }

    fn loaded(&self, color: bool, load: Load) -> Result<Vec<Experiment>, Vec<String>> {
        let (mut paths, mut sets) = (Vec::new(), self.set.clone());
        for word in &self.configs {
            match key_value(word) {
                Some(set) => sets.push(set),
                None => paths.push(word.clone()),
            }
        }
        if paths.is_empty() {
            let said = sets.join(" ");
            return Err(vec![format!(
                "error: there is no config, only `{said}`\n  help: name the config first: \
                 `runner run CONFIG.toml {said}`"
            )]);
        }
        load(&paths, &sets, color)
    }
}

/// The override that a word is: `optimizer.momentum=0.9`, also with Hydra's `+` before it. A file of
/// that name, or one in a folder, is a config.
fn key_value(word: &Path) -> Option<String> {
    let text = word.to_str()?;
    let set = text.trim_start_matches('+');
    let (key, _) = set.split_once('=')?;
    let is_key = |c: char| c.is_alphanumeric() || "_-.\"'".contains(c);
    let begins = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_config = text.ends_with(".toml") && !key.contains('.');
    (begins && key.chars().all(is_key) && !is_config && !word.exists()).then(|| set.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_told_from_paths() {
        let set = |word: &str| key_value(Path::new(word));
        assert_eq!(set("training.epochs=5").as_deref(), Some("training.epochs=5"));
        assert_eq!(set("epochs=5").as_deref(), Some("epochs=5"));
        assert_eq!(set("++optimizer.momentum=0.9").as_deref(), Some("optimizer.momentum=0.9"));
        assert_eq!(set("data.dataset=a/b.csv").as_deref(), Some("data.dataset=a/b.csv"));
        let paths =
            ["adam.toml", "a=b.toml", "sweeps/lr=0.1.toml", "./lr=0.1", "=1", "-a=1", "5=5"];
        for path in paths {
            assert_eq!(set(path), None, "{path}");
        }
    }
}
