//! `runner data`: the columns of a table, and what a network sees of them.

use std::path::Path;

use serde_json::{Value, json};

use super::check::show_problems;
use super::load;
use crate::cli::args::DataArgs;
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::fit::fit_columns;
use crate::cli::display::format::count;
use crate::cli::display::json;
use crate::cli::display::table::Column;
use crate::cli::exit::Exit;
use crate::data::{
    ColumnProfile, CsvOptions, DataError, Source, TableFiles, date_text, looks_like_number,
    profile, reading_keys,
};
use crate::query::RequestError;

/// Rows from which on a column of different values is no accident.
const FEW_ROWS: usize = 20;

/// Shows the columns of a file, or of the data of a config.
pub(crate) fn data(args: &DataArgs, console: &Console) -> anyhow::Result<Exit> {
    let is_config = args.file.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    let source = if !is_config {
        Source::parse(&args.file.to_string_lossy(), Path::new(""))
    } else {
        match load::load(std::slice::from_ref(&args.file), &args.set, console.err.color) {
            Ok(experiments) => {
                load::show_notes(&experiments, console);
                let run = experiments.first().and_then(|experiment| experiment.runs.iter().next());
                run.map_or(Source::Mnist, |run| run.plan.data.source())
            }
            Err(pictures) => return Ok(show_problems(&pictures, console)),
        }
    };
    super::print_answer::answer(answer(&source, args.json), console)
}

fn answer(source: &Source, as_json: bool) -> anyhow::Result<String> {
    let Source::Csv(files, options) = source else {
        let message = format!("`{source}` has no columns");
        return Err(RequestError::new(
            message,
            "name a `.csv`, `.parquet` or `.arrow` file, or a config with one",
        )
        .into());
    };
    let (rows, columns) = profile_of(files, options)?;
    Ok(if as_json {
        let columns: Vec<_> = columns.iter().map(value).collect();
        serde_json::to_string_pretty(&json!({ "rows": rows, "columns": columns }))? + "\n"
    } else {
        text(rows, &columns)
    })
}

fn profile_of(
    files: &TableFiles,
    options: &CsvOptions,
) -> anyhow::Result<(usize, Vec<ColumnProfile>)> {
    profile(files, options).map_err(|error: DataError| match error.help() {
        Some(help) => RequestError::new(error.to_string(), help).into(),
        None => error.into(),
    })
}

fn text(rows: usize, columns: &[ColumnProfile]) -> String {
    let cells = |pick: fn(&ColumnProfile) -> String| columns.iter().map(pick).collect::<Vec<_>>();
    let inputs: usize = columns.iter().map(|column| column.inputs.len()).sum();
    let table = vec![
        Column::words("column", cells(|column| column.name.clone())).shrinkable(),
        Column::words("type", cells(|column| column.kind.to_owned())),
        Column::numbers("missing", cells(|column| column.missing.to_string())).drop_rank(1),
        Column::numbers("distinct", cells(|column| column.distinct.to_string())).drop_rank(1),
        Column::words("values", cells(values)).shrinkable().drop_rank(3),
        Column::words("histogram", cells(|column| bars(&column.histogram))).drop_rank(2),
        Column::words("network", cells(network)).shrinkable(),
    ];
    let fitted = fit_columns(table, stdout_width());
    let note = fitted.note("--json").map(|note| format!("{note}\n"));
    let head = format!("{}, {}\n", count(rows, "row"), count(inputs, "input"));
    let lines = fitted.lines.iter().map(|line| format!("{line}\n"));
    let remarks = columns.iter().filter_map(|column| remark(column, rows));
    std::iter::once(head).chain(lines).chain(note).chain(remarks).collect()
}

/// The range of numbers, or the most frequent words.
fn values(column: &ColumnProfile) -> String {
    match column.range {
        Some(range) if column.kind == "date" => range.map(date_text).join(" to "),
        Some(range) => range.map(number).join(" to "),
        None => {
            let words: Vec<_> = column.frequent.iter().take(3).map(|(word, _)| &**word).collect();
            let more = if words.len() < column.distinct { ", ..." } else { "" };
            words.join(", ") + more
        }
    }
}

/// A number with four digits or more; whole numbers have no fraction.
fn number(x: f64) -> String {
    match x.abs() {
        size if size < 1e9 && x.fract() == 0.0 => format!("{x}"),
        size if (1e-3..1e6).contains(&size) => {
            let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
            format!("{x:.decimals$}")
        }
        _ => format!("{x:.3e}"),
    }
}

/// The inputs that a column becomes.
fn network(column: &ColumnProfile) -> String {
    if let Some(units) = column.embedding {
        return format!("{} words, each {units} learned numbers", column.inputs.len());
    }
    match (column.label, &column.inputs[..]) {
        (true, _) => "the label".to_owned(),
        (false, []) if column.kind == "weight" => "the weight of rows".to_owned(),
        (false, [one]) => one.clone(),
        (false, [first, .., last]) => format!("{} inputs: {first} to {last}", column.inputs.len()),
        (false, []) => "nothing".to_owned(),
    }
}

/// Numbers as bars, the greatest as high as a character.
fn bars(heights: &[usize]) -> String {
    let max = heights.iter().copied().max().unwrap_or(0).max(1);
    let bar = |height: &usize| match (height * 8).div_ceil(max) {
        0 => ' ',
        eighths => char::from_u32(0x2580 + eighths as u32).unwrap_or('█'),
    };
    heights.iter().map(bar).collect()
}

/// Something to be said about a column.
fn remark(column: &ColumnProfile, rows: usize) -> Option<String> {
    let (name, way_out) = (&column.name, "`data.ignore` leaves it out");
    match column {
        ColumnProfile { label: true, .. } => None,
        ColumnProfile { kind: "weight", .. } => None,
        _ if column.missing == rows => Some(format!("note: `{name}` has no value; {way_out}\n")),
        _ if column.distinct == 1 && column.missing == 0 && 1 < rows => {
            Some(format!("note: `{name}` is the same in all rows; {way_out}\n"))
        }
        _ if column.identifies && FEW_ROWS <= rows => {
            Some(format!("note: `{name}` identifies rows, no two have the same; {way_out}\n"))
        }
        _ => unread_numbers(column),
    }
}

/// The note on a column of words of which most look like numbers.
fn unread_numbers(column: &ColumnProfile) -> Option<String> {
    let words = || column.frequent.iter().map(|(word, _)| &**word);
    let numbers: Vec<&str> = words().filter(|word| looks_like_number(word)).collect();
    if column.kind != "category" || 2 * numbers.len() <= words().count() {
        return None;
    }
    let keys = reading_keys(numbers.iter().copied());
    let way_out = keys.map_or_else(
        || "write numbers as `1200` or `1.5` to have them as one input".to_owned(),
        |keys| format!("{keys} reads them as one input"),
    );
    let (name, first) = (&column.name, numbers[0]);
    Some(format!("note: `{name}` has words that look like numbers, such as `{first}`; {way_out}\n"))
}

fn value(column: &ColumnProfile) -> Value {
    let frequent: Vec<_> = column.frequent.iter().map(|(word, n)| json!([word, n])).collect();
    json!({
        "name": column.name, "type": column.kind, "label": column.label,
        "missing": column.missing, "distinct": column.distinct,
        "range": column.range.map(|range| range.map(json::number)),
        "frequent": frequent, "histogram": column.histogram, "inputs": column.inputs,
        "embedding": column.embedding,
    })
}
