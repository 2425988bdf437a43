//! Products with rows that are mostly zero: only the other entries are touched, in ascending order,
//! so that every output has the bits of the dense product; what goes back is in `turned`.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::{LANES, Lanes, View, ViewMut};

/// Rows of which only the entries that are not zero are stored.
#[derive(Debug)]
pub struct Entries {
    features: usize,
    offsets: Vec<u32>,
    indices: Vec<u16>,
    values: Values,
    used: Vec<u16>,
}

#[derive(Debug)]
enum Values {
    /// Bytes, and the number that each stands for.
    Bytes(Vec<u8>, Box<[f32; 256]>),
    Floats(Vec<f32>),
}

impl Entries {
    /// Rows with byte values, each divided by `scale`.
    ///
    /// Row r is entries `offsets[r]..offsets[r + 1]`; panics when offsets or indices lead outside.
    pub fn bytes(
        features: usize,
        offsets: Vec<u32>,
        indices: Vec<u16>,
        values: Vec<u8>,
        scale: f64,
    ) -> Entries {
        let n_values = values.len();
        let table = std::array::from_fn(|byte| (byte as f64 / scale) as f32);
        let values = Values::Bytes(values, Box::new(table));
        Entries { features, offsets, indices, values, used: Vec::new() }.checked(n_values)
    }

    /// Rows with float values, each divided by `scale`.
    ///
    /// Row r is entries `offsets[r]..offsets[r + 1]`; panics when offsets or indices lead outside.
    pub fn floats(
        features: usize,
        offsets: Vec<u32>,
        indices: Vec<u16>,
        mut values: Vec<f32>,
        scale: f64,
    ) -> Entries {
        let n_values = values.len();
        values.iter_mut().for_each(|v| *v = (f64::from(*v) / scale) as f32);
        let values = Values::Floats(values);
        Entries { features, offsets, indices, values, used: Vec::new() }.checked(n_values)
    }

    /// The kernels below rely on what is checked here: on every offset and every index.
    fn checked(mut self, n_values: usize) -> Entries {
        let n = self.indices.len();
        assert!(
            n == n_values && self.offsets.first() == Some(&0),
            "one value per index, from 0 on"
        );
        assert!(
            self.offsets.last().is_some_and(|&end| end as usize == n),
            "offsets cover all entries"
        );
        assert!(self.offsets.is_sorted(), "offsets ascend");
        let mut seen = vec![false; 1 << 16];
        self.indices.iter().for_each(|&i| seen[usize::from(i)] = true);
        self.used = (0..=u16::MAX).filter(|&i| seen[usize::from(i)]).collect();
        let greatest = self.used.last().map_or(0, |&i| usize::from(i) + 1);
        assert!(greatest <= self.features, "index {greatest} of {} features", self.features);
        self
    }

    /// Number of features of a row, zeros included.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The features that are not zero in some row, ascending.
    pub fn used(&self) -> &[u16] {
        &self.used
    }

    /// The features of all entries, row after row.
    pub(super) fn indices(&self) -> &[u16] {
        &self.indices
    }

    /// Number of entries of row `r`.
    pub fn count(&self, r: u32) -> usize {
        let (from, to) = self.range(r);
        to - from
    }

    pub(super) fn range(&self, r: u32) -> (usize, usize) {
        (self.offsets[r as usize] as usize, self.offsets[r as usize + 1] as usize)
    }

    /// Calls `visit` with the feature and the value of every entry of row `r`.
    #[inline(always)]
    pub fn for_each(&self, r: u32, mut visit: impl FnMut(usize, f32)) {
        let (from, to) = self.range(r);
        match &self.values {
            Values::Bytes(values, table) => {
                for (&i, &v) in self.indices[from..to].iter().zip(&values[from..to]) {
                    visit(usize::from(i), table[usize::from(v)]);
                }
            }
            Values::Floats(values) => {
                for (&i, &v) in self.indices[from..to].iter().zip(&values[from..to]) {
                    visit(usize::from(i), v);
                }
            }
        }
    }

    /// Asks for row `r` to be brought near: it will be read soon.
    #[inline(always)]
    fn prefetch(&self, r: u32) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let (from, to) = self.range(r);
            for line in (from..to).step_by(32) {
                // SAFETY: a prefetch reads nothing, and the addresses lie inside the slices.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(self.indices.as_ptr().add(line).cast());
                    if line % 64 == from % 64 {
                        let value: *const i8 = match &self.values {
                            Values::Bytes(v, _) => v.as_ptr().add(line).cast(),
                            Values::Floats(v) => v.as_ptr().add(line).cast(),
                        };
                        _mm_prefetch::<_MM_HINT_T0>(value);
                    }
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = r;
    }
}

