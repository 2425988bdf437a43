//! Updates of weights by an elementwise rule of an optimizer.
//!
//! ```text
//! (w, slots) ← rule.step(w, g, slots)        for every weight w with its gradient g
//!
//! update           g from memory                       [rows × cols]
//! product_update   g = A B, from the registers of GEMM  [m × n]
//! bias_update      g = Σ_r δ[r], the column sums of δ   [1 × units]
//! map              g = 0: scaling and other maps
//! ```
//!
//! Departure from the formulas: a rule sees up to four vectors of 16 weights in step, so that the
//! chains of dependent operations overlap.

use crate::linalg::{Epilogue, Lhs, Matrix, View, ViewMut, product_with};
use crate::parallel::{ByCols, ByRows, Partition};
use crate::prefetch::prefetch_at;
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat, Unrolled};

/// The most state vectors that a rule keeps for each weight.
pub const MAX_SLOTS: usize = 3;

/// An update rule that sees one weight at a time.
pub trait UpdateRule: Copy + Send + Sync {
    /// Number of state vectors that the rule keeps for each weight, at most [`MAX_SLOTS`].
    const SLOTS: usize;

    /// Whether a weight whose gradient has always been 0 stays as it is, and its state as it was at
    /// first: then the weights of inputs that are never anything but 0 need no visit.
    const IDLE_WITHOUT_GRADIENT: bool;

    /// The new weight for weight `w` and gradient `g`; `slots` (of which [`UpdateRule::SLOTS`] are used)
    /// is the state, updated in place.
    ///
    /// Must be `#[inline(always)]`.
    fn step<L: SimdFloat>(&self, w: L, g: L, slots: &mut [L; MAX_SLOTS]) -> L;
}

/// Weights with the state of their rule, all of one shape.
pub struct ParamMut<'a> {
    /// The weights.
    pub value: ViewMut<'a>,
    /// The state; the first [`UpdateRule::SLOTS`] are there.
    pub slots: [Option<ViewMut<'a>>; MAX_SLOTS],
}

impl<'a> ParamMut<'a> {
    /// The whole of `value` with its state.
    #[inline]
    pub fn new(value: &'a mut Matrix, slots: &'a mut [Matrix]) -> ParamMut<'a> {
        let mut slots = slots.iter_mut().map(|s| s.view_mut(s.rows()));
        let slots = std::array::from_fn(|_| slots.next());
        ParamMut { slots, value: value.view_mut(value.rows()) }
    }

    /// The first `at` rows, and the others.
    pub fn split_rows(self, at: usize) -> (ParamMut<'a>, ParamMut<'a>) {
        let (value, others) = self.value.split_rows(at);
        let [mut slots, mut other_slots] = [const { [const { None }; MAX_SLOTS] }; 2];
        for (i, slot) in self.slots.into_iter().enumerate() {
            (slots[i], other_slots[i]) = slot.map(|slot| slot.split_rows(at)).unzip();
        }
        (ParamMut { value, slots }, ParamMut { value: others, slots: other_slots })
    }

    /// Panics unless the state has the shape of the weights.
    #[inline]
    pub(crate) fn check_shapes(&self) {
        let ViewMut { rows, cols, stride, .. } = self.value;
        let fits = |slot: &ViewMut<'_>| (slot.rows, slot.cols, slot.stride) == (rows, cols, stride);
        assert!(self.slots.iter().flatten().all(fits), "state of another shape than the weights");
    }

    /// The part of weights and state that `cut` makes of each.
    #[inline]
    pub(crate) fn map<'b>(&self, cut: impl Fn(&ViewMut<'a>) -> ViewMut<'b>) -> ParamMut<'b> {
        let mut slots = [const { None }; MAX_SLOTS];
        for (slot, whole) in slots.iter_mut().zip(&self.slots) {
            *slot = whole.as_ref().map(&cut);
        }
        ParamMut { value: cut(&self.value), slots }
    }

    /// Pointers for a kernel that uses `slots` state vectors.
    ///
    /// Panics when a slot is missing or of another shape.
    #[inline]
    pub(crate) fn pointers(&mut self, slots: usize) -> Pointers {
        let value = &self.value;
        let mut at = [value.at; MAX_SLOTS];
        for (at, slot) in at.iter_mut().zip(&self.slots[..slots]) {
            let slot = slot.as_ref().expect("a rule's state has all its slots");
            assert!((slot.rows, slot.cols, slot.stride) == (value.rows, value.cols, value.stride));
            *at = slot.at;
        }
        Pointers { value: value.at, slots: at, stride: value.stride }
    }
}

