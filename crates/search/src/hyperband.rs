//! Hyperband: brackets of successive halving, each with its own trade of many short trials against few long ones.
//!
//! ```text
//! e₀ … e_m ← min_epochs · factorⁱ as far as it is at most max_epochs / √factor, and max_epochs
//! for s in m … 0:
//!     n ← ⌈(m + 1) / (s + 1) · factorˢ⌉ trials
//!     for i in 0 … s:
//!         train the trials up to epoch e_{m − s + i}
//!         the best ⌊n · factor⁻ⁱ⁻¹⌋ of them go on
//! ```
//!
//! [Li 2018](https://jmlr.org/papers/v18/16-558.html), algorithm 1, where `max_epochs` is `min_epochs` times a power
//! of `factor`. Otherwise the paper divides `max_epochs` by powers of `factor`; here the first rung is `min_epochs`,
//! and the last step is shorter or longer. Who goes on depends on the results of a whole rung, never on the order of
//! their arrival.

use core::ops::Range;

use crate::trial::Outcome;

/// The settings of Hyperband.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hyperband {
    /// The epochs of a trial that is never stopped, above 0.
    pub max_epochs: usize,
    /// No trial is stopped earlier; above 0 and at most `max_epochs`.
    pub min_epochs: usize,
    /// One of so many trials goes on at each rung; above 1.
    pub factor: usize,
}

/// A rung of a bracket: so many trials are trained up to an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The epochs trained when the rung is reached.
    pub epochs: usize,
    /// The trials that reach the rung.
    pub trials: usize,
}

/// What a trial does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It trains up to this epoch.
    Train(usize),
    /// It waits for the other trials of its rung.
    Wait,
    /// It is stopped.
    Prune {
        /// Its rung, from 0.
        rung: usize,
        /// The place at the rung, 0 being the best.
        place: usize,
        /// The trials of the rung.
        of: usize,
        /// The trials that go on.
        kept: usize,
    },
    /// Nothing: it is at its end, or it diverged.
    End,
}

/// Where a trial stands in its bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The rungs that it has reached with a result.
    pub reached: usize,
    /// What it does next.
    pub next: Next,
}

impl Hyperband {
    /// The epochs of all rungs.
    fn levels(&self) -> Vec<usize> {
        let next = |epochs: &usize| epochs.checked_mul(self.factor);
        let is_below = |epochs: &usize| {
            let (epochs, max, factor) =
                (*epochs as u128, self.max_epochs as u128, self.factor as u128);
            // epochs ≤ max / √factor
            epochs * epochs * factor <= max * max
        };
        let below = core::iter::successors(Some(self.min_epochs), next).take_while(is_below);
        below.chain([self.max_epochs]).collect()
    }

    /// The rungs of each bracket, the bracket with the most and shortest trials first.
    pub fn brackets(&self) -> Vec<Vec<Rung>> {
        let levels = self.levels();
        let bracket = |s: usize| {
            let n = (levels.len() * self.factor.pow(s as u32)).div_ceil(s + 1);
            let rung = |(i, epochs): (usize, &usize)| Rung {
                epochs: *epochs,
                trials: (n / self.factor.pow(i as u32)).max(1),
            };
            levels[levels.len() - 1 - s..].iter().enumerate().map(rung).collect()
        };
        (0..levels.len()).rev().map(bracket).collect()
    }

    /// The trials of one iteration, which has each bracket once.
    pub fn trials(&self) -> usize {
        self.brackets().iter().map(|rungs| rungs[0].trials).sum()
    }

    /// The brackets of so many iterations, one after another: the numbers of their trials, and their rungs.
    pub fn schedule(&self, iterations: usize) -> Vec<(Range<usize>, Vec<Rung>)> {
        let mut first = 0;
        let brackets = self.brackets();
        let all = (0..iterations).flat_map(|_| brackets.iter());
        all.map(|rungs| {
            let trials = first..first + rungs[0].trials;
            first = trials.end;
            (trials, rungs.clone())
        })
        .collect()
    }
}

/// Where the trials of a bracket stand, by their results at its rungs; a result that is not known is pending, and
/// so is one that is missing.
///
/// Equal values go on by their order. A diverged trial is the worst of its rung and never goes on.
pub fn halve(rungs: &[Rung], results: &[Vec<Outcome>]) -> Vec<Standing> {
    let mut standings = vec![Standing { reached: 0, next: Next::End }; results.len()];
    let mut alive: Vec<usize> = (0..results.len()).collect();
    for (at, rung) in rungs.iter().enumerate() {
        let result = |trial: usize| results[trial].get(at).copied().unwrap_or(Outcome::Pending);
        let (known, missing): (Vec<usize>, Vec<usize>) =
            alive.iter().partition(|&&trial| result(trial) != Outcome::Pending);
        known.iter().for_each(|&trial| standings[trial].reached = at + 1);
        missing.iter().for_each(|&trial| standings[trial].next = Next::Train(rung.epochs));
        let Some(above) = rungs.get(at + 1) else { break };
        if !missing.is_empty() {
            let waits = |trial: &&usize| result(**trial) != Outcome::Diverged;
            known.iter().filter(waits).for_each(|&trial| standings[trial].next = Next::Wait);
            break;
        }
        let mut ranked = known;
        ranked.sort_by(|&a, &b| rank(result(a)).total_cmp(&rank(result(b))));
        let of = ranked.len();
        let kept = above.trials.min(of);
        for (place, &trial) in ranked.iter().enumerate() {
            if kept <= place && result(trial) != Outcome::Diverged {
                standings[trial].next = Next::Prune { rung: at, place, of, kept };
            }
        }
        ranked.truncate(kept);
        alive = ranked.into_iter().filter(|&trial| result(trial) != Outcome::Diverged).collect();
        alive.sort_unstable();
    }
    standings
}

