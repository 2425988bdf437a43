//! The histories of several runs as one table, a row for each epoch.

use super::table::{Cells, Column, Table, Words};
use crate::report::Run;
use crate::runs::History;

/// The columns `run` (the folder), `name` and `epoch` (from 0), then the numbers that any of them has,
/// empty where a run has not; and which histories cannot be read.
pub fn histories(runs: &[Run]) -> (Table, Vec<String>) {
    let (mut read, mut notes) = (Vec::new(), Vec::new());
    for run in runs {
        match run.history() {
            Ok(history) => read.push((run, history)),
            Err(error) => notes.push(error.to_string()),
        }
    }
    (table(&read), notes)
}

fn table(histories: &[(&Run, History)]) -> Table {
    let mut names: Vec<&String> = Vec::new();
    for name in histories.iter().flat_map(|(_, history)| &history.columns) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let (mut run_column, mut name_column, mut epochs) =
        (Words::default(), Words::default(), vec![]);
    let mut numbers = vec![Vec::new(); names.len()];
    for (run, history) in histories {
        let place = |name: &String| history.columns.iter().position(|column| column == name);
        let places: Vec<_> = names.iter().map(|name| place(name)).collect();
        for (epoch, values) in &history.epochs {
            run_column.push(&run.dir.to_string_lossy());
            name_column.push(&run.record.name);
            epochs.push(*epoch as i64);
            for (column, place) in numbers.iter_mut().zip(&places) {
                column.push(place.map(|place| values[place] as f32));
            }
        }
    }
    let mut columns = vec![
        Column::new("run", Cells::Words(run_column)),
        Column::new("name", Cells::Words(name_column)),
        Column::new("epoch", Cells::Whole(epochs)),
    ];
    let numbers = names.iter().zip(numbers);
    columns.extend(numbers.map(|(name, cells)| Column::new(name, Cells::Single(cells))));
    Table { columns }
}
