//! Whether the data that a plan names can be had, and whether what it wants of them is there; it reads
//! what describes data, and fills in what follows from that.

use std::path::Path;
use std::sync::Arc;

use super::shapes;
use super::sharded::sharded;
use super::source::{ConfigSource, DatasetLookup};
use super::task;
use crate::config::diagnostic::Diagnostic;
use crate::config::nearest::nearest;
use crate::config::paths::{reason, similar};
use crate::config::plan::{BUILT_IN, Data, DataFiles, Label, Plan};
use crate::config::schema::list;
use crate::data::{
    Column, DataError, DatasetInfo, Source, SplitMethod, TableFiles, TableKind, Task, is_pattern,
};

/// The data of a plan, its paths made absolute; or why they cannot be had.
pub(crate) fn dataset(
    plan: &mut Plan,
    config: &ConfigSource<'_>,
    describe: &mut DatasetLookup<'_>,
) -> Result<DatasetInfo, Box<Diagnostic>> {
    absolute(plan, config, "data.dataset")?;
    csv_keys(plan, config)?;
    sharded(plan, config)?;
    let complain = |error: Arc<DataError>| *unusable(&error, config, "data.dataset");
    let task = plan.data.task;
    task::describe(plan, config, describe).map_err(|error| {
        let diagnostic = complain(error);
        let told = task != plan.data.task && plan.data.task == Some(Task::Regression);
        let loss = config.span("training.loss").filter(|_| told);
        let diagnostic = diagnostic.related(loss, "with one output, this loss is between numbers");
        Box::new(if told {
            diagnostic.note("labels that are classes want `data.task = \"classification\"`")
        } else {
            diagnostic
        })
    })
}

/// Makes the path at `key` absolute, if it is one, and looks for it.
fn absolute(plan: &mut Plan, config: &ConfigSource<'_>, key: &str) -> Result<(), Box<Diagnostic>> {
    let place = match key {
        "data.dataset" => Some(&mut plan.data.dataset),
        _ => plan.data.validation_data.as_mut(),
    };
    let Some(dataset) = place else { return Ok(()) };
    if let Some(diagnostic) = several(dataset, config, key) {
        return Err(diagnostic.into());
    }
    for path in dataset.paths_mut() {
        if !BUILT_IN.contains(&path.as_str()) {
            absolute_path(path, config, key)?;
        }
    }
    Ok(())
}

fn absolute_path(
    path: &mut String,
    config: &ConfigSource<'_>,
    key: &str,
) -> Result<(), Box<Diagnostic>> {
    let given = path.clone();
    *path = config.absolute(key, &given)?;
    match std::fs::metadata(&*path) {
        // The files of a pattern are looked for when they are read.
        Err(_) if is_pattern(Path::new(path)) => Ok(()),
        Err(error) => {
            let message = format!("cannot read the data `{given}`: {}", reason(&error));
            Err(config.diagnostic(&[key], message, dataset_help(&given, path)).into())
        }
        Ok(_) => Ok(()),
    }
}

/// The diagnostic of several files that make no table.
fn several(dataset: &DataFiles, config: &ConfigSource<'_>, key: &str) -> Option<Diagnostic> {
    let DataFiles::Many(paths) = dataset else { return None };
    let kinds: Vec<_> = paths.iter().map(|path| TableKind::of(Path::new(path))).collect();
    let (message, help) = match kinds.split_first() {
        None => (format!("`{key}` names no file"), "name at least one table"),
        Some((None, _)) => (
            format!("`{}` is no table, and cannot be one of several files", paths[0]),
            "name CSV, Parquet or Arrow files",
        ),
        Some((first, rest)) => {
            let other = rest.iter().position(|kind| kind != first)?;
            let message = format!("`{}` is of another kind than `{}`", paths[1 + other], paths[0]);
            (message, "name files of one kind: text, or Parquet and Arrow")
        }
    };
    Some(config.diagnostic(&[key], message, help))
}

/// The help for a path that does not exist.
fn dataset_help(given: &str, path: &str) -> String {
    if let Some(near) = nearest(given, BUILT_IN) {
        return format!("did you mean `{near}`?");
    }
    if let Some(name) = similar(Path::new(path), |name| !name.ends_with(".toml")) {
        return format!("did you mean `{}`?", Path::new(given).with_file_name(name).display());
    }
    if Path::new(given).is_absolute() {
        format!("put the data back, or a link in their place: `ln -s NEW {given}`")
    } else {
        format!("write {}, or a path relative to the config", list(&BUILT_IN))
    }
}

/// The keys for tables alone.
const CSV_KEYS: [&str; 12] = [
    "data.label",
    "data.sample_weight",
    "data.ignore",
    "data.separator",
    "data.encoding",
    "data.comment",
    "data.decimal",
    "data.thousands",
    "data.strip",
    "data.missing",
    "data.columns",
    "data.header",
];

