//! Every fast kernel against its reference, over awkward shapes, bit for bit.

use proptest::prelude::*;
use runner::kernels::{
    Arch, Lhs, MAX_SLOTS, Matrix, ParamMut, SimdFloat, UpdateRule, bias_update, column_square_sums,
    matrix_sum, product, product_update, reference, row_square_sums, scale_outer, transpose,
};

/// w ← w − g: a rule that shows the gradient.
#[derive(Clone, Copy)]
struct Subtract;

impl UpdateRule for Subtract {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, _: &mut [L; MAX_SLOTS]) -> L {
        w - g
    }
}

fn target(value: &mut Matrix) -> ParamMut<'_> {
    ParamMut { value: value.view_mut(value.rows()), slots: [None, None, None] }
}

/// Numbers that look random, about `zeros` of 8 of them 0.
fn numbers(n: usize, seed: u32, zeros: u32) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    (0..n).map(|_| if next() % 8 < zeros { 0.0 } else { next() as f32 / 8e6 - 1.0 }).collect()
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), Just(7), Just(15), Just(16), Just(17), Just(33), 1usize..70]
}

/// b repeated as the rows of C₀ (m × n).
fn repeated(m: usize, b: &[f32]) -> Vec<f32> {
    b.iter().copied().cycle().take(m * b.len()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn products_have_the_bits_of_the_plain_twin(m in sizes(), k in sizes(), n in sizes(), seed: u32) {
        let (a, b, bias) = (numbers(m * k, seed, 0), numbers(k * n, !seed, 0), numbers(n, seed ^ 7, 0));
        let mut want = repeated(m, &bias);
        reference::product(m, k, n, &a, &b, &mut want);
        let (left, right, start) =
            (Matrix::from_rows(m, k, &a), Matrix::from_rows(k, n, &b), Matrix::from_rows(1, n, &bias));
        let turned = Matrix::from_rows(k, m, &reference::transpose(m, k, &a));
        for arch in Arch::available() {
            for operand in [Lhs::new(left.view(m)), Lhs::transposed(turned.view(k))] {
                let mut c = Matrix::from_rows(m, n, &vec![f32::NAN; m * n]);
                product(arch, operand, right.view(k), Some(start.row(0)), c.view_mut(m));
                prop_assert_eq!(&c.to_rows(), &want, "{}", arch.name());
            }
        }
    }

    #[test]
    fn a_gradient_is_consumed_as_if_it_had_been_written(m in sizes(), k in sizes(), n in sizes(), seed: u32) {
        let (x, delta, w) = (numbers(k * m, seed, 0), numbers(k * n, !seed, 0), numbers(m * n, seed ^ 5, 0));
        let mut gradient = vec![0.0; m * n];
        reference::product(m, k, n, &reference::transpose(k, m, &x), &delta, &mut gradient);
        let want: Vec<f32> = w.iter().zip(&gradient).map(|(w, g)| w - g).collect();
        let (x, delta) = (Matrix::from_rows(k, m, &x), Matrix::from_rows(k, n, &delta));
        for arch in Arch::available() {
            let mut updated = Matrix::from_rows(m, n, &w);
            product_update(arch, &Subtract, Lhs::transposed(x.view(k)), delta.view(k), target(&mut updated));
            prop_assert_eq!(&updated.to_rows(), &want, "{}", arch.name());
        }
    }

    #[test]
    fn turning_and_summing_are_those_of_the_plain_twins(m in sizes(), n in sizes(), seed: u32) {
        let a = numbers(m * n, seed, 1);
        let matrix = Matrix::from_rows(m, n, &a);
        let mut turned = Matrix::zeros(n, m);
        transpose(matrix.view(m), turned.view_mut(n));
        prop_assert_eq!(turned.to_rows(), reference::transpose(m, n, &a));
        for arch in Arch::available() {
            let mut bias = Matrix::zeros(1, n);
            bias_update(arch, &Subtract, matrix.view(m), target(&mut bias));
            let want: Vec<f32> = reference::column_sums(n, &a).iter().map(|sum| 0.0 - sum).collect();
            prop_assert_eq!(bias.to_rows(), want, "{}", arch.name());
            let others = [1, 2].map(|i| Matrix::from_rows(m, n, &numbers(m * n, seed ^ i, 1)));
            let terms = [&matrix, &others[0], &others[1]];
            let rows = terms.map(Matrix::to_rows);
            let want: Vec<f32> = (0..m * n).map(|i| rows[0][i] + rows[1][i] + rows[2][i]).collect();
            let mut sum = Matrix::from_rows(m, n, &vec![f32::NAN; m * n]);
            matrix_sum(arch, terms.map(|term| term.view(m)), sum.view_mut(m));
            prop_assert_eq!(sum.to_rows(), want, "{}", arch.name());
        }
    }

    #[test]
    fn sums_of_squares_are_those_of_the_plain_twins(m in sizes(), n in sizes(), seed: u32) {
        let a = numbers(m * n, seed, 1);
        let mut matrix = Matrix::from_rows(m, n, &a);
        // The padding holds what is no number of the matrix.
        for r in 0..m {
            matrix.row_mut(r)[n..].fill(f32::NAN);
        }
        let (down, along) = (numbers(m, seed ^ 3, 0), numbers(n, seed ^ 4, 0));
        let want: Vec<f32> =
            a.iter().enumerate().map(|(i, a)| a * down[i / n] * along[i % n]).collect();
        let mut all_rows = Vec::new();
        for arch in Arch::available() {
            let (mut rows, mut columns) = (vec![f64::NAN; m], Matrix::zeros(1, n));
            row_square_sums(arch, matrix.view(m), &mut rows);
            for (got, want) in rows.iter().zip(reference::row_square_sums(n, &a)) {
                prop_assert!((got - want).abs() <= 1e-6 * want, "{}", arch.name());
            }
            all_rows.push(rows);
            column_square_sums(arch, matrix.view(m), columns.view_mut(1));
            prop_assert_eq!(columns.to_rows(), reference::column_square_sums(n, &a), "{}", arch.name());
            let mut product = matrix.clone();
            scale_outer(arch, &down, Matrix::from_rows(1, n, &along).row(0), product.view_mut(m));
            prop_assert_eq!(&product.to_rows(), &want, "{}", arch.name());
        }
        prop_assert!(all_rows.iter().all(|rows| *rows == all_rows[0]));
    }
}
