//! Finds out whether steps are done faster by a whole team or by its caller alone; it changes no result.
//!
//! Two threads pay where a step is long beside the time that calls and lines of the cache take from one
//! processor to the other. That goes by the network and by the batch, and also by the processors: they may
//! share a cache or not, and a virtual machine's may be moved. So both ways are tried now and then.

use std::time::{Duration, Instant};

/// Steps that are tried each way, and how many of them are only to bring near what the others read.
const TRIED: usize = 12;
const SETTLING: usize = 4;

/// Steps that take longer together are not tried alone: beside them a few calls are nothing.
const LONG: Duration = Duration::from_micros(200);

/// For how many times as long as the slower way was tried the faster one is kept to.
const KEPT: u128 = 200;

/// Steps after which it is asked again whether steps are long.
const UNTRIED: usize = 4096;

/// The way that steps are done.
#[derive(Debug)]
pub(super) struct Company {
    /// Steps since the last trial began; the next one begins with step `end`.
    step: usize,
    end: usize,
    /// When the step that is under way began, if it is a trial.
    begun: Option<Instant>,
    /// What the steps of the trial took together, and alone.
    took: [[Duration; TRIED]; 2],
    /// What came of it.
    alone: bool,
}

impl Company {
    /// Before the first step.
    pub(super) fn new() -> Company {
        let took = [[Duration::ZERO; TRIED]; 2];
        Company { step: 0, end: usize::MAX, begun: None, took, alone: false }
    }

    /// A step begins. Whether it is to be done by the caller alone.
    pub(super) fn begin(&mut self) -> bool {
        let tried = self.step < 2 * TRIED;
        self.begun = tried.then(Instant::now);
        if tried { TRIED <= self.step } else { self.alone }
    }

    /// The step is done.
    pub(super) fn end(&mut self) {
        match self.begun.take() {
            Some(begun) => self.tried(begun.elapsed()),
            None => self.step += 1,
        }
        if self.step == self.end {
            self.step = 0;
        }
    }

    /// A step of the trial took so long.
    fn tried(&mut self, time: Duration) {
        self.took[self.step / TRIED][self.step % TRIED] = time;
        self.step += 1;
        let [together, alone] = self.took.map(usual);
        if self.step == TRIED && LONG < together {
            self.keep_to(false, UNTRIED);
        } else if self.step == 2 * TRIED {
            let slower = self.took[usize::from(together <= alone)].iter().sum::<Duration>();
            let kept = KEPT * slower.as_nanos() / together.min(alone).as_nanos().max(1);
            self.keep_to(alone < together, kept as usize);
        }
    }

    /// Ends the trial: the next one comes after so many steps.
    fn keep_to(&mut self, alone: bool, steps: usize) {
        (self.alone, self.step, self.end) = (alone, 2 * TRIED, 2 * TRIED + steps.max(1));
    }
}

impl Default for Company {
    fn default() -> Company {
        Company::new()
    }
}

/// What a settled step takes: the median, for now and then one is interrupted.
fn usual(took: [Duration; TRIED]) -> Duration {
    let mut settled = took;
    settled[SETTLING..].sort_unstable();
    settled[SETTLING + (TRIED - SETTLING) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does steps that take so many microseconds together, and alone, until a trial is over.
    fn trial(company: &mut Company, [together, alone]: [u64; 2]) {
        company.step = 0;
        while company.step < 2 * TRIED {
            let alone = company.begin().then_some(alone);
            // One is interrupted, and the first are slow.
            let more = if [0, 6].contains(&(company.step % TRIED)) { 1000 } else { 0 };
            company.tried(Duration::from_micros(alone.unwrap_or(together) + more));
        }
    }

    /// Whether the next step is done alone, and how many there are like it.
    fn kept(company: &mut Company) -> (bool, usize) {
        let alone = company.begin();
        let mut n = 0;
        while company.begin() == alone && company.begun.is_none() {
            company.end();
            n += 1;
        }
        assert!(!company.begin() && company.step == 0, "a trial begins together");
        (alone, n)
    }

    #[test]
    fn the_faster_way_is_kept_to_until_the_next_trial() {
        let mut company = Company::new();
        trial(&mut company, [23, 32]);
        assert_eq!(kept(&mut company), (false, 200 * (12 * 32 + 2000) / 23));
        trial(&mut company, [45, 32]);
        assert_eq!(kept(&mut company), (true, 200 * (12 * 45 + 2000) / 32));
        trial(&mut company, [32, 32]);
        assert!(!kept(&mut company).0);
    }

    #[test]
    fn long_steps_are_not_tried_alone() {
        let mut company = Company::new();
        trial(&mut company, [201, 1]);
        assert_eq!(company.took[1], [Duration::ZERO; TRIED]);
        assert_eq!(kept(&mut company), (false, UNTRIED));
    }

    #[test]
    fn steps_are_timed_while_they_are_tried() {
        let mut company = Company::new();
        for step in 0..2 * TRIED {
            assert_eq!(company.begin(), TRIED <= step);
            company.end();
        }
        assert!(company.took.as_flattened().iter().all(|took| *took != Duration::ZERO));
    }
}
