//! What the columns of a CSV file are: which are inputs, which are the target, and what words stand
//! for; learned from one file, it says how others of its kind are read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::column_options::{ColumnOptions, NumberOptions};
use super::encoding::Encoding;
use super::spelling::Spelling;
use crate::data::RowSplit;

/// What the columns of a CSV file are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Columns {
    /// Whether the first line names the columns; if not, they are called `0`, `1` and so on.
    pub header: bool,
    /// The columns that are inputs, in their order.
    pub features: Vec<FeatureColumn>,
    /// What is to be learned.
    pub target: TargetColumns,
    /// The column of the weights of rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sample_weight: Option<String>,
}

/// A column of inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureColumn {
    /// Its name.
    pub name: String,
    /// The words in it, sorted, each of which is an input that is 1 or 0; none for numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// Whether the place of the word among the categories is the only input.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ordinal: bool,
    /// The number of inputs that any words are hashed to, in place of categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<usize>,
    /// Whether it has dates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub date: bool,
    /// The format of the dates, if it is none of the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether words that are no category have an input together.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub other: bool,
    /// Whether a missing value has an input.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indicator: bool,
    /// The place of the category that stands for a missing word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<u32>,
    /// The learned numbers of each of its inputs, if it is embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<usize>,
    /// How its numbers are filled and scaled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberOptions>,
}

/// The columns that are to be learned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetColumns {
    /// A column of classes.
    Classes {
        /// Its name.
        column: String,
        /// The name of each class: numbers in their order, words in that of the alphabet.
        names: Vec<String>,
    },
    /// Columns of real values.
    Values {
        /// Their names.
        columns: Vec<String>,
    },
}

/// What is to be learned of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// To tell classes apart.
    Classification,
    /// To estimate numbers.
    Regression,
}

/// What is known of a CSV file before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CsvOptions {
    /// The columns of the target; the last, if none are named.
    pub label: Option<Vec<Column>>,
    /// Columns that are neither input nor target.
    pub ignore: Vec<Column>,
    /// The column of the weights of rows.
    pub sample_weight: Option<Column>,
    /// What the target is; the column itself tells, if nothing else does.
    pub task: Option<Task>,
    /// What stands between two fields; the first lines tell, if nothing else does.
    pub separator: Option<u8>,
    /// The encoding of the text; UTF-8, or UTF-16 after its mark, if nothing else is told.
    pub encoding: Option<Encoding>,
    /// The first character of lines that are passed over.
    pub comment: Option<u8>,
    /// The spelling of numbers.
    pub spelling: Spelling,
    /// The texts that mark a missing value.
    pub missing: Vec<String>,
    /// The options of columns, by name or by pattern.
    pub column_options: Vec<(String, ColumnOptions)>,
    /// The division of the rows: categories are those of the rows that train.
    pub rows: RowSplit,
    /// Whether the first line names the columns; the lines themselves tell, if nothing else does.
    pub header: Option<bool>,
    /// Whether the rows stay in the files, and are read in shards.
    pub in_shards: bool,
    /// What another file has taught: with it this one is read, and nothing above but the separator
    /// and the header is of any account.
    pub columns: Option<Columns>,
}

impl Columns {
    /// Number of inputs of a row.
    pub fn width(&self) -> usize {
        self.features.iter().map(FeatureColumn::width).sum()
    }

    /// What each input of a row is called: `age`, or `sex=female` for a word.
    pub fn feature_names(&self) -> Vec<String> {
        self.features.iter().flat_map(FeatureColumn::input_names).collect()
    }

    /// The columns that are embedded, with the first input, the number of inputs and of learned numbers of each.
    pub fn embedded(&self) -> impl Iterator<Item = (&str, usize, usize, usize)> {
        let mut first = 0;
        let place = move |feature: &FeatureColumn| {
            first += feature.width();
            first - feature.width()
        };
        let places: Vec<_> = self.features.iter().map(place).collect();
        self.features.iter().zip(places).filter_map(|(feature, first)| {
            Some((&*feature.name, first, feature.width(), feature.embedding?))
        })
    }

    /// What each class is called, if there are classes.
    pub fn class_names(&self) -> Option<&[String]> {
        match &self.target {
            TargetColumns::Classes { names, .. } => Some(names),
            TargetColumns::Values { .. } => None,
        }
    }

    /// The names of the target's columns.
    pub fn labels(&self) -> &[String] {
        match &self.target {
            TargetColumns::Classes { column, .. } => std::slice::from_ref(column),
            TargetColumns::Values { columns } => columns,
        }
    }

    /// What is learned of the target.
    pub fn task(&self) -> Task {
        match &self.target {
            TargetColumns::Classes { .. } => Task::Classification,
            TargetColumns::Values { .. } => Task::Regression,
        }
    }
}

impl FeatureColumn {
    /// Number of inputs that the column becomes.
    pub fn width(&self) -> usize {
        self.values() + usize::from(self.other) + usize::from(self.indicator)
    }

    /// Number of inputs aside from those for other words and for missing values.
    pub(super) fn values(&self) -> usize {
        match (&self.categories, self.buckets) {
            _ if self.date => 3,
            (_, Some(buckets)) => buckets,
            (Some(words), None) if !self.ordinal => words.len(),
            _ => 1,
        }
    }

    /// What each input is called.
    pub fn input_names(&self) -> Vec<String> {
        let name = &self.name;
        let mut names = match (&self.categories, self.buckets) {
            _ if self.date => ["", ".month", ".weekday"].map(|end| format!("{name}{end}")).to_vec(),
            (_, Some(buckets)) => (0..buckets).map(|bucket| format!("{name}#{bucket}")).collect(),
            (Some(words), None) if !self.ordinal => {
                words.iter().map(|word| format!("{name}={word}")).collect()
            }
            _ => vec![name.clone()],
        };
        names.extend(self.other.then(|| format!("{name}=(other)")));
        names.extend(self.indicator.then(|| format!("{name}=(missing)")));
        names
    }
}
