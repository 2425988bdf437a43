//! Data sets: rows of inputs with their targets, read once, checked on reading, shared by all runs
//! and never changed; nothing here knows a network or an epoch.

mod dataset_info;
mod labels;
mod load;
mod preprocessing;
mod source;
mod standardization;
mod table;

mod csv;
mod files;
mod idx;
mod mnist;
mod npz;
mod packed;
mod packing;
mod picture;

mod array;
mod error;
mod fingerprint;
mod limits;

pub use csv::{
    Column, Columns, CsvOptions, Encoding, FEW_CLASSES, FeatureColumn, Spelling, TargetColumns,
    Task, is_missing, is_number, looks_like_number, reading_keys,
};
pub use dataset_info::{DatasetInfo, Split};
pub use error::{DataError, ErrorLocation};
pub use labels::Labels;
pub use load::{describe, describe_and_verify, load, load_inputs};
pub use npz::{Archive, Array};
pub use picture::load_picture;
pub use preprocessing::Preprocessing;
pub use source::Source;
pub use standardization::Standardization;
pub use table::{DenseRows, Inputs, SPARSE_DENSITY, SparseRows, Table, Targets, Values};
