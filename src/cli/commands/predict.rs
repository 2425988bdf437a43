//! `runner predict`: predictions of a trained network for pictures and rows.

use std::path::Path;

use serde_json::{Value, json};

use super::cores::cores;
use super::predicted_table;
use super::trained_model::load_ensemble;
use crate::cli::args::PredictArgs;
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::fit::fit_columns;
use crate::cli::display::format::{count, number};
use crate::cli::display::json;
use crate::cli::display::table::Column;
use crate::cli::exit::Exit;
use crate::data::Source;
use crate::experiment::{Prediction, TrainedModel, UnseenWords};
use crate::query::RequestError;

/// Answers for every row of every file.
pub(crate) fn predict(args: &PredictArgs, console: &Console) -> anyhow::Result<Exit> {
    super::print_answer::answer(answer(args, console), console)
}

fn answer(args: &PredictArgs, console: &Console) -> anyhow::Result<String> {
    let (_, ensemble) = load_ensemble(&args.run, &args.weights, &args.choice, console)?;
    let trained = ensemble.first();
    let names = trained.preprocessing.output_names();
    let threads = cores();
    if let Some(output) = &args.output {
        let format = predicted_table::format(output)?;
        args.files.iter().try_for_each(|file| check_form(file, trained))?;
        let rows = predicted_table::write(&args.files, (output, format), &ensemble, threads)?;
        args.files.iter().try_for_each(|file| show_unseen(file, trained, console))?;
        console.say(&format!("wrote {}, {}", output.display(), count(rows, "row")));
        return Ok(String::new());
    }
    let mut all = Vec::new();
    for file in &args.files {
        check_form(file, trained)?;
        let answers = ensemble.predict(file, threads)?;
        show_unseen(file, trained, console)?;
        all.extend(answers.into_iter().enumerate().map(|(row, answer)| (&**file, row, answer)));
    }
    Ok(if args.json {
        let values: Vec<_> = all.iter().map(|answer| value(answer, &names)).collect();
        serde_json::to_string_pretty(&values)? + "\n"
    } else {
        text(&all, &names)
    })
}

/// Says which words of a CSV file the network knows nothing of.
fn show_unseen(file: &Path, trained: &TrainedModel, console: &Console) -> anyhow::Result<()> {
    if !matches!(Source::parse(&file.to_string_lossy(), Path::new("")), Source::Csv(..)) {
        return Ok(());
    }
    for UnseenWords { column, word, words, rows } in trained.unseen_words(file)? {
        let more = if words == 1 { String::new() } else { format!(" and {} more", words - 1) };
        console.say(&format!(
            "note: `{}`, column `{column}`: `{word}`{more}, in {}, is no word of the rows that trained",
            file.display(),
            count(rows, "row")
        ));
    }
    Ok(())
}

/// Refuses rows of a CSV file where the network has learned from no columns.
fn check_form(file: &Path, trained: &TrainedModel) -> Result<(), RequestError> {
    let source = Source::parse(&file.to_string_lossy(), Path::new(""));
    if trained.preprocessing.columns.is_some() || !matches!(source, Source::Csv(..)) {
        return Ok(());
    }
    let message = format!(
        "cannot read the columns of `{}`: the network has learned from data without columns",
        file.display()
    );
    Err(RequestError::new(message, "want a picture (.png), or rows in a .npz file as its array x"))
}

fn text(all: &[(&Path, usize, Prediction)], names: &[String]) -> String {
    let file = all.iter().map(|(file, ..)| file.display().to_string());
    let mut table = vec![
        Column::words("file", file).shrinkable(),
        Column::numbers("row", all.iter().map(|(_, row, _)| row.to_string())),
    ];
    if all.iter().any(|(.., answer)| answer.class.is_some()) {
        let class = |answer: &Prediction| answer.class.map_or("-".to_owned(), |c| names[c].clone());
        let sure = |answer: &Prediction| {
            answer.class.map_or("-".to_owned(), |class| format!("{:.4}", answer.outputs[class]))
        };
        table.push(Column::words("class", all.iter().map(|(.., answer)| class(answer))));
        table.push(Column::numbers("probability", all.iter().map(|(.., a)| sure(a))));
        let then = Column::words("then", all.iter().map(|(.., answer)| second(answer, names)));
        table.push(then.drop_rank(1));
    } else {
        let n = all.first().map_or(0, |(.., answer)| answer.outputs.len());
        for i in 0..n {
            let title = if n == 1 { "value" } else { &*names[i] };
            let cells = all.iter().map(|(.., answer)| number(f64::from(answer.outputs[i])));
            table.push(Column::numbers(title, cells));
            if all.iter().any(|(.., answer)| !answer.deviations.is_empty()) {
                let cells = all.iter().map(|(.., answer)| {
                    answer.deviations.get(i).map_or("-".to_owned(), |x| number(f64::from(*x)))
                });
                table.push(Column::numbers("deviation", cells));
            }
        }
    }
    let fitted = fit_columns(table, stdout_width());
    let note = fitted.note("--json").map(|note| format!("{note}\n"));
    fitted.lines.iter().map(|line| format!("{line}\n")).chain(note).collect()
}

/// The second choice, with its probability.
fn second(answer: &Prediction, names: &[String]) -> String {
    let others = (0..answer.outputs.len()).filter(|class| Some(*class) != answer.class);
    let best = others.max_by(|&a, &b| answer.outputs[a].total_cmp(&answer.outputs[b]));
    best.map_or_else(String::new, |class| format!("{} {:.4}", names[class], answer.outputs[class]))
}

fn value((file, row, answer): &(&Path, usize, Prediction), names: &[String]) -> Value {
    let mut value = json!({ "file": file.to_string_lossy(), "row": row });
    match answer.class {
        None => {
            let numbers = |values: &[f32]| -> Value {
                values.iter().map(|x| json::number(f64::from(*x))).collect()
            };
            value["values"] = numbers(&answer.outputs);
            if !answer.deviations.is_empty() {
                value["deviations"] = numbers(&answer.deviations);
            }
        }
        Some(class) => {
            value["class"] = json!(names[class]);
            value["probabilities"] = names
                .iter()
                .zip(&answer.outputs)
                .map(|(name, p)| (name.clone(), json::number(f64::from(*p))))
                .collect();
        }
    }
    value
}
