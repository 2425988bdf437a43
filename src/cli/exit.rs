//! The exit status as an enum. Scripts rely on the numbers, so they are fixed.

use std::process::ExitCode;

use crate::sweep::{Ending, RunResults};

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for is done.
    Done,
    /// Some run failed, or the answer could not be written.
    Failed,
    /// The request was wrong; nothing was started.
    BadRequest,
    /// A bug: the program panicked outside any run (`EX_SOFTWARE` of sysexits.h).
    Bug,
    /// Stopped early, what there was saved; worth running again (`EX_TEMPFAIL` of sysexits.h).
    Stopped,
    /// Aborted by the second Ctrl-C (128 + SIGINT, as shells report it).
    Aborted,
}

impl Exit {
    /// The number that the parent process sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::BadRequest => 2,
            Exit::Bug => 70,
            Exit::Stopped => 75,
            Exit::Aborted => 130,
        }
    }

    /// How an invocation ends whose runs ended so; `interrupted` when the user asked to stop.
    ///
    /// Work left over by an interruption outweighs a failure: a rerun on 75 reports both.
    pub(crate) fn of(results: &RunResults, interrupted: bool) -> Exit {
        let left = |ending| matches!(ending, Ending::Stopped | Ending::Skipped | Ending::Paused);
        let done = |ending| matches!(ending, Ending::Completed | Ending::Diverged | Ending::Pruned);
        if interrupted && results.endings().any(left) {
            Exit::Stopped
        } else if results.endings().all(done) {
            Exit::Done
        } else if results.endings().all(|ending| done(ending) || ending == Ending::Busy) {
            Exit::Stopped
        } else {
            Exit::Failed
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::sweep::{RunResult, Status};

    fn ended(statuses: &[Status], interrupted: bool) -> u8 {
        let result = |status: &Status| RunResult {
            name: "adam".into(),
            label: String::new(),
            root: PathBuf::new(),
            changes: Vec::new(),
            dir: None,
            status: status.clone(),
            epochs: 0,
            last: None,
            best: None,
            early_stopping: None,
            seconds: 0.0,
            trial: None,
            rung: None,
        };
        Exit::of(&statuses.iter().map(result).collect(), interrupted).code()
    }

    #[test]
    fn the_runs_decide_the_code() {
        use Status::{Completed, Failed, Skipped, Stopped};
        let failed = || Failed("loss is nan".to_owned());
        assert_eq!(ended(&[Completed, Completed], false), 0);
        assert_eq!(ended(&[Completed, failed()], false), 1);
        assert_eq!(ended(&[failed(), Skipped], false), 1, "--fail-fast skips the rest");
        assert_eq!(ended(&[failed(), Stopped], false), 1, "--fail-fast stops the others");
        assert_eq!(ended(&[Completed, Stopped], true), 75);
        assert_eq!(ended(&[Completed, Skipped], true), 75);
        assert_eq!(ended(&[failed(), Stopped], true), 75);
        assert_eq!(ended(&[Completed, Completed], true), 0, "too late to stop anything");
        assert_eq!(ended(&[Completed, failed()], true), 1);
        let busy = || Status::Busy("process 7 is at work in it".to_owned());
        assert_eq!(ended(&[Completed, busy()], false), 75, "another process may end it or not");
        assert_eq!(ended(&[failed(), busy()], false), 1);
    }
}
