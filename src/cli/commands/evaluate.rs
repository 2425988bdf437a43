//! `runner evaluate`: how a trained network does on rows it has not learned from.

use serde_json::{Map, Value, json};

use super::cores::cores;
use super::lost_rows;
use super::trained_model::load;
use crate::cli::args::{EvaluateArgs, Split};
use crate::cli::display::console::Console;
use crate::cli::display::format::number;
use crate::cli::display::json;
use crate::cli::display::table::{Column, lines};
use crate::cli::exit::Exit;
use crate::experiment::{self, Evaluation};
use crate::query::ClassScores;

/// A matrix of more classes is for the eye no more.
const SHOWN_CLASSES: usize = 20;

/// Evaluates a run's network.
pub(crate) fn evaluate(args: &EvaluateArgs, console: &Console) -> anyhow::Result<Exit> {
    super::print_answer::answer(answer(args, console), console)
}

fn answer(args: &EvaluateArgs, console: &Console) -> anyhow::Result<String> {
    let (run, weights, trained) = load(&args.run, &args.weights, &args.choice, console)?;
    lost_rows::check(&run.plan().map_err(anyhow::Error::msg)?, args)?;
    let rows = match args.split {
        Split::Train => experiment::Split::Training,
        Split::Validation => experiment::Split::Validation,
        Split::Test => experiment::Split::Test,
    };
    let threads = cores();
    let found = trained.evaluate(args.data.as_deref(), rows, threads)?;
    let names = trained.preprocessing.class_names().unwrap_or_default();
    Ok(match args.json {
        true => {
            let mut value = value(&found, &names);
            value["dir"] = json!(run.dir.to_string_lossy());
            value["weights"] = json!(weights.to_string_lossy());
            serde_json::to_string_pretty(&value)? + "\n"
        }
        false => text(&found, &names),
    })
}

fn text(found: &Evaluation, names: &[String]) -> String {
    let mut text = format!("{} {}\n\n", found.n_rows, found.rows);
    let metrics = [
        Column::words("", found.logs.0.iter().map(|(name, _)| name.clone())),
        Column::numbers("", found.logs.0.iter().map(|(_, value)| number(*value))),
    ];
    lines(&metrics)[1..].iter().for_each(|line| text += &format!("{line}\n"));
    let Some(confusion) = &found.confusion else { return text };
    let all = ClassScores::of(confusion);
    let column = |title: &str, pick: fn(&ClassScores) -> f64| {
        Column::numbers(title, all.iter().map(|scores| format!("{:.4}", pick(scores))))
    };
    let classes = [
        Column::words("class", names.iter().cloned()),
        column("precision", |s| s.precision),
        column("recall", |s| s.recall),
        column("f1", |s| s.f1),
        Column::numbers("support", all.iter().map(|s| s.support.to_string())),
    ];
    text += "\n";
    lines(&classes).iter().for_each(|line| text += &format!("{line}\n"));
    if confusion.len() <= SHOWN_CLASSES {
        text += "\nWhat is (down) and what the network says (across):\n\n";
        let mut table = vec![Column::words("", names.iter().cloned())];
        table.extend((0..confusion.len()).map(|said| {
            let cell = |row: &Vec<u64>| match row[said] {
                0 => "·".to_owned(),
                n => n.to_string(),
            };
            Column::numbers(&names[said], confusion.iter().map(cell))
        }));
        lines(&table).iter().for_each(|line| text += &format!("{line}\n"));
    }
    text
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
    }
    value
}
