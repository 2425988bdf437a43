//! The trained network of a run, for evaluation on rows and for predictions. The network learns
//! nothing more.

use std::fmt::Debug;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::config::Plan;
use crate::data::{
    self, Preprocessing, RowOrder, Source, Table, TableKind, describe, load, load_inputs,
    load_picture,
};
use crate::events::Picture;
use crate::experiment::answers::Answers;
use crate::experiment::pictures::in_grays;
use crate::experiment::predictions::{Prediction, Predictions};
use crate::experiment::unseen_words::{UnseenWords, unseen_words};
use crate::experiment::{DatasetCache, weights};
use crate::model::{Network, check_shapes, weight_shapes};
use crate::quote::clip;
use crate::runs::{Folder, Weights};
use crate::train::{Dataset, Logs, Objective, evaluate};

/// The metadata name of the preprocessing.
pub(super) const PREPARATION: &str = "preparation";

/// The maximum number of mistakes kept.
pub(super) const MISTAKES: usize = 24;

/// The maximum number of rows with true and predicted values kept.
const POINTS: usize = 2000;

/// A network with weights and preprocessing.
#[derive(Debug)]
pub struct TrainedModel {
    plan: Plan,
    network: Network,
    /// The preprocessing of rows, and the meaning of outputs.
    pub preprocessing: Preprocessing,
}

/// The part of a data set for an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The training rows.
    Training,
    /// The validation rows.
    Validation,
    /// The test rows.
    Test,
}

/// The result of an evaluation.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// A description of the rows.
    pub rows: String,
    /// The number of rows.
    pub n_rows: usize,
    /// The loss and the metrics.
    pub logs: Logs,
    /// For each true class, the number of rows of each predicted class; none for real values.
    pub confusion: Option<Vec<Vec<u64>>>,
    /// The wrong predictions of the highest probability, the highest first; none for real values.
    pub mistakes: Vec<Mistake>,
    /// For each output, the true and the predicted value of rows at equal distances; none for classes.
    pub values: Vec<Vec<[f32; 2]>>,
    /// The prediction for each row.
    pub answers: Answers,
}

/// Rows for an evaluation.
pub(super) struct RowsToJudge {
    /// The rows, before preprocessing.
    pub(super) table: Table,
    /// Those that are meant.
    pub(super) range: Range<usize>,
    /// A description.
    pub(super) what: String,
    /// The order of the rows, if it is not that of the data set.
    pub(super) order: Option<RowOrder>,
}

/// A row with a wrong prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The number of the row in the file.
    pub row: usize,
    /// The true class.
    pub label: usize,
    /// The predicted class.
    pub predicted: usize,
    /// The probability of the predicted class.
    pub probability: f32,
    /// The inputs in grays, if they form a picture.
    pub picture: Option<Picture>,
}

impl TrainedModel {
    /// Loads the network of the run in `dir`, trained with `plan`, with the weights in `path`.
    ///
    /// # Errors
    ///
    /// Missing or unreadable weights, or weights of another network.
    pub fn load(dir: &Path, path: &Path, plan: Plan) -> Result<TrainedModel> {
        let file = weights::load(path)?;
        let preprocessing = match preprocessing(path, &file)? {
            Some(preprocessing) => preprocessing,
            None => preparation_of(dir, &plan)?,
        };
        let cannot = || format!("cannot use the weights in `{}`", path.display());
        fits(&preprocessing, &plan).with_context(cannot)?;
        let features = preprocessing.shape.iter().product();
        check(&file, features, &plan).with_context(cannot)?;
        let mut network = Network::new(features, &plan.model.all_layers(), plan.seed);
        network.load(&weights::by_name(file.tensors)).with_context(cannot)?;
        Ok(TrainedModel { plan, network, preprocessing })
    }

    /// Evaluates the network on rows of the run's own data, or of the data at `path`.
    ///
    /// # Errors
    ///
    /// Missing or unreadable rows, or rows unlike the training rows.
    pub fn evaluate(&self, path: Option<&str>, rows: Split, threads: usize) -> Result<Evaluation> {
        let RowsToJudge { table, range, what, order } = self.rows(path, rows)?;
        let dataset = self.dataset(table);
        let mut found = self.judge(what, &dataset, range, threads, order.as_ref());
        if let Some(order) = order {
            found.mistakes.iter_mut().for_each(|mistake| {
                let row = order.rows.get(mistake.row);
                mistake.row = row.map_or(mistake.row, |row| *row as usize);
            });
        }
        Ok(found)
    }

