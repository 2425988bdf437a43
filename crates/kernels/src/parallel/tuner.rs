//! Finds out whether steps are done faster by a whole team or by its caller alone; it changes no result.
//!
//! Two threads pay where a step is long beside the time that calls and lines of the cache take from one
//! processor to the other. That goes by the network and by the batch, and also by the processors: they may
//! share a cache or not, and a virtual machine's may be moved. So both ways are tried now and then.

use std::time::{Duration, Instant};

/// Steps that are tried each way.
const TRIED: usize = 8;

/// How many of them only bring near what the others read.
const SETTLING: usize = 3;

/// For how many times as long as the slower way was tried the faster one is kept to: together, and alone,
/// which is asked about sooner, for more is lost by it.
const KEPT: [f64; 2] = [200.0, 60.0];

/// The most steps that it is kept to.
const MOST: f64 = 65_536.0;

/// The way that steps are done.
#[derive(Debug)]
pub(crate) struct Company {
    /// Steps since the last trial began; the next one begins with step `next_trial`.
    step: usize,
    next_trial: usize,
    /// When the step that is under way began, if it is a trial.
    begun: Option<Instant>,
    /// What the steps of the trial took together, and alone.
    took: [[Duration; TRIED]; 2],
    /// What came of it.
    alone: bool,
    /// The way that is taken whatever would come of trials.
    fixed: Option<bool>,
}

impl Company {
    /// Before the first step.
    pub(crate) fn new() -> Company {
        let took = [[Duration::ZERO; TRIED]; 2];
        Company { step: 0, next_trial: usize::MAX, begun: None, took, alone: false, fixed: None }
    }

    /// From now on all steps are done alone, or none is, or again as is faster.
    pub(crate) fn fix(&mut self, alone: Option<bool>) {
        self.fixed = alone;
    }

    /// A step begins. Whether it is to be done by the caller alone.
    pub(crate) fn begin(&mut self) -> bool {
        if let Some(alone) = self.fixed {
            return alone;
        }
        let is_trial = self.step < 2 * TRIED;
        self.begun = is_trial.then(Instant::now);
        if is_trial { TRIED <= self.step } else { self.alone }
    }

    /// The step is done.
    pub(crate) fn end(&mut self) {
        match self.begun.take() {
            Some(begun) => self.tried(begun.elapsed()),
            None => self.step += 1,
        }
        if self.step == self.next_trial {
            self.step = 0;
        }
    }

    /// A step of the trial took so long.
    fn tried(&mut self, time: Duration) {
        self.took[self.step / TRIED][self.step % TRIED] = time;
        self.step += 1;
        if self.step == 2 * TRIED {
            let [together, alone] = self.took.map(usual);
            self.alone = alone < together;
            let tried = TRIED as f64 * together.max(alone) / together.min(alone);
            let kept = KEPT[usize::from(self.alone)] * tried;
            self.next_trial = self.step + kept.min(MOST) as usize;
        }
    }
}

/// What a settled step takes, in seconds: the mean of all but the longest, for now and then one is
/// interrupted.
fn usual(took: [Duration; TRIED]) -> f64 {
    let settled = &took[SETTLING..];
    let longest = settled.iter().max().copied().unwrap_or_default();
    let others = settled.iter().sum::<Duration>() - longest;
    // From a clock that is too slow to see a step nothing is learnt.
    others.as_secs_f64().max(1e-9) / (settled.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does the steps of a trial, which take so many microseconds together, and alone.
    fn trial(company: &mut Company, micros: [u64; 2]) {
        company.step = 0;
        while company.step < 2 * TRIED {
            let alone = company.begin();
            // The first are slow, and one is interrupted for a minute.
            let more = match company.step % TRIED {
                ..SETTLING => 1000,
                6 => 60_000_000,
                _ => 0,
            };
            company.tried(Duration::from_micros(micros[usize::from(alone)] + more));
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
        for (micros, want) in [
            ([20, 30], (false, 200 * 8 * 3 / 2)),
            ([45, 30], (true, 60 * 8 * 3 / 2)),
            ([30, 30], (false, 200 * 8)),
            ([1, 900], (false, 65_536)),
            ([900, 1], (true, 65_536)),
        ] {
            trial(&mut company, micros);
            let (alone, n) = kept(&mut company);
            assert_eq!((alone, n.abs_diff(want.1) < 2), (want.0, true), "{micros:?}: {n} steps");
        }
    }

    #[test]
    fn steps_are_timed_while_they_are_tried() {
        let mut company = Company::new();
        for step in 0..2 * TRIED {
            assert_eq!(company.begin(), TRIED <= step);
            std::thread::sleep(Duration::from_micros(1));
            company.end();
        }
        assert!(company.took.as_flattened().iter().all(|took| *took != Duration::ZERO));
    }

    #[test]
    fn a_fixed_way_is_kept_to() {
        let mut company = Company::new();
        for alone in [true, false] {
            company.fix(Some(alone));
            for _ in 0..3 * TRIED {
                assert_eq!(company.begin(), alone);
                company.end();
            }
        }
    }
}
