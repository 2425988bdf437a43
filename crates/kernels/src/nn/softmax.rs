//! Softmax, alone and fused with the cross-entropy.
//!
//! ```text
//! for each row z with target t:        z, t, p, δ [rows × classes]
//!   m = max z,  Z = Σ e^(z − m)
//!   p = e^(z − m) / Z                  softmax
//!   loss = (ln Z + m) Σ t − Σ t z      cross-entropy, [rows]
//!   δ ← (p − t) · scale                its gradient by z
//!   δ ← p (δ − Σ δ p)                  the gradient through a softmax alone
//! ```
//!
//! Departures from the formulas:
//!
//! 1. The logarithms and reciprocals of 16 rows are computed in one vector.
//! 2. δ holds e^(z − m) until Z is known, so that no buffer is needed.
//! 3. Gradients below 2⁻⁹⁵ are 0, see [`SimdFloat::flush_tiny`].

use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};
use crate::simd::{exp, ln};

/// p ← softmax(z) in every row of `z` (rows × classes); the padding becomes 0.
pub fn softmax(arch: Arch, z: ViewMut<'_>) {
    arch.dispatch(Softmax { z });
}

/// Loss and gradient of softmax with cross-entropy, from the logits.
///
/// For every row z of `z` (rows × classes) with its target t in `targets`:
/// `losses[row]` = Σ t ln Σ eᶻ − Σ t z, and δ ← (softmax(z) − t) · `scale`: the gradient where Σ t
/// is 1, and TensorFlow's where it is not.
pub fn softmax_crossentropy(
    arch: Arch,
    z: View<'_>,
    targets: View<'_>,
    scale: f32,
    delta: ViewMut<'_>,
    losses: &mut [f32],
) {
    assert!((z.rows, z.cols) == (targets.rows, targets.cols) && losses.len() == z.rows);
    assert!((z.rows, z.cols) == (delta.rows, delta.cols));
    arch.dispatch(Crossentropy { z, targets, scale, delta, losses });
}

/// The index of the greatest number, the first of equals.
pub fn argmax(row: &[f32]) -> usize {
    let (mut best, mut greatest) = (0, row.first().copied().unwrap_or_default());
    for (i, x) in row.iter().enumerate() {
        // No branch: which one is the greatest is as good as random.
        let better = greatest < *x;
        best = if better { i } else { best };
        greatest = if better { *x } else { greatest };
    }
    best
}

struct Softmax<'a> {
    z: ViewMut<'a>,
}

impl Kernel for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let cols = self.z.cols;
        for r in 0..self.z.rows {
            let row = self.z.row(r);
            let at = row.as_mut_ptr();
            // SAFETY: the row is padded to whole vectors, and both pointers are its one mutable borrow.
            let (_, sum) = unsafe { exponentiate::<S>(simd, at, at, cols) };
            for p in row.as_chunks_mut().0 {
                (simd.load(p) / simd.splat(sum)).store(p);
            }
        }
    }
}

struct Crossentropy<'a> {
    z: View<'a>,
    targets: View<'a>,
    scale: f32,
    delta: ViewMut<'a>,
    losses: &'a mut [f32],
}

impl Kernel for Crossentropy<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        // As many rows at a time as have their logarithms side by side.
        for from in (0..self.z.rows).step_by(LANES) {
            let n = LANES.min(self.z.rows - from);
            let (mut sums, mut greatest) = ([1.0; LANES], [0.0; LANES]);
            let (mut hits, mut totals) = ([0.0; LANES], [0.0; LANES]);
            for r in 0..n {
                (greatest[r], sums[r]) = self.exponentiate::<S>(simd, from + r);
                (hits[r], totals[r]) = self.hit::<S>(simd, from + r);
            }
            let all = simd.load(&sums);
            let (logs, inverses) = (ln(all).to_array(), (simd.splat(1.0) / all).to_array());
            for r in 0..n {
                self.losses[from + r] = (logs[r] + greatest[r]) * totals[r] - hits[r];
                self.differentiate::<S>(simd, from + r, inverses[r]);
            }
        }
    }
}