// SAFETY: different columns of weights and state are different numbers, for all have one shape.
unsafe impl Partition for ByCols<ParamMut<'_>> {
    fn units(&self) -> usize {
        self.0.check_shapes();
        self.0.value.cols.div_ceil(LANES)
    }

    #[inline]
    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        let cols = from * LANES..self.0.value.cols.min(to * LANES);
        // SAFETY: the caller promises the vectors of columns, which all views have: `units` has checked it.
        ByCols(self.0.map(|view| unsafe { view.part(0..view.rows, cols.clone()) }))
    }
}

// SAFETY: different rows of weights and state are different numbers, for all have one shape.
unsafe impl Partition for ByRows<ParamMut<'_>> {
    fn units(&self) -> usize {
        self.0.check_shapes();
        self.0.value.rows
    }

    #[inline]
    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller promises the rows, which all views have: `units` has checked it.
        ByRows(self.0.map(|view| unsafe { view.part(from..to, 0..view.cols) }))
    }
}

/// Where a target's numbers are.
#[derive(Clone, Copy)]
pub(crate) struct Pointers {
    value: *mut f32,
    slots: [*mut f32; MAX_SLOTS],
    stride: usize,
}

impl Pointers {
    /// Applies `rule` with gradient `g` to the `N` vectors at (`row`, `col`), in step.
    ///
    /// # Safety
    /// The vectors must lie inside the target, padding included, and no one else may use them.
    #[inline(always)]
    pub(crate) unsafe fn step<V: F32x16, R: UpdateRule, const N: usize>(
        self,
        rule: &R,
        row: usize,
        col: usize,
        g: [V; N],
    ) {
        let at = row * self.stride + col;
        // SAFETY: the caller promises that the vectors lie inside; value and slots have one shape.
        unsafe {
            let (simd, g) = (g[0].simd(), Unrolled(g));
            let mut slots = [g.splat(0.0); MAX_SLOTS];
            for i in 0..R::SLOTS {
                slots[i] = Unrolled::load_ptr(simd, self.slots[i].add(at));
            }
            let w = rule.step(Unrolled::load_ptr(simd, self.value.add(at)), g, &mut slots);
            w.store_ptr(self.value.add(at));
            for i in 0..R::SLOTS {
                slots[i].store_ptr(self.slots[i].add(at));
            }
        }
    }
}

impl Pointers {
    /// Asks for `n` numbers from (`row`, `col`) on to be brought near, in the weights and in each slot
    /// of `R`; they will be updated soon.
    #[inline(always)]
    pub(crate) fn prefetch<R: UpdateRule>(self, row: usize, col: usize, n: usize) {
        let at = row * self.stride + col;
        prefetch_at(self.value.wrapping_add(at), n);
        for i in 0..R::SLOTS {
            prefetch_at(self.slots[i].wrapping_add(at), n);
        }
    }
}

/// Updates every weight of `target` by a gradient of the same shape.
pub fn update<R: UpdateRule>(arch: Arch, rule: &R, gradient: View<'_>, mut target: ParamMut<'_>) {
    assert!((gradient.rows, gradient.cols) == (target.value.rows, target.value.cols));
    let pointers = target.pointers(R::SLOTS);
    arch.dispatch(ElementwiseUpdate { rule, gradient, pointers });
}

/// Applies `rule` to every number of `target`, with gradient 0: for what is no step, such as a scaling.
pub fn map<R: UpdateRule>(arch: Arch, rule: &R, mut target: ParamMut<'_>) {
    let (rows, cols) = (target.value.rows, target.value.cols);
    let pointers = target.pointers(R::SLOTS);
    arch.dispatch(Map { rule, rows, cols, pointers });
}

/// Updates a bias (1 × units) by the column sums of `delta` (batch × units), each taken from the
/// first row to the last.
pub fn bias_update<R: UpdateRule>(arch: Arch, rule: &R, delta: View<'_>, mut target: ParamMut<'_>) {
    assert!((1, delta.cols) == (target.value.rows, target.value.cols));
    let pointers = target.pointers(R::SLOTS);
    arch.dispatch(BiasUpdate { rule, delta, pointers });
}

