//! Groups of weights that sleep while no row has them: which are visited in a step, and what the steps
//! come to that one has slept through; it updates none.
//!
//! A group of features that is 0 in a whole batch gets no gradient. Most optimizers move its weights
//! all the same, by what they remember; but what several such steps come to can be said at once. So
//! the group is left alone until a batch has it again: of MNIST's groups 27 of 100 sleep in a step.

use std::ops::Range;

use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::mask::{Ones, WORD};
use crate::kernels::{F32x16, Groups, LANES, MAX_SLOTS, Simd, SimdFloat, UpdateRule};

/// Steps after which every group has woken.
pub const LONGEST_NAP: usize = 32;

/// Numbers that say what the steps of a nap come to.
pub(super) const FACTORS: usize = 4;

/// What the last 0, 1, 2 … steps come to for weights that had no gradient in them.
pub struct Naps {
    /// Factor f of a nap of n steps is `factors[f][n]`.
    factors: [[f32; 1 + LONGEST_NAP]; FACTORS],
}

/// A group to be visited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Visit {
    pub(super) group: u16,
    /// The steps that it has slept through, this one included; 0 for one that takes this step.
    pub(super) slept: u8,
}

/// The visits of a step.
pub struct Visits<'a> {
    /// The groups that they are to.
    pub(super) groups: &'a Range<usize>,
    pub(super) visits: &'a [Visit],
}

/// Which groups of a band the rows have that pass now, and which those that come next.
pub struct Needs {
    /// The word of the first bits.
    first: usize,
    /// A bit for each group.
    now: Vec<u64>,
    /// The same, if all rows that come were known.
    next: Vec<u64>,
    known: bool,
}

/// Some groups of weights, and which of them are asleep.
pub struct Dormitory {
    groups: Range<usize>,
    /// Visits to all, and to those that are not zero in some row.
    all: Vec<Visit>,
    used: Vec<Visit>,
    /// The visits of the last step.
    due: Vec<Visit>,
    /// Steps since the last visit to each.
    since: Vec<u8>,
    /// Whether some may be asleep.
    sleepers: bool,
}

impl Naps {
    /// Before the first step.
    pub fn new() -> Naps {
        let [ones, zeros] = [1.0, 0.0].map(|of_none| [of_none; 1 + LONGEST_NAP]);
        Naps { factors: [ones, ones, zeros, zeros] }
    }

    /// Takes in that there has been a step by `rule`.
    pub fn step<R: UpdateRule>(&mut self, arch: Arch, rule: &R) {
        arch.dispatch(Extend { rule, factors: &mut self.factors });
    }

    #[inline(always)]
    pub(super) fn of(&self, steps: u8) -> [f32; FACTORS] {
        self.factors.each_ref().map(|factors| factors[usize::from(steps)])
    }
}

impl Default for Naps {
    fn default() -> Naps {
        Naps::new()
    }
}

impl Needs {
    /// Those of band `band` of `x`, before the first step.
    pub fn new(x: &Groups, band: usize) -> Needs {
        let Range { start, end } = x.band(band);
        let first = start / WORD;
        let none = vec![0; end.div_ceil(WORD) - first];
        Needs { first, now: none.clone(), next: none, known: false }
    }

    /// Looks at the rows `now` of `x`, and at those that come `soon`, if groups that neither have may
    /// sleep.
    ///
    /// The rows `now` must be those that were to come soon, if there were any.
    pub fn look(&mut self, x: &Groups, now: &[u32], soon: Option<&[u32]>) {
        std::mem::swap(&mut self.now, &mut self.next);
        let were_known = std::mem::replace(&mut self.known, soon.is_some());
        let Some(soon) = soon else { return };
        if !were_known {
            self.now.fill(0);
            x.add_groups(now, self.first, &mut self.now);
        }
        self.next.fill(0);
        x.add_groups(soon, self.first, &mut self.next);
    }

    /// Whether it is known what comes.
    pub fn are_known(&self) -> bool {
        self.known
    }
}