/// The diagnostic of a key that is not one character, or of two that are the same.
fn characters(data: &Data, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let is_byte =
        |text: &str| matches!(text.as_bytes(), [byte] if byte.is_ascii() && *byte != b'\n');
    let is_mark = |text: &str| {
        let mut chars = text.chars();
        chars.next().is_some_and(|c| !c.is_alphanumeric() && !"+-".contains(c))
            && chars.next().is_none()
    };
    let wrong = |key: &str, text: &Option<String>, fits: &dyn Fn(&str) -> bool, example: &str| {
        let text = text.as_deref().filter(|text| !fits(text))?;
        let what = match text.chars().count() {
            1 => "a character of ASCII that is no part of a number",
            _ => "one character of ASCII",
        };
        let message = format!("`data.{key}` must be {what}");
        Some(config.diagnostic(&[&format!("data.{key}")], message, format!("write {example}")))
    };
    let tab = "`separator = \";\"`, or `\"\\t\"` for a tab";
    let (decimal, thousands) = ("`decimal = \",\"`", "`thousands = \",\"`");
    wrong("separator", &data.separator, &is_byte, tab)
        .or_else(|| wrong("comment", &data.comment, &is_byte, "`comment = \"#\"`"))
        .or_else(|| wrong("decimal", &data.decimal, &is_mark, decimal))
        .or_else(|| wrong("thousands", &data.thousands, &is_mark, thousands))
        .or_else(|| {
            let decimal = data.decimal.as_deref().unwrap_or(".");
            data.thousands.as_deref().filter(|mark| *mark == decimal)?;
            let message = "`data.thousands` and `data.decimal` are the same character";
            let help = "with `thousands = \".\"` write `decimal = \",\"`";
            Some(config.diagnostic(&["data.thousands"], message, help))
        })
}

/// Checks the keys for tables.
fn csv_keys(plan: &Plan, config: &ConfigSource<'_>) -> Result<(), Box<Diagnostic>> {
    let given = CSV_KEYS.iter().find(|key| config.span(key).is_some());
    if let Some(diagnostic) = characters(&plan.data, config) {
        return Err(diagnostic.into());
    }
    if let (Some(_), Source::Mnist) = (config.span("data.task"), plan.data.source()) {
        let message = "`data.task` is for files, the labels of `mnist` are classes";
        return Err(config.diagnostic(&["data.task"], message, "take it out").into());
    }
    match (given, plan.data.source()) {
        (None, _) => Ok(()),
        (Some(_), Source::Csv(files, _)) => text_keys(&files, config),
        (Some(key), _) => {
            let message = format!("`{key}` is for tables only");
            let help = "take it out, or name a file that ends in `.csv`, `.parquet` or `.arrow`";
            Err(config.diagnostic(&[key], message, help).into())
        }
    }
}

/// Refuses the keys of text for files with types.
fn text_keys(files: &TableFiles, config: &ConfigSource<'_>) -> Result<(), Box<Diagnostic>> {
    let kind = files.given().first().and_then(|path| TableKind::of(path));
    let given = TEXT_KEYS.iter().find(|key| config.span(key).is_some());
    match given.filter(|_| kind == Some(TableKind::Typed)) {
        None => Ok(()),
        Some(key) => {
            let message = format!("`{key}` is for text, Parquet and Arrow files have columns");
            Err(config.diagnostic(&[key], message, "take it out").into())
        }
    }
}

/// The keys for text alone.
const TEXT_KEYS: [&str; 4] = ["data.separator", "data.encoding", "data.comment", "data.header"];

/// The diagnostic of unusable data.
fn unusable(error: &DataError, config: &ConfigSource<'_>, key: &str) -> Box<Diagnostic> {
    let help = error.help().unwrap_or_else(|| "check the data, or name another".to_owned());
    let (keys, help) = match error {
        DataError::NoColumn { want, got, key: asks, .. } => {
            let asks = format!("data.{asks}");
            let help = match (nearest(want, got.iter().map(String::as_str)), error.help()) {
                (_, Some(help)) => help,
                (Some(near), _) => format!("did you mean `{near}`?"),
                _ => "name one of the columns; an index counts from 0".to_owned(),
            };
            (vec![if config.span(&asks).is_some() { asks } else { key.to_owned() }], help)
        }
        _ => (vec![key.to_owned()], help),
    };
    let keys: Vec<&str> = keys.iter().map(String::as_str).chain(["data"]).collect();
    config.diagnostic(&keys, error.to_string(), help).into()
}

/// The diagnostic of the validation data.
pub(crate) fn validation(
    plan: &mut Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
    describe: &mut DatasetLookup<'_>,
) -> Option<Diagnostic> {
    let key = "data.validation_data";
    plan.data.validation_data.as_ref()?;
    if plan.data.validation_split != 0.0 {
        let message = "`data.validation_data` and `data.validation_split` both say what validates";
        let help = "take one of them out";
        let place = config.span("data.validation_split");
        return Some(config.diagnostic(&[key], message, help).related(place, "the other"));
    }
    let found = absolute(plan, config, key).and_then(|()| {
        let source = plan.data.validation_source(data.columns.as_ref());
        let check = |source: &Source| Ok(data.check(&describe(source)?, source)?);
        let checked: Result<(), Arc<DataError>> = source.as_ref().map_or(Ok(()), check);
        checked.map_err(|error| unusable(&error, config, key))
    });
    found.err().map(|diagnostic| *diagnostic)
}

