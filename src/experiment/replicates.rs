//! The TensorBoard view of finished runs. A run is hidden or shown whole. Replicates have one
//! curve, their mean, with a band around the mean. Everything can be rebuilt from the runs'
//! folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, FixedOffset, Local};

use super::event_files::{self, GROUP, seconds};
use super::graph;
use super::hparams::Session;
use crate::config::{Change, saved_plan};
use crate::events::{
    self, Clock, EventWriter, MarginChart, SessionStatus, custom_scalars, scalar, session_end,
    session_start,
};
use crate::runs::{Folder, History, Record, remove_files};
use crate::system;

/// Hides the event files of the run in `dir` from TensorBoard, or shows them.
pub fn set_visible(dir: &Path, visible: bool) -> Result<()> {
    event_files::set_visible(&Folder::at(dir), visible)
}

/// Completed runs that differ only in their seed.
#[derive(Clone, Copy, Debug)]
pub struct Replicates<'a> {
    /// The folders, at least one.
    pub runs: &'a [PathBuf],
    /// The differences from the other runs of the sweep.
    pub changes: &'a [Change],
    /// Whether the means have a row on the HParams page, because the rows of hidden runs are
    /// absent.
    pub has_session: bool,
}

/// The tags of a number's mean and of the band's ends.
fn tags(name: &str) -> [String; 3] {
    [format!("{GROUP}{name}"), format!("spread/{name}/lower"), format!("spread/{name}/upper")]
}

impl Replicates<'_> {
    /// Writes the means of every epoch into an event file in `dir`, with one standard deviation
    /// below and above. An earlier file is removed after the new file is written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let histories = self.histories()?;
        let first = Folder::at(self.runs.first().context("replicates without a run")?);
        let text = system::read_to_string(&first.config());
        let text = text.with_context(|| format!("cannot read `{}`", first.config().display()))?;
        let plan =
            saved_plan(&text).map_err(|what| anyhow!("{}: {what}", first.config().display()))?;
        let number = Record::load(&first.record())?.trial.map(|trial| trial.number);
        let Session { trial, hparams } = Session::new(&plan, self.changes, number);
        let mut writer = EventWriter::create(dir, 0, Clock::System)?;
        let now = seconds(&now());
        if self.has_session {
            writer.add(0, session_start(&hparams, &trial, now));
        }
        if plan.tensorboard.write_graph {
            writer.add_graph(events::graph(&graph::nodes(&plan)));
        }
        for ((epoch, name), values) in &histories {
            let (mean, deviation) = mean_and_deviation(values);
            let band = [mean, mean - deviation, mean + deviation];
            for (tag, value) in tags(name).iter().zip(band) {
                writer.add(*epoch as i64, scalar(tag, value as f32));
            }
        }
        if self.has_session {
            writer.add(0, session_end(SessionStatus::Success, now));
        }
        writer.flush()?;
        let ours = writer.path().file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(remove_files(dir, |name| events::is_event_file(name) && Some(name) != ours.as_deref())?)
    }

    /// The values of all runs by epoch and name.
    fn histories(&self) -> Result<BTreeMap<(usize, String), Vec<f64>>> {
        let mut values: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        for run in self.runs {
            for (epoch, logs) in History::load(&Folder::at(run).history())?.logs() {
                for (name, value) in logs.0 {
                    values.entry((epoch, name)).or_default().push(value);
                }
            }
        }
        Ok(values)
    }
}

/// Writes the charts of the Custom Scalars page into `dir`: a band for each number in the history
/// of `run`.
pub fn write_charts(dir: &Path, run: &Path) -> Result<()> {
    let history = History::load(&Folder::at(run).history())?;
    let logs = history.logs();
    let names = logs.first().map(|(_, logs)| logs.0.iter().map(|(name, _)| name.clone()));
    let chart = |name: String| {
        let [value, lower, upper] = tags(&name);
        MarginChart { title: name, value, lower, upper }
    };
    let mut charts: Vec<_> = names.into_iter().flatten().map(chart).collect();
    charts.retain(|chart| chart.title != "learning_rate");
    // The page draws the last chart first.
    charts.sort_by_key(|chart| (chart.title.starts_with("val_"), chart.title.ends_with("loss")));
    let mut writer = EventWriter::create(dir, 0, Clock::System)?;
    writer
        .add(0, custom_scalars("Replicates: mean, and one standard deviation around it", &charts));
    writer.flush()?;
    let ours = writer.path().file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(remove_files(dir, |name| events::is_event_file(name) && Some(name) != ours.as_deref())?)
}

/// Mean and sample standard deviation; the deviation of a single value is 0.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if values.len() < 2 { 0.0 } else { (squares / (n - 1.0)).sqrt() })
}

fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2.0_f64.sqrt()));
        assert_eq!(mean_and_deviation(&[5.0]), (5.0, 0.0));
    }
}
