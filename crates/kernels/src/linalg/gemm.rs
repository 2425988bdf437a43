//! GEMM, the product of two matrices: C ← C₀ + A B, with A [m × k], B [k × n] and C [m × n].
//!
//! ```text
//! for each panel of 1 or 2 vectors of columns of B            LOOP 3 splits n
//!   pack the panel, if it is small and m is large
//!   for each tile of 1 to 8 rows of A                         LOOP 2 splits m
//!     c ← C₀                                                  c stays in registers
//!     for p in 0..k                                           LOOP 1 runs over the sum
//!       c[i][j] ← a[i][p] · b[p][j] + c[i][j]                 fused multiply-add
//!     epilogue(c)                                             store c, or update weights by it
//! ```
//!
//! Departures from BLAS:
//!
//! 1. k is not blocked: every output is one sum from 0 to k, so that its bits do not depend on the
//!    tiles and equal those of [`reference::product`](crate::reference::product).
//! 2. A weight gradient never reaches memory: the epilogue of
//!    [`product_update`](crate::nn::product_update) is the update rule of an optimizer.

use std::mem::MaybeUninit;

use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, F32x16, Kernel, LANES, Simd, SimdFloat, Unrolled};

/// The left factor A [m × k]: a matrix or the transpose of a matrix.
#[derive(Clone, Copy)]
pub struct Lhs<'a> {
    matrix: View<'a>,
    transposed: bool,
}

impl<'a> Lhs<'a> {
    /// A = `matrix`.
    pub fn new(matrix: View<'a>) -> Lhs<'a> {
        Lhs { matrix, transposed: false }
    }

    /// A = the transpose of `matrix`.
    pub fn transposed(matrix: View<'a>) -> Lhs<'a> {
        Lhs { matrix, transposed: true }
    }

    fn shape(&self) -> (usize, usize) {
        let View { rows, cols, .. } = self.matrix;
        if self.transposed { (cols, rows) } else { (rows, cols) }
    }

    /// Numbers from one row of A to the next, and from one column to the next.
    fn strides(&self) -> (usize, usize) {
        let stride = self.matrix.stride;
        if self.transposed { (1, stride) } else { (stride, 1) }
    }
}

/// C ← C₀ + A B, with A [m × k], B [k × n] and C [m × n]. Every row of C₀ is `bias` [n, padded], or 0.
pub fn product(arch: Arch, a: Lhs<'_>, b: View<'_>, bias: Option<&[f32]>, c: ViewMut<'_>) {
    let (shape, epilogue) = ((c.rows, c.cols), StoreEpilogue { at: c.at, stride: c.stride });
    // SAFETY: the epilogue writes to C alone, which is borrowed mutably and has the shape.
    unsafe { product_with(arch, a, b, bias, shape, epilogue) };
}

/// T [n × m] ← the transpose of `m` [m × n].
pub fn transpose(m: View<'_>, mut t: ViewMut<'_>) {
    assert!((m.rows, m.cols) == (t.cols, t.rows));
    // In blocks of 16 × 16, so that both sides use whole cache lines.
    for row in (0..m.rows).step_by(LANES) {
        for col in (0..m.cols).step_by(LANES) {
            let mut block = [[0.0; LANES]; LANES];
            for (r, line) in (row..m.rows).zip(&mut block) {
                line.copy_from_slice(&m.row(r)[col..col + LANES]);
            }
            for c in 0..LANES.min(m.cols - col) {
                let line: [f32; LANES] = std::array::from_fn(|r| block[r][c]);
                t.row(col + c)[row..row + LANES].copy_from_slice(&line);
            }
        }
    }
}

/// Gives every tile of C₀ + A B [m × n] to `epilogue`.
///
/// # Safety
/// The epilogue must accept every place of an output of the `shape` (m, n), padding included.
pub(crate) unsafe fn product_with<E: Epilogue>(
    arch: Arch,
    a: Lhs<'_>,
    b: View<'_>,
    bias: Option<&[f32]>,
    shape: (usize, usize),
    epilogue: E,
) {
    assert!(
        a.shape() == (shape.0, b.rows) && b.cols == shape.1,
        "{:?} · {:?} is not {shape:?}",
        a.shape(),
        (b.rows, b.cols)
    );
    assert!(bias.is_none_or(|bias| b.cols <= bias.len() && bias.len().is_multiple_of(LANES)));
    arch.dispatch(Product { a, b, bias, epilogue });
}

/// The use of a finished tile, as in CUTLASS.
pub(crate) trait Epilogue: Copy {
    /// Takes the vectors of outputs at (`row`, `col`).
    ///
    /// # Safety
    /// The place must lie inside the output, padding included.
    unsafe fn put<V: F32x16, const N: usize>(&self, row: usize, col: usize, value: [V; N]);
}

#[derive(Clone, Copy)]
struct StoreEpilogue {
    at: *mut f32,
    stride: usize,
}

impl Epilogue for StoreEpilogue {
    #[inline(always)]
    unsafe fn put<V: F32x16, const N: usize>(&self, row: usize, col: usize, value: [V; N]) {
        // SAFETY: the caller promises that the place lies inside C.
        unsafe { Unrolled(value).store_ptr(self.at.add(row * self.stride + col)) }
    }
}

/// A packed panel of B.
#[repr(align(64))]
struct PackedB([MaybeUninit<f32>; PACKED_B_LEN]);

/// Numbers of a packed panel: 16 KiB, half of a usual L1 cache.
const PACKED_B_LEN: usize = 4096;

/// Rows of A for which packing pays. Rows of B may be a memory page apart, and each is read once for
/// every tile.
const MIN_ROWS_TO_PACK: usize = 32;

struct Product<'a, E> {
    a: Lhs<'a>,
    b: View<'a>,
    bias: Option<&'a [f32]>,
    epilogue: E,
}

impl<E: Epilogue> Kernel for Product<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let vectors = self.b.cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let n = if S::HAS_32_REGISTERS && v + 2 <= vectors { 2 } else { 1 };
            // SAFETY: `product_with` holds the shapes to each other and every row is padded to whole vectors, so
            // that B and C have the n vectors of columns, and the bias too.
            unsafe {
                match n {
                    2 => self.panel::<S, 2>(simd, v * LANES),
                    _ => self.panel::<S, 1>(simd, v * LANES),
                }
            }
            v += n;
        }
    }
}

