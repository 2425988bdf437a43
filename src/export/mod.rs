//! Export of runs, histories, scalars, weights and networks to formats of other programs, as bytes.

mod table;

mod csv;
mod json;
mod parquet;

mod histories;
mod scalars;

mod mlflow;
mod optuna;

mod message;
mod model;
mod onnx;
mod onnx_columns;

pub use histories::{Keys, histories};
pub use mlflow::{StoreFile, StoreRun, mlflow};
pub use model::{ModelFormat, model};
pub use optuna::optuna;
pub use scalars::scalars;
pub use table::{Cells, Column, Strings, Table};

/// A format of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)) with a header.
    Csv,
    /// An array of objects, a line each.
    Json,
    /// [Apache Parquet](https://parquet.apache.org/docs/file-format/).
    Parquet,
}

impl Table {
    /// Encodes the table.
    pub fn encode(&self, format: Format) -> Vec<u8> {
        match format {
            Format::Csv => csv::encode(self),
            Format::Json => json::encode(self),
            Format::Parquet => parquet::encode(self),
        }
    }
}
