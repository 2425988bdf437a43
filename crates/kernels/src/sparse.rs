//! Products with a band of a turned batch: forward to the first layer's outputs, and back into its weights,
//! whose gradient is summed in registers and consumed there, never written.
//!
//! Forward, a group's rows of weights stay in registers while every row of the batch that has
//! the group takes its share; so each weight is read once, and the outputs, which are few, wait in
//! the nearest cache.

use crate::kernels::ahead::{Ahead, Rows};
use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::groups::{GROUP, Groups};
use crate::kernels::naps::{Naps, Visit, Visits, Wake};
use crate::kernels::turned::{PART, Part, Slot, Turned};
use crate::kernels::update::{ParamMut, Pointers, UpdateRule};
use crate::kernels::{F32x16, LANES, Simd, SimdFloat, View, ViewMut};

/// C ← C₀ + X W for the batch that `turned` holds of its band of `x`: W is (features × n), C
/// (batch × n), and every row of C₀ is `start` (n, padded), or 0.
pub fn sparse_product(
    arch: Arch,
    x: &Groups,
    turned: &Turned,
    w: View<'_>,
    start: Option<&[f32]>,
    c: ViewMut<'_>,
) {
    assert!((w.rows, w.cols) == (x.features(), c.cols) && c.rows == turned.rows);
    assert!(start.is_none_or(|s| w.cols <= s.len() && s.len() % LANES == 0));
    assert!(turned.first + turned.groups <= x.features().div_ceil(GROUP));
    arch.dispatch(Forward { turned, w, start, c });
}

/// What is due to some groups of weights in a step.
pub struct Due<'a> {
    /// Those of them that are to be visited.
    pub visits: Visits<'a>,
    /// What the naps come to of those that wake.
    pub naps: &'a Naps,
    /// Rows that will be read next, at most [`crate::kernels::AHEAD`]: they are asked for bit by bit as
    /// the work goes on; their places have been asked for (see [`Groups::prefetch_places`]).
    pub ahead: &'a [u32],
}

/// Updates W, the rows of weights of the features of some groups (× n), as it is `due` to them, by their
/// gradient Xᵀ δ for the batch of `x` of which `turned` holds a band that has these groups, with δ
/// (batch × n).
pub fn sparse_update<R: UpdateRule>(
    arch: Arch,
    rule: &R,
    (x, turned): (&Groups, &Turned),
    due: Due<'_>,
    delta: View<'_>,
    mut w: ParamMut<'_>,
) {
    let Due { visits: Visits { groups, visits }, naps, ahead } = due;
    let features = x.features_of(groups).len();
    assert!((features, delta.cols) == (w.value.rows, w.value.cols));
    assert!(turned.rows == delta.rows && turned.first <= groups.start);
    assert!(groups.is_empty() || groups.end <= turned.first + turned.groups);
    // Then all of them but the last one of `x` have GROUP features, and no visit is to rows beyond W.
    assert!(groups.end <= x.features().div_ceil(GROUP), "groups of other rows");
    let ahead = Rows { x, band: turned.band(), rows: ahead };
    let (sums, pointers) = (Sums::new(turned, delta), w.pointers(R::SLOTS));
    let first = groups.start;
    arch.dispatch(Backward { rule, sums, first, features, visits, naps, ahead, pointers });
}

/// Calls `strip` for all columns (in loops without closures here, and below: one would be compiled
/// without the instructions of its vectors): P panels at a time of as many vectors N as there are registers for.
/// The panels of a strip are done for one group of features before the next group: its slots are at
/// hand, and how many they are has just been seen by the processor's predictor of branches.
macro_rules! strips {
    ($simd:ident, $isa:ident, $cols:expr, $strip:ident of $job:expr) => {{
        let vectors = $cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let col = v * LANES;
            v += match vectors - v {
                4.. if $isa::HAS_32_REGISTERS => ($job.$strip::<$isa, 4, 1>($simd, col), 4).1,
                4.. => ($job.$strip::<$isa, 2, 2>($simd, col), 4).1,
                2.. => ($job.$strip::<$isa, 2, 1>($simd, col), 2).1,
                _ => ($job.$strip::<$isa, 1, 1>($simd, col), 1).1,
            };
        }
    }};
}

