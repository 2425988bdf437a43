//! The networks of a cross-validation as one: each judged on the rows that it has not learned from, or all
//! on the same rows with the mean of their predictions.

use std::path::Path;

use anyhow::{Context, Result};

use crate::experiment::answers::Answers;
use crate::experiment::importance::{Importance, Permutations};
use crate::experiment::predictions::Prediction;
use crate::experiment::trained_model::{
    Evaluation, MISTAKES, Mistake, Split, TrainedModel, true_and_predicted,
};
use crate::train::Logs;

/// One network, or those of the folds of a cross-validation.
#[derive(Debug)]
pub struct Ensemble(Vec<TrainedModel>);

/// The evaluation of an ensemble.
#[derive(Clone, Debug)]
pub struct EnsembleEvaluation {
    /// The evaluation of all; its numbers are the means over the networks.
    pub all: Evaluation,
    /// The numbers of each network.
    pub logs: Vec<Logs>,
}

impl Ensemble {
    /// An ensemble of these networks, at least one, for the same data.
    pub fn new(models: Vec<TrainedModel>) -> Result<Ensemble> {
        let first = models.first().context("an ensemble without a network")?;
        let names = first.preprocessing.output_names();
        let same = models.iter().all(|model| model.preprocessing.output_names() == names);
        anyhow::ensure!(same, "the networks of the folds predict different outputs");
        Ok(Ensemble(models))
    }

    /// The first network.
    pub fn first(&self) -> &TrainedModel {
        &self.0[0]
    }

    /// The number of networks.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Evaluates each network on rows of its own run, or all on the data at `path`.
    ///
    /// # Errors
    ///
    /// As [`TrainedModel::evaluate`].
    pub fn evaluate(
        &self,
        path: Option<&str>,
        rows: Split,
        threads: usize,
    ) -> Result<EnsembleEvaluation> {
        let each = self.0.iter().map(|model| model.evaluate(path, rows, threads));
        let mut each = each.collect::<Result<Vec<_>>>()?;
        let logs: Vec<_> = each.iter().map(|found| found.logs.clone()).collect();
        if let [_] = &each[..] {
            return Ok(EnsembleEvaluation { all: each.remove(0), logs });
        }
        let answers: Vec<_> = each.iter().map(|found| found.answers.clone()).collect();
        // Folds validate different rows; a test and another file are the same rows for all.
        let same_rows = answers.iter().all(|other| other.rows == answers[0].rows);
        let joined = if same_rows { Answers::mean(&answers) } else { Answers::joined(&answers) };
        let answers = joined.context("an ensemble without a network")?;
        let known = each.iter().flat_map(|found| &found.mistakes).cloned().collect();
        let all = Evaluation {
            rows: each[0].rows.clone(),
            n_rows: answers.len(),
            logs: mean(&logs),
            confusion: answers.confusion(),
            mistakes: mistakes(&answers, known),
            values: true_and_predicted(&answers),
            answers,
        };
        Ok(EnsembleEvaluation { all, logs })
    }

    /// Predicts the rows in a file, see [`TrainedModel::predict`]: the mean of the networks, with the
    /// sample standard deviation.
    ///
    /// # Errors
    ///
    /// As [`TrainedModel::predict`].
    pub fn predict(&self, path: &Path, threads: usize) -> Result<Vec<Prediction>> {
        let each = self.0.iter().map(|model| model.predict(path, threads));
        let mut each = each.collect::<Result<Vec<_>>>()?;
        if let [_] = &each[..] {
            return Ok(each.remove(0));
        }
        let row = |row: usize| mean_of(&each.iter().map(|all| &all[row]).collect::<Vec<_>>());
        Ok((0..each[0].len()).map(row).collect())
    }

    /// The importance of the columns for each network, see [`TrainedModel::importance`].
    ///
    /// # Errors
    ///
    /// As [`TrainedModel::evaluate`].
    pub fn importance(
        &self,
        path: Option<&str>,
        rows: Split,
        permutations: Permutations,
        threads: usize,
    ) -> Result<Importance> {
        let each = self.0.iter().map(|model| model.importance(path, rows, permutations, threads));
        let each = each.collect::<Result<Vec<_>>>()?;
        Importance::joined(each).context("an ensemble without a network")
    }
}

/// The mean of each number.
fn mean(logs: &[Logs]) -> Logs {
    let names = logs.first().map_or(&[][..], |logs| &logs.0[..]);
    let mean = |name: &str| {
        let values: Vec<f64> = logs.iter().filter_map(|logs| logs.get(name)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    Logs(names.iter().map(|(name, _)| (name.clone(), mean(name))).collect())
}

/// The mean prediction of several networks for a row, and the deviation of each output.
fn mean_of(each: &[&Prediction]) -> Prediction {
    let n = each.len() as f64;
    let outputs = || 0..each[0].outputs.len();
    let value = |prediction: &&Prediction, at: usize| f64::from(prediction.outputs[at]);
    let mean = |at: usize| each.iter().map(|one| value(one, at)).sum::<f64>() / n;
    let deviation = |at: usize| {
        let mean = mean(at);
        let squares: f64 = each.iter().map(|one| (value(one, at) - mean).powi(2)).sum();
        (squares / (n - 1.0)).sqrt() as f32
    };
    let means: Vec<f32> = outputs().map(|at| mean(at) as f32).collect();
    let class = each[0].class.map(|_| crate::kernels::argmax(&means));
    Prediction { class, outputs: means, deviations: outputs().map(deviation).collect() }
}

/// The wrong answers of the highest probability, with the pictures of those in `known`.
fn mistakes(answers: &Answers, known: Vec<Mistake>) -> Vec<Mistake> {
    let wrong = |place: usize| {
        let (label, predicted) = (answers.class(place)?, answers.predicted(place));
        let row = answers.rows[place] as usize;
        let probability = answers.outputs(place)[predicted];
        (label != predicted).then_some(Mistake {
            row,
            label,
            predicted,
            probability,
            picture: None,
        })
    };
    let mut all: Vec<Mistake> = (0..answers.len()).filter_map(wrong).collect();
    all.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.row.cmp(&b.row)));
    all.truncate(MISTAKES);
    for mistake in &mut all {
        let same = known.iter().find(|other| other.row == mistake.row);
        mistake.picture = same.and_then(|other| other.picture.clone());
    }
    all
}
