//! `[data]`: the data set, and how its rows are read and split.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::{
    Column, ColumnOptions, Columns, CsvOptions, Encoding, Fold, Parts, RowSplit, Source, Spelling,
    SplitMethod, TableFiles, TargetScaling, Task,
};

/// The data sets that need no path.
pub(crate) const BUILT_IN: [&str; 1] = ["mnist"];

/// The most rows of a block, where rows are not in memory, and the most bytes of their inputs.
const MOST_BUFFER_ROWS: usize = 1 << 18;
const MOST_BUFFER_BYTES: usize = 64 << 20;

/// `[data]`: what to learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Data {
    /// `"mnist"` (built in), or the path of a `.csv`, `.parquet`, `.arrow` or `.npz` file or of a
    /// folder of IDX files; several tables of the same columns as an array, or by a pattern such as
    /// `"rows/*.parquet"`, sorted by name.
    pub dataset: DataFiles,
    /// The column of a table that is to be learned, by name or by place from 0; an array of
    /// columns for several real values. All others are inputs: numbers as they are, words one-hot.
    #[schemars(extend("x-example" = "species", "x-default" = "the last column"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The column of a table with the weight of each row, by name or by place from 0: the loss of a
    /// row is multiplied by its weight, in training and in validation. The column is no input.
    #[schemars(extend("x-example" = "weight", "x-default" = "1 for every row"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_weight: Option<Column>,
    /// The scaling of real-valued labels, each by the rows that train. The loss is that of scaled labels;
    /// metrics, `predict`, `evaluate` and ONNX have the unit of the data.
    #[schemars(extend("x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_scaling: Option<TargetScaling>,
    /// What the labels of a file are: `"classification"` makes words or numbers classes, in sorted
    /// order; `"regression"` takes numbers for what they are.
    #[schemars(extend(
        "x-default" = "classification of words, of integers in `.npz` and IDX files, and of at \
                       most 20 different whole numbers in CSV files, unless the loss and the \
                       network's outputs want otherwise"
    ))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Columns of a table, by name or by place from 0, that are neither input nor label.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-example" = ["id", "date"]))]
    pub ignore: Vec<Column>,
    /// What parts the fields of a CSV file, one character.
    #[schemars(extend(
        "x-example" = ";",
        "x-default" = "the comma, semicolon, tab or bar that cuts all of the first lines into as many \
                       fields"
    ))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The encoding of a CSV file.
    #[schemars(extend("x-default" = "`\"utf-8\"`, or `\"utf-16\"` after its byte order mark"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The first character of lines of a CSV file that are passed over, such as `"#"`.
    #[schemars(extend("x-example" = "#", "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The character before the fraction of numbers in a CSV file: `","` reads `1,5`.
    #[schemars(extend("x-example" = ",", "x-default" = "a point"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    /// The character between the thousands of numbers in a CSV file: `","` reads `1,200`.
    #[schemars(extend("x-example" = ",", "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<String>,
    /// Characters around the numbers of a CSV file that are dropped: `"$%"` reads `$9` and `12%`.
    #[schemars(extend("x-example" = "$%", "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strip: Option<String>,
    /// Texts that mark a missing value, such as `["", "NA"]`; `fill` of `data.columns` says what stands
    /// in its place. Nulls of Parquet and Arrow files are missing without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-example" = ["", "NA"]))]
    pub missing: Vec<String>,
    /// How columns of a table become inputs, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("x-example" = { "age": { "fill": "median" } }))]
    pub columns: BTreeMap<String, ColumnOptions>,
    /// Whether the first line of a CSV file names its columns.
    #[schemars(extend("x-default" = "seen from the first two lines"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Share of the training rows, taken from their end before shuffling, that validates.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub validation_split: f64,
    /// Which rows validate and are kept out.
    #[schemars(extend("x-example" = { "method": "random", "seed": 1 }, "x-default" = "the last"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitMethod>,
    /// The fold that validates; instead of `validation_split`. `[cross_validation]` runs every fold.
    #[schemars(extend("x-example" = { "fold": 0, "folds": 5 }, "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// Another data set, of which all training rows validate; instead of `validation_split`.
    #[schemars(extend("x-example" = "validation.csv", "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_data: Option<DataFiles>,
    /// Share of the rows, taken from their end before those that validate, that is kept out for
    /// `runner evaluate`; for data without test rows of their own.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub test_split: f64,
    /// Use only this many rows, the first, of the training set.
    #[schemars(range(min = 1), extend("x-example" = 10_000, "x-default" = "every row"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Whether all rows are in memory. With `false` they stay in their Parquet files and are read again in every
    /// epoch, for data larger than memory: shuffled are the row groups, and among themselves the rows of
    /// `shuffle_buffer`.
    #[schemars(extend("x-example" = false, "x-default" = "true"))]
    #[serde(skip_serializing_if = "is_default")]
    pub in_memory: bool,
    /// The most rows that are shuffled among themselves where the rows are not in memory; about twice as many
    /// are in memory at a time.
    #[schemars(range(min = 1), extend("x-example" = 65_536, "x-default" = "262,144, but at most 64 MB of inputs"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle_buffer: Option<usize>,
    /// The number by which all inputs are divided.
    #[schemars(extend("x-example" = 255.0, "exclusiveMinimum" = 0.0, "x-default" = "255 for bytes, 1 for floats"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Shift and divide every input, after `scale`, so that over the rows that train its mean is 0
    /// and its variance 1, as Keras's `Normalization` layer does.
    pub standardize: bool,
}