struct Forward<'a> {
    turned: &'a Turned,
    w: View<'a>,
    start: Option<&'a [f32]>,
    c: ViewMut<'a>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: `sparse_product` has checked all shapes, so that W has the features of the band and C the
        // rows of the batch; `strips` goes no further than the columns.
        unsafe { strips!(simd, S, self.w.cols, strip of self) }
    }
}

impl Forward<'_> {
    /// All rows of the P · N vectors of columns from `col` on.
    ///
    /// # Safety
    /// W, C and the start must have these columns, padding included; W the features of the band, and C
    /// the rows of the batch.
    #[inline(always)]
    unsafe fn strip<S: Simd, const N: usize, const P: usize>(&self, simd: S, col: usize) {
        let turned = self.turned;
        // The last group of all may have fewer features than the others.
        let n_features = self.w.rows - GROUP * turned.first;
        let full = turned.groups.min(n_features / GROUP);
        // SAFETY: the caller vouches for the columns. A group p of `turned.groups` has slots in each part,
        // whose rows are below `turned.rows`; `first + i` is a feature of the band.
        unsafe {
            for v in 0..N * P {
                self.begin::<S>(simd, col + v * LANES);
            }
            for q in 0..turned.parts {
                let first_row = q * turned.part;
                let part = turned.part(q);
                for p in 0..full {
                    let slots = part.slots(p);
                    if !slots.is_empty() {
                        for i in 0..P {
                            let at = (first_row, col + i * N * LANES);
                            let first = GROUP * (turned.first + p);
                            self.features::<S, N, GROUP>(simd, first, 0, (part, slots), at);
                        }
                    }
                }
                for p in full..turned.groups {
                    let slots = part.slots(p);
                    for i in 0..n_features - GROUP * p {
                        for v in 0..N * P {
                            let (first, at) =
                                (GROUP * (turned.first + p) + i, (first_row, col + v * LANES));
                            self.features::<S, 1, 1>(simd, first, i, (part, slots), at);
                        }
                    }
                }
            }
        }
    }

    /// Every row of C starts as C₀ in the vector at `col`.
    ///
    /// # Safety
    /// C and the start must have the vector, padding included.
    #[inline(always)]
    unsafe fn begin<S: Simd>(&self, simd: S, col: usize) {
        // SAFETY: the caller vouches for the vector, and `r` is a row of C.
        unsafe {
            let start = match self.start {
                Some(start) => simd.load_ptr(start.as_ptr().add(col)),
                None => simd.splat(0.0),
            };
            for r in 0..self.c.rows {
                start.store_ptr(self.c.at.add(r * self.c.stride + col));
            }
        }
    }

    /// The rows of C from `row` on take their shares of `K` features from `first` on, whose values
    /// stand in the slots from `place` on, in N vectors at `col`.
    ///
    /// # Safety
    /// W must have the features, C the rows of the slots from `row` on, and both the vectors; the slots
    /// must be of the part.
    #[inline(always)]
    unsafe fn features<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        first: usize,
        place: usize,
        (part, slots): (Part<'_>, &[Slot]),
        (row, col): (usize, usize),
    ) {
        let mut w = [[simd.splat(0.0); N]; K];
        // SAFETY: the caller vouches for features, rows and vectors, and for the slots.
        unsafe {
            let c = self.c.at.add(row * self.c.stride + col);
            for i in 0..K {
                for j in 0..N {
                    w[i][j] =
                        simd.load_ptr(self.w.at.add((first + i) * self.w.stride + col + j * LANES));
                }
            }
            for slot in slots {
                let x = values::<S, K>(simd, &part, *slot, place);
                let c = c.add(slot.row() * self.c.stride);
                for j in 0..N {
                    let mut sum = simd.load_ptr(c.add(j * LANES));
                    for i in 0..K {
                        sum = x[i].mul_add(w[i][j], sum);
                    }
                    sum.store_ptr(c.add(j * LANES));
                }
            }
        }
    }
}

