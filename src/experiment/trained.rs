//! A run's network as it was left: judged on rows it has not learned from, or asked about others; it
//! learns nothing more.

use std::fmt::Debug;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::config::Plan;
use crate::data::{Preprocessing, Source, Split, Table, describe, load, load_inputs, load_picture};
use crate::events::Picture;
use crate::experiment::pictures::in_grays;
use crate::experiment::{Feeds, weights};
use crate::kernels::{Matrix, argmax};
use crate::model::{Network, check_shapes, weight_shapes};
use crate::quote::clip;
use crate::runs::{Folder, Weights};
use crate::train::{Feed, Goal, Logs, evaluate, predict_probabilities};

/// What the metadata of weights calls the preprocessing.
pub(super) const PREPARATION: &str = "preparation";

/// As many mistakes are kept.
const MISTAKES: usize = 24;

/// Upper limit of the rows whose true and predicted values are kept.
const POINTS: usize = 2000;

/// A network with its weights, and how rows are made inputs for it.
#[derive(Debug)]
pub struct Trained {
    plan: Plan,
    network: Network,
    /// How rows become inputs, and what outputs mean.
    pub preprocessing: Preprocessing,
}

/// Which rows a network is judged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Those it was trained on.
    Training,
    /// Those that validated.
    Validation,
    /// Those that were kept out.
    Test,
}

/// How a network did.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// What the rows are.
    pub rows: String,
    /// How many they are.
    pub n_rows: usize,
    /// The loss and the metrics.
    pub logs: Logs,
    /// For each class, of how many rows of it the network says which class; none for real values.
    pub confusion: Option<Vec<Vec<u64>>>,
    /// The wrong answers that the network is surest of, the surest first.
    pub mistakes: Vec<Mistake>,
    /// For each output, the true and the predicted value of rows at equal distances; none for classes.
    pub values: Vec<Vec<[f32; 2]>>,
}

/// A row that a network takes for another class than its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Which row of its file.
    pub row: usize,
    /// The class that it is of.
    pub truth: usize,
    /// The class that the network says.
    pub said: usize,
    /// The probability that the network gives this.
    pub share: f32,
    /// The inputs in grays, if they are a picture.
    pub picture: Option<Picture>,
}

/// What a network says of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The class that it takes it for; none for real values.
    pub class: Option<usize>,
    /// The probability of each class, or the values.
    pub outputs: Vec<f32>,
}

impl Trained {
    /// Reads the network of the run in `dir`, which followed `plan`, with the weights in `path`.
    ///
    /// # Errors
    ///
    /// Weights that are not there, cannot be read, or are of another network.
    pub fn load(dir: &Path, path: &Path, plan: Plan) -> Result<Trained> {
        let file = weights::load(path)?;
        let preprocessing = match preprocessing(path, &file)? {
            Some(preprocessing) => preprocessing,
            None => preparation_of(dir, &plan)?,
        };
        let cannot = || format!("cannot use the weights in `{}`", path.display());
        fits(&preprocessing, &plan).with_context(cannot)?;
        let features = preprocessing.shape.iter().product();
        check(&file, features, &plan).with_context(cannot)?;
        let mut network = Network::new(features, &plan.model.layers, plan.seed);
        network.load(&weights::by_name(file.tensors)).with_context(cannot)?;
        Ok(Trained { plan, network, preprocessing })
    }