impl Dormitory {
    /// `groups` of `x`, all of which are awake.
    pub fn new(x: &Groups, groups: Range<usize>) -> Dormitory {
        let visit = |group| Visit { group, slept: 0 };
        let all: Vec<_> = groups.clone().map(|group| visit(group as u16)).collect();
        let used = x.used(groups.clone()).iter().map(|&group| visit(group)).collect();
        let (due, since) = (Vec::with_capacity(all.len()), vec![0; all.len()]);
        Dormitory { groups, all, used, due, since, sleepers: false }
    }

    /// The visits of a step by `rule`. What is not in the `needs` of the groups' band may sleep; if it is
    /// not known what comes, all wake, as they must every [`LONGEST_NAP`] steps.
    pub fn visits<R: UpdateRule>(&mut self, rule: &R, needs: &Needs) -> Visits<'_> {
        let visits = if rule.naps() && (self.sleepers || needs.known) {
            self.plan(needs);
            &self.due
        } else if R::IDLE_WITHOUT_GRADIENT {
            &self.used
        } else {
            &self.all
        };
        Visits { groups: &self.groups, visits }
    }

    fn plan(&mut self, needs: &Needs) {
        self.since.iter_mut().for_each(|since| *since = since.saturating_add(1));
        self.due.clear();
        self.sleepers = needs.known;
        if !needs.known {
            return (0..self.used.len()).for_each(|i| self.visit(self.used[i].group));
        }
        for word in self.groups.start / WORD..self.groups.end.div_ceil(WORD) {
            let groups = needs.now[word - needs.first] | needs.next[word - needs.first];
            for bit in Ones(groups & self.within(word)) {
                self.visit((WORD * word + bit) as u16);
            }
        }
    }

    #[inline(always)]
    fn visit(&mut self, group: u16) {
        let since = &mut self.since[usize::from(group) - self.groups.start];
        // One that has been awake takes the step, with a gradient or without.
        let slept = if *since == 1 { 0 } else { *since };
        *since = 0;
        self.due.push(Visit { group, slept });
    }

    /// A bit for each of the 64 groups from 64 · `word` on that is one of these.
    #[inline(always)]
    fn within(&self, word: usize) -> u64 {
        let before = |group: usize| match group.saturating_sub(WORD * word) {
            n if n < WORD => !(u64::MAX << n),
            _ => u64::MAX,
        };
        before(self.groups.end) & !before(self.groups.start)
    }
}

struct Extend<'a, R> {
    rule: &'a R,
    factors: &'a mut [[f32; 1 + LONGEST_NAP]; FACTORS],
}

const _: () = assert!(LONGEST_NAP.is_multiple_of(LANES) && LONGEST_NAP <= u8::MAX as usize);

impl<R: UpdateRule> Kernel for Extend<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // From the longest on: a nap of n steps becomes one of n + 1.
        for n in (0..LONGEST_NAP).step_by(LANES).rev() {
            let mut nap = [simd.splat(0.0); FACTORS];
            for f in 0..FACTORS {
                // SAFETY: there are LANES numbers from n on.
                nap[f] = unsafe { simd.load_ptr(self.factors[f][n..n + LANES].as_ptr()) };
            }
            let nap = self.rule.extend(nap);
            for f in 0..FACTORS {
                // SAFETY: there are LANES numbers from n + 1 on.
                unsafe { nap[f].store_ptr(self.factors[f][n + 1..n + 1 + LANES].as_mut_ptr()) };
            }
        }
    }
}

/// A rule that makes up for a nap, and sees no gradient.
#[derive(Clone, Copy)]
pub(super) struct Wake<R> {
    pub(super) rule: R,
    pub(super) nap: [f32; FACTORS],
}