    /// The rows that an evaluation is to be of, see [`TrainedModel::evaluate`].
    pub(super) fn rows(&self, path: Option<&str>, rows: Split) -> Result<RowsToJudge> {
        let data = &self.plan.data;
        let own = data.source();
        let (source, part, range) = match (path, rows) {
            (Some(path), _) => {
                let source = data.read(path).like(self.preprocessing.columns.as_ref());
                let has_test = describe(&source)?.has_test && rows == Split::Test;
                (source, if has_test { data::Split::Test } else { data::Split::Train }, None)
            }
            (None, Split::Test) if data.test_split == 0.0 => (own, data::Split::Test, None),
            (None, Split::Validation) if data.validation_data.is_some() => {
                let source = data.validation_source(self.preprocessing.columns.as_ref());
                (source.unwrap_or(own), data::Split::Train, None)
            }
            (None, rows) => (own, data::Split::Train, Some(rows)),
        };
        let mut table = load(&source, part)?;
        self.preprocessing.check(&mut table, &source)?;
        if range.is_some() {
            table = table.arranged(&data.row_split());
        }
        let order = table.order.take();
        let parts = order.as_ref().map(|order| order.parts.clone());
        let parts = parts.unwrap_or_else(|| data.parts(table.rows()));
        let range = match range {
            None => 0..table.rows(),
            Some(Split::Training) => parts.training,
            Some(Split::Validation) => parts.validation,
            Some(Split::Test) => parts.test,
        };
        ensure!(!range.is_empty(), "the run has no {}", word(rows));
        let what = if path.is_some() { "rows" } else { word(rows) };
        Ok(RowsToJudge { table, range, what: format!("{what} of {source}"), order })
    }

    fn judge(
        &self,
        rows: String,
        dataset: &Dataset,
        range: Range<usize>,
        threads: usize,
        order: Option<&RowOrder>,
    ) -> Evaluation {
        let logs = self.logs(dataset, range.clone(), threads);
        let n_rows = range.len();
        let predictions = self.predictions(dataset, range, threads);
        let number = |place: usize| {
            let row = order.and_then(|order| order.rows.get(place));
            row.map_or(place, |row| *row as usize)
        };
        let answers = Answers::of(&predictions, number);
        Evaluation {
            rows,
            n_rows,
            logs,
            confusion: answers.confusion(),
            mistakes: self.mistakes(&predictions),
            values: true_and_predicted(&answers),
            answers,
        }
    }

    /// The loss and the metrics of some rows of a data set.
    pub(super) fn logs(&self, dataset: &Dataset, range: Range<usize>, threads: usize) -> Logs {
        let training = &self.plan.training;
        let names = self.preprocessing.output_names();
        let metrics = training.metrics_of(names, self.network.outputs());
        let objective = Objective { loss: &training.loss, metrics: &metrics, class_weight: &[] };
        evaluate(&self.network, objective, dataset, range, threads)
    }

    fn mistakes(&self, predictions: &Predictions<'_>) -> Vec<Mistake> {
        if predictions.classes().is_none() {
            return Vec::new();
        }
        let mistake = |r: usize| {
            let (row, predicted) = (predictions.from + r, predictions.predicted(r));
            let picture = match self.preprocessing.shape[..] {
                [height, width] | [height, width, _] => {
                    Some(in_grays(&predictions.dataset.inputs_of(row), height, width))
                }
                _ => None,
            };
            let (label, probability) =
                (predictions.label(r), predictions.probability(r, predicted));
            Mistake { row, label, predicted, probability, picture }
        };
        predictions.worst_mistakes(MISTAKES).into_iter().map(mistake).collect()
    }

    /// Predicts the rows in a file: a picture, or rows like the training rows.
    ///
    /// # Errors
    ///
    /// An unreadable file, or rows of another shape.
    pub fn predict(&self, path: &Path, threads: usize) -> Result<Vec<Prediction>> {
        let is_png = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"));
        let table = if is_png {
            load_picture(path, &self.preprocessing)?
        } else {
            let text = path.to_string_lossy();
            let source: Source = self.plan.data.read(&text);
            load_inputs(&source, &self.preprocessing)?
        };
        let dataset = self.dataset(table);
        let predictions = self.predictions(&dataset, 0..dataset.rows(), threads);
        Ok((0..predictions.rows()).map(|r| predictions.prediction(r)).collect())
    }

    /// The words of the table at `path` that no row has had that the network was trained on.
    ///
    /// # Errors
    ///
    /// An unreadable file, or one of another kind.
    pub fn unseen_words(&self, path: &Path) -> Result<Vec<UnseenWords>> {
        let Some(columns) = &self.preprocessing.columns else { return Ok(Vec::new()) };
        let mut missing = self.plan.data.missing.clone();
        if TableKind::of(path) == Some(TableKind::Typed) {
            missing.push(String::new());
        }
        Ok(unseen_words(columns, &missing, &self.fields(path)?))
    }

