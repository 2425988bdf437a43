//! Builds the columns of a sheet from pieces of rows, in their order.

use std::borrow::Cow;
use std::collections::HashSet;

use rayon::prelude::*;

use super::append::{Append, append};
use super::cells::{ColumnValues, Misfit};
use super::columns::CsvOptions;
use super::dense_columns::{DenseColumns, any};
use super::head::Head;
use super::roles::{Roles, max_words};
use super::row_keys::{Key, RowKeys, RowMisfit};
use super::sheet::Sheet;
use crate::data::DataError;
use crate::data::columnar::Cells;
use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;

/// A sheet in the making: the cells of each piece are those of the inputs, the labels and the keys of rows.
pub(super) struct Builder<'a> {
    options: &'a CsvOptions,
    location: ErrorLocation,
    missing: HashSet<&'a str>,
    /// The places of the inputs, and the most words that each may have.
    places: Vec<(usize, usize)>,
    features: Vec<ColumnValues>,
    labels: Vec<(usize, ColumnValues)>,
    /// The columns that divide the rows and weigh them.
    key_columns: Vec<(usize, Key)>,
    keys: RowKeys,
    /// The inputs, where all are numbers.
    dense: Option<DenseColumns>,
    pub(super) rows: usize,
}

/// A fault of a piece.
pub(super) enum Fault {
    /// A field that does not fit its column: whether it is a label, the column, the row as cells name it, the text, and
    /// the expected kind.
    Field { label: bool, at: usize, begin: u64, field: String, want: String },
    /// A column has too many words.
    Words(usize),
    /// The rows do not fit into memory.
    Memory(DataError),
}

impl<'a> Builder<'a> {
    /// For the columns with roles, whose kinds are all known.
    pub(super) fn new(roles: Roles, head: &Head, options: &'a CsvOptions) -> Builder<'a> {
        let place = |at: usize| (at, max_words(options, head, at));
        let places: Vec<_> = roles.features.iter().map(|feature| place(feature.at)).collect();
        let features: Vec<_> =
            roles.features.into_iter().filter_map(|feature| feature.into_cells()).collect();
        let numbers = features.iter().all(|values| matches!(values, ColumnValues::Numbers(_)));
        let known = options.columns.iter().flat_map(|columns| &columns.features);
        let indicated = options.column_options.iter().any(|(_, column)| column.indicator)
            || known.into_iter().any(|feature| feature.indicator);
        Builder {
            options,
            location: ErrorLocation::file(&head.path),
            missing: options.missing.iter().map(String::as_str).collect(),
            dense: (numbers && !indicated).then(|| DenseColumns::new(features.len())),
            places,
            features,
            labels: roles.labels,
            keys: RowKeys::new(&roles.keys),
            key_columns: roles.keys,
            rows: 0,
        }
    }

    /// Adds a piece of rows; `begin` names a row of it.
    pub(super) fn add(
        &mut self,
        cells: &[Cells],
        begin: &dyn Fn(usize) -> u64,
    ) -> Result<(), Fault> {
        let rows = cells.first().map_or(0, Cells::len);
        let (inputs, rest) = cells.split_at(self.features.len());
        let (labels, keys) = rest.split_at(self.labels.len());
        self.add_inputs(inputs, begin)?;
        self.add_labels(labels, begin)?;
        self.add_keys(keys, begin)?;
        self.rows += rows;
        let fields = (self.rows as u64).saturating_mul(cells.len() as u64).saturating_mul(4);
        check_memory(&self.location, fields).map_err(Fault::Memory)
    }

    fn add_inputs(&mut self, cells: &[Cells], begin: &dyn Fn(usize) -> u64) -> Result<(), Fault> {
        let with = Append { begin, missing: &self.missing, spelling: &self.options.spelling };
        let field = |at: usize, (begin, field, want): (u64, String, String)| Fault::Field {
            label: false,
            at,
            begin,
            field,
            want,
        };
        if let Some(dense) = &mut self.dense {
            let is_whole =
                |cells: &Cells| matches!(cells, Cells::Numbers(x) if !any(x, f32::is_infinite));
            let whole: Vec<bool> = cells.par_iter().map(is_whole).collect();
            let mut pieces = Vec::new();
            for ((cells, is_whole), (at, _)) in cells.iter().zip(whole).zip(&self.places) {
                let piece = numbers(cells, is_whole, &with);
                pieces.push(piece.map_err(|misfit| field(*at, misfit))?);
            }
            let columns: Vec<&[f32]> = pieces.iter().map(|piece| &**piece).collect();
            return dense.push(&columns).map_err(|source| {
                let location = self.location.clone();
                Fault::Memory(DataError::Memory { location, source })
            });
        }
        for ((values, cells), (at, max)) in self.features.iter_mut().zip(cells).zip(&self.places) {
            append(values, cells, &with).map_err(|misfit| field(*at, misfit))?;
            if *max < values.words() {
                return Err(Fault::Words(*at));
            }
        }
        Ok(())
    }

    fn add_labels(&mut self, cells: &[Cells], begin: &dyn Fn(usize) -> u64) -> Result<(), Fault> {
        let nothing = HashSet::new();
        let with = Append { begin, missing: &nothing, spelling: &self.options.spelling };
        for ((at, values), cells) in self.labels.iter_mut().zip(cells) {
            let wrong = |(begin, field, want): (u64, String, String)| Fault::Field {
                label: true,
                at: *at,
                begin,
                field,
                want,
            };
            if let Some(row) = cells.first_missing() {
                let want = match values {
                    ColumnValues::Words(_) => "a class",
                    _ => "a number",
                };
                return Err(wrong((begin(row), String::new(), want.to_owned())));
            }
            append(values, cells, &with).map_err(wrong)?;
        }
        Ok(())
    }

    /// Adds what divides the rows and weighs them.
    fn add_keys(&mut self, cells: &[Cells], begin: &dyn Fn(usize) -> u64) -> Result<(), Fault> {
        for ((at, key), cells) in self.key_columns.iter().zip(cells) {
            let wrong = |(row, field, want): RowMisfit| {
                let (label, at, begin) = (false, *at, begin(row));
                Fault::Field { label, at, begin, field, want }
            };
            self.keys.extend(*key, cells, &self.options.spelling).map_err(wrong)?;
        }
        Ok(())
    }

    /// The whole sheet.
    pub(super) fn finish(self) -> Sheet {
        let Builder { places, features, labels, keys, dense, rows, .. } = self;
        let features = places.into_iter().map(|(at, _)| at).zip(features).collect();
        let labels = labels.into_iter().map(|(_, values)| values).collect();
        Sheet { rows, features, labels, keys, dense, order: None }
    }
}

/// The numbers of a piece, without a copy if all are fit numbers.
fn numbers<'a>(
    cells: &'a Cells,
    is_whole: bool,
    with: &Append<'_>,
) -> Result<Cow<'a, [f32]>, Misfit> {
    match cells {
        Cells::Numbers(numbers) if is_whole => Ok(Cow::Borrowed(numbers)),
        cells => {
            let mut piece = ColumnValues::Numbers(Vec::new());
            append(&mut piece, cells, with)?;
            Ok(Cow::Owned(piece.numbers().to_vec()))
        }
    }
}