/// The value by which trials are ranked; greater than every number if there is none.
fn rank(outcome: Outcome) -> f64 {
    match outcome {
        Outcome::Value(value) if !value.is_nan() => value,
        Outcome::Value(_) | Outcome::Pending => f64::INFINITY,
        Outcome::Diverged => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Diverged, Pending, Value};

    fn rungs(pairs: &[(usize, usize)]) -> Vec<Rung> {
        pairs.iter().map(|&(epochs, trials)| Rung { epochs, trials }).collect()
    }

    /// The table of Li 2018, section 3.2: R = 81, η = 3.
    #[test]
    fn brackets_are_those_of_the_paper() {
        let hyperband = Hyperband { max_epochs: 81, min_epochs: 1, factor: 3 };
        let want = [
            rungs(&[(1, 81), (3, 27), (9, 9), (27, 3), (81, 1)]),
            rungs(&[(3, 34), (9, 11), (27, 3), (81, 1)]),
            rungs(&[(9, 15), (27, 5), (81, 1)]),
            rungs(&[(27, 8), (81, 2)]),
            rungs(&[(81, 5)]),
        ];
        assert_eq!(hyperband.brackets(), want);
        assert_eq!(hyperband.trials(), 143);
        let schedule = hyperband.schedule(2);
        assert_eq!((schedule[1].0.clone(), schedule[5].0.clone()), (81..115, 143..224));
    }

    #[test]
    fn the_last_step_takes_what_is_left() {
        let epochs = |max_epochs, factor| -> Vec<usize> {
            let brackets = Hyperband { max_epochs, min_epochs: 1, factor }.brackets();
            brackets[0].iter().map(|rung| rung.epochs).collect()
        };
        assert_eq!(epochs(20, 3), [1, 3, 9, 20]);
        assert_eq!(epochs(10, 3), [1, 3, 10]);
        assert_eq!(epochs(30, 2), [1, 2, 4, 8, 16, 30]);
    }

    #[test]
    fn no_rung_is_below_the_least_epochs() {
        for (max_epochs, min_epochs, factor) in [(20, 1, 3), (20, 4, 2), (5, 5, 2), (7, 3, 10)] {
            let brackets = Hyperband { max_epochs, min_epochs, factor }.brackets();
            for rungs in brackets {
                assert!(min_epochs <= rungs[0].epochs, "{rungs:?}");
                assert_eq!(rungs.last().unwrap().epochs, max_epochs);
                let rises = |pair: &[Rung]| {
                    pair[0].epochs < pair[1].epochs && pair[1].trials <= pair[0].trials
                };
                assert!(rungs.windows(2).all(rises), "{rungs:?}");
            }
        }
    }

    #[test]
    fn the_best_of_a_whole_rung_go_on() {
        let rungs = rungs(&[(1, 4), (2, 2), (4, 1)]);
        let next = |results: &[&[Outcome]]| -> Vec<Next> {
            let results: Vec<_> = results.iter().map(|result| result.to_vec()).collect();
            halve(&rungs, &results).iter().map(|standing| standing.next).collect()
        };
        let train = Next::Train;
        let prune = |rung, place, of, kept| Next::Prune { rung, place, of, kept };
        assert_eq!(next(&[&[], &[Value(1.0)]]), [train(1), Next::Wait]);
        let first: [&[Outcome]; 4] = [&[Value(3.0)], &[Value(1.0)], &[Diverged], &[Value(1.0)]];
        assert_eq!(next(&first), [prune(0, 2, 4, 2), train(2), Next::End, train(2)]);
        // Equal values go on by their order.
        let second: [&[Outcome]; 4] =
            [&[Value(3.0)], &[Value(1.0), Value(0.5)], &[Diverged], &[Value(1.0), Value(0.5)]];
        assert_eq!(next(&second), [prune(0, 2, 4, 2), train(4), Next::End, prune(1, 1, 2, 1)]);
        let mut last = second;
        last[1] = &[Value(1.0), Value(0.5), Value(0.2)];
        assert_eq!(next(&last)[1], Next::End);
    }

    #[test]
    fn diverged_trials_leave_their_places_free() {
        let rungs = rungs(&[(1, 3), (3, 2)]);
        let results = [vec![Diverged], vec![Value(5.0)], vec![Diverged]];
        let next: Vec<_> = halve(&rungs, &results).iter().map(|standing| standing.next).collect();
        assert_eq!(next, [Next::End, Next::Train(3), Next::End]);
        let unknown = halve(&rungs, &[vec![Pending], vec![Value(f64::NAN)], vec![Value(1.0)]]);
        assert_eq!(unknown[1], Standing { reached: 1, next: Next::Wait });
        assert_eq!(unknown[0], Standing { reached: 0, next: Next::Train(1) });
    }
}