impl Crossentropy<'_> {
    /// Σ t z and Σ t of row `r`.
    #[inline(always)]
    fn hit<S: Simd>(&self, simd: S, r: usize) -> (f32, f32) {
        let (mut hit, mut total) = (simd.splat(0.0), simd.splat(0.0));
        for (z, t) in self.z.vectors(r).iter().zip(self.targets.vectors(r)) {
            let (z, t) = (simd.load(z), simd.load(t));
            hit = t.mul_add(z, hit);
            total = total + t;
        }
        (hit.reduce_sum(), total.reduce_sum())
    }

    /// δ ← e^(z − max z) in row `r`; returns max z and the sum.
    #[inline(always)]
    fn exponentiate<S: Simd>(&mut self, simd: S, r: usize) -> (f32, f32) {
        let (row, delta) = (self.z.row(r), self.delta.row(r));
        // SAFETY: both rows have the same length, whole vectors.
        unsafe { exponentiate::<S>(simd, row.as_ptr(), delta.as_mut_ptr(), self.z.cols) }
    }

    /// δ ← (δ · `inverse` − t) · scale in row `r`.
    #[inline(always)]
    fn differentiate<S: Simd>(&mut self, simd: S, r: usize, inverse: f32) {
        let (inverse, scale) = (simd.splat(inverse), simd.splat(self.scale));
        for (d, t) in self.delta.vectors(r).iter_mut().zip(self.targets.vectors(r)) {
            let p = simd.load(d) * inverse;
            ((p - simd.load(t)) * scale).flush_tiny().store(d);
        }
    }
}

/// e ← e^(z − max z), padding 0, for the `cols` numbers from `z` on; returns max z and the sum.
///
/// # Safety
/// Whole vectors must be readable from `z` on and writable from `e` on, which may be `z`.
#[inline(always)]
unsafe fn exponentiate<S: Simd>(simd: S, z: *const f32, e: *mut f32, cols: usize) -> (f32, f32) {
    let mut greatest = simd.splat(f32::NEG_INFINITY);
    for col in (0..cols).step_by(LANES) {
        // SAFETY: the caller promises the vector.
        let z = unsafe { simd.load_ptr(z.add(col)) };
        greatest = greatest.max(z.select_prefix(cols - col, f32::NEG_INFINITY));
    }
    let greatest = greatest.reduce_max();
    let mut sum = simd.splat(0.0);
    for col in (0..cols).step_by(LANES) {
        // SAFETY: the caller promises the vector in both places.
        unsafe {
            let power = exp(simd.load_ptr(z.add(col)) - simd.splat(greatest));
            let power = power.select_prefix(cols - col, 0.0);
            power.store_ptr(e.add(col));
            sum = sum + power;
        }
    }
    (greatest, sum.reduce_sum())
}

/// The gradient through a softmax: δ ← p ⊙ (δ − Σ δ p) in every row of `p` (rows × classes).
pub fn softmax_backward(arch: Arch, p: View<'_>, delta: ViewMut<'_>) {
    assert!((p.rows, p.cols) == (delta.rows, delta.cols));
    arch.dispatch(Differentiate { p, delta });
}

struct Differentiate<'a> {
    p: View<'a>,
    delta: ViewMut<'a>,
}