    /// Judges the network on rows of its own data, or of those at `path`.
    ///
    /// # Errors
    ///
    /// Rows that are not there, cannot be read, or are not like those it was trained on.
    pub fn evaluate(&self, path: Option<&str>, rows: Rows, threads: usize) -> Result<Evaluation> {
        let data = &self.plan.data;
        let own = data.source();
        let (source, part, range) = match (path, rows) {
            (Some(path), _) => {
                let source = data.read(path).like(self.preprocessing.columns.as_ref());
                let has_test = describe(&source)?.has_test && rows == Rows::Test;
                (source, if has_test { Split::Test } else { Split::Train }, None)
            }
            (None, Rows::Test) if data.test_split == 0.0 => (own, Split::Test, None),
            (None, Rows::Validation) if data.validation_data.is_some() => {
                let source = data.validation_source(self.preprocessing.columns.as_ref());
                (source.unwrap_or(own), Split::Train, None)
            }
            (None, rows) => (own, Split::Train, Some(rows)),
        };
        let mut table = load(&source, part)?;
        self.preprocessing.check(&mut table, &source)?;
        let feed = self.feed(table);
        let range = range.map_or(0..feed.rows(), |rows| self.range(rows, feed.rows()));
        anyhow::ensure!(!range.is_empty(), "the run has no {}", word(rows));
        let what = if path.is_some() { "rows" } else { word(rows) };
        Ok(self.judge(format!("{what} of {source}"), &feed, range, threads))
    }

    fn range(&self, rows: Rows, n: usize) -> Range<usize> {
        let data = &self.plan.data;
        let parts = data.parts(data.limit.unwrap_or(usize::MAX).min(n));
        match rows {
            Rows::Training => parts.training,
            Rows::Validation => parts.validation,
            Rows::Test => parts.test,
        }
    }

    fn judge(&self, rows: String, feed: &Feed, range: Range<usize>, threads: usize) -> Evaluation {
        let training = &self.plan.training;
        let names = self.preprocessing.output_names();
        let metrics = training.metrics_of(names, self.network.outputs());
        let goal = Goal { loss: &training.loss, metrics: &metrics, class_weight: &[] };
        let logs = evaluate(&self.network, goal, feed, range.clone(), threads);
        let answers = self.ask(feed, range.clone(), threads);
        let confusion =
            self.preprocessing.classes.filter(|_| answers[0].class.is_some()).map(|n| {
                let mut counts = vec![vec![0; n]; n];
                for (row, answer) in range.clone().zip(&answers) {
                    let truth = feed.class(row as u32).unwrap_or(0);
                    counts[truth][answer.class.unwrap_or(0).min(n - 1)] += 1;
                }
                counts
            });
        let mistakes = match confusion {
            Some(_) => self.mistakes(feed, range.start, &answers),
            None => Vec::new(),
        };
        let values = true_and_predicted(feed, range.start, &answers);
        Evaluation { rows, n_rows: range.len(), logs, confusion, mistakes, values }
    }

    /// What is wrong of the answers to the rows from `from`.
    fn mistakes(&self, feed: &Feed, from: usize, answers: &[Answer]) -> Vec<Mistake> {
        let mistake = |(i, answer): (usize, &Answer)| {
            let (row, said) = (from + i, answer.class?);
            let truth = feed.class(row as u32)?;
            let share = answer.outputs[said];
            (said != truth).then_some(Mistake { row, truth, said, share, picture: None })
        };
        let mut all: Vec<_> = answers.iter().enumerate().filter_map(mistake).collect();
        all.sort_by(|a, b| b.share.total_cmp(&a.share));
        all.truncate(MISTAKES);
        if let [height, width] | [height, width, _] = self.preprocessing.shape[..] {
            for mistake in &mut all {
                let inputs = feed.inputs_of(mistake.row);
                mistake.picture = Some(in_grays(&inputs, (height, width)));
            }
        }
        all
    }

    /// What the network says of the rows in a file: a picture, or rows like those it was trained on.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or whose rows are of another shape.
    pub fn predict(&self, path: &Path, threads: usize) -> Result<Vec<Answer>> {
        let is_png = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"));
        let table = match is_png {
            true => load_picture(path, &self.preprocessing)?,
            false => {
                let text = path.to_string_lossy();
                let source: Source = self.plan.data.read(&text);
                load_inputs(&source, &self.preprocessing)?
            }
        };
        let feed = self.feed(table);
        Ok(self.ask(&feed, 0..feed.rows(), threads))
    }

