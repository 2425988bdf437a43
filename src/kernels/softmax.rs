//! Softmax, alone and together with the cross-entropy that usually follows it.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::math::{exp, ln};
use crate::kernels::{LANES, Lanes, View, ViewMut};

/// p ← softmax(z) in every row of `z` (rows × classes); the padding becomes 0.
pub fn softmax(cpu: Cpu, z: ViewMut<'_>) {
    cpu.run(Softmax { z });
}

/// Loss and gradient of softmax with cross-entropy, from the logits.
///
/// For every row z of `z` (rows × classes) with its target t (which sums to 1) in `targets`:
/// `losses[row]` = ln Σ eᶻ − Σ t z, and z is replaced by (softmax(z) − t) · `scale`.
pub fn softmax_crossentropy(
    cpu: Cpu,
    z: ViewMut<'_>,
    targets: View<'_>,
    scale: f32,
    losses: &mut [f32],
) {
    assert!((z.rows, z.cols) == (targets.rows, targets.cols) && losses.len() == z.rows);
    cpu.run(Crossentropy { z, targets, scale, losses });
}

/// The index of the greatest number, the first of equals.
pub fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        if row[best] < *x {
            best = i;
        }
    }
    best
}

struct Softmax<'a> {
    z: ViewMut<'a>,
}

impl Job for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let cols = self.z.cols;
        for r in 0..self.z.rows {
            let row = self.z.row(r);
            let (_, sum) = exponentiate::<L>(row, cols);
            for lanes in row.chunks_exact_mut(LANES) {
                // SAFETY: the chunk holds LANES numbers.
                unsafe { (L::load(lanes.as_ptr()) / L::splat(sum)).store(lanes.as_mut_ptr()) };
            }
        }
    }
}

struct Crossentropy<'a> {
    z: ViewMut<'a>,
    targets: View<'a>,
    scale: f32,
    losses: &'a mut [f32],
}

impl Job for Crossentropy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let cols = self.z.cols;
        for r in 0..self.z.rows {
            let (row, targets) = (self.z.row(r), self.targets.row(r));
            let mut hit = L::splat(0.0);
            for (z, t) in row.chunks_exact(LANES).zip(targets.chunks_exact(LANES)) {
                // SAFETY: both chunks hold LANES numbers.
                hit = unsafe { L::load(t.as_ptr()).mul_add(L::load(z.as_ptr()), hit) };
            }
            let (greatest, sum) = exponentiate::<L>(row, cols);
            let log = ln(L::splat(sum)).to_array()[0] + greatest;
            self.losses[r] = log - hit.sum();
            let (inverse, scale) = (L::splat(1.0 / sum), L::splat(self.scale));
            for (z, t) in row.chunks_exact_mut(LANES).zip(targets.chunks_exact(LANES)) {
                // SAFETY: both chunks hold LANES numbers.
                unsafe {
                    let p = L::load(z.as_ptr()) * inverse;
                    ((p - L::load(t.as_ptr())) * scale).store(z.as_mut_ptr());
                }
            }
        }
    }
}

/// z ← e^(z − max z), padding 0; returns max z and the sum.
#[inline(always)]
fn exponentiate<L: Lanes>(row: &mut [f32], cols: usize) -> (f32, f32) {
    let mut greatest = L::splat(f32::NEG_INFINITY);
    for (v, lanes) in row.chunks_exact(LANES).enumerate() {
        // SAFETY: the chunk holds LANES numbers.
        let z = unsafe { L::load(lanes.as_ptr()) };
        greatest = greatest.max(z.keep_first(cols - v * LANES, f32::NEG_INFINITY));
    }
    let greatest = greatest.greatest();
    let mut sum = L::splat(0.0);
    for (v, lanes) in row.chunks_exact_mut(LANES).enumerate() {
        // SAFETY: the chunk holds LANES numbers.
        unsafe {
            let e = exp(L::load(lanes.as_ptr()) - L::splat(greatest));
            let e = e.keep_first(cols - v * LANES, 0.0);
            e.store(lanes.as_mut_ptr());
            sum = sum + e;
        }
    }
    (greatest, sum.sum())
}
