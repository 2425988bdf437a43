//! The predictions of a fold for the rows that validated, as a CSV file in the run's folder.

use anyhow::Result;

use super::answers::Answers;
use super::dataset_cache::LoadedDataset;
use super::predictions::Predictions;
use crate::config::Plan;
use crate::runs::{Durability, Folder, write_atomic};
use crate::train::FitState;

/// Writes the file, if the plan validates a fold.
pub(super) fn write(
    plan: &Plan,
    data: &LoadedDataset,
    state: &FitState,
    threads: usize,
    folder: &Folder,
) -> Result<()> {
    let Some((dataset, rows)) = data.validation(plan).filter(|_| plan.data.fold.is_some()) else {
        return Ok(());
    };
    let classes = data.preprocessing.classes;
    let (network, loss) = (&state.network, &plan.training.loss);
    let predictions = Predictions::new(network, loss, dataset, rows, classes, threads);
    let answers = Answers::of(&predictions, |place| data.row_number(place));
    let bytes = encode(&answers, &data.preprocessing.output_names())?;
    Ok(write_atomic(&folder.out_of_fold(), &bytes, Durability::ProcessCrash)?)
}

/// The columns `row`, `truth` and `predicted`, and for classes a probability of each; `names` are those of
/// the outputs.
fn encode(answers: &Answers, names: &[String]) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let name = |at: usize| names.get(at).cloned().unwrap_or_else(|| at.to_string());
    let of_each = |what: &str| {
        let several = 1 < names.len();
        let title =
            |name: &String| if several { format!("{what}={name}") } else { what.to_owned() };
        names.iter().map(title).collect::<Vec<_>>()
    };
    let head: Vec<String> = match answers.classes() {
        Some(classes) => {
            let head = ["row", "truth", "predicted"].map(str::to_owned).into_iter();
            head.chain((0..classes).map(|at| format!("probability={}", name(at)))).collect()
        }
        None => {
            let row = std::iter::once("row".to_owned());
            row.chain(of_each("truth")).chain(of_each("predicted")).collect()
        }
    };
    csv.write_record(head)?;
    for (place, row) in answers.rows.iter().enumerate() {
        let mut cells = vec![row.to_string()];
        match (answers.class(place), answers.values(place)) {
            (Some(class), _) => cells.extend([name(class), name(answers.predicted(place))]),
            (None, values) => cells.extend(values.into_iter().flatten().map(ToString::to_string)),
        }
        cells.extend(answers.outputs(place).iter().map(ToString::to_string));
        csv.write_record(cells)?;
    }
    Ok(csv.into_inner()?)
}
