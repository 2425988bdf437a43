//! A batch of sparse rows turned feature by feature, and the update that goes back through it: each
//! feature's gradient is summed in registers and consumed there, never written.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::update::{Pointers, Rule, Target};
use crate::kernels::{Entries, LANES, Lanes, View};

/// Consecutive rows of a batch, turned so that the entries of one feature stand together.
pub struct FeatureMajor {
    /// Feature i has entries `starts[i]..starts[i + 1]`.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    /// The rows of the batch lie in `..rows`.
    rows: usize,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    row: u32,
    value: f32,
}

impl FeatureMajor {
    /// No rows, with room for `entries` entries of `features` features.
    pub fn with_capacity(features: usize, entries: usize) -> FeatureMajor {
        FeatureMajor {
            starts: vec![0; features + 2],
            entries: Vec::with_capacity(entries),
            rows: 0,
        }
    }

    /// Takes the rows `batch` of `x`, the first of which is row `first` of the whole batch.
    ///
    /// A counting sort: the entries of a feature end up in the order of the rows.
    pub fn fill(&mut self, x: &Entries, batch: &[u32], first: usize) {
        assert_eq!(self.starts.len(), x.features() + 2, "as many features as made for");
        self.rows = first + batch.len();
        // Counted two places up, a prefix sum leaves each feature's start one place up, and
        // placing the entries moves it down to where it belongs.
        self.starts.fill(0);
        for &r in batch {
            let (from, to) = x.range(r);
            for &i in &x.indices()[from..to] {
                self.starts[usize::from(i) + 2] += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts[2..] {
            sum += *start;
            *start = sum;
        }
        self.entries.resize(sum as usize, Entry::default());
        for (row, &r) in (first as u32..).zip(batch) {
            x.for_each(r, |i, value| {
                let at = &mut self.starts[i + 1];
                self.entries[*at as usize] = Entry { row, value };
                *at += 1;
            });
        }
    }
}

/// Updates W (features × n) by the gradient Xᵀ δ for a batch X in `parts`, one after the other, and
/// δ (batch × n); only the rows of W that `features` names (ascending) are visited.
pub fn sparse_update<R: Rule>(
    cpu: Cpu,
    rule: &R,
    parts: &[FeatureMajor],
    features: &[u16],
    delta: View<'_>,
    mut w: Target<'_>,
) {
    assert!(w.value.cols == delta.cols && features.iter().all(|&i| usize::from(i) < w.value.rows));
    assert!(parts.iter().all(|p| p.rows <= delta.rows && p.starts.len() == w.value.rows + 2));
    let pointers = w.pointers(R::SLOTS);
    cpu.run(Backward { rule, parts, features, delta, pointers });
}

struct Backward<'a, R> {
    rule: &'a R,
    parts: &'a [FeatureMajor],
    features: &'a [u16],
    delta: View<'a>,
    pointers: Pointers,
}

impl<R: Rule> Job for Backward<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let vectors = self.delta.cols.div_ceil(LANES);
        let mut v = 0;
        // SAFETY: `sparse_update` has checked rows and features, and `FeatureMajor::fill` made
        // entries of checked rows only.
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

impl<R: Rule> Backward<'_, R> {
    /// The N vectors of columns from `col` on: each row's gradient is summed in registers and
    /// consumed there.
    #[inline(always)]
    unsafe fn panel<L: Lanes, const N: usize>(&self, col: usize) {
        let rule = *self.rule;
        for &feature in self.features {
            let feature = usize::from(feature);
            let mut g = [L::splat(0.0); N];
            for part in self.parts {
                // SAFETY: starts ascend and end at the number of entries, rows are those of δ.
                unsafe {
                    let from = *part.starts.get_unchecked(feature) as usize;
                    let to = *part.starts.get_unchecked(feature + 1) as usize;
                    for entry in part.entries.get_unchecked(from..to) {
                        let value = L::splat(entry.value);
                        let delta = self.delta.at.add(entry.row as usize * self.delta.stride + col);
                        for (j, g) in g.iter_mut().enumerate() {
                            *g = value.mul_add(L::load(delta.add(j * LANES)), *g);
                        }
                    }
                }
            }
            for (j, g) in g.iter().enumerate() {
                // SAFETY: the feature is a row of W, the column inside it.
                unsafe { self.pointers.step(&rule, feature, col + j * LANES, *g) };
            }
        }
    }
}
