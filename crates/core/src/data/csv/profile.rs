//! What is in the columns of a CSV file, and what a network sees of each.

use std::collections::HashSet;

use super::cells::ColumnValues;
use super::columns::{Columns, CsvOptions, FeatureColumn, TargetColumns};
use super::learn::open;
use super::sheet::Sheet;
use crate::data::table_files::TableFiles;
use crate::data::{DataError, date};

/// Bars of a histogram.
const BARS: usize = 8;

/// What is in a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// What it is, such as `number` or `category`.
    pub kind: &'static str,
    /// Rows without a value.
    pub missing: usize,
    /// Different values.
    pub distinct: usize,
    /// The least and the greatest number; of dates in days since 1970.
    pub range: Option<[f64; 2]>,
    /// The most frequent words with their rows, the most frequent first.
    pub frequent: Vec<(String, usize)>,
    /// Rows in pieces of the range, or rows of the most frequent words.
    pub histogram: Vec<usize>,
    /// The names of the inputs that it becomes; none of the label.
    pub inputs: Vec<String>,
    /// The learned numbers of each input, if it is embedded.
    pub embedding: Option<usize>,
    /// Whether it is to be learned.
    pub label: bool,
    /// Whether every row has another value, whole numbers or words, as in an identifier.
    pub identifies: bool,
}

/// The number of rows of a file, and its columns: inputs, the weights of rows, labels.
pub fn profile(
    files: &TableFiles,
    options: &CsvOptions,
) -> Result<(usize, Vec<ColumnProfile>), DataError> {
    let (sheet, columns) = open(&files.paths()?, options)?;
    let inputs = columns.features.iter().enumerate();
    let inputs = inputs.map(|(i, feature)| of_feature(&sheet, &sheet.values(i), feature));
    let labels = sheet.labels.iter().zip(columns.labels());
    let labels = labels.map(|(cells, name)| of_label(&sheet, cells, name, &columns));
    let weight = sheet.keys.weights.iter().zip(&columns.sample_weight);
    let weight = weight.map(|(weights, name)| {
        let all = weights.iter().map(|weight| f64::from(*weight)).collect();
        of_numbers(all, sheet.rows, ColumnProfile { kind: "weight", ..empty(name) })
    });
    Ok((sheet.rows, inputs.chain(weight).chain(labels).collect()))
}

fn of_feature(sheet: &Sheet, cells: &ColumnValues, feature: &FeatureColumn) -> ColumnProfile {
    let kind = match cells {
        ColumnValues::Numbers(_) => "number",
        ColumnValues::Dates(_) => "date",
        ColumnValues::Words(_) if feature.ordinal => "ordinal",
        ColumnValues::Words(_) => "category",
    };
    let inputs = feature.input_names();
    let (name, embedding) = (feature.name.clone(), feature.embedding);
    ColumnProfile { name, kind, inputs, embedding, ..contents(sheet, cells) }
}

fn of_label(sheet: &Sheet, cells: &ColumnValues, name: &str, columns: &Columns) -> ColumnProfile {
    let kind = match &columns.target {
        TargetColumns::Classes { .. } => "class",
        TargetColumns::Values { .. } => "number",
    };
    ColumnProfile { name: name.to_owned(), kind, label: true, ..contents(sheet, cells) }
}

fn empty(name: &str) -> ColumnProfile {
    ColumnProfile {
        name: name.to_owned(),
        kind: "",
        missing: 0,
        distinct: 0,
        range: None,
        frequent: Vec::new(),
        histogram: Vec::new(),
        inputs: Vec::new(),
        embedding: None,
        label: false,
        identifies: false,
    }
}

fn contents(sheet: &Sheet, cells: &ColumnValues) -> ColumnProfile {
    let missing = (0..sheet.rows).filter(|row| cells.is_missing(*row)).count();
    let empty = ColumnProfile { missing, ..empty("") };
    match cells {
        ColumnValues::Numbers(numbers) => {
            let there = numbers.iter().map(|x| f64::from(*x)).filter(|x| !x.is_nan());
            of_numbers(there.collect(), sheet.rows, empty)
        }
        ColumnValues::Dates(dates) => {
            let days = dates.seconds.iter().flatten().map(|s| f64::from(date::inputs(*s)[0]));
            ColumnProfile { identifies: false, ..of_numbers(days.collect(), sheet.rows, empty) }
        }
        ColumnValues::Words(words) => {
            let counts = words.counts(0..sheet.rows);
            let mut frequent: Vec<_> = words.words.iter().cloned().zip(counts).collect();
            let distinct = frequent.len();
            frequent.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            frequent.truncate(BARS);
            let histogram = frequent.iter().map(|(_, count)| *count).collect();
            let identifies = 1 < distinct && distinct == sheet.rows;
            ColumnProfile { distinct, frequent, histogram, identifies, ..empty }
        }
    }
}

fn of_numbers(there: Vec<f64>, rows: usize, empty: ColumnProfile) -> ColumnProfile {
    let distinct = there.iter().map(|x| x.to_bits()).collect::<HashSet<_>>().len();
    if there.is_empty() {
        return empty;
    }
    let min = there.iter().copied().fold(f64::INFINITY, f64::min);
    let max = there.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut histogram = vec![0; BARS];
    for x in &there {
        let bar = if min < max { (x - min) / (max - min) * BARS as f64 } else { 0.0 };
        histogram[(bar as usize).min(BARS - 1)] += 1;
    }
    let counted = max - min + 1.0 == rows as f64 && there.iter().all(|x| x.fract() == 0.0);
    let identifies = 1 < distinct && distinct == rows && counted;
    ColumnProfile { distinct, range: Some([min, max]), histogram, identifies, ..empty }
}
