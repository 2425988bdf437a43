//! The classes of targets, by their labels in the data and by number.

use std::collections::BTreeSet;

use crate::data::csv::same_number;
use crate::data::{Columns, Table, Targets};

/// More different numbers than this are no classes.
const MAX_CLASSES: usize = 1 << 16;

/// The classes of a data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The label of each class: a text or a number in the data, or the column's name for one-hot rows.
    pub names: Vec<String>,
    /// The least of whole numbers that stand there as real values, whose distance from it is their
    /// number; others are counted.
    lowest: Option<i64>,
}

impl Labels {
    /// The classes of targets: labels, one-hot rows, or one whole number a row; none of other values.
    pub fn of(targets: &Targets, columns: Option<&Columns>) -> Option<Labels> {
        Some(match targets {
            Targets::Classes { classes, .. } => {
                let names = columns.and_then(Columns::class_names);
                names
                    .map_or_else(|| Labels::counted(*classes), |names| Labels::from(names.to_vec()))
            }
            Targets::Values { values, width: 1 } => return Labels::of_whole_numbers(values),
            Targets::Values { values, width } => {
                let ones = |row: &[f32]| row.iter().filter(|t| **t == 1.0).count() == 1;
                if !targets.is_binary() || !values.chunks_exact(*width).all(ones) {
                    return None;
                }
                let of_columns = |columns: &Columns| Labels::from(columns.labels().to_vec());
                columns.map_or_else(|| Labels::counted(*width), of_columns)
            }
        })
    }

    fn of_whole_numbers(values: &[f32]) -> Option<Labels> {
        let mut found = BTreeSet::new();
        for value in values {
            if value.fract() != 0.0 || MAX_CLASSES <= found.len() {
                return None;
            }
            found.insert(*value as i64);
        }
        let (lowest, highest) = (*found.first()?, *found.last()?);
        let near = highest.checked_sub(lowest).is_some_and(|span| span < MAX_CLASSES as i64);
        let names = found.iter().map(i64::to_string).collect();
        near.then_some(Labels { names, lowest: Some(lowest) })
    }

    /// `n` classes with their numbers from 0 as labels.
    pub fn counted(classes: usize) -> Labels {
        Labels::from((0..classes).map(|class| class.to_string()).collect::<Vec<_>>())
    }

    /// The index among `names` of the class with this label.
    pub fn find(&self, label: &str) -> Option<usize> {
        let stands_there = self.names.iter().position(|name| name == label);
        stands_there.or_else(|| self.names.iter().position(|name| same_number(name, label)))
    }

    /// The number of the class at an index, for counting rows.
    pub fn number(&self, place: usize) -> usize {
        match (self.lowest, self.names[place].parse::<i64>()) {
            (Some(lowest), Ok(value)) => usize::try_from(value - lowest).unwrap_or(place),
            _ => place,
        }
    }

    /// The names, abridged if they are many.
    pub fn list(&self) -> String {
        const SHOWN: usize = 10;
        let names: Vec<_> = self.names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = if SHOWN < self.names.len() { ", ..." } else { "" };
        format!("{}{more}", names.join(", "))
    }
}

impl Table {
    /// The classes of the targets, if any.
    pub fn labels(&self) -> Option<Labels> {
        match &self.class_names {
            Some(names) => Some(Labels::from(names.clone())),
            None => Labels::of(&self.targets, self.columns.as_ref()),
        }
    }
}

impl From<Vec<String>> for Labels {
    fn from(names: Vec<String>) -> Labels {
        Labels { names, lowest: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[f32], width: usize) -> Option<Labels> {
        Labels::of(&Targets::Values { values: values.to_vec(), width }, None)
    }

    #[test]
    fn one_hot_rows_and_whole_numbers_are_classes() {
        let one_hot = values(&[0.0, 1.0, 0.0, 1.0, 0.0, 0.0], 3).unwrap();
        assert_eq!(one_hot.names, ["0", "1", "2"]);
        let signs = values(&[1.0, -1.0, 1.0], 1).unwrap();
        assert_eq!(signs.names, ["-1", "1"]);
        assert_eq!((signs.number(0), signs.number(1)), (0, 2));
        let from_zero = values(&[5.0, 0.0], 1).unwrap();
        assert_eq!((from_zero.find("5"), from_zero.number(1)), (Some(1), 5));
        assert_eq!(values(&[0.5, 1.0], 1), None);
        assert_eq!(values(&[0.0, 1.0, 1.0, 1.0], 2), None);
        assert_eq!(values(&[-1e9, 1e9], 1), None);
    }

    #[test]
    fn labels_are_found_by_text_then_by_number() {
        let labels = Labels::from(["1", "1.0", "yes"].map(str::to_owned).to_vec());
        let places = ["1", "1.0", "01", "yes", "no"].map(|label| labels.find(label));
        assert_eq!(places, [Some(0), Some(1), Some(0), Some(2), None]);
    }
}
