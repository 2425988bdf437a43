//! The input layer against plain loops, bit for bit, over awkward shapes, instruction sets and teams.

use proptest::prelude::*;

use crate::sparse::shape::K_SPLITS;
use crate::{
    Arch, BlockCsr, InputGradient, InputLayer, MAX_SLOTS, Matrix, NonzeroBitmap, Parallelism,
    ParamMut, SimdFloat, Team, UpdateRule, reference,
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

/// Pseudo-random numbers, about `zeros` of 8 of them 0.
fn numbers(n: usize, seed: u32, zeros: u32) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    (0..n).map(|_| if next() % 8 < zeros { 0.0 } else { next() as f32 / 8e6 - 1.0 }).collect()
}

/// The rows of a [m × k] as block CSR, of floats or of bytes.
fn csr(k: usize, a: &[f32], bytes: bool) -> BlockCsr {
    let mut bitmap = NonzeroBitmap::new(a.len() / k, k);
    for (at, _) in a.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        bitmap.set(at / k, at % k);
    }
    let values: Vec<f32> = a.iter().copied().filter(|x| *x != 0.0).collect();
    if !bytes {
        return BlockCsr::from_floats(&bitmap, &values, 1.0);
    }
    let values: Vec<u8> = values.iter().map(|&x| x as u8).collect();
    BlockCsr::from_bytes(&bitmap, &values, 255.0)
}

/// A trained layer of a team of `threads`.
struct Trained {
    team: Team,
    layer: InputLayer,
}

impl Trained {
    fn new(x: &BlockCsr, units: usize, max_rows: usize, threads: usize) -> Trained {
        let mut team = Team::new(threads);
        team.set_parallelism(Parallelism::Full);
        Trained { team, layer: InputLayer::new(x, units, max_rows, threads) }
    }

    fn forward(
        &mut self,
        arch: Arch,
        (x, rows): (&BlockCsr, &[u32]),
        w: &Matrix,
        b: &Matrix,
    ) -> Vec<f32> {
        let (m, n) = (rows.len(), w.cols());
        let mut z = Matrix::from_rows(m, n, &vec![f32::NAN; m * n]);
        let (w, b) = (w.view(w.rows()), Some(b.row(0)));
        self.layer.forward(arch, &mut self.team, x, rows, w, b);
        for from in (0..m).step_by(2) {
            let to = m.min(from + 2);
            self.layer.output(arch, from, z.view_mut(m).row_range(from, to));
        }
        z.to_rows()
    }

    fn update(&self, arch: Arch, gradient: InputGradient<'_>, w: &Matrix) -> Vec<f32> {
        let mut w = w.clone();
        let mut rest = ParamMut::new(&mut w, &mut []);
        for (i, rows) in self.layer.weight_blocks().enumerate() {
            let (block, others) = rest.split_rows(rows.len());
            self.layer.update(arch, &Subtract, i, gradient, block);
            rest = others;
        }
        w.to_rows()
    }
}

/// z₀ + z₁ of the rows `a` [m × k], where z₀ has the bias.
fn plain_forward(x: &BlockCsr, a: &[f32], w: &Matrix, bias: &[f32]) -> Vec<f32> {
    let (k, n) = (w.rows(), w.cols());
    let m = a.len() / k;
    let mut z = vec![0.0; m * n];
    for s in 0..K_SPLITS {
        let features = x.features_of(&x.split(s));
        let inside = |i: usize| if features.contains(&(i % k)) { a[i] } else { 0.0 };
        let of_split: Vec<f32> = (0..m * k).map(inside).collect();
        let start = if s == 0 { bias.repeat(m) } else { vec![0.0; m * n] };
        let mut partial = start;
        reference::product(m, k, n, &of_split, &w.to_rows(), &mut partial);
        z = if s == 0 { partial } else { z.iter().zip(&partial).map(|(z, p)| z + p).collect() };
    }
    z
}

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), Just(7), Just(15), Just(16), Just(17), Just(33), 1usize..70]
}

/// Numbers of features: more than the bits of a word, or of two.
fn features() -> impl Strategy<Value = usize> {
    prop_oneof![3 => sizes(), 1 => Just(127), 1 => Just(128), 1 => Just(129), 1 => 130usize..400]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn input_layer_has_the_bits_of_plain_loops(
        m in prop_oneof![sizes(), 60usize..140], k in features(), n in sizes(),
        seed: u32, zeros in 0u32..9, bytes: bool,
    ) {
        let mut a = numbers(m * k, seed, zeros);
        if bytes {
            a.iter_mut().for_each(|x| *x = (x.abs() * 255.0).round().min(255.0));
        }
        let x = csr(k, &a, bytes);
        if bytes {
            a.iter_mut().for_each(|x| *x = (f64::from(*x) / 255.0) as f32);
        }
        let rows: Vec<u32> = (0..m as u32).rev().collect();
        let a: Vec<f32> = rows.iter().flat_map(|&r| &a[r as usize * k..][..k]).copied().collect();
        let bias = numbers(n, seed ^ 7, 0);
        let w = Matrix::from_rows(k, n, &numbers(k * n, !seed, 0));
        let delta = Matrix::from_rows(m, n, &numbers(m * n, seed ^ 9, 0));
        let mut gradient = vec![0.0; k * n];
        reference::product(k, m, n, &reference::transpose(m, k, &a), &delta.to_rows(), &mut gradient);
        let want_w: Vec<f32> = w.to_rows().iter().zip(&gradient).map(|(w, g)| w - g).collect();
        let want_z = plain_forward(&x, &a, &w, &bias);
        let b = Matrix::from_rows(1, n, &bias);
        for threads in [1, 2, 3, 4, 7] {
            let mut trained = Trained::new(&x, n, m, threads);
            for arch in Arch::available() {
                // An earlier batch leaves no trace.
                trained.forward(arch, (&x, &rows[..m / 2]), &w, &b);
                let z = trained.forward(arch, (&x, &rows), &w, &b);
                prop_assert_eq!(&z, &want_z, "{} threads, {}", threads, arch.name());
                let gradient = InputGradient { x: &x, delta: delta.view(m), next_rows: &rows };
                let got = trained.update(arch, gradient, &w);
                prop_assert_eq!(&got, &want_w, "{} threads, {}", threads, arch.name());
            }
        }
    }
}

/// A block column has 16 bits.
#[test]
fn input_layer_multiplies_the_widest_rows() {
    let (k, rows): (_, [&[usize]; 3]) =
        (1 << 16, [&[0, 65_535], &[], &[1, 127, 128, 30_000, 65_534]]);
    let mut bitmap = NonzeroBitmap::new(3, k);
    for (r, features) in rows.iter().enumerate() {
        features.iter().for_each(|&feature| bitmap.set(r, feature));
    }
    let x = BlockCsr::from_bytes(&bitmap, &vec![255; bitmap.count_ones()], 255.0);
    let numbers: Vec<f32> = (0..k).map(|i| i as f32).collect();
    let want = rows.map(|features| features.iter().sum::<usize>() as f32);
    let (w, b) = (Matrix::from_rows(k, 1, &numbers), Matrix::zeros(1, 1));
    for (arch, threads) in Arch::available().into_iter().flat_map(|arch| [(arch, 1), (arch, 5)]) {
        let z = Trained::new(&x, 1, 3, threads).forward(arch, (&x, &[0, 1, 2]), &w, &b);
        assert_eq!(z, want, "{}", arch.name());
    }
}
