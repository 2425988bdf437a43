//! The text of `runner evaluate`: metrics, classes, confusion, calibration and wrong rows as tables.

use crate::cli::display::fit::{self, fit_columns, split};
use crate::cli::display::format::{count, is_class_score};
use crate::cli::display::shorten::{min_distinct_width, shorten_all};
use crate::cli::display::table::{Column, lines};
use crate::cli::display::width::wrap;
use crate::experiment::{
    Calibration, CalibrationBin, EnsembleEvaluation, Evaluation, Importance, Mistake, TargetScores,
};
use crate::query::{ClassScores, MeanStd};

/// A matrix of more classes is for the eye no more.
const SHOWN_CLASSES: usize = 20;

/// The least columns of a shortened class name.
const LEAST_NAME: usize = 6;

/// The number of wrong rows shown.
const SHOWN_MISTAKES: usize = 10;

/// The text of an evaluation in at most `width` columns; `names` are those of the classes or the targets.
pub(crate) fn text(found: &EnsembleEvaluation, names: &[String], width: Option<usize>) -> String {
    let caption = |text: &str| joined(&wrap(text, width.unwrap_or(usize::MAX), 2));
    let networks = match found.logs.len() {
        1 => String::new(),
        n => format!(", by {}: mean and deviation", count(n, "network")),
    };
    let all = &found.all;
    let mut text = caption(&format!("{} {}{networks}", all.n_rows, all.rows)) + "\n";
    let number = |name: &str| {
        let values: Vec<f64> = found.logs.iter().filter_map(|logs| logs.get(name)).collect();
        MeanStd::of(&values).map_or("-".to_owned(), |mean| mean.to_string())
    };
    // The scores of single classes have a table of their own.
    let metrics = || all.logs.0.iter().filter(|(name, _)| !is_class_score(name));
    let metrics = vec![
        Column::words("", metrics().map(|(name, _)| name.clone())).shrinkable(),
        Column::numbers("", metrics().map(|(name, _)| number(name))),
    ];
    text += &joined(&fit_columns(metrics, width).lines[1..]);
    match &all.confusion {
        Some(confusion) => text + &of_classes(all, confusion, names, width),
        None => text + &of_targets(&TargetScores::of(&all.answers), names, width),
    }
}

/// The errors of each of several targets.
fn of_targets(scores: &[TargetScores], names: &[String], width: Option<usize>) -> String {
    if scores.len() < 2 {
        return String::new();
    }
    let column = |title: &str, pick: fn(&TargetScores) -> f64| {
        Column::numbers(title, scores.iter().map(|scores| format!("{:.4}", pick(scores))))
    };
    let targets = vec![
        Column::words("target", names.iter().cloned()).shrinkable(),
        column("mean absolute error", |s| s.mean_absolute_error),
        column("root mean squared error", |s| s.root_mean_squared_error),
        column("r2", |s| s.r2),
    ];
    format!("\n{}", joined(&fit_columns(targets, width).lines))
}

/// The classes, the confusion matrix, the calibration and the wrong rows.
fn of_classes(
    all: &Evaluation,
    confusion: &[Vec<u64>],
    names: &[String],
    width: Option<usize>,
) -> String {
    let caption = |text: &str| joined(&wrap(text, width.unwrap_or(usize::MAX), 2));
    let scores = ClassScores::of(confusion);
    let column = |title: &str, pick: fn(&ClassScores) -> f64| {
        Column::numbers(title, scores.iter().map(|scores| format!("{:.4}", pick(scores))))
    };
    let classes = vec![
        Column::words("class", names.iter().cloned()).shrinkable(),
        column("precision", |s| s.precision),
        column("recall", |s| s.recall),
        column("f1", |s| s.f1),
        Column::numbers("support", scores.iter().map(|s| s.support.to_string())),
    ];
    let classes = fit_columns(classes, width);
    let mut text = format!("\n{}", joined(&classes.lines));
    classes.note("--json").iter().for_each(|note| text += &format!("{note}\n"));
    if confusion.len() <= SHOWN_CLASSES {
        let title = caption("What is (down) and what the network says (across):");
        text += &format!("\n{title}\n");
        let tables: Vec<_> =
            matrix(confusion, names, width).iter().map(|lines| joined(lines)).collect();
        text += &tables.join("\n");
    }
    if let Some(calibration) = Calibration::of(&all.answers) {
        text += &format!("\n{}\n", caption("Predictions by probability, and how many are right:"));
        text += &reliability(&calibration, width);
    }
    if !all.mistakes.is_empty() {
        text += &format!("\n{}\n", caption("The wrong rows of the highest probability:"));
        text += &wrong_rows(&all.mistakes, names, width);
    }
    text
}

/// The bins of a reliability diagram, and the expected calibration error.
fn reliability(calibration: &Calibration, width: Option<usize>) -> String {
    let bins = &calibration.bins;
    let column = |title: &str, cell: &dyn Fn(&CalibrationBin) -> String| {
        Column::numbers(title, bins.iter().map(cell))
    };
    let columns = vec![
        column("probability", &|bin| format!("{:.1} to {:.1}", bin.from, bin.from + 0.1)),
        column("rows", &|bin| bin.rows.to_string()),
        column("mean", &|bin| format!("{:.4}", bin.confidence)),
        column("right", &|bin| format!("{:.4}", bin.accuracy)),
    ];
    let table = joined(&fit_columns(columns, width).lines);
    format!("{table}expected calibration error: {:.4}\n", calibration.error)
}

fn wrong_rows(mistakes: &[Mistake], names: &[String], width: Option<usize>) -> String {
    let shown = || mistakes.iter().take(SHOWN_MISTAKES);
    let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
    let columns = vec![
        Column::numbers("row", shown().map(|mistake| mistake.row.to_string())),
        Column::words("is", shown().map(|mistake| name(mistake.label))).shrinkable(),
        Column::words("predicted", shown().map(|mistake| name(mistake.predicted))).shrinkable(),
        Column::numbers("probability", shown().map(|m| format!("{:.4}", m.probability))),
    ];
    joined(&fit_columns(columns, width).lines)
}

/// The importance of columns, the most important first.
pub(crate) fn importance_text(found: &Importance, width: Option<usize>) -> String {
    let spread = |values: &[f64]| MeanStd::of(values);
    let shown = |values: &[f64]| spread(values).map_or("-".to_owned(), |mean| mean.to_string());
    // Most drops are near 0, where an exponent says nothing.
    let drop = |values: &[f64]| match spread(values) {
        Some(MeanStd { mean, std: Some(std) }) => format!("{mean:.4} ± {std:.4}"),
        Some(MeanStd { mean, std: None }) => format!("{mean:.4}"),
        None => "-".to_owned(),
    };
    let mean = |values: &[f64]| spread(values).map_or(f64::NAN, |spread| spread.mean);
    let mut columns: Vec<_> = found.columns.iter().collect();
    columns.sort_by(|a, b| mean(&b.drops).total_cmp(&mean(&a.drops)));
    let title = format!("{} worse by", found.metric);
    let table = vec![
        Column::words("column", columns.iter().map(|column| column.name.clone())).shrinkable(),
        Column::numbers(&title, columns.iter().map(|column| drop(&column.drops))),
    ];
    let caption = format!(
        "{} {}; with the values of one column shuffled among the rows:",
        found.metric,
        shown(&found.base)
    );
    let caption = joined(&wrap(&caption, width.unwrap_or(usize::MAX), 2));
    format!("{caption}\n{}", joined(&fit_columns(table, width).lines))
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