impl<E: Epilogue> Product<'_, E> {
    /// All rows of the N vectors of columns from `col` on.
    ///
    /// # Safety
    /// B, C and the bias must have these columns, padding included.
    #[inline(always)]
    unsafe fn panel<S: Simd, const N: usize>(&self, simd: S, col: usize) {
        let m = self.a.shape().0;
        let mut packed = PackedB([MaybeUninit::uninit(); PACKED_B_LEN]);
        // SAFETY: the caller promises the columns; `row` + the tile's height ≤ m, the rows of A and C; and
        // the packed panel has room in `packed`.
        unsafe {
            let b = if self.b.rows * N * LANES <= PACKED_B_LEN && MIN_ROWS_TO_PACK <= m {
                self.pack_b::<S, N>(simd, col, &mut packed)
            } else {
                (self.b.at.wrapping_add(col), self.b.stride)
            };
            let mut row = 0;
            while row < m {
                row += match m - row {
                    8.. if S::HAS_32_REGISTERS => (self.tile::<S, 8, N>(simd, row, col, b), 8).1,
                    6.. if !S::HAS_32_REGISTERS => (self.tile::<S, 6, N>(simd, row, col, b), 6).1,
                    2.. => (self.tile::<S, 2, N>(simd, row, col, b), 2).1,
                    _ => (self.tile::<S, 1, N>(simd, row, col, b), 1).1,
                };
            }
        }
    }

    /// Copies the N vectors of columns from `col` on. Returns the address of the copy, and the numbers
    /// from one of its rows to the next.
    ///
    /// # Safety
    /// B must have these columns, padding included, and `packed` must have room for them.
    #[inline(always)]
    unsafe fn pack_b<S: Simd, const N: usize>(
        &self,
        simd: S,
        col: usize,
        packed: &mut PackedB,
    ) -> (*const f32, usize) {
        let to = packed.0.as_mut_ptr().cast::<f32>();
        for r in 0..self.b.rows {
            for j in 0..N {
                // SAFETY: the caller promises that B has the columns and `packed` has room for them.
                unsafe {
                    let line = simd.load_ptr(self.b.at.add(r * self.b.stride + col + j * LANES));
                    line.store_ptr(to.add((r * N + j) * LANES));
                }
            }
        }
        (to, N * LANES)
    }

    /// One tile of M rows by N vectors, whose columns of B are at `b`, a stride apart.
    ///
    /// # Safety
    /// A and C must have the M rows from `row` on, C and the bias the N vectors at `col`, padding included,
    /// and from `b` on N vectors must be readable in each of B's rows.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize>(
        &self,
        simd: S,
        row: usize,
        col: usize,
        (b, stride): (*const f32, usize),
    ) {
        let (down, along) = self.a.strides();
        let mut c = [[simd.splat(0.0); N]; M];
        // SAFETY: the caller promises that the tile lies inside A, B and C.
        unsafe {
            if let Some(bias) = self.bias {
                for j in 0..N {
                    let start = simd.load_ptr(bias.as_ptr().add(col + j * LANES));
                    for c in &mut c {
                        c[j] = start;
                    }
                }
            }
            let mut a = self.a.matrix.at.wrapping_add(row * down);
            let mut b = b;
            for _ in 0..self.b.rows {
                let mut line = [simd.splat(0.0); N];
                for j in 0..N {
                    line[j] = simd.load_ptr(b.add(j * LANES));
                }
                for i in 0..M {
                    let factor = simd.splat(*a.add(i * down));
                    for j in 0..N {
                        c[i][j] = factor.mul_add(line[j], c[i][j]);
                    }
                }
                a = a.wrapping_add(along);
                b = b.wrapping_add(stride);
            }
            for i in 0..M {
                self.epilogue.put(row + i, col, c[i]);
            }
        }
    }
}
