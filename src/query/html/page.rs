//! The content of a page.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};

use crate::query::comparison::Comparison;
use crate::query::format::count;
use crate::query::mean_std::MeanStd;

/// What a page tells.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// What it is of.
    pub title: &'a str,
    /// The runs, the best first.
    pub comparison: &'a Comparison,
    /// Where runs are seen from.
    pub base: &'a Path,
    /// How the best network does on rows that it has not learned from.
    pub judged: Option<TestEvaluation>,
    /// Why it was not asked.
    pub evaluation_error: Option<&'a str>,
    /// What the engines have of submitted sweeps, in sentences.
    pub queue: &'a [String],
    /// The command that repeats the best run.
    pub repeat: &'a str,
    /// When the page is made.
    pub made: DateTime<FixedOffset>,
}

/// How a network did on rows that it has not learned from.
#[derive(Clone, Debug)]
pub struct TestEvaluation {
    /// The folder of its run.
    pub dir: PathBuf,
    /// What the rows are, and how many.
    pub rows: String,
    /// The number of networks: one, or those of the folds.
    pub networks: usize,
    /// The loss and the metrics, as text.
    pub numbers: Vec<(String, String)>,
    /// How often predictions of some probability are right; none for real values.
    pub calibration: Option<CalibrationCurve>,
    /// A metric, and how much worse it is with a column shuffled, for each column of a table.
    pub importance: Option<(String, Vec<(String, MeanStd)>)>,
    /// The names of the classes; none for real values.
    pub classes: Vec<String>,
    /// For each class, of how many rows of it the network says which class.
    pub confusion: Option<Vec<Vec<u64>>>,
    /// For each output of a regression, its name, and the true and the predicted values of rows.
    pub values: Vec<(String, Vec<[f32; 2]>)>,
    /// The wrong answers that it is surest of.
    pub mistakes: Vec<MistakeRow>,
}

/// How often predictions of some probability are right.
#[derive(Clone, Debug)]
pub struct CalibrationCurve {
    /// The expected calibration error.
    pub error: f64,
    /// The mean probability, the share of right predictions and the number of rows of each bin.
    pub bins: Vec<(f64, f64, usize)>,
}

/// A row that a network takes for another class than its own.
#[derive(Clone, Debug)]
pub struct MistakeRow {
    /// Which row of its file.
    pub row: usize,
    /// The class that it is of.
    pub truth: usize,
    /// The class that the network says.
    pub said: usize,
    /// The probability that the network gives this.
    pub share: f32,
    /// A picture of the row, if it is one.
    pub png: Option<Vec<u8>>,
}

impl Page<'_> {
    /// `12 runs`.
    pub(super) fn size(&self) -> String {
        count(self.comparison.groups.iter().map(|group| group.runs.len()).sum(), "run")
    }
}