    /// The names of the columns of the table at `path`, and the fields of its rows.
    ///
    /// # Errors
    ///
    /// An unreadable file, or one of another kind.
    pub fn fields(&self, path: &Path) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        self.fields_of(self.plan.data.read(&path.to_string_lossy()))
    }

    /// The same of a source.
    ///
    /// # Errors
    ///
    /// An unreadable file, or one of another kind.
    pub fn fields_of(&self, source: Source) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        match source {
            Source::Csv(files, options) => Ok(data::fields(&files, &options)?),
            other => Err(anyhow!("`{other}` is no table")),
        }
    }

    fn dataset(&self, table: Table) -> Dataset {
        let (table, scale) = self.preprocessing.apply(table);
        self.preprocessed(table, scale)
    }

    /// Rows after preprocessing, with the remaining divisor of their inputs.
    pub(super) fn preprocessed(&self, table: Table, scale: f64) -> Dataset {
        Dataset::new(table, scale).with_target_scaling(&self.preprocessing.targets)
    }

    fn predictions<'a>(
        &self,
        dataset: &'a Dataset,
        rows: Range<usize>,
        threads: usize,
    ) -> Predictions<'a> {
        let loss = &self.plan.training.loss;
        Predictions::new(&self.network, loss, dataset, rows, self.preprocessing.classes, threads)
    }
}

/// For each output, the true and the predicted value of at most [`POINTS`] rows; none for classes.
pub(super) fn true_and_predicted(answers: &Answers) -> Vec<Vec<[f32; 2]>> {
    if answers.classes().is_some() || answers.is_empty() {
        return Vec::new();
    }
    let step = answers.len().div_ceil(POINTS).max(1);
    let points = |output: usize| {
        let point = move |row: usize| {
            let label = *answers.values(row)?.get(output)?;
            Some([label, answers.outputs(row)[output]])
        };
        (0..answers.len()).step_by(step).filter_map(point).collect::<Vec<_>>()
    };
    let all = (0..answers.outputs(0).len()).map(points);
    all.filter(|points| !points.is_empty()).collect()
}

/// The preprocessing for the network with these weights, if stored in the file at `path`.
fn preprocessing(path: &Path, file: &Weights) -> Result<Option<Preprocessing>> {
    let Some(text) = file.metadata.get(PREPARATION) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        anyhow!("cannot read how `{}` wants its rows: {}", path.display(), clip(error))
    })
}

/// The preprocessing for weights of older versions without the entry: from the last weights of the
/// run, or else from the run's data.
fn preparation_of(dir: &Path, plan: &Plan) -> Result<Preprocessing> {
    let last = Folder::at(dir).weights();
    let known = last.is_file().then(|| preprocessing(&last, &weights::load(&last)?));
    match known.transpose()?.flatten() {
        Some(preprocessing) => Ok(preprocessing),
        None => Ok(DatasetCache::default().get(plan, 1)?.preprocessing.clone()),
    }
}

/// Checks the weights against the plan's network on `features` inputs.
fn check(weights: &Weights, features: usize, plan: &Plan) -> Result<()> {
    let got = weights.tensors.iter().map(|t| (t.name.as_str(), t.shape.as_slice())).collect();
    Ok(check_shapes(&got, &weight_shapes(features, &plan.model.all_layers()))?)
}

/// Checks a preprocessing for completeness, and against the plan.
fn fits(preprocessing: &Preprocessing, plan: &Plan) -> Result<()> {
    preprocessing.validate().map_err(|what| anyhow!("its preparation: {what}"))?;
    let features: usize = preprocessing.shape.iter().product();
    let planned = plan.model.input_shape.as_ref().map(|shape| shape.iter().product());
    let layers = &plan.model.all_layers();
    let outputs = layers.iter().fold(features, |inputs, layer| layer.outputs(inputs));
    let wanted = match preprocessing.classes {
        Some(_) if outputs == 1 => 1,
        Some(classes) => classes,
        None => preprocessing.target_width,
    };
    let scale = plan.data.scale.unwrap_or(preprocessing.scale);
    let is_csv = matches!(plan.data.source(), Source::Csv(..));
    let same = |what: &str, got: &dyn Debug, want: &dyn Debug| {
        let (got, want) = (clip(format!("{got:?}")), clip(format!("{want:?}")));
        ensure!(
            got == want,
            "its preparation is not that of the plan: {what} is {got}, want {want}"
        );
        Ok(())
    };
    same("the number of inputs", &features, &planned.unwrap_or(features))?;
    same("the number of outputs", &wanted, &outputs)?;
    same("the scale", &preprocessing.scale, &scale)?;
    same("`standardize`", &preprocessing.standardization.is_some(), &plan.data.standardize)?;
    let scaled = plan.data.target_scaling.is_some();
    same("`target_scaling`", &!preprocessing.targets.is_empty(), &scaled)?;
    same("having CSV columns", &preprocessing.columns.is_some(), &is_csv)
}

fn word(rows: Split) -> &'static str {
    match rows {
        Split::Training => "training rows",
        Split::Validation => "validation rows",
        Split::Test => "test rows",
    }
}
