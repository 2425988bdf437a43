//! Data sets: rows of inputs with their targets, read once, checked on reading, shared by all runs
//! and never changed; nothing here knows a network or an epoch.

mod error;
mod source;
mod table;

pub use error::DataError;
pub use source::{Description, Part, Source, describe, load};
pub use table::{DenseRows, Inputs, SparseRows, Table, Targets, Values};