/// One path, or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DataFiles {
    /// A path, a pattern, or the name of what is built in.
    One(String),
    /// Paths and patterns of tables.
    Many(Vec<String>),
}

impl DataFiles {
    /// The paths.
    pub fn paths(&self) -> &[String] {
        match self {
            DataFiles::One(path) => std::slice::from_ref(path),
            DataFiles::Many(paths) => paths,
        }
    }

    /// The paths, to be changed.
    pub(crate) fn paths_mut(&mut self) -> &mut [String] {
        match self {
            DataFiles::One(path) => std::slice::from_mut(path),
            DataFiles::Many(paths) => paths,
        }
    }
}

/// The paths with commas.
impl fmt::Display for DataFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.paths().join(", "))
    }
}

impl From<&str> for DataFiles {
    fn from(path: &str) -> DataFiles {
        DataFiles::One(path.to_owned())
    }
}

/// One column, or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Label {
    /// A class or a number.
    One(Column),
    /// Several numbers.
    Many(Vec<Column>),
}

impl Data {
    /// Where the data come from, and how they are read.
    pub fn source(&self) -> Source {
        self.read_dataset(&self.dataset)
    }

    /// Where the rows come from that validate, if that is elsewhere; `columns` are those of the
    /// training rows.
    pub fn validation_source(&self, columns: Option<&Columns>) -> Option<Source> {
        self.validation_data.as_ref().map(|data| self.read_dataset(data).like(columns))
    }

    /// A data set in the form of this one.
    pub fn read(&self, path: &str) -> Source {
        match Source::parse(path, Path::new("")) {
            Source::Csv(files, _) => Source::Csv(files, self.table_options()),
            Source::Path(path, _) => Source::Path(path, self.task),
            Source::Mnist => Source::Mnist,
        }
    }

    fn read_dataset(&self, dataset: &DataFiles) -> Source {
        let source = match dataset {
            DataFiles::One(path) => self.read(path),
            DataFiles::Many(paths) => {
                let paths = paths.iter().map(PathBuf::from).collect();
                Source::Csv(TableFiles::new(paths), self.table_options())
            }
        };
        match source {
            Source::Csv(files, options) => {
                Source::Csv(files, CsvOptions { in_shards: !self.in_memory, ..options })
            }
            source => source,
        }
    }

