//! Export of the scalars of a TensorBoard log folder, a row for each value.

use std::path::Path;

use super::table::{Cells, Column, Strings, Table};
use crate::query::{RequestError, ScalarReadSummary, logged_scalars};

/// Reads the columns `run` (the event file's folder within the log folder), `tag`, `step`, `wall_time`
/// (seconds since the Unix epoch) and `value`; with `all`, values overwritten by a restart are included.
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