impl Kernel for Differentiate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for r in 0..self.p.rows {
            let (p, delta) = (self.p.vectors(r), self.delta.vectors(r));
            let mut sum = simd.splat(0.0);
            for (p, d) in p.iter().zip(&*delta) {
                sum = simd.load(p).mul_add(simd.load(d), sum);
            }
            let sum = simd.splat(sum.reduce_sum());
            for (p, d) in p.iter().zip(delta) {
                (simd.load(p) * (simd.load(d) - sum)).flush_tiny().store(d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::nn::RowLoss;
    use crate::reference;

    fn rows(n_classes: usize) -> (Matrix, Matrix) {
        let z: Vec<f32> = (0..5 * n_classes).map(|i| ((i * 37) % 23) as f32 / 3.0 - 3.0).collect();
        let mut t = Matrix::zeros(5, n_classes);
        for r in 0..5 {
            t.row_mut(r)[r % n_classes] = 1.0;
        }
        (Matrix::from_rows(5, n_classes, &z), t)
    }

    #[test]
    fn losses_and_gradients_are_those_of_the_plain_twin() {
        for n in [1, 2, 10, 15, 16, 17, 40] {
            let (z, t) = rows(n);
            let (mut delta, mut losses) = (Matrix::zeros(5, n), [f32::NAN; 5]);
            let to = delta.view_mut(5);
            softmax_crossentropy(Arch::detect(), z.view(5), t.view(5), 0.25, to, &mut losses);
            for r in 0..5 {
                let (z, t) = (&z.row(r)[..n], &t.row(r)[..n]);
                assert!((f64::from(losses[r]) - reference::crossentropy(z, t)).abs() < 2e-6);
                for (i, p) in reference::softmax(z).iter().enumerate() {
                    let want = (p - f64::from(t[i])) * 0.25;
                    assert!((f64::from(delta.row(r)[i]) - want).abs() < 1e-7);
                }
                assert!(delta.row(r)[n..].iter().all(|&pad| pad == 0.0));
            }
        }
    }

    /// Keras's own numbers for a true class with a logit 20 and 200 below another.
    #[test]
    fn a_sure_mistake_costs_its_margin() {
        for margin in [20.0, 200.0] {
            let z = Matrix::from_rows(1, 3, &[0.0, 0.0, margin]);
            let t = Matrix::from_rows(1, 3, &[1.0, 0.0, 0.0]);
            let (mut delta, mut losses) = (Matrix::zeros(1, 3), [0.0]);
            let to = delta.view_mut(1);
            softmax_crossentropy(Arch::detect(), z.view(1), t.view(1), 1.0, to, &mut losses);
            assert!((losses[0] - margin).abs() < 1e-5);
            assert!((delta.row(0)[0] + 1.0).abs() < 1e-6 && (delta.row(0)[2] - 1.0).abs() < 1e-6);
        }
        let p = Matrix::from_rows(1, 3, &[0.0, 0.0, 1.0]);
        let t = Matrix::from_rows(1, 3, &[1.0, 0.0, 0.0]);
        let (mut delta, mut losses) = (Matrix::zeros(1, 3), [0.0]);
        RowLoss::CategoricalCrossentropy.apply(
            p.view(1),
            t.view(1),
            1.0,
            delta.view_mut(1),
            &mut losses,
        );
        assert!((losses[0] - 16.118_095).abs() < 1e-5 && delta.to_rows() == [0.0; 3]);
    }

    /// e⁻⁸⁰ · 10⁻² would leave the normal numbers in the layers below.
    #[test]
    fn gradients_of_a_sure_row_are_zero() {
        let z = Matrix::from_rows(1, 3, &[0.0, 80.0, 20.0]);
        let t = Matrix::from_rows(1, 3, &[0.0, 1.0, 0.0]);
        for arch in Arch::available() {
            let (mut delta, mut losses) = (Matrix::zeros(1, 3), [0.0]);
            softmax_crossentropy(arch, z.view(1), t.view(1), 1e-2, delta.view_mut(1), &mut losses);
            let found = delta.to_rows();
            assert!(found[0] == 0.0 && (8e-29..9e-29).contains(&found[2]), "{found:?}");
        }
    }

    /// Keras's own numbers: rows that a dropout has cut and scaled.
    #[test]
    fn sparse_crossentropy_is_finite_where_all_outputs_are_zero() {
        let table = [([0.0, 0.0, 0.0], 1.098_612_3), ([2.0, 3.0, 1.0], 1.098_612_3)];
        for (p, want) in table {
            let p = Matrix::from_rows(1, 3, &p);
            let t = Matrix::from_rows(1, 3, &[0.0, 1.0, 0.0]);
            let (mut delta, mut losses) = (Matrix::zeros(1, 3), [0.0]);
            let to = delta.view_mut(1);
            RowLoss::SparseCategoricalCrossentropy.apply(
                p.view(1),
                t.view(1),
                1.0,
                to,
                &mut losses,
            );
            assert!((losses[0] - want).abs() < 1e-6 && delta.to_rows() == [0.0; 3]);
        }
    }

    #[test]
    fn slopes_of_the_sparse_crossentropy_are_the_difference_quotients() {
        let (p, t) = ([0.2, 0.5, 0.4], [0.0, 1.0, 0.0]);
        let apply = |p: &[f32]| {
            let (p, t) = (Matrix::from_rows(1, 3, p), Matrix::from_rows(1, 3, &t));
            let (mut delta, mut losses) = (Matrix::zeros(1, 3), [0.0]);
            let to = delta.view_mut(1);
            RowLoss::SparseCategoricalCrossentropy.apply(
                p.view(1),
                t.view(1),
                1.0,
                to,
                &mut losses,
            );
            (f64::from(losses[0]), delta.to_rows())
        };
        for i in 0..3 {
            let at = |h: f32| {
                let mut p = p;
                p[i] += h;
                apply(&p).0
            };
            let quotient = (at(1e-3) - at(-1e-3)) / 2e-3;
            assert!((f64::from(apply(&p).1[i]) - quotient).abs() < 1e-3);
        }
    }

    #[test]
    fn softmax_then_its_gradient_is_the_shortcut() {
        let (z, t) = rows(10);
        let mut p = z.clone();
        softmax(Arch::detect(), p.view_mut(5));
        let (mut delta, mut losses) = (Matrix::zeros(5, 10), [0.0; 5]);
        RowLoss::CategoricalCrossentropy.apply(
            p.view(5),
            t.view(5),
            1.0,
            delta.view_mut(5),
            &mut losses,
        );
        softmax_backward(Arch::detect(), p.view(5), delta.view_mut(5));
        let (mut shortcut, mut same) = (Matrix::zeros(5, 10), [0.0; 5]);
        let to = shortcut.view_mut(5);
        softmax_crossentropy(Arch::detect(), z.view(5), t.view(5), 1.0, to, &mut same);
        for (a, b) in delta.to_rows().iter().zip(shortcut.to_rows()) {
            assert!((a - b).abs() < 1e-6);
        }
        for (a, b) in losses.iter().zip(same) {
            assert!((a - b).abs() < 2e-6);
        }
    }
}
