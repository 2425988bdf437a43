//! The table of a CSV file with the predictions of its rows, as another CSV file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::experiment::{Prediction, TrainedModel};
use crate::query::RequestError;
use crate::runs::{Durability, write_atomic};

/// Writes the columns of a file, the prediction, and the probability of each class; says how many rows
/// it has.
pub(crate) fn write(
    files: &[PathBuf],
    output: &Path,
    trained: &TrainedModel,
    threads: usize,
) -> Result<usize> {
    if !output.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
        let message = format!("cannot write predictions to `{}`", output.display());
        return Err(RequestError::new(message, "want a name that ends in .csv").into());
    }
    let [file] = files else {
        let message = format!("cannot write the tables of {} files to one", files.len());
        return Err(RequestError::new(message, "name one CSV file").into());
    };
    let predictions = trained.predict(file, threads)?;
    let (names, rows) = trained.fields(file)?;
    let cannot = || format!("cannot write `{}`", output.display());
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(names.iter().cloned().chain(titles(&names, trained)))?;
    for (row, prediction) in rows.iter().zip(&predictions) {
        csv.write_record(row.iter().cloned().chain(cells(prediction, trained)))?;
    }
    let bytes = csv.into_inner().with_context(cannot)?;
    write_atomic(output, &bytes, Durability::ProcessCrash)?;
    Ok(predictions.len())
}

/// The names of the columns that are added; none that the table has already.
fn titles(taken: &[String], trained: &TrainedModel) -> Vec<String> {
    let outputs = trained.preprocessing.output_names();
    let probability = |class: String| format!("probability={class}");
    let titles = match trained.preprocessing.classes {
        Some(_) => {
            let probabilities = outputs.into_iter().map(probability);
            std::iter::once("predicted".to_owned()).chain(probabilities).collect()
        }
        None if outputs.len() == 1 => vec!["predicted".to_owned()],
        None => outputs.into_iter().map(|name| format!("predicted={name}")).collect::<Vec<_>>(),
    };
    let free = |mut title: String| {
        while taken.contains(&title) {
            title.push('_');
        }
        title
    };
    titles.into_iter().map(free).collect()
}

fn cells(prediction: &Prediction, trained: &TrainedModel) -> Vec<String> {
    let names = trained.preprocessing.output_names();
    let class = prediction.class.map(|class| names[class].clone());
    class.into_iter().chain(prediction.outputs.iter().map(ToString::to_string)).collect()
}
