//! The product of two matrices, plain or consumed by an update as it is made: C = C₀ + A B.
//!
//! The output is cut into tiles of a few rows by one or two vectors of columns. A tile stays in
//! registers while k runs over the whole sum, from 0 up: one fused multiply-add after the other,
//! so that every output has the bits of [`crate::kernels::plain::product`] whatever the tiling.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::update::{Pointers, Rule, Target};
use crate::kernels::{LANES, Pack, Vector, View, ViewMut};

/// The left factor A (m × k): a matrix or the transpose of one.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    matrix: View<'a>,
    transposed: bool,
}

impl<'a> Operand<'a> {
    /// A = `matrix`.
    pub fn new(matrix: View<'a>) -> Operand<'a> {
        Operand { matrix, transposed: false }
    }

    /// A = the transpose of `matrix`.
    pub fn transposed(matrix: View<'a>) -> Operand<'a> {
        Operand { matrix, transposed: true }
    }

    fn shape(&self) -> (usize, usize) {
        match self.transposed {
            false => (self.matrix.rows, self.matrix.cols),
            true => (self.matrix.cols, self.matrix.rows),
        }
    }

    /// Numbers from one row of A to the next, and from one column to the next.
    fn strides(&self) -> (usize, usize) {
        match self.transposed {
            false => (self.matrix.stride, 1),
            true => (1, self.matrix.stride),
        }
    }
}

/// C ← C₀ + A B, with A (m × k), B (k × n) and C (m × n); every row of C₀ is `bias` (n, padded),
/// or 0.
pub fn product(cpu: Cpu, a: Operand<'_>, b: View<'_>, bias: Option<&[f32]>, c: ViewMut<'_>) {
    check(a, b, c.rows, c.cols);
    assert!(bias.is_none_or(|bias| b.cols <= bias.len() && bias.len() % LANES == 0));
    let sink = Store { at: c.at, stride: c.stride };
    cpu.run(Product { a, b, bias, sink });
}

/// Updates the weights W (m × n) by the gradient A B, which is never written down.
pub fn product_update<R: Rule>(cpu: Cpu, rule: &R, a: Operand<'_>, b: View<'_>, mut w: Target<'_>) {
    check(a, b, w.value.rows, w.value.cols);
    let sink = Apply { rule, pointers: w.pointers(R::SLOTS) };
    cpu.run(Product { a, b, bias: None, sink });
}

/// T ← the transpose of `m`.
pub fn transpose(m: View<'_>, mut t: ViewMut<'_>) {
    assert!((m.rows, m.cols) == (t.cols, t.rows));
    // Blocks of 16 × 16, so that both sides stay in the nearest cache.
    for row in (0..m.rows).step_by(LANES) {
        for col in 0..m.cols {
            let to = &mut t.row(col)[row..];
            for r in row..m.rows.min(row + LANES) {
                // SAFETY: (r, col) is inside `m`.
                to[r - row] = unsafe { *m.at.add(r * m.stride + col) };
            }
        }
    }
}

fn check(a: Operand<'_>, b: View<'_>, m: usize, n: usize) {
    assert!(
        a.shape() == (m, b.rows) && b.cols == n,
        "{:?} · {:?} is not {m} × {n}",
        a.shape(),
        (b.rows, b.cols)
    );
}

/// Where a tile's outputs go.
trait Sink: Copy {
    /// Takes the vectors of outputs at (`row`, `col`).
    ///
    /// # Safety
    /// The place must lie inside the output, padding included.
    unsafe fn put<L: Vector, const N: usize>(&self, row: usize, col: usize, value: [L; N]);
}

#[derive(Clone, Copy)]
struct Store {
    at: *mut f32,
    stride: usize,
}

impl Sink for Store {
    #[inline(always)]
    unsafe fn put<L: Vector, const N: usize>(&self, row: usize, col: usize, value: [L; N]) {
        // SAFETY: the caller vouches for the place.
        unsafe { Pack(value).store(self.at.add(row * self.stride + col)) }
    }
}

struct Apply<'a, R> {
    rule: &'a R,
    pointers: Pointers,
}

impl<R> Clone for Apply<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Apply<'_, R> {}

impl<R: Rule> Sink for Apply<'_, R> {
    #[inline(always)]
    unsafe fn put<L: Vector, const N: usize>(&self, row: usize, col: usize, value: [L; N]) {
        // SAFETY: the caller vouches for the place.
        unsafe { self.pointers.step(self.rule, row, col, value) }
    }
}

struct Product<'a, S> {
    a: Operand<'a>,
    b: View<'a>,
    bias: Option<&'a [f32]>,
    sink: S,
}

impl<S: Sink> Job for Product<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(self) {
        let vectors = self.b.cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let n = if L::WIDE && v + 2 <= vectors { 2 } else { 1 };
            // SAFETY: `check` holds the shapes to each other and every row is padded to whole
            // vectors, so all tiles lie inside their matrices.
            unsafe {
                match n {
                    2 => self.panel::<L, 2>(v * LANES),
                    _ => self.panel::<L, 1>(v * LANES),
                }
            }
            v += n;
        }
    }
}

impl<S: Sink> Product<'_, S> {
    /// All rows of the N vectors of columns from `col` on.
    #[inline(always)]
    unsafe fn panel<L: Vector, const N: usize>(&self, col: usize) {
        let m = self.a.shape().0;
        let mut row = 0;
        // SAFETY: as the caller's, with `row` + the tile's height ≤ m.
        unsafe {
            while row + 8 <= m && L::WIDE {
                self.tile::<L, 8, N>(row, col);
                row += 8;
            }
            while row + 4 <= m {
                self.tile::<L, 4, N>(row, col);
                row += 4;
            }
            while row < m {
                self.tile::<L, 1, N>(row, col);
                row += 1;
            }
        }
    }

    /// One tile of M rows by N vectors.
    #[inline(always)]
    unsafe fn tile<L: Vector, const M: usize, const N: usize>(&self, row: usize, col: usize) {
        let (down, along) = self.a.strides();
        let mut c = [[L::splat(0.0); N]; M];
        // SAFETY: the caller vouches that the tile lies inside A, B and C.
        unsafe {
            if let Some(bias) = self.bias {
                for j in 0..N {
                    let start = L::load(bias.as_ptr().add(col + j * LANES));
                    for c in &mut c {
                        c[j] = start;
                    }
                }
            }
            let mut a = self.a.matrix.at.add(row * down);
            let mut b = self.b.at.add(col);
            for _ in 0..self.b.rows {
                let mut line = [L::splat(0.0); N];
                for j in 0..N {
                    line[j] = L::load(b.add(j * LANES));
                }
                for i in 0..M {
                    let factor = L::splat(*a.add(i * down));
                    for j in 0..N {
                        c[i][j] = factor.mul_add(line[j], c[i][j]);
                    }
                }
                a = a.wrapping_add(along);
                b = b.wrapping_add(self.b.stride);
            }
            for (i, c) in c.iter().enumerate() {
                self.sink.put(row + i, col, *c);
            }
        }
    }
}
