//! Finds by trial whether steps are faster on the whole team or on its leader alone. Both ways give
//! the same bits.
//!
//! ```text
//! time 8 steps on the team, then 8 on the leader; drop the first 3 and the slowest of each
//! keep the faster way for 8 · keep · slower / faster steps, then try again
//! ```
//!
//! The faster way depends on the network, the batch and the distance of the processors, which a
//! virtual machine may change during a run.

use std::time::{Duration, Instant};

/// Steps of a trial, each way, and how many of them only warm the caches.
const STEPS: usize = 8;
const WARM_UP: usize = 3;

/// A trial costs at most 1/200 of the time when the team is faster. The leader alone is tested again
/// sooner, because a wrong choice costs more.
const KEEP_TEAM: f64 = 200.0;
const KEEP_SERIAL: f64 = 60.0;
const MAX_KEPT_STEPS: f64 = 65_536.0;

/// Chooses the way of each step.
#[derive(Debug, Default)]
pub(super) struct Tuner {
    /// Steps since the last trial began.
    step: usize,
    /// The step at which the next trial begins.
    next_trial: usize,
    started: Option<Instant>,
    /// The times of a trial on the team, then on the leader.
    times: [[Duration; STEPS]; 2],
    is_serial: bool,
}

impl Tuner {
    /// Begins a step; returns whether the leader runs it alone.
    pub(super) fn begin_step(&mut self) -> bool {
        let is_trial = self.step < 2 * STEPS;
        self.started = is_trial.then(Instant::now);
        if is_trial { STEPS <= self.step } else { self.is_serial }
    }

    /// Ends a step.
    pub(super) fn end_step(&mut self) {
        if let Some(started) = self.started.take() {
            self.times[self.step / STEPS][self.step % STEPS] = started.elapsed();
        }
        self.step += 1;
        match self.step {
            step if step == 2 * STEPS => self.decide(),
            step if step == self.next_trial => self.step = 0,
            _ => {}
        }
    }

    fn decide(&mut self) {
        let [team, serial] = self.times.map(typical_seconds);
        self.is_serial = serial < team;
        let keep = if self.is_serial { KEEP_SERIAL } else { KEEP_TEAM };
        let kept = STEPS as f64 * keep * team.max(serial) / team.min(serial);
        self.next_trial = self.step + kept.min(MAX_KEPT_STEPS) as usize;
    }
}

/// The mean of the steps after the warm-up, without the slowest, which may have been interrupted.
fn typical_seconds(times: [Duration; STEPS]) -> f64 {
    let times = &times[WARM_UP..];
    let slowest = times.iter().max().copied().unwrap_or_default();
    let sum = times.iter().sum::<Duration>() - slowest;
    // A coarse clock may see no time at all.
    sum.as_secs_f64().max(1e-9) / (times.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tuner after a trial whose steps took so many microseconds on the team, and on the leader.
    fn tuner_after(team: u64, serial: u64) -> Tuner {
        let times = [team, serial].map(|micros| {
            // The first steps are slow, and one is interrupted for a minute.
            std::array::from_fn(|i| {
                let delay = if i < WARM_UP { 1000 } else { 60_000_000 * u64::from(i == 6) };
                Duration::from_micros(micros + delay)
            })
        });
        let mut tuner = Tuner { step: 2 * STEPS, times, ..Tuner::default() };
        tuner.decide();
        tuner
    }

    #[test]
    fn the_faster_way_is_kept_until_the_next_trial() {
        for (team, serial, is_serial, steps) in [
            (20, 30, false, 200 * 8 * 3 / 2),
            (45, 30, true, 60 * 8 * 3 / 2),
            (30, 30, false, 200 * 8),
            (1, 900, false, 65_536),
            (900, 1, true, 65_536),
        ] {
            let mut tuner = tuner_after(team, serial);
            let mut kept = 0_usize;
            while tuner.begin_step() == is_serial && tuner.started.is_none() {
                tuner.end_step();
                kept += 1;
            }
            assert!(kept.abs_diff(steps) < 2, "{team} and {serial} µs: kept for {kept} steps");
            assert!(tuner.step == 0 && tuner.started.is_some(), "a trial begins");
        }
    }

    #[test]
    fn a_trial_times_the_team_and_then_the_leader() {
        let mut tuner = Tuner::default();
        for step in 0..2 * STEPS {
            assert_eq!(tuner.begin_step(), STEPS <= step);
            std::thread::sleep(Duration::from_micros(1));
            tuner.end_step();
        }
        assert!(tuner.times.as_flattened().iter().all(|time| !time.is_zero()));
    }
}