/// C ← C₀ + X W for the rows `batch` of `x`: W is (features × n), C (batch × n), and every row of
/// C₀ is `bias` (n, padded), or 0. The rows `ahead` will be read next.
pub fn sparse_product(
    cpu: Cpu,
    x: &Entries,
    batch: &[u32],
    ahead: &[u32],
    w: View<'_>,
    bias: Option<&[f32]>,
    c: ViewMut<'_>,
) {
    assert!((w.rows, w.cols) == (x.features, c.cols) && c.rows == batch.len());
    assert!(bias.is_none_or(|bias| w.cols <= bias.len() && bias.len() % LANES == 0));
    assert!(batch.iter().chain(ahead).all(|&r| (r as usize) + 1 < x.offsets.len()));
    match &x.values {
        Values::Bytes(values, table) => {
            cpu.run(Forward { x, batch, ahead, w, bias, c, value: Bytes(values, table) });
        }
        Values::Floats(values) => {
            cpu.run(Forward { x, batch, ahead, w, bias, c, value: Floats(values) });
        }
    }
}

/// The value of an entry.
trait Value: Copy {
    /// # Safety
    /// `entry` must be below the number of entries.
    unsafe fn at(self, entry: usize) -> f32;
}

#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8], &'a [f32; 256]);

impl Value for Bytes<'_> {
    #[inline(always)]
    unsafe fn at(self, entry: usize) -> f32 {
        // SAFETY: the caller vouches for `entry`; a byte is below 256.
        unsafe { *self.1.get_unchecked(usize::from(*self.0.get_unchecked(entry))) }
    }
}

#[derive(Clone, Copy)]
struct Floats<'a>(&'a [f32]);

impl Value for Floats<'_> {
    #[inline(always)]
    unsafe fn at(self, entry: usize) -> f32 {
        // SAFETY: the caller vouches for `entry`.
        unsafe { *self.0.get_unchecked(entry) }
    }
}

struct Forward<'a, V> {
    x: &'a Entries,
    batch: &'a [u32],
    ahead: &'a [u32],
    w: View<'a>,
    bias: Option<&'a [f32]>,
    c: ViewMut<'a>,
    value: V,
}

impl<V: Value> Job for Forward<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let vectors = self.w.cols.div_ceil(LANES);
        let mut v = 0;
        // SAFETY: `Entries` and `sparse_product` have checked all offsets, indices and shapes.
        unsafe {
            while v < vectors {
                let col = v * LANES;
                match vectors - v {
                    4.. if L::WIDE => (self.panel::<L, 4>(col), v += 4).1,
                    2.. => (self.panel::<L, 2>(col), v += 2).1,
                    _ => (self.panel::<L, 1>(col), v += 1).1,
                }
            }
        }
    }
}

impl<V: Value> Forward<'_, V> {
    /// All rows of the N vectors of columns from `col` on, two rows at a time: one row's sum is a
    /// chain of dependent additions, two chains keep the processor busy.
    #[inline(always)]
    unsafe fn panel<L: Lanes, const N: usize>(&self, col: usize) {
        for (s, pair) in self.batch.chunks(2).enumerate() {
            if col == 0 {
                self.ahead.iter().skip(2 * s).take(2).for_each(|&r| self.x.prefetch(r));
            }
            // SAFETY: as the caller's.
            unsafe {
                let mut sums = [self.start::<L, N>(col); 2];
                let (a, b) = (self.x.range(pair[0]), self.x.range(pair[pair.len() - 1]));
                if pair.len() == 2 {
                    let common = (a.1 - a.0).min(b.1 - b.0);
                    for i in 0..common {
                        self.add(a.0 + i, col, &mut sums[0]);
                        self.add(b.0 + i, col, &mut sums[1]);
                    }
                    for i in b.0 + common..b.1 {
                        self.add(i, col, &mut sums[1]);
                    }
                    for i in a.0 + common..a.1 {
                        self.add(i, col, &mut sums[0]);
                    }
                } else {
                    for i in a.0..a.1 {
                        self.add(i, col, &mut sums[0]);
                    }
                }
                for (i, sum) in sums.iter().take(pair.len()).enumerate() {
                    for (j, sum) in sum.iter().enumerate() {
                        sum.store(self.c.at.add((2 * s + i) * self.c.stride + col + j * LANES));
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn start<L: Lanes, const N: usize>(&self, col: usize) -> [L; N] {
        let mut start = [L::splat(0.0); N];
        if let Some(bias) = self.bias {
            for (j, start) in start.iter_mut().enumerate() {
                // SAFETY: the bias is padded to whole vectors.
                *start = unsafe { L::load(bias.as_ptr().add(col + j * LANES)) };
            }
        }
        start
    }

    /// `sums` += the entry's value times its feature's row of W.
    #[inline(always)]
    unsafe fn add<L: Lanes, const N: usize>(&self, entry: usize, col: usize, sums: &mut [L; N]) {
        // SAFETY: the caller vouches for `entry`; its index is below the rows of W.
        unsafe {
            let value = L::splat(self.value.at(entry));
            let feature = usize::from(*self.x.indices.get_unchecked(entry));
            let w = self.w.at.add(feature * self.w.stride + col);
            for (j, sum) in sums.iter_mut().enumerate() {
                *sum = value.mul_add(L::load(w.add(j * LANES)), *sum);
            }
        }
    }
}
