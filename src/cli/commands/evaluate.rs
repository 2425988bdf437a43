//! `runner evaluate`: metrics, class scores, calibration and wrong rows of a trained network, the importance
//! of columns, and the rows with their predictions.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::cores::cores;
use super::evaluation_text::{importance_text, text};
use super::trained_model::load_ensemble;
use super::{lost_rows, predicted_table};
use crate::cli::args::{EvaluateArgs, SplitArg};
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::format::count;
use crate::cli::display::json;
use crate::cli::exit::Exit;
use crate::config::Plan;
use crate::data::Source;
use crate::experiment::{
    self, Calibration, CalibrationBin, Ensemble, EnsembleEvaluation, Evaluation, Importance,
    Mistake, Permutations, TargetScores,
};
use crate::query::{ClassScores, MeanStd, RequestError, Run};

/// Evaluates a run's network.
pub(crate) fn evaluate(args: &EvaluateArgs, console: &Console) -> anyhow::Result<Exit> {
    super::print_answer::answer(answer(args, console), console)
}

fn answer(args: &EvaluateArgs, console: &Console) -> anyhow::Result<String> {
    let (runs, ensemble) = load_ensemble(&args.run, &args.weights, &args.choice, console)?;
    let plan = runs[0].0.plan().map_err(anyhow::Error::msg)?;
    let split = args.split(&plan);
    lost_rows::check(&plan, args, split)?;
    let output = args.output.as_deref();
    let format =
        output.map(|output| Ok::<_, RequestError>((output, predicted_table::format(output)?)));
    let table =
        format.transpose()?.map(|to| Ok::<_, RequestError>((table(&plan, args, split)?, to)));
    let table = table.transpose()?;
    let rows = match split {
        SplitArg::Train => experiment::Split::Training,
        SplitArg::Validation => experiment::Split::Validation,
        SplitArg::Test => experiment::Split::Test,
    };
    let threads = cores();
    let found = ensemble.evaluate(args.path(), rows, threads)?;
    if let Some((source, to)) = table {
        let rows =
            predicted_table::write_answers(source, to, &found.all.answers, ensemble.first())?;
        console.say(&format!("wrote {}, {}", to.0.display(), count(rows, "row")));
    }
    let permutations = Permutations { repeats: args.repeats, seed: args.seed };
    let importance = args
        .importance
        .then(|| ensemble.importance(args.path(), rows, permutations, threads))
        .transpose()?;
    print(args, &runs, &ensemble, (&found, importance.as_ref()))
}

/// The table with the rows that are judged.
fn table(plan: &Plan, args: &EvaluateArgs, split: SplitArg) -> Result<Source, RequestError> {
    let data = &plan.data;
    let other = || data.validation_source(None).filter(|_| split == SplitArg::Validation);
    let source = match args.path() {
        Some(path) => data.read(path),
        None => other().unwrap_or_else(|| data.source()),
    };
    match source {
        Source::Csv(..) => Ok(source),
        other => {
            let message = format!("`{other}` has no columns to write with the predictions");
            let help = "`runner evaluate RUN FILE.csv -o` writes those of FILE";
            Err(RequestError::new(message, help))
        }
    }
}

fn print(
    args: &EvaluateArgs,
    runs: &[(Run, PathBuf)],
    ensemble: &Ensemble,
    (found, importance): (&EnsembleEvaluation, Option<&Importance>),
) -> anyhow::Result<String> {
    let names = ensemble.first().preprocessing.output_names();
    if !args.json {
        let width = stdout_width();
        let importance = importance.map(|found| format!("\n{}", importance_text(found, width)));
        return Ok(text(found, &names, width) + &importance.unwrap_or_default());
    }
    let mut value = value(&found.all, &names);
    if let [(run, weights)] = runs {
        value["dir"] = json!(run.dir.to_string_lossy());
        value["weights"] = json!(weights.to_string_lossy());
    } else {
        let dirs: Vec<_> = runs.iter().map(|(run, _)| run.dir.to_string_lossy()).collect();
        value["dirs"] = json!(dirs);
        value["deviations"] = deviations(found);
    }
    if let Some(importance) = importance {
        value["importance"] = importance_value(importance);
    }
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// The deviation of each number among the networks.
fn deviations(found: &EnsembleEvaluation) -> Value {
    let deviation = |(name, _): &(String, f64)| {
        let values: Vec<f64> = found.logs.iter().filter_map(|logs| logs.get(name)).collect();
        let spread = MeanStd::of(&values).and_then(|spread| spread.std);
        (name.clone(), spread.map_or(Value::Null, json::number))
    };
    Value::Object(found.all.logs.0.iter().map(deviation).collect())
}

fn importance_value(found: &Importance) -> Value {
    let numbers = |values: &[f64]| values.iter().copied().map(json::number).collect::<Value>();
    let column = |column: &experiment::ColumnImportance| {
        let spread = MeanStd::of(&column.drops);
        json!({
            "column": column.name,
            "mean": json::number(spread.map_or(f64::NAN, |spread| spread.mean)),
            "deviation": spread.and_then(|spread| spread.std).map(json::number),
            "drops": numbers(&column.drops),
        })
    };
    let columns: Vec<_> = found.columns.iter().map(column).collect();
    json!({ "metric": found.metric, "base": numbers(&found.base), "columns": columns })
}

fn value(found: &Evaluation, names: &[String]) -> Value {
    let metrics: Map<String, Value> =
        found.logs.0.iter().map(|(name, value)| (name.clone(), json::number(*value))).collect();
    let mut value = json!({ "rows": found.n_rows, "data": found.rows, "metrics": metrics });
    if let Some(confusion) = &found.confusion {
        let class = |(scores, name): (ClassScores, &String)| {
            let ClassScores { precision, recall, f1, support } = scores;
            json!({
                "name": name, "precision": precision, "recall": recall, "f1": f1,
                "support": support,
            })
        };
        value["classes"] = ClassScores::of(confusion).into_iter().zip(names).map(class).collect();
        value["confusion"] = json!(confusion);
        value["calibration"] = Calibration::of(&found.answers).map_or(Value::Null, calibration);
        value["mistakes"] =
            found.mistakes.iter().map(|mistake| wrong_row(mistake, names)).collect();
    }
    let targets = TargetScores::of(&found.answers);
    if 1 < targets.len() {
        value["targets"] = targets.iter().zip(names).map(target).collect();
    }
    value
}

fn target((scores, name): (&TargetScores, &String)) -> Value {
    json!({
        "name": name,
        "mean_absolute_error": json::number(scores.mean_absolute_error),
        "root_mean_squared_error": json::number(scores.root_mean_squared_error),
        "r2": json::number(scores.r2),
    })
}

fn calibration(found: Calibration) -> Value {
    let bin = |bin: &CalibrationBin| {
        let CalibrationBin { from, rows, confidence, accuracy } = bin;
        json!({ "from": from, "rows": rows, "confidence": confidence, "accuracy": accuracy })
    };
    json!({ "error": found.error, "bins": found.bins.iter().map(bin).collect::<Vec<_>>() })
}

fn wrong_row(mistake: &Mistake, names: &[String]) -> Value {
    json!({
        "row": mistake.row, "is": names.get(mistake.label), "predicted": names.get(mistake.predicted),
        "probability": mistake.probability,
    })
}
