//! `runner board`: chooses the runs of a sweep in TensorBoard by renaming their event files.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::cli::args::BoardArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::{count, shell_word};
use crate::cli::exit::Exit;
use crate::experiment::{monitored, set_visible};
use crate::query::{RequestError, Run, RunSelector, sort};
use crate::runs::Lock;
use crate::system::sentence;

/// Folders with event files above which TensorBoard's Scalars page ticks none.
const TICKED: usize = 40;

/// Shows the chosen runs, and hides the others of their sweeps.
pub(crate) fn board(args: &BoardArgs, console: &Console) -> anyhow::Result<Exit> {
    let sweeps = match chosen(args) {
        Ok(sweeps) => sweeps,
        Err(refusal) => {
            console.error(&refusal.to_string());
            return Ok(Exit::BadRequest);
        }
    };
    let mut exit = Exit::Done;
    for (sweep, shown) in &sweeps {
        if let Err(error) = show(sweep, shown, &args.place.logdir, console) {
            console.error(&sentence(&error));
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// The chosen runs by the folders of their sweeps.
fn chosen(args: &BoardArgs) -> Result<BTreeMap<PathBuf, Vec<Run>>, RequestError> {
    let (runs, _) = RunSelector::new(&args.place.logdir).select_all(&args.runs)?;
    let mut sweeps: BTreeMap<PathBuf, Vec<Run>> = BTreeMap::new();
    for run in runs {
        if let Some(sweep) = run.sweep.clone() {
            sweeps.entry(sweep).or_default().push(run);
        }
    }
    if sweeps.is_empty() {
        let what = "none of these runs is of a sweep: TensorBoard shows all of them";
        return Err(RequestError::new(
            what,
            "name a sweep, or runs of one; `runner list` shows them",
        ));
    }
    for runs in sweeps.values_mut() {
        let judged = || runs.iter().find_map(|run| monitored(&run.record.metrics));
        let by = args.sort.as_deref().or_else(|| judged().map(|(name, _)| name));
        if let (Some(top), Some(by)) = (args.top, by) {
            sort(runs, Some(by))?;
            runs.truncate(top);
        }
    }
    Ok(sweeps)
}

fn show(sweep: &Path, shown: &[Run], logdir: &Path, console: &Console) -> anyhow::Result<()> {
    let _lock = Lock::take(sweep)?;
    let all = RunSelector::new(logdir).select(&sweep.to_string_lossy());
    let all = all.map_err(|refusal| anyhow::anyhow!("{refusal}"))?.runs;
    let wanted: HashSet<&Path> = shown.iter().map(|run| &*run.dir).collect();
    for run in &all {
        set_visible(&run.dir, wanted.contains(&*run.dir))?;
    }
    let (some, all) = (shown.len(), count(all.len(), "run"));
    console.say(&format!("TensorBoard shows {some} of {all}"));
    if TICKED < some {
        console.say(&format!(
            "its Scalars page ticks none of more than {TICKED}: `Toggle all runs` ticks them"
        ));
    }
    console.say(&format!("see them with: tensorboard --logdir {}", shell_word(sweep)));
    Ok(())
}