struct Backward<'a, R> {
    rule: &'a R,
    sums: Sums<'a>,
    /// The first group.
    first: usize,
    /// How many features all of them have.
    features: usize,
    visits: &'a [Visit],
    naps: &'a Naps,
    ahead: Rows<'a>,
    pointers: Pointers,
}

impl<R: UpdateRule> Kernel for Backward<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: `sparse_update` has checked that weights, state and δ have the same columns, that δ has the
        // rows of the batch, and that the weights have the features of all groups that are visited.
        unsafe { strips!(simd, S, self.sums.delta.cols, strip of self) }
    }
}

impl<R: UpdateRule> Backward<'_, R> {
    /// All of them in the P · N vectors of columns from `col` on.
    ///
    /// # Safety
    /// Weights, state and δ must have these columns, padding included; δ the rows of the batch; weights
    /// and state the features of the groups that are visited; and the batch those groups.
    #[inline(always)]
    unsafe fn strip<S: Simd, const N: usize, const P: usize>(&self, simd: S, col: usize) {
        // Copies, which no store can change.
        let Backward { sums, first, features, visits, naps, pointers, .. } = *self;
        let rule = *self.rule;
        let vectors = N * P * LANES;
        sums.delta.columns(col, sums.delta.cols.min(col + vectors)).prefetch(PART);
        let mut ahead = Ahead::new(self.ahead, visits.len(), col == 0);
        let wide = vectors < sums.delta.cols;
        for (i, visit) in visits.iter().enumerate() {
            ahead.visit();
            if wide && let Some(next) = visits.get(i + 1) {
                let next = GROUP * (usize::from(next.group) - first);
                for i in 0..GROUP.min(features - next) {
                    pointers.prefetch::<R>(next + i, col, vectors);
                }
            }
            let p = usize::from(visit.group);
            let row = GROUP * (p - first);
            // The last group may have fewer features than the others.
            let n = GROUP.min(features - row);
            for i in 0..P {
                let col = col + i * N * LANES;
                // SAFETY: the caller vouches for the columns and for group `p`, of which the weights have `n`
                // rows from `row` on.
                unsafe {
                    if visit.slept != 0 {
                        let wake = Wake { rule, nap: naps.of(visit.slept) };
                        for place in 0..n {
                            pointers.step(&wake, row + place, col, [simd.splat(0.0); N]);
                        }
                    } else if n == GROUP {
                        let g = sums.of::<S, N, GROUP>(simd, p, 0, col);
                        update::<S, R, N, GROUP>(pointers, &rule, (row, col), g);
                    } else {
                        for place in 0..n {
                            let g = sums.of::<S, N, 1>(simd, p, place, col);
                            update::<S, R, N, 1>(pointers, &rule, (row + place, col), g);
                        }
                    }
                }
            }
        }
    }
}

/// Updates the N vectors at `col` of K rows from `row` on by their gradients.
///
/// # Safety
/// The target must have the rows and the vectors, and no one else may use them.
#[inline(always)]
unsafe fn update<S: Simd, R: UpdateRule, const N: usize, const K: usize>(
    pointers: Pointers,
    rule: &R,
    (row, col): (usize, usize),
    g: [[S::F32; N]; K],
) {
    for i in 0..K {
        // SAFETY: the caller vouches for the N vectors of each row.
        unsafe {
            if S::HAS_32_REGISTERS {
                pointers.step(rule, row + i, col, g[i]);
            } else {
                for j in 0..N {
                    pointers.step(rule, row + i, col + j * LANES, [g[i][j]]);
                }
            }
        }
    }
}

/// The gradient, group by group.
#[derive(Clone, Copy)]
struct Sums<'a> {
    turned: &'a Turned,
    /// The first group that is turned.
    first: usize,
    parts: usize,
    /// The first part, which most batches have no other than.
    part: Part<'a>,
    delta: View<'a>,
}

