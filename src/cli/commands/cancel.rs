//! `runner cancel`: cancels the queued and running tasks of submitted sweeps.

use std::path::Path;

use crate::cli::args::CancelArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::exit::Exit;
use crate::cluster::Submission;
use crate::system::sentence;

/// Cancels the last submission of each sweep.
pub(crate) fn cancel(args: &CancelArgs, console: &Console) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for dir in &args.dirs {
        match cancel_one(dir) {
            Ok(text) => console.say(&text),
            Err(error) => {
                console.error(&sentence(&error));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn cancel_one(dir: &Path) -> anyhow::Result<String> {
    let Some(submission) = Submission::last(dir)? else {
        anyhow::bail!(
            "`{}` was not submitted; want the folder of a submitted sweep",
            dir.display()
        );
    };
    let tasks = submission.queued_tasks()?;
    if tasks.is_empty() {
        return Ok(format!("nothing of `{}` is queued or running", dir.display()));
    }
    submission.engine.cancel(&submission.jobs)?;
    let jobs = submission.jobs.join(", ");
    Ok(format!(
        "cancelled {} of job {jobs}; `runner resume {}` finishes what is left here",
        count(tasks.len(), "task"),
        dir.display()
    ))
}
