//! Dense matrices: storage, products, sums and memory.

mod gemm;
mod matrix;
mod memory;
mod reduce;

pub(crate) use gemm::{Epilogue, product_with};
pub use gemm::{Lhs, product, transpose};
pub use matrix::{Matrix, View, ViewMut};
pub(crate) use memory::advise_huge_pages;
pub use reduce::{
    column_square_sums, matrix_sum, row_magnitude_sums, row_square_sums, scale_outer,
};
