//! Every fast kernel against its reference, over awkward shapes, bit for bit.

use proptest::prelude::*;
use runner::kernels::{
    Arch, BANDS, Dormitory, Due, Groups, Lhs, MAX_SLOTS, Mask, Matrix, Naps, Needs, ParamMut,
    SimdFloat, Turned, UpdateRule, bias_update, column_square_sums, direct_product, matrix_sum,
    product, product_update, reference, row_square_sums, scale_outer, sparse_product,
    sparse_update, transpose,
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

/// Of features: more than there are bits in a word, or in two.
fn features() -> impl Strategy<Value = usize> {
    prop_oneof![3 => sizes(), 1 => Just(127), 1 => Just(128), 1 => Just(129), 1 => 130usize..400]
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), Just(7), Just(15), Just(16), Just(17), Just(33), 1usize..70]
}

/// The rows of a (m × k) as groups, of floats or of bytes.
fn groups(m: usize, k: usize, a: &[f32], bytes: bool) -> Groups {
    let mut mask = Mask::new(m, k);
    for (at, _) in a.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        mask.set(at / k, at % k);
    }
    let values: Vec<f32> = a.iter().copied().filter(|x| *x != 0.0).collect();
    if !bytes {
        return Groups::floats(&mask, &values, 1.0);
    }
    let values: Vec<u8> = values.iter().map(|&x| x as u8).collect();
    Groups::bytes(&mask, &values, 255.0)
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
    fn sparse_products_have_the_bits_of_the_dense(
        m in prop_oneof![sizes(), 60usize..140], k in features(), n in sizes(), seed: u32, zeros in 0u32..9, bytes: bool, pieces in 1usize..5,
    ) {
        let (mut a, b, bias) = (numbers(m * k, seed, zeros), numbers(k * n, !seed, 0), numbers(n, seed ^ 7, 0));
        if bytes {
            a.iter_mut().for_each(|x| *x = (x.abs() * 255.0).round().min(255.0));
        }
        let x = groups(m, k, &a, bytes);
        if bytes {
            a.iter_mut().for_each(|x| *x = (f64::from(*x) / 255.0) as f32);
        }
        let batch: Vec<u32> = (0..m as u32).rev().collect();
        let backwards: Vec<f32> = batch.iter().flat_map(|&r| &a[r as usize * k..][..k]).copied().collect();
        let (w, start) = (Matrix::from_rows(k, n, &b), Matrix::from_rows(1, n, &bias));
        let delta_rows = numbers(m * n, seed ^ 9, 0);
        let mut gradient = vec![0.0; k * n];
        reference::product(k, m, n, &reference::transpose(m, k, &backwards), &delta_rows, &mut gradient);
        let want_updated: Vec<f32> = b.iter().zip(&gradient).map(|(w, g)| w - g).collect();
        let delta = Matrix::from_rows(m, n, &delta_rows);
        for arch in Arch::available() {
            let mut updated = w.clone();
            let mut rest = Some(target(&mut updated));
            for band in 0..BANDS {
                let features = x.features_of(&x.band(band));
                let mut turned = Turned::new(&x, band, m);
                // What was there before leaves no trace.
                turned.fill(&x, &batch[..m / 2]);
                turned.fill(&x, &batch);
                let of_band: Vec<f32> = (0..m * k)
                    .map(|i| if features.contains(&(i % k)) { backwards[i] } else { 0.0 })
                    .collect();
                let mut want = repeated(m, &bias);
                reference::product(m, k, n, &of_band, &b, &mut want);
                let mut c = Matrix::from_rows(m, n, &vec![f32::NAN; m * n]);
                sparse_product(arch, &x, &turned, w.view(k), Some(start.row(0)), c.view_mut(m));
                prop_assert_eq!(&c.to_rows(), &want, "{}", arch.name());
                let mut c = Matrix::from_rows(m, n, &vec![f32::NAN; m * n]);
                let rows = (&batch[..], band, turned.listing());
                direct_product(arch, &x, rows, w.view(k), Some(start.row(0)), c.view_mut(m));
                prop_assert_eq!(&c.to_rows(), &want, "{}", arch.name());
                for groups in x.pieces(band, pieces) {
                    let n_features = x.features_of(&groups).len();
                    let (head, tail) = rest.take().unwrap().split_rows(n_features);
                    let mut dormitory = Dormitory::new(&x, groups);
                    let visits = dormitory.visits(&Subtract, &Needs::new(&x, band));
                    let due = Due { visits, naps: &Naps::new(), ahead: &batch };
                    sparse_update(arch, &Subtract, (&x, &turned), due, delta.view(m), head);
                    rest = Some(tail);
                }
            }
            prop_assert_eq!(&updated.to_rows(), &want_updated, "{}", arch.name());
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

/// Every index of a group fits into 16 bits, and most words of a row are skipped.
#[test]
fn the_widest_rows_that_are_kept_sparse_are_multiplied_in_full() {
    let (k, rows): (_, [&[usize]; 3]) =
        (1 << 16, [&[0, 65_535], &[], &[1, 127, 128, 30_000, 65_534]]);
    let mut mask = Mask::new(3, k);
    for (r, features) in rows.iter().enumerate() {
        features.iter().for_each(|&feature| mask.set(r, feature));
    }
    let x = Groups::bytes(&mask, &vec![255; mask.ones()], 255.0);
    let numbers: Vec<f32> = (0..k).map(|i| i as f32).collect();
    let want = rows.map(|features| features.iter().sum::<usize>() as f32);
    let (w, batch) = (Matrix::from_rows(k, 1, &numbers), [0, 1, 2]);
    for arch in Arch::available() {
        let mut sums = [[0.0; 3]; 2];
        for band in 0..BANDS {
            let mut turned = Turned::new(&x, band, 3);
            turned.fill(&x, &batch);
            let mut c = Matrix::zeros(3, 1);
            sparse_product(arch, &x, &turned, w.view(k), None, c.view_mut(3));
            (0..3).for_each(|r| sums[0][r] += c.row(r)[0]);
            let rows = (&batch[..], band, turned.listing());
            direct_product(arch, &x, rows, w.view(k), None, c.view_mut(3));
            (0..3).for_each(|r| sums[1][r] += c.row(r)[0]);
        }
        assert_eq!(sums, [want; 2], "{}", arch.name());
    }
    let mut dense = Matrix::zeros(3, k);
    x.spread(&batch, dense.view_mut(3));
    for (r, features) in rows.iter().enumerate() {
        let is_set = |i: &usize| dense.row(r)[*i] == 1.0;
        assert_eq!((0..k).filter(is_set).collect::<Vec<_>>(), *features);
    }
}
