//! Groups of weights that sleep while no row has them: which are visited in a step, and what the steps
//! come to that one has slept through; it updates none.
//!
//! A group of features that is 0 in a whole batch gets no gradient. Most optimizers move its weights
//! all the same, by what they remember; but what several such steps come to can be said at once. So
//! the group is left alone until a batch has it again: of MNIST's groups a third sleeps in every step.

use std::ops::Range;

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::mask::{Ones, WORD};
use crate::kernels::{Groups, LANES, Lanes, MAX_SLOTS, Rule, Vector};

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
    pub fn step<R: Rule>(&mut self, cpu: Cpu, rule: &R) {
        cpu.run(Extend { rule, factors: &mut self.factors });
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
    pub fn visits<R: Rule>(&mut self, rule: &R, needs: &Needs) -> Visits<'_> {
        let visits = if rule.naps() && (self.sleepers || needs.known) {
            self.plan(needs);
            &self.due
        } else if R::RESTS {
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

impl<R: Rule> Job for Extend<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(self) {
        // From the longest on: a nap of n steps becomes one of n + 1.
        for n in (0..LONGEST_NAP).step_by(LANES).rev() {
            let mut nap = [L::splat(0.0); FACTORS];
            for f in 0..FACTORS {
                // SAFETY: there are LANES numbers from n on.
                nap[f] = unsafe { L::load(self.factors[f][n..n + LANES].as_ptr()) };
            }
            let nap = self.rule.extend(nap);
            for f in 0..FACTORS {
                // SAFETY: there are LANES numbers from n + 1 on.
                unsafe { nap[f].store(self.factors[f][n + 1..n + 1 + LANES].as_mut_ptr()) };
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

impl<R: Rule> Rule for Wake<R> {
    const SLOTS: usize = R::SLOTS;
    const RESTS: bool = R::RESTS;

    #[inline(always)]
    fn step<L: Lanes>(&self, w: L, _: L, slots: &mut [L; MAX_SLOTS]) -> L {
        self.rule.wake(self.nap, w, slots)
    }
}