/// Fills in the defaults that follow from the data.
pub(crate) fn fill(plan: &mut Plan, config: &ConfigSource<'_>, data: &DatasetInfo) {
    if let Some(columns) = &data.columns {
        let mut labels = columns.labels().iter().map(|name| match name.parse() {
            Ok(index) if !columns.header => Column::Index(index),
            _ => Column::Name(name.clone()),
        });
        plan.data.label = match columns.labels() {
            [_] => labels.next().map(Label::One),
            _ => Some(Label::Many(labels.collect())),
        };
        plan.data.task = Some(columns.task());
        let typed = match plan.data.source() {
            Source::Csv(files, _) => files.given().first().and_then(|path| TableKind::of(path)),
            _ => None,
        };
        if typed != Some(TableKind::Typed) {
            plan.data.header = Some(columns.header);
        }
    }
    if data.classes.is_some() {
        plan.training.name_classes(&data.output_names());
    }
    plan.data.scale.get_or_insert(data.default_scale);
    plan.model.input_shape.get_or_insert_with(|| vec![data.shape.iter().product()]);
    if shapes::reports_numbers(plan, data) && config.span("training.metrics").is_none() {
        plan.training.metrics.retain(|metric| !metric.is_of_classes());
    }
}

/// The diagnostics of `limit`, `test_split` and `validation_split`.
pub(crate) fn rows(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let limit = plan.data.limit.unwrap_or(data.rows);
    if data.rows < limit {
        let message = "`data.limit` is more than there is";
        let help = "leave `limit` out to take every row";
        let label = format!("got {limit}, the training set has {} rows", data.rows);
        diagnostics.push(config.diagnostic(&["data.limit"], message, help).label(label));
    }
    diagnostics.extend(split_method(plan, config, data));
    let rows = limit.min(data.rows);
    diagnostics.extend(test_rows(plan, config, data, rows));
    let split = plan.data.validation_split;
    let parts = data.parts.clone().unwrap_or_else(|| plan.data.parts(rows));
    let (training, rows) = (parts.training.len(), parts.test.start);
    if plan.data.fold.is_none() && 0 < rows && (training == 0 || (split != 0.0 && training == rows))
    {
        let side = if training == 0 { "training" } else { "validation" };
        let message = format!("`data.validation_split` leaves no row for {side}");
        let help = match rows {
            0 | 1 => "take more rows: both sides need one",
            _ if training == 0 => "take a smaller share, or more rows",
            _ => "take a larger share or more rows, or 0 for no validation",
        };
        let label = match plan.data.split {
            Some(SplitMethod::Group { .. }) => "whole groups are divided".to_owned(),
            _ => format!("floor({rows} * (1 - {split})) = {training} of {rows} rows train"),
        };
        let paths = ["data.validation_split", "data.limit", "data"];
        diagnostics.push(config.diagnostic(&paths, message, help).label(label));
    }
    diagnostics
}

/// The diagnostic of a split that the data do not allow.
fn split_method(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Option<Diagnostic> {
    let (message, help) = match plan.data.split.as_ref()? {
        SplitMethod::Stratified { .. } if data.classes.is_none() => (
            "`data.split` draws from each class, the labels are real values",
            "write `method = \"random\"`",
        ),
        SplitMethod::Time { .. } | SplitMethod::Group { .. } if data.columns.is_none() => (
            "`data.split` goes by a column, the data have none",
            "name a table, or write `method = \"random\"`",
        ),
        _ if plan.data.fold.is_none()
            && plan.data.validation_split == 0.0
            && plan.data.test_split == 0.0 =>
        {
            (
                "`data.split` divides the rows, and no share of them validates or is kept out",
                "add `validation_split` or `test_split`",
            )
        }
        _ => return None,
    };
    Some(config.diagnostic(&["data.split.method", "data.split"], message, help))
}

fn test_rows(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
    rows: usize,
) -> Option<Diagnostic> {
    let split = plan.data.test_split;
    let paths = ["data.test_split", "data.limit", "data"];
    if split != 0.0 && data.has_test {
        let message = "`data.test_split` is for data without test rows of their own";
        let help = "take it out: these data have test rows, which `runner evaluate` takes";
        return Some(config.diagnostic(&paths, message, help));
    }
    let parts = data.parts.clone().unwrap_or_else(|| plan.data.parts(rows));
    let kept = rows - parts.test.len();
    (kept == 0 || (split != 0.0 && kept == rows)).then(|| {
        let side = if kept == 0 { "training" } else { "a test" };
        let message = format!("`data.test_split` leaves no row for {side}");
        let label = format!("floor({rows} * (1 - {split})) = {kept} of {rows} rows are kept");
        config.diagnostic(&paths, message, "take another share, or more rows").label(label)
    })
}
