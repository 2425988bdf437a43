//! Data sets: what is read, and what is said of what cannot be.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array, Array1, Array2, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt};
use runner::data::{
    DataError, DatasetInfo, Inputs, Labels, Source, Split, Table, Targets, Task, Values,
};
use runner::data::{describe, load};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

mod archives;
mod complaints;
mod csv;
mod damage;
mod idx;
mod mnist;
mod tables;
mod typed;

/// An archive in the making.
struct Npz<'a> {
    dir: &'a TempDir,
    arrays: Vec<(String, Vec<u8>)>,
}

impl<'a> Npz<'a> {
    fn new(dir: &'a TempDir) -> Self {
        Npz { dir, arrays: Vec::new() }
    }

    fn with<T: WritableElement, D: Dimension>(self, name: &str, array: &Array<T, D>) -> Self {
        let mut bytes = Vec::new();
        array.write_npy(&mut bytes).unwrap();
        self.with_bytes(name, &bytes)
    }

    fn with_bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        self.arrays.push((name.to_owned(), bytes.to_owned()));
        self
    }

    fn source(&self) -> Source {
        let path = self.dir.path().join("data.npz");
        let mut archive = ZipWriter::new(fs::File::create(&path).unwrap());
        for (name, bytes) in &self.arrays {
            archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
        Source::Path(path, None)
    }

    fn check(&self, want: &str) {
        assert_eq!(message(self.dir, load(&self.source(), Split::Train).map(drop)), want);
    }
}

fn check(dir: &TempDir, name: &str, want: &str) {
    let source = Source::Path(dir.path().join(name), None);
    assert_eq!(message(dir, load(&source, Split::Train).map(drop)), want);
    assert_eq!(message(dir, describe(&source).map(drop)), want);
}

/// What is said, with the directory's name taken out.
fn message(dir: &TempDir, result: Result<(), DataError>) -> String {
    let dir = dir.path().display().to_string();
    result.expect_err("an error").to_string().replace(&dir, "DIR")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn here(dir: &TempDir) -> Source {
    Source::Path(dir.path().to_owned(), None)
}

fn write(dir: &TempDir, name: &str, bytes: &[u8]) {
    fs::write(dir.path().join(name), bytes).unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn ones(rows: usize, features: usize) -> Array2<f64> {
    Array2::ones((rows, features))
}

fn ints<const N: usize>(values: [i64; N]) -> Array1<i64> {
    Array1::from(values.to_vec())
}

/// All pixels, zeros included.
fn bytes(table: &Table) -> Vec<u8> {
    let values = match &table.inputs {
        Inputs::Sparse(rows) => rows.to_dense().values,
        Inputs::Dense(rows) => rows.values.clone(),
    };
    match values {
        Values::Bytes(bytes) => bytes.into_owned(),
        Values::Floats(_) => panic!("got floats, want bytes"),
    }
}

fn labels(table: &Table) -> &[u32] {
    match &table.targets {
        Targets::Classes { labels, .. } => labels,
        Targets::Values { .. } => panic!("got values, want classes"),
    }
}

fn described(table: &Table) -> DatasetInfo {
    let classes = labels(table).iter().max().map(|&label| label as usize + 1);
    let (rows, shape) = (table.rows(), table.shape.clone());
    DatasetInfo {
        rows,
        bytes: (rows * table.features()) as u64,
        shape,
        classes,
        target_width: 1,
        default_scale: 255.0,
        has_test: true,
        columns: None,
        labels: classes.map(Labels::counted),
        parts: None,
        class_rows: Some(labels(table).to_vec()),
        binary: false,
    }
}

fn idx_images(table: &Table) -> Vec<u8> {
    let dimensions = [table.rows(), 28, 28].map(|n| (n as u32).to_be_bytes());
    [&[0, 0, 8, 3], dimensions.as_flattened(), &bytes(table)].concat()
}

fn idx_labels(table: &Table) -> Vec<u8> {
    let labels: Vec<_> = labels(table).iter().map(|&label| label as u8).collect();
    [&[0, 0, 8, 1], &(table.rows() as u32).to_be_bytes()[..], &labels].concat()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