    fn feed(&self, table: Table) -> Feed {
        let (table, scale) = self.preprocessing.apply(table);
        Feed::new(table, scale)
    }

    fn ask(&self, feed: &Feed, rows: Range<usize>, threads: usize) -> Vec<Answer> {
        let loss = &self.plan.training.loss;
        let outputs = predict_probabilities(&self.network, loss, feed, rows, threads);
        (0..outputs.rows()).map(|r| self.answer(&outputs, r)).collect()
    }

    /// The outputs of a row, as what they mean.
    fn answer(&self, outputs: &Matrix, r: usize) -> Answer {
        let outputs = &outputs.row(r)[..outputs.cols()];
        match (self.preprocessing.classes, outputs) {
            (Some(2), [y]) => {
                Answer { class: Some(usize::from(0.5 < *y)), outputs: vec![1.0 - y, *y] }
            }
            (Some(_), [_]) | (None, _) => Answer { class: None, outputs: outputs.to_vec() },
            (Some(_), _) => Answer { class: Some(argmax(outputs)), outputs: outputs.to_vec() },
        }
    }
}

/// For each output, the true and the predicted value of at most [`POINTS`] of the rows from `from`.
fn true_and_predicted(feed: &Feed, from: usize, answers: &[Answer]) -> Vec<Vec<[f32; 2]>> {
    let step = answers.len().div_ceil(POINTS).max(1);
    let shown = || answers.iter().enumerate().step_by(step).filter(|(_, a)| a.class.is_none());
    let n_outputs = shown().next().map_or(0, |(_, answer)| answer.outputs.len());
    let pair = |output: usize| {
        move |(i, answer): (usize, &Answer)| {
            let truth = feed.values(from + i)?.get(output)?;
            Some([*truth, *answer.outputs.get(output)?])
        }
    };
    let all = (0..n_outputs).map(|output| shown().filter_map(pair(output)).collect::<Vec<_>>());
    all.filter(|points| !points.is_empty()).collect()
}

/// How the network with these weights wants its rows, if the file in `path` says so.
fn preprocessing(path: &Path, file: &Weights) -> Result<Option<Preprocessing>> {
    let Some(text) = file.metadata.get(PREPARATION) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| {
        anyhow!("cannot read how `{}` wants its rows: {}", path.display(), clip(error))
    })
}

/// The same for weights of older versions, which do not say it: from the last weights of their run,
/// or else from its data.
fn preparation_of(dir: &Path, plan: &Plan) -> Result<Preprocessing> {
    let last = Folder::at(dir).weights();
    let known = last.is_file().then(|| preprocessing(&last, &weights::load(&last)?));
    match known.transpose()?.flatten() {
        Some(preprocessing) => Ok(preprocessing),
        None => Ok(Feeds::default().get(plan, 1)?.preprocessing.clone()),
    }
}

/// Makes sure that the weights are those of the plan's network on `features` inputs.
fn check(weights: &Weights, features: usize, plan: &Plan) -> Result<()> {
    let got = weights.tensors.iter().map(|t| (t.name.as_str(), t.shape.as_slice())).collect();
    Ok(check_shapes(&got, &weight_shapes(features, &plan.model.layers))?)
}

/// Makes sure that a preprocessing is whole, and that of the plan.
fn fits(preprocessing: &Preprocessing, plan: &Plan) -> Result<()> {
    preprocessing.validate().map_err(|what| anyhow!("its preparation: {what}"))?;
    let features: usize = preprocessing.shape.iter().product();
    let planned = plan.model.input_shape.as_ref().map(|shape| shape.iter().product());
    let layers = &plan.model.layers;
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
    same("having CSV columns", &preprocessing.columns.is_some(), &is_csv)
}

fn word(rows: Rows) -> &'static str {
    match rows {
        Rows::Training => "training rows",
        Rows::Validation => "validation rows",
        Rows::Test => "test rows",
    }
}
