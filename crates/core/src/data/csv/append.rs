//! Adds the cells of typed columns to the columns of a sheet.

use std::collections::HashSet;

use super::cells::{ColumnValues, MISSING, Misfit, Words};
use super::number::number;
use super::spelling::Spelling;
use crate::data::columnar::{Cells, WordCells};
use crate::data::date::seconds;

/// What all cells of a piece have in common.
pub(super) struct Append<'a> {
    /// The name of a row of the piece, for errors.
    pub(super) begin: &'a dyn Fn(usize) -> u64,
    /// The texts that mark a missing value.
    pub(super) missing: &'a HashSet<&'a str>,
    /// The spelling of numbers in texts.
    pub(super) spelling: &'a Spelling,
}

/// Adds cells; the error is the first field that does not fit.
pub(super) fn append(
    values: &mut ColumnValues,
    cells: &Cells,
    with: &Append<'_>,
) -> Result<(), Misfit> {
    match (values, cells) {
        (ColumnValues::Numbers(to), Cells::Numbers(from)) => append_numbers(to, from, with),
        (ColumnValues::Dates(to), Cells::Dates(from)) => {
            to.seconds.extend_from_slice(from);
            Ok(())
        }
        (ColumnValues::Numbers(to), Cells::Words(words)) => {
            let parse = |word: &str| {
                let plain = with.spelling.plain(word)?;
                let value = number(&plain).ok_or("a number")? as f32;
                value.is_finite().then_some(value).ok_or("a number that fits a float32".to_owned())
            };
            let numbers = each(words, with, f32::NAN, parse)?;
            to.extend(picked(words, &numbers, f32::NAN));
            Ok(())
        }
        (ColumnValues::Dates(to), Cells::Words(words)) => {
            let format = to.format.as_deref();
            let want = || format!("a date like {}", format.unwrap_or("2024-01-31"));
            let parse = |word: &str| seconds(word, format).map(Some).ok_or_else(want);
            let dates = each(words, with, None, parse)?;
            to.seconds.extend(picked(words, &dates, None));
            Ok(())
        }
        (ColumnValues::Words(to), Cells::Words(words)) => append_words(to, words, with),
        (_, cells) => Err(((with.begin)(0), cells.text(0), "values of another type".to_owned())),
    }
}

fn append_numbers(to: &mut Vec<f32>, from: &[f32], with: &Append<'_>) -> Result<(), Misfit> {
    if let Some(row) = from.iter().position(|x| x.is_infinite()) {
        let want = "a number that fits a float32".to_owned();
        return Err(((with.begin)(row), from[row].to_string(), want));
    }
    to.extend_from_slice(from);
    Ok(())
}

fn append_words(to: &mut Words, words: &WordCells, with: &Append<'_>) -> Result<(), Misfit> {
    let rows = words.first_rows();
    let place = |(word, row): (&String, &usize)| {
        if with.missing.contains(&**word) {
            return Ok(MISSING);
        }
        let begin = (with.begin)(*row);
        to.place(word, begin).map_err(|want| (begin, word.clone(), want))
    };
    let places = words.words.iter().zip(&rows).map(place).collect::<Result<Vec<_>, _>>()?;
    to.ids.extend(picked(words, &places, MISSING));
    Ok(())
}

/// The value of each word.
fn each<T: Clone>(
    words: &WordCells,
    with: &Append<'_>,
    missing: T,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Misfit> {
    let value = |(i, word): (usize, &String)| {
        if with.missing.contains(&**word) {
            Ok(missing.clone())
        } else {
            parse(word).map_err(|want| {
                let row = words.first_rows()[i];
                ((with.begin)(row), word.clone(), want)
            })
        }
    };
    words.words.iter().enumerate().map(value).collect()
}

/// The value of each row.
fn picked<'a, T: Copy>(
    words: &'a WordCells,
    values: &'a [T],
    missing: T,
) -> impl Iterator<Item = T> + 'a {
    words.ids.iter().map(move |id| values.get(*id as usize).copied().unwrap_or(missing))
}
