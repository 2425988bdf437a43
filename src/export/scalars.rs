//! The scalars of a log folder of TensorBoard as one table, a row for each value.

use std::path::Path;

use super::table::{Cells, Column, Strings, Table};
use crate::query::{RequestError, ScalarReadSummary, logged_scalars};

/// The columns `run` (the event file's folder within the log folder), `tag`, `step`, `wall_time` (in
/// seconds since 1970) and `value`; with `all` also the values that a restart has overwritten.
pub fn scalars(logdir: &Path, all: bool) -> Result<(Table, ScalarReadSummary), RequestError> {
    let (mut runs, mut tags) = (Strings::default(), Strings::default());
    let (mut steps, mut wall_times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let read = logged_scalars(logdir, all, &mut |run, scalar| {
        runs.push(run);
        tags.push(scalar.tag);
        steps.push(scalar.step);
        wall_times.push(scalar.wall_time);
        values.push(scalar.value);
    })?;
    let columns = vec![
        Column::new("run", Cells::Strings(runs)),
        Column::new("tag", Cells::Strings(tags)),
        Column::new("step", Cells::Int64(steps)),
        Column::new("wall_time", Cells::Float64(wall_times)),
        Column::new("value", Cells::Float64(values)),
    ];
    Ok((Table { columns }, read))
}
