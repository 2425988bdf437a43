//! Data sets: rows of inputs with their targets, read once, checked on reading, shared by all runs
//! and never changed; nothing here knows a network or an epoch.

mod columnar;
mod dataset_info;
mod kept_table;
mod labels;
mod load;
mod number_fit;
mod number_transform;
mod preprocessing;
mod row_split;
mod sharded_fit;
mod source;
mod standardization;
mod table;
mod table_files;
mod target_scaling;
mod training_rows;

mod csv;
mod date;
mod files;
mod idx;
mod mnist;
mod npz;
mod packed;
mod packing;
mod picture;
mod text_array;

mod array;
mod error;
mod error_help;
mod error_place;
mod fingerprint;
mod limits;

pub use csv::{
    Column, ColumnOptions, ColumnProfile, ColumnType, Columns, Constant, CsvOptions, Encoding,
    FEW_CLASSES, FeatureColumn, Fill, NumberOptions, Scaling, Shard, ShardReader, ShardedTable,
    Spelling, Statistic, TargetColumns, Task, fields, is_missing, is_number, looks_like_number,
    profile, reading_keys,
};
pub use dataset_info::{DatasetInfo, Split};
pub use date::{date_text, looks_like_date};
pub use error::{DataError, ErrorLocation, RowPlace};
pub use labels::Labels;
pub use load::{describe, describe_and_verify, load, load_inputs, open_shards};
pub use npz::{Archive, Array};
pub use number_transform::{FittedScaling, NumberTransform};
pub use picture::load_picture;
pub use preprocessing::Preprocessing;
pub use row_split::{Fold, Parts, RowOrder, RowSplit, SplitMethod};
pub use source::{Source, TableKind};
pub use standardization::Standardization;
pub use table::{DenseRows, Inputs, SPARSE_DENSITY, SparseRows, Table, Targets, Values};
pub use table_files::{TableFiles, is_pattern};
pub use target_scaling::{TargetScaling, TargetTransform};