/// Updates the weights W (m × n) by the gradient A B, which is never written down.
pub fn product_update<R: UpdateRule>(
    arch: Arch,
    rule: &R,
    a: Lhs<'_>,
    b: View<'_>,
    mut w: ParamMut<'_>,
) {
    let shape = (w.value.rows, w.value.cols);
    let epilogue = UpdateEpilogue { rule, pointers: w.pointers(R::SLOTS) };
    // SAFETY: the epilogue writes to W and its state alone, which are borrowed mutably and have the shape.
    unsafe { product_with(arch, a, b, None, shape, epilogue) };
}

struct ElementwiseUpdate<'a, R> {
    rule: &'a R,
    gradient: View<'a>,
    pointers: Pointers,
}

impl<R: UpdateRule> Kernel for ElementwiseUpdate<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let rule = *self.rule;
        for r in 0..self.gradient.rows {
            for (i, g) in self.gradient.vectors(r).iter().enumerate() {
                // SAFETY: `update` has checked that target and gradient have one shape.
                unsafe { self.pointers.step(&rule, r, i * LANES, [simd.load(g)]) };
            }
        }
    }
}

struct Map<'a, R> {
    rule: &'a R,
    rows: usize,
    cols: usize,
    pointers: Pointers,
}

impl<R: UpdateRule> Kernel for Map<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let rule = *self.rule;
        for r in 0..self.rows {
            for col in (0..self.cols).step_by(LANES) {
                // SAFETY: the target has row `r` and column `col`, and its rows are padded to whole vectors.
                unsafe { self.pointers.step(&rule, r, col, [simd.splat(0.0)]) };
            }
        }
    }
}

struct UpdateEpilogue<'a, R> {
    rule: &'a R,
    pointers: Pointers,
}

impl<R> Clone for UpdateEpilogue<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for UpdateEpilogue<'_, R> {}

impl<R: UpdateRule> Epilogue for UpdateEpilogue<'_, R> {
    #[inline(always)]
    unsafe fn put<V: F32x16, const N: usize>(&self, row: usize, col: usize, value: [V; N]) {
        // SAFETY: the caller promises that the place lies inside the weights, which nothing else uses.
        unsafe { self.pointers.step(self.rule, row, col, value) }
    }
}

struct BiasUpdate<'a, R> {
    rule: &'a R,
    delta: View<'a>,
    pointers: Pointers,
}

impl<R: UpdateRule> Kernel for BiasUpdate<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let vectors = self.delta.cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            // SAFETY: rows are padded to whole vectors, and `bias_update` has checked the shapes.
            unsafe {
                v += match vectors - v {
                    4.. => (self.columns::<S, 4>(simd, v * LANES), 4).1,
                    _ => (self.columns::<S, 1>(simd, v * LANES), 1).1,
                };
            }
        }
    }
}

impl<R: UpdateRule> BiasUpdate<'_, R> {
    /// The N vectors of columns from `col` on: sums side by side, for each waits for its last addition.
    ///
    /// # Safety
    /// δ, the bias and its state must have these columns, padding included.
    #[inline(always)]
    unsafe fn columns<S: Simd, const N: usize>(&self, simd: S, col: usize) {
        let mut g = [simd.splat(0.0); N];
        // SAFETY: the caller promises the columns, `r` is a row of δ, and the bias has row 0.
        unsafe {
            for r in 0..self.delta.rows {
                let row = self.delta.at.add(r * self.delta.stride + col);
                for j in 0..N {
                    g[j] = g[j] + simd.load_ptr(row.add(j * LANES));
                }
            }
            self.pointers.step(self.rule, 0, col, g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Team;

    #[test]
    #[should_panic(expected = "another shape")]
    fn state_of_another_shape_than_the_weights_is_not_divided() {
        let (mut value, mut slot) = (Matrix::zeros(1, 64), Matrix::zeros(1, 16));
        let target = ParamMut::new(&mut value, std::slice::from_mut(&mut slot));
        Team::new(2).parallel_for(ByCols(target), |_, _| ());
    }
}
