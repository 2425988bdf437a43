//! The rungs of a search that several workers train: each trains, promotes and ends its own trials, by decisions that
//! all compute from the same results.
//!
//! A decision that lacks a result is no decision yet, so that a worker may know less than the others, but never
//! anything else.

use std::time::{Duration, Instant};

use crate::sweep::peers::{FIRST_INTERVAL, LAST_INTERVAL, Peers, Progress, REPORT_AFTER};
use crate::sweep::rungs::RungTask;
use crate::sweep::trials::{POLL, Trials};

/// The time from one look to the next is at least so many times that of a look.
const LOOKS: u32 = 20;

/// A wait for other workers.
struct Wait {
    /// The last time at which anything was under way.
    since: Instant,
    looked: Option<Instant>,
    interval: Duration,
}

/// What a look at the trials of other workers has found.
#[derive(PartialEq, Eq)]
enum Look {
    /// A result that was not known.
    New,
    /// Nothing yet.
    Nothing,
    /// Nothing, for longer than this worker waits.
    Hopeless,
}

impl Peers {
    /// The next piece of work on a trial of this worker, see [`Trials::next_task`]. Waits for the trials of other
    /// workers as far as decisions depend on them. `report` takes the reason of a long wait.
    pub(super) fn next_task(
        &self,
        trials: &Trials,
        stop: &dyn Fn() -> bool,
        report: &dyn Fn(&str),
    ) -> Option<(usize, RungTask)> {
        let mut wait = Wait { since: Instant::now(), looked: None, interval: FIRST_INTERVAL };
        loop {
            let mut state = trials.state();
            let is_over = stop() || self.has_given_up();
            if !is_over && let Some(found) = trials.take_task(&mut state, Some(self.shard())) {
                return Some(found);
            }
            let is_idle = state.active.is_empty();
            let awaited = trials.awaited(&mut state, self.shard());
            let is_over = is_over || awaited.is_empty() || trials.have_ended(&state, self.shard());
            drop(state);
            if is_idle && is_over {
                return None;
            }
            if !is_idle {
                wait.since = Instant::now();
            }
            if wait.looked.is_none_or(|looked| wait.interval <= looked.elapsed()) {
                match self.look_for(trials, &awaited, &mut wait, report) {
                    Look::New => continue,
                    Look::Hopeless if is_idle => return None,
                    Look::Hopeless | Look::Nothing => {}
                }
            }
            trials.pause(wait.interval.min(POLL), stop);
        }
    }

    /// Looks at the awaited trials.
    fn look_for(
        &self,
        trials: &Trials,
        awaited: &[usize],
        wait: &mut Wait,
        report: &dyn Fn(&str),
    ) -> Look {
        let begun = Instant::now();
        let (is_new, progress) = self.look_at(trials, awaited);
        wait.looked = Some(Instant::now());
        let least = (LOOKS * begun.elapsed()).max(FIRST_INTERVAL);
        let next = if is_new { least } else { least.max(2 * wait.interval) };
        wait.interval = next.min(LAST_INTERVAL);
        if is_new || progress.iter().any(|(_, progress)| *progress == Progress::Training) {
            wait.since = Instant::now();
            return if is_new { Look::New } else { Look::Nothing };
        }
        self.hope(&progress, wait.since.elapsed(), report)
    }

    /// Whether to wait on for trials that no process trains: an idle one may begin at any time, a failed one is
    /// tried again within the patience of this worker.
    fn hope(
        &self,
        progress: &[(usize, Progress)],
        waited: Duration,
        report: &dyn Fn(&str),
    ) -> Look {
        let is_long = self.has_no_patience(waited);
        let idle = progress.iter().find_map(|(trial, progress)| match progress {
            Progress::Idle(why) => Some((*trial, *why)),
            _ => None,
        });
        let failed = progress.iter().find_map(|(trial, progress)| match progress {
            Progress::Failed(why) => Some((*trial, format!("failed there: {why}"))),
            _ => None,
        });
        match (idle, failed) {
            (Some((trial, why)), _) => {
                if is_long || REPORT_AFTER < waited {
                    self.report(trial, why, report);
                }
                if is_long && self.give_up() { Look::Hopeless } else { Look::Nothing }
            }
            (None, Some((trial, why))) if is_long => {
                self.report(trial, &why, report);
                Look::Hopeless
            }
            _ => Look::Nothing,
        }
    }
}
