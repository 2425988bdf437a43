//! `runner resume`: finishes interrupted runs, or trains finished ones further.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::run::{Workload, work};
use crate::cli::args::ResumeArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::display::summary::{Outcome, OutputOptions, report};
use crate::cli::exit::Exit;
use crate::memory::Bytes;
use crate::query::{Purpose, RequestError};
use crate::sweep::{BoardSummary, Resumable, ResumeScan, RunProgress, extend_trials};
use crate::system::sentence;

/// Finishes what is left to do in the folders.
pub(crate) fn resume(args: &ResumeArgs, console: &Console) -> anyhow::Result<Exit> {
    let (dirs, scan, kept) = match scan(args, console) {
        Ok(found) => found,
        Err(error) => {
            let before = if error.is::<RequestError>() { "\n" } else { "; " };
            console.error(&format!("{}{before}nothing was started", sentence(&error)));
            return Ok(Exit::BadRequest);
        }
    };
    let (unreadable, busy) = (!scan.unreadable.is_empty(), !scan.busy.is_empty());
    scan.unreadable.iter().for_each(|text| console.error(text));
    if !args.work.quiet {
        kept.iter().for_each(|note| console.say(note));
        notes(&scan, args.retry_failed).iter().for_each(|note| console.say(note));
    }
    let queue = scan.into_queue(args.retry_failed);
    let names = queue.runs.iter().map(|run| Arc::clone(run.experiment.name())).collect();
    let interrupt = Arc::new(Interrupt::default());
    let (queue, unfinished, shown) = if queue.runs.is_empty() {
        (queue, Vec::new(), BoardSummary::default())
    } else {
        let runs = Workload { names, largest: Bytes::default(), patience: Duration::ZERO };
        work(runs, || Ok(queue), &args.work, &interrupt, console)?
    };
    let logdir = match &*dirs {
        [dir] => Some(dir.as_path()),
        _ => None,
    };
    let results = queue.results();
    let ending = Outcome { results, logdir, shown: &shown, unfinished: &unfinished };
    report(&ending, OutputOptions::of(&args.work), console)?;
    Ok(match Exit::of(results, interrupt.asked()) {
        Exit::Done if unreadable => Exit::Failed,
        Exit::Done if busy => Exit::Stopped,
        exit => exit,
    })
}

/// The folders that are meant, what is left to do in them, and what stays as it is though more
/// epochs are asked for.
fn scan(
    args: &ResumeArgs,
    console: &Console,
) -> anyhow::Result<(Vec<PathBuf>, ResumeScan, Vec<String>)> {
    let extends = args.epochs.is_some() || args.trials.is_some();
    let purpose = if extends { Purpose::Extend } else { Purpose::Finish };
    // Without a log folder there are no names; the scan says what is wrong with a path.
    let is_path = |word: &String| Path::new(word).is_dir() || !args.choice.logdir().is_dir();
    let dirs = args.choice.select(purpose, &args.runs, console, |selector| {
        let dir = |word: &String| {
            if is_path(word) {
                Ok(PathBuf::from(word))
            } else {
                selector.select(word).map(|chosen| chosen.dir)
            }
        };
        args.runs.iter().map(dir).collect::<Result<Vec<_>, _>>()
    })?;
    if let Some(trials) = args.trials {
        dirs.iter().try_for_each(|dir| extend_trials(dir, trials))?;
    }
    let mut scan = ResumeScan::of(&dirs)?;
    let kept =
        args.epochs.map_or(Ok(Vec::new()), |epochs| scan.extend(epochs, args.retry_failed))?;
    Ok((dirs, scan, kept))
}

/// What there is to do, what is left alone, and what is doubtful about it.
fn notes(scan: &ResumeScan, retry_failed: bool) -> Vec<String> {
    let mut notes: Vec<String> =
        scan.busy.iter().map(|text| format!("left alone: {text}")).collect();
    let unfinished: Vec<&Resumable> =
        scan.found.iter().filter(|found| found.is_unfinished(retry_failed)).collect();
    let older = |found: &&&Resumable| ![env!("CARGO_PKG_VERSION"), ""].contains(&&*found.version);
    notes.extend(unfinished.iter().filter(older).map(|found| {
        format!(
            "warning: `{}` was begun by runner {}, this is {}: its numbers may differ from those \
             of an uninterrupted run",
            found.dir.display(),
            found.version,
            env!("CARGO_PKG_VERSION")
        )
    }));
    let runs = || scan.found.iter().flat_map(|found| &found.runs);
    let number = |progress: RunProgress| runs().filter(|run| run.progress == progress).count();
    let failed = number(RunProgress::Failed);
    let again = if retry_failed { failed } else { 0 };
    let parts = [
        (number(RunProgress::Interrupted), "to go on with"),
        (number(RunProgress::Paused), "paused at a rung"),
        (number(RunProgress::Waiting), "to start"),
        (again, "to try again"),
        (number(RunProgress::Done), "done before"),
        (failed - again, "failed before (--retry-failed tries again)"),
    ];
    let parts = parts.iter().filter(|(number, _)| 0 < *number);
    let parts: Vec<_> = parts.map(|(number, what)| format!("{number} {what}")).collect();
    let sum = format!("{}: {}", count(runs().count(), "run"), parts.join(", "));
    if runs().next().is_none() {
        return notes;
    }
    notes.push(if unfinished.is_empty() { format!("nothing left to do; {sum}") } else { sum });
    notes
}
