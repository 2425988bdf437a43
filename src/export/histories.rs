//! Export of the histories of several runs: a row for each epoch, with the config keys as columns.

use serde_json::Value;

use super::table::{Cells, Column, Strings, Table};
use crate::query::{Run, read_settings};
use crate::runs::History;

/// Config keys with a fixed column.
const OWN_COLUMNS: [&str; 2] = ["name", "seed"];

/// Selection of the config keys exported as columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Keys with different values in some runs, such as the swept ones.
    Differing,
    /// All keys.
    All,
}

/// Builds the columns `run` (the folder), `name`, `seed`, config keys by dotted path, `epoch` (from 0),
/// and the union of the logged numbers.
///
/// Missing keys and numbers are null. The second value lists unreadable configs and histories.
pub fn histories(runs: &[Run], keys: Keys) -> (Table, Vec<String>) {
    let (mut read, mut notes) = (Vec::new(), read_settings(runs));
    for run in runs {
        match run.history() {
            Ok(history) => read.push((run, history)),
            Err(error) => notes.push(error.to_string()),
        }
    }
    (table(&read, keys), notes)
}

fn table(histories: &[(&Run, History)], keys: Keys) -> Table {
    let (mut run_column, mut name_column) = (Strings::default(), Strings::default());
    let (mut seeds, mut epochs) = (Vec::new(), Vec::new());
    for (run, history) in histories {
        for (epoch, _) in &history.epochs {
            run_column.push(&run.dir.to_string_lossy());
            name_column.push(&run.record.name);
            seeds.push(run.record.seed.cast_signed());
            epochs.push(*epoch as i64);
        }
    }
    let mut columns = vec![
        Column::new("run", Cells::Strings(run_column)),
        Column::new("name", Cells::Strings(name_column)),
        Column::new("seed", Cells::Int64(seeds)),
    ];
    columns.extend(settings(histories, keys));
    columns.push(Column::new("epoch", Cells::Int64(epochs)));
    columns.extend(numbers(histories));
    Table { columns }
}

/// A column for each logged number of any history.
fn numbers(histories: &[(&Run, History)]) -> Vec<Column> {
    let mut names: Vec<&String> = Vec::new();
    for name in histories.iter().flat_map(|(_, history)| &history.columns) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut numbers = vec![Vec::new(); names.len()];
    for (_, history) in histories {
        let place = |name: &String| history.columns.iter().position(|column| column == name);
        let places: Vec<_> = names.iter().map(|name| place(name)).collect();
        for (_, values) in &history.epochs {
            for (column, place) in numbers.iter_mut().zip(&places) {
                column.push(place.map(|place| values[place] as f32));
            }
        }
    }
    let numbers = names.iter().zip(numbers);
    numbers.map(|(name, cells)| Column::new(name, Cells::OptionalFloat32(cells))).collect()
}

/// A column for each selected config key, in the order of the plan.
fn settings(histories: &[(&Run, History)], keys: Keys) -> Vec<Column> {
    let mut names: Vec<&str> = Vec::new();
    for (key, _) in histories.iter().flat_map(|(run, _)| run.settings()) {
        if !names.contains(&key.as_str()) && !OWN_COLUMNS.contains(&key.as_str()) {
            names.push(key);
        }
    }
    let column = |key: &str| {
        let values: Vec<_> = histories.iter().map(|(run, _)| run.setting(key)).collect();
        let differs = values.iter().any(|value| *value != values[0]);
        let repeated = values.iter().zip(histories);
        let rows = repeated
            .flat_map(|(value, (_, history))| std::iter::repeat_n(*value, history.epochs.len()));
        (differs || keys == Keys::All).then(|| Column::new(key, cells(&values, rows)))
    };
    names.into_iter().filter_map(column).collect()
}

/// The rows as cells of the common type of `values`, or as strings without a common type.
fn cells<'a>(values: &[Option<&Value>], rows: impl Iterator<Item = Option<&'a Value>>) -> Cells {
    let all = |is: fn(&Value) -> bool| values.iter().flatten().all(|value| is(value));
    if all(Value::is_i64) {
        Cells::OptionalInt64(rows.map(|value| value?.as_i64()).collect())
    } else if all(Value::is_number) {
        Cells::OptionalFloat64(rows.map(|value| value?.as_f64()).collect())
    } else if all(Value::is_boolean) {
        Cells::OptionalBool(rows.map(|value| value?.as_bool()).collect())
    } else {
        let mut words = Strings::default();
        rows.for_each(|value| match value {
            None => words.push_null(),
            Some(Value::String(text)) => words.push(text),
            Some(other) => words.push(&other.to_string()),
        });
        Cells::Strings(words)
    }
}