    /// The most rows of a block of rows with so many inputs, where rows are not in memory.
    pub fn buffer_rows(&self, features: usize) -> usize {
        let bytes = 4 * features.max(1);
        self.shuffle_buffer.unwrap_or(MOST_BUFFER_ROWS.min(MOST_BUFFER_BYTES / bytes)).max(1)
    }

    fn table_options(&self) -> CsvOptions {
        let label = self.label.clone().map(|label| match label {
            Label::One(column) => vec![column],
            Label::Many(columns) => columns,
        });
        CsvOptions {
            label,
            ignore: self.ignore.clone(),
            sample_weight: self.sample_weight.clone(),
            task: self.task,
            separator: self.separator.as_ref().and_then(|s| s.bytes().next()),
            encoding: self.encoding,
            comment: self.comment.as_ref().and_then(|s| s.bytes().next()),
            spelling: Spelling {
                decimal: self.decimal.as_ref().and_then(|s| s.chars().next()),
                thousands: self.thousands.as_ref().and_then(|s| s.chars().next()),
                strip: self.strip.clone().unwrap_or_default(),
            },
            missing: self.missing.clone(),
            column_options: self.columns.clone().into_iter().collect(),
            rows: self.row_split(),
            header: self.header,
            in_shards: false,
            columns: None,
        }
    }

    /// What tells the rows of one plan from those of another, before they are divided.
    pub fn identity(&self) -> String {
        let mut name = self.dataset.to_string();
        if let Source::Csv(_, options) = self.source()
            && options != CsvOptions::default()
        {
            let CsvOptions { label, ignore, task, separator, header, .. } = &options;
            name += &format!(" {label:?} {ignore:?} {task:?} {separator:?} {header:?}");
            let CsvOptions { encoding, comment, spelling, .. } = &options;
            let CsvOptions { missing, column_options, rows, .. } = &options;
            if !missing.is_empty() || !column_options.is_empty() || *rows != RowSplit::default() {
                name += &format!(" {missing:?} {column_options:?} {rows:?}");
            }
            options.sample_weight.iter().for_each(|column| name += &format!(" {column:?}"));
            if encoding.is_some() || comment.is_some() || *spelling != Spelling::default() {
                name += &format!(" {encoding:?} {comment:?} {spelling:?}");
            }
            name += if options.in_shards { " in shards" } else { "" };
        }
        let arranged = self.split.is_some() || self.fold.is_some();
        if arranged && !matches!(self.source(), Source::Csv(..)) {
            name += &format!(" {:?}", self.row_split());
        }
        self.validation_data.iter().for_each(|path| name += &format!(" and {path}"));
        name
    }

    /// Whether anything validates.
    pub fn validates(&self) -> bool {
        self.validation_split != 0.0 || self.validation_data.is_some() || self.fold.is_some()
    }

    /// How `rows` rows are divided, within the limit; about so if whole groups are divided.
    pub fn parts(&self, rows: usize) -> Parts {
        self.row_split().parts(rows)
    }

    /// How the rows of the data set are divided, within the limit.
    pub fn row_split(&self) -> RowSplit {
        let method = self.split.clone().unwrap_or_default();
        let split = RowSplit::new(self.limit, self.validation_split, self.test_split, method);
        split.with_fold(self.fold.clone())
    }
}

/// Whether all rows are in memory, as they are by default: earlier plans do not have the key.
fn is_default(in_memory: &bool) -> bool {
    *in_memory
}

impl Default for Data {
    fn default() -> Data {
        Data {
            dataset: "mnist".into(),
            label: None,
            sample_weight: None,
            target_scaling: None,
            task: None,
            ignore: Vec::new(),
            separator: None,
            encoding: None,
            comment: None,
            decimal: None,
            thousands: None,
            strip: None,
            missing: Vec::new(),
            columns: BTreeMap::new(),
            header: None,
            validation_split: 0.0,
            split: None,
            fold: None,
            validation_data: None,
            test_split: 0.0,
            limit: None,
            in_memory: true,
            shuffle_buffer: None,
            scale: None,
            standardize: false,
        }
    }
}
