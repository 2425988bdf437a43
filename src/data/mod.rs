//! Data sets: rows of inputs with their targets, read once, checked on reading, shared by all runs
//! and never changed; nothing here knows a network or an epoch.

mod source;
mod table;

mod files;
mod idx;
mod mnist;
mod npz;
mod packed;

mod array;
mod error;
mod fingerprint;

pub use error::{DataError, Place};
pub use source::{Description, Part, Source, describe, load};
pub use table::{DenseRows, Inputs, SPARSE_DENSITY, SparseRows, Table, Targets, Values};