impl<R: UpdateRule> UpdateRule for Wake<R> {
    const SLOTS: usize = R::SLOTS;
    const IDLE_WITHOUT_GRADIENT: bool = R::IDLE_WITHOUT_GRADIENT;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, _: L, slots: &mut [L; MAX_SLOTS]) -> L {
        self.rule.wake(self.nap, w, slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Mask;

    /// Momentum alone: m ← µ m; w ← w + m.
    #[derive(Clone, Copy)]
    struct Roll<const NAPS: bool> {
        mu: f32,
    }

    impl<const NAPS: bool> UpdateRule for Roll<NAPS> {
        const SLOTS: usize = 1;
        const IDLE_WITHOUT_GRADIENT: bool = true;

        #[inline(always)]
        fn step<L: SimdFloat>(&self, w: L, _: L, [m, ..]: &mut [L; MAX_SLOTS]) -> L {
            *m = w.splat(self.mu) * *m;
            w + *m
        }

        fn naps(&self) -> bool {
            NAPS
        }

        #[inline(always)]
        fn extend<L: SimdFloat>(&self, [m, one, sum, zero]: [L; 4]) -> [L; 4] {
            let m = m.splat(self.mu) * m;
            [m, one, sum + m, zero]
        }
    }

    #[test]
    fn a_nap_of_n_steps_is_what_the_last_n_come_to() {
        let mus: Vec<f32> = (0..50).map(|t| 0.5 + t as f32 / 128.0).collect();
        for arch in Arch::available() {
            let mut naps = Naps::new();
            mus.iter().for_each(|&mu| naps.step(arch, &Roll::<true> { mu }));
            for n in 0..=LONGEST_NAP {
                let (mut m, mut sum) = (1.0, 0.0);
                for mu in &mus[50 - n..] {
                    m *= mu;
                    sum += m;
                }
                assert_eq!(naps.of(n as u8), [m, 1.0, sum, 0.0], "{n} steps on {}", arch.name());
            }
        }
    }

    /// Rows of 300 features, of which row r has the groups r and r + 64 alone, and none has the last two.
    fn rows() -> Groups {
        let mut mask = Mask::new(80, 300);
        for r in 0..80 {
            mask.set(r, 2 * r);
            mask.set(r, 2 * (r + 64));
        }
        Groups::bytes(&mask, &[1; 160], 255.0)
    }

    fn visits(dormitory: &mut Dormitory, needs: &Needs) -> Vec<(u16, u8)> {
        let visits = dormitory.visits(&Roll::<true> { mu: 0.5 }, needs).visits;
        visits.iter().map(|visit| (visit.group, visit.slept)).collect()
    }

    #[test]
    fn a_group_wakes_for_the_batch_that_has_it_and_when_nobody_knows_what_comes() {
        let x = rows();
        // The second of three pieces of the second band.
        let groups = x.pieces(1, 3).nth(1).unwrap();
        let (first, used) = (groups.start as u32, x.used(groups.clone()).len());
        let row = |i: u32| [first - 64 + i];
        let (mut needs, mut dormitory) = (Needs::new(&x, 1), Dormitory::new(&x, groups));
        let mut step = |now: u32, soon: Option<u32>| {
            let soon = soon.map(row);
            needs.look(&x, &row(now), soon.as_ref().map(|soon| &soon[..]));
            visits(&mut dormitory, &needs)
                .iter()
                .map(|(g, n)| (u32::from(*g) - first, *n))
                .collect()
        };
        let seen: Vec<Vec<(u32, u8)>> = vec![
            step(0, Some(1)),
            step(1, Some(0)),
            step(0, Some(0)),
            step(0, Some(3)),
            step(3, None),
            step(5, Some(2)),
        ];
        let both = vec![(0, 0), (1, 0)];
        assert_eq!(seen[..4], [both.clone(), both, vec![(0, 0)], vec![(0, 0), (3, 4)]]);
        let mut woken: Vec<_> = (0..used as u32).map(|g| (g, 5)).collect();
        (woken[0].1, woken[1].1, woken[3].1) = (0, 3, 0);
        assert_eq!(seen[4], woken);
        assert_eq!(seen[5], [(2, 0), (5, 0)]);
    }

    #[test]
    fn nothing_sleeps_by_a_rule_that_cannot_say_what_a_nap_comes_to() {
        let x = rows();
        let mut needs = Needs::new(&x, 0);
        needs.look(&x, &[0], Some(&[1]));
        let groups = x.band(0);
        let used = x.used(groups.clone()).len();
        let mut dormitory = Dormitory::new(&x, groups);
        let visits = dormitory.visits(&Roll::<false> { mu: 0.5 }, &needs).visits;
        assert!(visits.len() == used && visits.iter().all(|visit| visit.slept == 0));
    }
}
