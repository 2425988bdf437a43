//! Products with a band of a turned batch: forward to the first layer's outputs, and back into its
//! weights, whose gradient is summed in registers and consumed there, never written.
//!
//! Forward, a group's rows of weights stay in registers while every row of the batch that has
//! the group takes its share; so each weight is read once, and the outputs, which are few, wait in
//! the nearest cache.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::divide::share;
use crate::kernels::groups::{Entry, GROUP, Groups, Kept, Table};
use crate::kernels::turned::{Slots, Turned};
use crate::kernels::update::{Pointers, Rule, Target};
use crate::kernels::{LANES, Vector, View, ViewMut};

/// C ← C₀ + X W for the batch that `turned` holds of its band of `x`: W is (features × n), C
/// (batch × n), and every row of C₀ is `start` (n, padded), or 0.
pub fn sparse_product(
    cpu: Cpu,
    x: &Groups,
    turned: &Turned,
    w: View<'_>,
    start: Option<&[f32]>,
    c: ViewMut<'_>,
) {
    assert!((w.rows, w.cols) == (x.features(), c.cols) && c.rows == turned.rows);
    assert!(start.is_none_or(|s| w.cols <= s.len() && s.len() % LANES == 0));
    assert!(turned.first + turned.groups <= x.features().div_ceil(GROUP));
    match (x.kept(), &turned.slots) {
        (Kept::Bytes(_, table), Slots::Bytes(slots)) => {
            cpu.run(Forward { turned, slots, table, w, start, c });
        }
        (Kept::Floats(_), Slots::Floats(slots)) => {
            cpu.run(Forward { turned, slots, table: &[0.0; 256], w, start, c });
        }
        _ => panic!("rows of another type than turned"),
    }
}

/// Updates the band's rows W (its features × n) by the gradient Xᵀ δ for the batch that `turned`
/// holds, with δ (batch × n).
///
/// Rows of features that are zero in all of `x` are visited only by a rule that does not rest. The
/// rows `ahead` of `x` will be read next: they are asked for one by one as the work goes on.
pub fn sparse_update<R: Rule>(
    cpu: Cpu,
    rule: &R,
    x: &Groups,
    turned: &Turned,
    ahead: &[u32],
    delta: View<'_>,
    mut w: Target<'_>,
) {
    let band = x.band(turned.band());
    assert!((band.len(), delta.cols) == (w.value.rows, w.value.cols));
    assert!(
        turned.rows == delta.rows
            && (band.start, turned.groups) == (GROUP * turned.first, band.len().div_ceil(GROUP))
    );
    let pointers = w.pointers(R::SLOTS);
    let used = if R::RESTS { Some(x.used(turned.band())) } else { None };
    let ahead = Ahead { x, band: turned.band(), rows: ahead };
    let features = band.len();
    match (x.kept(), &turned.slots) {
        (Kept::Bytes(_, table), Slots::Bytes(slots)) => {
            cpu.run(Backward {
                rule,
                turned,
                slots,
                table,
                used,
                ahead,
                features,
                delta,
                pointers,
            });
        }
        (Kept::Floats(_), Slots::Floats(slots)) => {
            let table = &[0.0; 256];
            cpu.run(Backward {
                rule,
                turned,
                slots,
                table,
                used,
                ahead,
                features,
                delta,
                pointers,
            });
        }
        _ => panic!("rows of another type than turned"),
    }
}

/// Rows that will be read next.
struct Ahead<'a> {
    x: &'a Groups,
    band: usize,
    rows: &'a [u32],
}

impl Ahead<'_> {
    /// Asks for the places of all rows: who had to wait for them could ask for no row.
    #[inline(always)]
    fn begin(&self) {
        self.rows.iter().for_each(|&r| self.x.prefetch_place(r, self.band));
    }

    /// Asks for the share of the rows that falls to visit number `visit` of `visits`: all at once
    /// would have to wait for each other.
    #[inline(always)]
    fn at(&self, visit: usize, visits: usize) {
        let (from, to) = share(self.rows.len(), visit, visits);
        self.rows[from..to].iter().for_each(|&r| self.x.prefetch(r, self.band));
    }
}

/// Calls `panel` for as many vectors of columns at a time as there are registers for.
macro_rules! panels {
    ($lanes:ident, $cols:expr, $panel:ident of $job:expr) => {{
        let vectors = $cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let col = v * LANES;
            v += match vectors - v {
                4.. if $lanes::WIDE => ($job.$panel::<$lanes, 4>(col), 4).1,
                2.. if $lanes::WIDE => ($job.$panel::<$lanes, 2>(col), 2).1,
                _ => ($job.$panel::<$lanes, 1>(col), 1).1,
            };
        }
    }};
}

struct Forward<'a, E> {
    turned: &'a Turned,
    slots: &'a [E],
    table: &'a Table,
    w: View<'a>,
    start: Option<&'a [f32]>,
    c: ViewMut<'a>,
}

impl<E: Entry> Job for Forward<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(self) {
        // SAFETY: `sparse_product` has checked all shapes, `Turned::fill` its slots.
        unsafe { panels!(L, self.w.cols, panel of self) }
    }
}

