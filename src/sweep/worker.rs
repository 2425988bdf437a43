//! The work of one of several processes on a sweep: the unfinished runs of a shard. A worker writes only into
//! the folders of its runs; the last worker to end updates the files of the sweep.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::runs::{Folder, Lock, RunsError};
use crate::sweep::board::{Board, BoardSummary};
use crate::sweep::planned::PlannedExperiment;
use crate::sweep::resumable::{Kind, kind, runs_of};
use crate::sweep::shard::Shard;
use crate::sweep::{RunQueue, SweepManifest};

/// The unfinished runs of `shard` in the sweep `dir`, with the results of the ended runs of the shard.
/// `retry_failed` includes the failed runs. The lock of the sweep is shared with other workers. Of a search,
/// `wait` is the time to wait for a trial that failed on its worker, and whether as long a wait for any trial
/// that no process trains ends the work.
///
/// # Errors
///
/// A folder without a sweep, a sweep locked as a whole, unreadable files.
pub fn shard_queue(
    dir: &Path,
    shard: Shard,
    retry_failed: bool,
    wait: (Duration, bool),
) -> Result<RunQueue> {
    if kind(dir) != Kind::Sweep {
        bail!("there is no sweep in `{}`; want the folder with its plan.json", dir.display());
    }
    let lock = Lock::share(dir)?;
    let mut planned = planned(dir)?;
    planned.is_shared = true;
    if let Some(error) = &planned.blocked {
        bail!("cannot go on with `{}`: {error}", dir.display());
    }
    if shard.is_part() {
        planned.source.share(dir, shard, wait);
    }
    let planned = Arc::new(planned);
    let (runs, mut results) = runs_of(&planned, Some(shard), false)?;
    let mut queue = Vec::new();
    for (place, run) in runs.into_iter().enumerate() {
        if !run.has_ended(retry_failed) {
            results.clear(place);
            queue.extend(run.queued);
        }
    }
    Ok(RunQueue::new(queue, vec![lock], results))
}

/// Updates the files of the sweep `dir` once all of its runs have ended: the means of replicates and the
/// runs visible in TensorBoard. `None` while runs or workers are left.
///
/// # Errors
///
/// Unreadable files.
pub fn finish_sweep(dir: &Path) -> Result<Option<BoardSummary>> {
    let _lock = match Lock::take(dir) {
        Ok(lock) => lock,
        Err(RunsError::InUse { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let planned = Arc::new(planned(dir)?);
    let (runs, results) = runs_of(&planned, None, true)?;
    let have_ended = runs.iter().all(|run| run.has_ended(false));
    Ok(have_ended.then(|| Board::of_ended(&planned, results.clone()).close(&results)))
}

fn planned(dir: &Path) -> Result<PlannedExperiment> {
    let folder = Folder::at(dir);
    let manifest = SweepManifest::load(&folder.sweep_plan())?;
    Ok(PlannedExperiment::sweep(manifest, &folder))
}