impl<'a> Sums<'a> {
    fn new(turned: &'a Turned, delta: View<'a>) -> Sums<'a> {
        let (first, parts) = (turned.first, turned.parts);
        Sums { turned, first, parts, part: turned.part(0), delta }
    }

    /// The sums of `K` features of group `p` of all from `place` on, in N vectors at `col`.
    ///
    /// # Safety
    /// Group `p` must be one of the band's, and δ must have the vectors in all rows of the batch.
    #[inline(always)]
    unsafe fn of<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        p: usize,
        place: usize,
        col: usize,
    ) -> [[S::F32; N]; K] {
        let (mut g, p) = ([[simd.splat(0.0); N]; K], p - self.first);
        // SAFETY: the caller vouches for the group, whose slots are of its part, and for the rows of δ: those
        // of part q begin with row q · `turned.part`.
        unsafe {
            let delta = self.delta.at.wrapping_add(col);
            self.add(simd, (self.part, self.part.slots(p)), place, delta, &mut g);
            for q in 1..self.parts {
                let delta = delta.add(q * self.turned.part * self.delta.stride);
                let part = self.turned.part(q);
                self.add(simd, (part, part.slots(p)), place, delta, &mut g);
            }
        }
        g
    }

    /// Adds what `slots` make with the rows from `delta` on.
    ///
    /// # Safety
    /// The slots must be of the part, and N vectors must be readable in each of their rows from `delta` on.
    #[inline(always)]
    unsafe fn add<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        (part, slots): (Part<'_>, &[Slot]),
        place: usize,
        delta: *const f32,
        g: &mut [[S::F32; N]; K],
    ) {
        for slot in slots {
            // SAFETY: the caller vouches for the slot and for its row.
            unsafe {
                let x = values::<S, K>(simd, &part, *slot, place);
                let delta = delta.add(slot.row() * self.delta.stride);
                for j in 0..N {
                    let delta = simd.load_ptr(delta.add(j * LANES));
                    for i in 0..K {
                        g[i][j] = x[i].mul_add(delta, g[i][j]);
                    }
                }
            }
        }
    }
}

/// The values of a group in `slot`, from `place` on.
///
/// # Safety
/// The slot must be one of the part.
#[inline(always)]
unsafe fn values<S: Simd, const K: usize>(
    simd: S,
    part: &Part<'_>,
    slot: Slot,
    place: usize,
) -> [S::F32; K] {
    let mut x = [simd.splat(0.0); K];
    for i in 0..K {
        // SAFETY: the caller vouches for the slot.
        x[i] = simd.splat(unsafe { part.value(slot, place + i) });
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Dormitory, MAX_SLOTS, Mask, Matrix, Needs, SimdFloat};

    #[derive(Clone, Copy)]
    struct Stay;

    impl UpdateRule for Stay {
        const SLOTS: usize = 0;
        const IDLE_WITHOUT_GRADIENT: bool = false;

        #[inline(always)]
        fn step<L: SimdFloat>(&self, w: L, _: L, _: &mut [L; MAX_SLOTS]) -> L {
            w
        }
    }

    #[test]
    #[should_panic(expected = "groups of other rows")]
    fn groups_of_rows_with_more_features_are_not_updated() {
        let rows = |features| Groups::bytes(&Mask::new(1, features), &[], 255.0);
        let (many, few) = (rows(100), rows(10));
        let mut turned = Turned::new(&many, 1, 1);
        turned.fill(&many, &[0]);
        let mut dormitory = Dormitory::new(&many, many.band(1));
        let visits = dormitory.visits(&Stay, &Needs::new(&many, 1));
        let due = Due { visits, naps: &Naps::new(), ahead: &[] };
        let n = few.features_of(&many.band(1)).len();
        let (delta, mut w) = (Matrix::zeros(1, 3), Matrix::zeros(n, 3));
        let target = ParamMut::new(&mut w, &mut []);
        sparse_update(Arch::detect(), &Stay, (&few, &turned), due, delta.view(1), target);
    }
}