impl<E: Entry> Forward<'_, E> {
    /// All rows of the N vectors of columns from `col` on.
    #[inline(always)]
    unsafe fn panel<L: Vector, const N: usize>(&self, col: usize) {
        let turned = self.turned;
        // SAFETY: as the caller's: rows, columns and slots lie inside.
        unsafe {
            self.begin::<L, N>(col);
            for (q, row) in (0..turned.rows).step_by(turned.part).enumerate() {
                let c = self.c.at.add(row * self.c.stride + col);
                for p in 0..turned.groups {
                    let at = q * turned.groups + p;
                    let count = usize::from(*turned.counts.get_unchecked(at));
                    let from = at * turned.part;
                    if 0 < count {
                        let slots = self.slots.get_unchecked(from..from + count);
                        self.group::<L, N>(turned.first + p, slots, col, c);
                    }
                }
            }
        }
    }

    /// Every row of C starts as C₀.
    #[inline(always)]
    unsafe fn begin<L: Vector, const N: usize>(&self, col: usize) {
        for j in 0..N {
            // SAFETY: the start is padded to whole vectors, and so are the rows of C.
            unsafe {
                let col = col + j * LANES;
                let start = self.start.map_or(L::splat(0.0), |s| L::load(s.as_ptr().add(col)));
                (0..self.c.rows).for_each(|r| start.store(self.c.at.add(r * self.c.stride + col)));
            }
        }
    }

    /// The rows of `c` that have `group` take their shares of it.
    #[inline(always)]
    unsafe fn group<L: Vector, const N: usize>(
        &self,
        group: usize,
        slots: &[E],
        col: usize,
        c: *mut f32,
    ) {
        let first = GROUP * group;
        // SAFETY: as the caller's; the last group may have fewer features than the others.
        unsafe {
            if first + GROUP <= self.w.rows {
                self.features::<L, N, GROUP>(first, 0, slots, col, c);
            } else {
                for i in 0..self.w.rows - first {
                    self.features::<L, N, 1>(first + i, i, slots, col, c);
                }
            }
        }
    }

    /// The same for `K` features from `first` on, whose values stand from `place` on.
    #[inline(always)]
    unsafe fn features<L: Vector, const N: usize, const K: usize>(
        &self,
        first: usize,
        place: usize,
        slots: &[E],
        col: usize,
        c: *mut f32,
    ) {
        let mut w = [[L::splat(0.0); N]; K];
        // SAFETY: as the caller's.
        unsafe {
            for i in 0..K {
                for j in 0..N {
                    w[i][j] = L::load(self.w.at.add((first + i) * self.w.stride + col + j * LANES));
                }
            }
            for slot in slots {
                let x = slot.numbers(self.table);
                let c = c.add(usize::from(slot.index()) * self.c.stride);
                for j in 0..N {
                    let mut sum = L::load(c.add(j * LANES));
                    for i in 0..K {
                        sum = L::splat(x[place + i]).mul_add(w[i][j], sum);
                    }
                    sum.store(c.add(j * LANES));
                }
            }
        }
    }
}

struct Backward<'a, R, E> {
    rule: &'a R,
    turned: &'a Turned,
    slots: &'a [E],
    table: &'a Table,
    /// The groups to visit, if not all.
    used: Option<&'a [u16]>,
    ahead: Ahead<'a>,
    features: usize,
    delta: View<'a>,
    pointers: Pointers,
}

impl<R: Rule, E: Entry> Job for Backward<'_, R, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(self) {
        // SAFETY: `sparse_update` has checked all shapes, `Turned::fill` its slots.
        unsafe { panels!(L, self.delta.cols, panel of self) }
    }
}

impl<R: Rule, E: Entry> Backward<'_, R, E> {
    /// The N vectors of columns from `col` on.
    #[inline(always)]
    unsafe fn panel<L: Vector, const N: usize>(&self, col: usize) {
        let visits = self.used.map_or(self.turned.groups, <[u16]>::len);
        if col == 0 {
            self.ahead.begin();
        }
        for visit in 0..visits {
            if col == 0 {
                self.ahead.at(visit, visits);
            }
            let p = self.used.map_or(visit, |used| usize::from(used[visit]) - self.turned.first);
            // SAFETY: as the caller's.
            unsafe { self.group::<L, N>(p, col) };
        }
    }

    /// Updates the weights of group `p` of the band.
    #[inline(always)]
    unsafe fn group<L: Vector, const N: usize>(&self, p: usize, col: usize) {
        // SAFETY: as the caller's; the last group may have fewer features than the others.
        unsafe {
            if GROUP * (p + 1) <= self.features {
                self.part::<L, N, GROUP>(p, 0, col);
            } else {
                (0..self.features - GROUP * p).for_each(|i| self.part::<L, N, 1>(p, i, col));
            }
        }
    }

    /// Sums the gradient of `K` features of group `p`, from `place` on, in registers and applies
    /// the rule to it there.
    #[inline(always)]
    unsafe fn part<L: Vector, const N: usize, const K: usize>(
        &self,
        p: usize,
        place: usize,
        col: usize,
    ) {
        let (rule, turned) = (*self.rule, self.turned);
        let mut g = [[L::splat(0.0); N]; K];
        // SAFETY: as the caller's: groups, slots and rows lie inside.
        unsafe {
            for (q, row) in (0..turned.rows).step_by(turned.part).enumerate() {
                let delta = self.delta.at.add(row * self.delta.stride + col);
                let at = q * turned.groups + p;
                let count = usize::from(*turned.counts.get_unchecked(at));
                let from = at * turned.part;
                for slot in self.slots.get_unchecked(from..from + count) {
                    let x = slot.numbers(self.table);
                    let delta = delta.add(usize::from(slot.index()) * self.delta.stride);
                    for j in 0..N {
                        let delta = L::load(delta.add(j * LANES));
                        for i in 0..K {
                            g[i][j] = L::splat(x[place + i]).mul_add(delta, g[i][j]);
                        }
                    }
                }
            }
            for i in 0..K {
                self.pointers.step(&rule, GROUP * p + place + i, col, g[i]);
            }
        }
    }
}
