//! The values of rows that are neither inputs nor labels: what rows are divided by, and how much each counts.

use std::collections::HashMap;

use super::number::number;
use super::spelling::Spelling;
use crate::data::columnar::{Cells, MISSING, WordCells};
use crate::data::date::seconds;

/// The expected content of a field with the weight of a row.
pub(in crate::data) const WEIGHT: &str = "a weight: a number from 0 on";

/// What a column says of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The time that divides the rows.
    Time,
    /// The group that divides the rows.
    Group,
    /// The weight of the row.
    Weight,
}

/// The values of all rows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RowKeys {
    /// The times; empty without a column of them.
    pub(super) times: Vec<f64>,
    /// The groups, by the fields of their column.
    pub(super) groups: Groups,
    /// The weights; none without a column of them.
    pub(super) weights: Option<Vec<f32>>,
}

/// The groups of rows, numbered as they come.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Groups {
    numbers: HashMap<String, u32>,
    /// The number of each row's group.
    pub(super) of_rows: Vec<u32>,
}

/// A row of a piece, its field, and what is expected there.
pub(super) type RowMisfit = (usize, String, String);

impl RowKeys {
    /// Of no row yet.
    pub(super) fn new(columns: &[(usize, Key)]) -> RowKeys {
        let weighed = columns.iter().any(|(_, key)| *key == Key::Weight);
        RowKeys { weights: weighed.then(Vec::new), ..RowKeys::default() }
    }

    /// Adds the field of the next row; the error is the expected content.
    pub(super) fn push(
        &mut self,
        key: Key,
        field: &str,
        spelling: &Spelling,
    ) -> Result<(), String> {
        match key {
            Key::Time => self.times.push(time(field)?),
            Key::Group => self.groups.push(field),
            Key::Weight => self.weights.get_or_insert_default().push(weight(field, spelling)?),
        }
        Ok(())
    }

    /// Adds the cells of a piece of rows.
    pub(super) fn extend(
        &mut self,
        key: Key,
        cells: &Cells,
        spelling: &Spelling,
    ) -> Result<(), RowMisfit> {
        match key {
            Key::Time => self.times.extend(times(cells)?),
            Key::Group => self.groups.extend(cells),
            Key::Weight => {
                self.weights.get_or_insert_default().extend(weights(cells, spelling)?);
            }
        }
        Ok(())
    }

    /// Puts the weights in an order: row `i` becomes what row `order[i]` was.
    pub(super) fn arrange_weights(&mut self, order: &[u32]) {
        if let Some(weights) = &mut self.weights {
            *weights = order.iter().map(|row| weights[*row as usize]).collect();
        }
    }
}

impl Groups {
    fn push(&mut self, field: &str) {
        let number = self.number(field);
        self.of_rows.push(number);
    }

    /// Adds the groups of a piece; a missing value is an empty field.
    fn extend(&mut self, cells: &Cells) {
        let Cells::Words(words) = cells else {
            return (0..cells.len()).for_each(|row| self.push(&cells.text(row)));
        };
        let mut known = vec![None; words.words.len()];
        for id in &words.ids {
            match known.get_mut(*id as usize) {
                Some(known) => {
                    let new = || self.number(&words.words[*id as usize]);
                    let number = *known.get_or_insert_with(new);
                    self.of_rows.push(number);
                }
                None => self.push(""),
            }
        }
    }

    fn number(&mut self, field: &str) -> u32 {
        let next = self.numbers.len() as u32;
        let known = self.numbers.get(field).copied();
        known.unwrap_or_else(|| *self.numbers.entry(field.to_owned()).or_insert(next))
    }
}

/// The times of a piece.
fn times(cells: &Cells) -> Result<Vec<f64>, RowMisfit> {
    if let Some(row) = cells.first_missing() {
        let want = "a number or a date, to divide the rows by";
        return Err((row, String::new(), want.to_owned()));
    }
    Ok(match cells {
        Cells::Dates(dates) => dates.iter().flatten().map(|s| *s as f64).collect(),
        Cells::Numbers(numbers) => numbers.iter().map(|x| f64::from(*x)).collect(),
        Cells::Words(words) => of_words(words, |word| time(word).map_err(str::to_owned))?,
    })
}

/// The weights of a piece.
fn weights(cells: &Cells, spelling: &Spelling) -> Result<Vec<f32>, RowMisfit> {
    let misfit = |row: usize| (row, cells.text(row), WEIGHT.to_owned());
    if let Some(row) = cells.first_missing() {
        return Err((row, String::new(), WEIGHT.to_owned()));
    }
    match cells {
        Cells::Numbers(numbers) => match numbers.iter().position(|weight| !fits(weight)) {
            Some(row) => Err(misfit(row)),
            None => Ok(numbers.clone()),
        },
        Cells::Words(words) => of_words(words, |word| weight(word, spelling)),
        Cells::Dates(_) => Err(misfit(0)),
    }
}

/// The value of each row with a word.
fn of_words<T: Copy>(
    words: &WordCells,
    value: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, RowMisfit> {
    let values = words.words.iter().zip(words.first_rows());
    let values = values.map(|(word, row)| value(word).map_err(|want| (row, word.clone(), want)));
    let values = values.collect::<Result<Vec<T>, RowMisfit>>()?;
    let ids = words.ids.iter().filter(|id| **id != MISSING);
    Ok(ids.map(|id| values[*id as usize]).collect())
}

/// The number that a row is divided by.
fn time(field: &str) -> Result<f64, &'static str> {
    let date = || seconds(field, None).map(|seconds| seconds as f64);
    let want = "a number, or a date like 2024-01-31, to divide the rows by";
    number(field).or_else(date).ok_or(want)
}

/// The weight in a field.
fn weight(field: &str, spelling: &Spelling) -> Result<f32, String> {
    let weight = number(&spelling.plain(field)?).map(|weight| weight as f32);
    weight.filter(fits).ok_or_else(|| WEIGHT.to_owned())
}

fn fits(weight: &f32) -> bool {
    weight.is_finite() && 0.0 <= *weight
}
