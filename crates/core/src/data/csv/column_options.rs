//! The keys of `[data.columns]`: what a column is, how its missing values are filled, how its numbers
//! are scaled and its words encoded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::table_files::fits;
use base::quote::quote;

/// How a column of a CSV file becomes inputs; a `*` in its name stands for any characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ColumnOptions {
    /// The type of the column.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "seen from its fields: numbers, or else categories"))]
    pub kind: Option<ColumnType>,
    /// What stands for a missing value: `"mean"`, `"median"` or `"most_frequent"` of the rows that
    /// train, or a number; for words `"most_frequent"` or a word, which may be one of its own, such as
    /// `"missing"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = "median", "x-default" = "`\"mean\"` for numbers, a category of its own for words"))]
    pub fill: Option<Fill>,
    /// Whether a missing value sets an input of its own to 1 as well.
    #[schemars(extend("x-default" = "`false`"))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indicator: bool,
    /// How numbers are scaled, by the rows that train; such a column is left alone by
    /// `data.standardize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "none"))]
    pub scaling: Option<Scaling>,
    /// Whether numbers become sign(x) ln(1 + |x|), before they are scaled.
    #[schemars(extend("x-default" = "`false`"))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
    /// The words of an ordinal column, from the least to the greatest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-example" = ["low", "middle", "high"]))]
    pub order: Vec<String>,
    /// Words of fewer rows than this, and words that no row that trains has, share one input.
    #[schemars(range(min = 1), extend("x-example" = 5, "x-default" = "none"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_count: Option<usize>,
    /// Words become as many inputs by a hash, whichever words there are.
    #[schemars(range(min = 1, max = 65536), extend("x-example" = 64, "x-default" = "one input for each word"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<usize>,
    /// Each word gets a row of this many numbers, learned with the network, in place of its one-hot
    /// inputs.
    #[schemars(range(min = 1, max = 1024), extend("x-example" = 8, "x-default" = "one-hot inputs"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<usize>,
    /// How a date is written: `%Y`, `%m`, `%d`, `%H`, `%M` and `%S` stand for numbers.
    #[schemars(extend("x-example" = "%d.%m.%Y", "x-default" = "`2024-01-31`, with `12:30` or `12:30:59` or without"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Numbers, one input.
    Number,
    /// Categories, also where they are written as numbers: an input for each, 1 or 0.
    Category,
    /// Words with an order, one input: the place of the word in `order`, from 0.
    Ordinal,
    /// Dates: an input each for the days since 1970, the month (1 to 12) and the day of the week
    /// (Monday is 0).
    Date,
    /// No input.
    Ignore,
}

/// What stands for a missing value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Fill {
    /// A statistic.
    #[schemars(with = "String")]
    Statistic(Statistic),
    /// A number.
    Constant(Constant),
    /// A word.
    #[schemars(skip)]
    Word(String),
}

/// A statistic of the values that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Statistic {
    /// The mean of numbers.
    Mean,
    /// The median of numbers.
    Median,
    /// The value or the word of most rows; of equally frequent ones the least.
    MostFrequent,
}

/// A number that is equal to another by its bits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Constant(pub f64);

impl PartialEq for Constant {
    fn eq(&self, other: &Constant) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Constant {}

impl std::hash::Hash for Constant {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// How numbers are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// Mean 0 and variance 1.
    Standardize,
    /// From 0 to 1.
    MinMax,
    /// The share of rows with a smaller value, from 0 to 1.
    Quantile,
}

/// The fill and the scaling of a column of numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NumberOptions {
    /// What stands for a missing value.
    pub fill: Fill,
    /// Whether the logarithm is taken.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub log: bool,
    /// How the numbers are scaled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scaling: Option<Scaling>,
}

impl ColumnOptions {
    /// What is wrong with these options for a column with words, ordinal or categories, or else with numbers or dates.
    pub(super) fn misfit(&self, words: bool) -> Option<String> {
        let is_ordinal = self.kind == Some(ColumnType::Ordinal);
        if self.embedding.is_some() && (!words || is_ordinal) {
            return Some(
                "no categories, `embedding` is for those: `type = \"category\"` makes categories of numbers"
                    .to_owned(),
            );
        }
        match &self.fill {
            Some(Fill::Word(word)) if is_ordinal && !self.order.contains(word) => {
                Some(format!("no word {} in its `order` to be filled by", quote(word)))
            }
            Some(Fill::Word(word)) if !words => {
                let ways = "`mean`, `median`, `most_frequent` or a number fills them";
                Some(format!("no words to be filled by {}: {ways}", quote(word)))
            }
            Some(Fill::Statistic(Statistic::Mean | Statistic::Median) | Fill::Constant(_))
                if words && !is_ordinal =>
            {
                Some("words, which `most_frequent` or a word in quotes fills".to_owned())
            }
            _ => None,
        }
    }

    /// The options of numbers; none if nothing is to be done to them.
    pub(super) fn number(&self, missing: bool) -> Option<NumberOptions> {
        let fill = self.fill.clone().unwrap_or(Fill::Statistic(Statistic::Mean));
        let fill = match fill {
            // The place of a word in the order of an ordinal column.
            Fill::Word(word) => {
                let place = self.order.iter().position(|known| *known == word);
                Fill::Constant(Constant(place.unwrap_or(0) as f64))
            }
            other => other,
        };
        let asked = missing || self.fill.is_some() || self.log || self.scaling.is_some();
        asked.then_some(NumberOptions { fill, log: self.log, scaling: self.scaling })
    }
}

/// The options of the column with a name: those under its name, or else under the longest pattern that
/// fits it.
pub(super) fn options_of<'a>(
    all: &'a [(String, ColumnOptions)],
    name: &str,
) -> Option<&'a ColumnOptions> {
    let exact = all.iter().find(|(key, _)| key == name);
    let fits = all.iter().filter(|(pattern, _)| fits(pattern, name));
    exact.or_else(|| fits.max_by_key(|(pattern, _)| pattern.len())).map(|(_, options)| options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        for (pattern, name, want) in [
            ("age", "age", true),
            ("age", "ages", false),
            ("a*", "age", true),
            ("*ge", "age", true),
            ("*", "", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(fits(pattern, name), want, "{pattern} {name}");
        }
        let number = |log| ColumnOptions { log, ..ColumnOptions::default() };
        let all = [("a*".to_owned(), number(false)), ("ag*".to_owned(), number(true))];
        assert_eq!(options_of(&all, "age"), Some(&number(true)));
        assert_eq!(options_of(&all, "b"), None);
    }
}
