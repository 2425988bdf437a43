//! The scalars of a log folder of TensorBoard as one table, a row for each value.

use std::path::Path;

use super::table::{Cells, Column, Table, Words};
use crate::query::{ReadLogs, Refusal, logged_scalars};

/// The columns `run` (the event file's folder within the log folder), `tag`, `step`, `wall_time` (in
/// seconds since 1970) and `value`; with `all` also the values that a restart has overwritten.
pub fn scalars(logdir: &Path, all: bool) -> Result<(Table, ReadLogs), Refusal> {
    let (mut runs, mut tags) = (Words::default(), Words::default());
    let (mut steps, mut wall_times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let read = logged_scalars(logdir, all, &mut |run, scalar| {
        runs.push(run);
        tags.push(scalar.tag);
        steps.push(scalar.step);
        wall_times.push(scalar.wall_time);
        values.push(scalar.value);
    })?;
    let columns = vec![
        Column::new("run", Cells::Words(runs)),
        Column::new("tag", Cells::Words(tags)),
        Column::new("step", Cells::Whole(steps)),
        Column::new("wall_time", Cells::Double(wall_times)),
        Column::new("value", Cells::Double(values)),
    ];
    Ok((Table { columns }, read))
}
