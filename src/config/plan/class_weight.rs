//! `training.class_weight`: how much the loss of a row counts by its class, by hand or by how many
//! rows each class has.
//!
//! ```text
//! balanced:  weight of a class = rows / (classes · rows of the class)
//! ```
//!
//! Rows and classes are those that train; the formula is that of scikit-learn's
//! `compute_class_weight`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Labels;

/// How much classes count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassWeights {
    /// By a formula.
    Formula(Formula),
    /// Class by class, each by its label.
    Table(BTreeMap<String, ClassWeight>),
}

/// How weights follow from the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Formula {
    /// All classes count the same together, however many rows they have.
    Balanced,
}

/// How much a class counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct ClassWeight(#[schemars(range(min = 0.0))] pub f64);

impl ClassWeights {
    /// How much each class counts, by its number; `rows` are the numbers of the rows that train.
    /// Classes beyond the last that is weighted count 1.
    pub fn of_classes(&self, labels: &Labels, rows: impl Iterator<Item = usize>) -> Vec<f32> {
        match self {
            ClassWeights::Formula(Formula::Balanced) => balanced(rows),
            ClassWeights::Table(table) => {
                let mut all = Vec::new();
                for (label, weight) in table {
                    let Some(place) = labels.find(label) else { continue };
                    let class = labels.number(place);
                    all.resize(all.len().max(class + 1), 1.0);
                    all[class] = weight.0 as f32;
                }
                all
            }
        }
    }
}

fn balanced(rows: impl Iterator<Item = usize>) -> Vec<f32> {
    let mut counts: Vec<u64> = Vec::new();
    for class in rows {
        counts.resize(counts.len().max(class + 1), 0);
        counts[class] += 1;
    }
    let n: u64 = counts.iter().sum();
    let classes = counts.iter().filter(|count| 0 < **count).count();
    let weight = |count: &u64| match count {
        0 => 1.0,
        _ => (n as f64 / (classes as f64 * *count as f64)) as f32,
    };
    counts.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.7: `compute_class_weight("balanced", classes=numpy.unique(y), y=y)`.
    #[test]
    fn balanced_weights_are_those_of_scikit_learn() {
        let weights = |rows: &[usize]| {
            let labels = Labels::default();
            ClassWeights::Formula(Formula::Balanced).of_classes(&labels, rows.iter().copied())
        };
        assert_eq!(weights(&[0, 0, 0, 0, 1, 2]), [0.5, 2.0, 2.0]);
        assert_eq!(weights(&[0, 1, 1, 1]), [2.0, 0.666_666_7]);
        // A class that no row is of is not counted.
        assert_eq!(weights(&[3, 3, 1]), [1.0, 1.5, 1.0, 0.75]);
        assert!(weights(&[]).is_empty());
    }
}
