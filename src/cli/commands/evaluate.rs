//! `runner evaluate`: metrics, class scores and confusion matrix of a trained network.

use serde_json::{Map, Value, json};

use super::cores::cores;
use super::lost_rows;
use super::trained_model::load;
use crate::cli::args::{EvaluateArgs, Split};
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::fit::{self, fit_columns, split};
use crate::cli::display::format::number;
use crate::cli::display::json;
use crate::cli::display::shorten::{min_distinct_width, shorten_all};
use crate::cli::display::table::{Column, lines};
use crate::cli::display::width::wrap;
use crate::cli::exit::Exit;
use crate::experiment::{self, Evaluation};
use crate::query::ClassScores;

/// A matrix of more classes is for the eye no more.
const SHOWN_CLASSES: usize = 20;

/// The least columns of a shortened class name.
const LEAST_NAME: usize = 6;

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
        false => text(&found, &names, stdout_width()),
    })
}

fn text(found: &Evaluation, names: &[String], width: Option<usize>) -> String {
    let caption = |text: &str| joined(&wrap(text, width.unwrap_or(usize::MAX), 2));
    let mut text = caption(&format!("{} {}", found.n_rows, found.rows)) + "\n";
    // The scores of single classes have a table of their own.
    let metrics = || found.logs.0.iter().filter(|(name, _)| !name.contains('/'));
    let metrics = vec![
        Column::words("", metrics().map(|(name, _)| name.clone())).shrinkable(),
        Column::numbers("", metrics().map(|(_, value)| number(*value))),
    ];
    text += &joined(&fit_columns(metrics, width).lines[1..]);
    let Some(confusion) = &found.confusion else { return text };
    let all = ClassScores::of(confusion);
    let column = |title: &str, pick: fn(&ClassScores) -> f64| {
        Column::numbers(title, all.iter().map(|scores| format!("{:.4}", pick(scores))))
    };
    let classes = vec![
        Column::words("class", names.iter().cloned()).shrinkable(),
        column("precision", |s| s.precision),
        column("recall", |s| s.recall),
        column("f1", |s| s.f1),
        Column::numbers("support", all.iter().map(|s| s.support.to_string())),
    ];
    let classes = fit_columns(classes, width);
    text += &format!("\n{}", joined(&classes.lines));
    classes.note("--json").iter().for_each(|note| text += &format!("{note}\n"));
    if confusion.len() <= SHOWN_CLASSES {
        let title = caption("What is (down) and what the network says (across):");
        text += &format!("\n{title}\n");
        let tables: Vec<_> =
            matrix(confusion, names, width).iter().map(|lines| joined(lines)).collect();
        text += &tables.join("\n");
    }
    text
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The confusion matrix in tables of at most `width` columns of the terminal, each with the names of
/// all rows; where it takes fewer tables, the names are shortened.
fn matrix(confusion: &[Vec<u64>], names: &[String], width: Option<usize>) -> Vec<Vec<String>> {
    let tables = |names: &[String]| {
        let cell = |n: u64| if n == 0 { "·".to_owned() } else { n.to_string() };
        let rows = Column::words("", names.iter().cloned());
        let predicted = names.iter().enumerate().map(|(class, name)| {
            Column::numbers(name, confusion.iter().map(|row| cell(row[class])))
        });
        let columns: Vec<_> = std::iter::once(rows).chain(predicted).collect();
        width.map_or_else(|| vec![lines(&columns)], |width| split(&columns, width))
    };
    let shortened = shorten_all(names, min_distinct_width(names, LEAST_NAME));
    let (whole, short) = (tables(names), tables(&shortened));
    let fits = width.is_none_or(|limit| whole.iter().all(|lines| fit::width(lines) <= limit));
    if fits && whole.len() <= short.len() { whole } else { short }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusion_matrix_fits_the_terminal() {
        let names =
            ["Iris-setosa", "Iris-versicolor", "Iris-virginica", "鳶尾花"].map(str::to_owned);
        let confusion =
            vec![vec![10, 0, 0, 0], vec![0, 9, 1, 0], vec![0, 2, 8, 0], vec![0, 0, 0, 7]];
        let text = |width| {
            let tables = matrix(&confusion, &names, width);
            tables.iter().map(|lines| joined(lines)).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(text(Some(100)), text(None));
        insta::assert_snapshot!(text(Some(40)), @r"
                Ir…osa  Ir…lor  Ir…ica  鳶尾花
        Ir…osa      10       ·       ·       ·
        Ir…lor       ·       9       1       ·
        Ir…ica       ·       2       8       ·
        鳶尾花       ·       ·       ·       7
        ");
        for width in 16..80 {
            let fits = |line: &str| crate::cli::display::width::text_width(line) <= width;
            assert!(text(Some(width)).lines().all(fits), "{width}");
        }
    }
}
