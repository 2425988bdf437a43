//! The fields of a column, as numbers or as indices of words.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::number::{Exact, is_exact, is_missing, looks_like_number, number};
use crate::data::date::seconds;
use base::quote::list;

/// The fields of a column.
#[derive(Clone, Debug)]
pub(super) enum ColumnValues {
    /// Every field is a number.
    Numbers(Vec<f32>),
    /// Every field is a word.
    Words(Words),
    /// Every field is a date.
    Dates(Dates),
}

pub(super) use crate::data::columnar::MISSING;
/// In place of the number of a word that is no category.
pub(super) const OTHER: u32 = u32::MAX - 1;

/// Dates as seconds since 1970.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    pub(super) seconds: Vec<Option<i64>>,
    pub(super) format: Option<String>,
}

/// Words, each kept once.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// The word of each row, as an index of `words`.
    pub(super) ids: Vec<u32>,
    /// How many rows each of these stands for; empty if one.
    pub(super) times: Vec<usize>,
    pub(super) words: Vec<String>,
    /// The byte of the first record with each word; of an open column.
    begins: Vec<u64>,
    /// The index of every known text.
    places: HashMap<String, u32>,
    /// The indices of known numbers; another text may have the same value.
    numbers: HashMap<Exact, u32>,
    /// Whether numbers are words too.
    classes: bool,
    /// Whether no other word may come.
    closed: bool,
    /// What other words are then, if they are no error.
    unseen: Option<u32>,
}

/// A field that does not fit its column: the byte of its record, its text, the expected kind.
pub(super) type Misfit = (u64, String, String);

/// Numbers or words, by the first field of a column.
pub(super) fn like(field: &str) -> ColumnValues {
    match number(field) {
        Some(_) => ColumnValues::Numbers(Vec::new()),
        None => ColumnValues::Words(Words::default()),
    }
}

impl ColumnValues {
    /// Adds the next field, of the record at byte `begin`; the error is the expected kind.
    pub(super) fn push(&mut self, field: &str, begin: u64) -> Result<(), String> {
        match self {
            ColumnValues::Numbers(numbers) => {
                let value = number(field).ok_or("a number")? as f32;
                if !value.is_finite() {
                    return Err("a number that fits a float32".to_owned());
                }
                numbers.push(value);
                Ok(())
            }
            ColumnValues::Words(words) => words.push(field, begin),
            ColumnValues::Dates(dates) => {
                let format = dates.format.as_deref();
                let want = || format!("a date like {}", format.unwrap_or("2024-01-31"));
                dates.seconds.push(Some(seconds(field, format).ok_or_else(want)?));
                Ok(())
            }
        }
    }

    /// Takes in a missing value.
    pub(super) fn push_missing(&mut self) {
        match self {
            ColumnValues::Numbers(numbers) => numbers.push(f32::NAN),
            ColumnValues::Words(words) => words.ids.push(MISSING),
            ColumnValues::Dates(dates) => dates.seconds.push(None),
        }
    }

    /// Puts the rows in an order.
    pub(super) fn arrange(&mut self, order: &[u32]) {
        fn arranged<T: Copy>(values: &mut Vec<T>, order: &[u32]) {
            *values = order.iter().map(|row| values[*row as usize]).collect();
        }
        match self {
            ColumnValues::Numbers(numbers) => arranged(numbers, order),
            ColumnValues::Words(words) => arranged(&mut words.ids, order),
            ColumnValues::Dates(dates) => arranged(&mut dates.seconds, order),
        }
    }

    /// Whether a row has no value.
    pub(super) fn is_missing(&self, row: usize) -> bool {
        match self {
            ColumnValues::Numbers(numbers) => numbers[row].is_nan(),
            ColumnValues::Words(words) => words.ids[row] == MISSING,
            ColumnValues::Dates(dates) => dates.seconds[row].is_none(),
        }
    }

    /// Drops all rows, and keeps the words.
    pub(super) fn clear(&mut self) {
        match self {
            ColumnValues::Numbers(numbers) => numbers.clear(),
            ColumnValues::Words(words) => words.ids.clear(),
            ColumnValues::Dates(dates) => dates.seconds.clear(),
        }
    }

    /// The numbers, if they are some.
    pub(super) fn numbers(&self) -> &[f32] {
        match self {
            ColumnValues::Numbers(numbers) => numbers,
            ColumnValues::Words(_) | ColumnValues::Dates(_) => &[],
        }
    }

    /// Number of different words.
    pub(super) fn words(&self) -> usize {
        match self {
            ColumnValues::Words(words) => words.words.len(),
            ColumnValues::Numbers(_) | ColumnValues::Dates(_) => 0,
        }
    }

    /// Number of fields.
    pub(super) fn len(&self) -> usize {
        match self {
            ColumnValues::Numbers(numbers) => numbers.len(),
            ColumnValues::Words(words) => words.ids.len(),
            ColumnValues::Dates(dates) => dates.seconds.len(),
        }
    }
}

impl Words {
    /// For classes: numbers are words too.
    pub(super) fn of_classes() -> Words {
        Words { classes: true, ..Words::default() }
    }

    /// These words and no others.
    pub(super) fn closed(self, words: &[String]) -> Words {
        let places = words.iter().cloned().zip(0..).collect();
        let exact: Option<Vec<_>> = words.iter().map(|word| Exact::parse(word)).collect();
        let numbers = exact.filter(|_| self.classes).unwrap_or_default();
        let numbers = numbers.into_iter().zip(0..).collect();
        Words { words: words.to_vec(), places, numbers, closed: true, ..self }
    }

    /// The same where other words are no error, but `MISSING` or `OTHER`.
    pub(super) fn lenient(self, words: &[String], unseen: u32) -> Words {
        Words { unseen: Some(unseen), ..self.closed(words) }
    }

    fn push(&mut self, field: &str, begin: u64) -> Result<(), String> {
        let place = self.place(field, begin)?;
        self.ids.push(place);
        Ok(())
    }

    /// The index of a word; the error is the expected kind.
    pub(super) fn place(&mut self, field: &str, begin: u64) -> Result<u32, String> {
        match self.places.get(field) {
            Some(place) => Ok(*place),
            None => self.take(field, begin),
        }
    }

    /// The index of a new text.
    fn take(&mut self, field: &str, begin: u64) -> Result<u32, String> {
        let is_number = number(field).is_some();
        if (field.is_empty() && !self.closed) || (is_number && !self.classes && !self.closed) {
            return Err(self.wanted());
        }
        let equal = || self.numbers.get(&Exact::parse(field)?).copied();
        let place = match equal() {
            Some(place) => place,
            None if self.closed => return self.unseen.ok_or_else(|| self.wanted()),
            None => {
                self.words.push(field.to_owned());
                self.begins.push(begin);
                self.words.len() as u32 - 1
            }
        };
        self.places.insert(field.to_owned(), place);
        Ok(place)
    }

    fn wanted(&self) -> String {
        const SHOWN: usize = 5;
        let words = |n: usize| list(self.words.iter().take(n));
        match (self.closed, self.classes, self.words.len()) {
            (true, _, n) if n <= SHOWN => format!("one that the training rows have: {}", words(n)),
            (true, _, n) => {
                format!("one of the {n} that the training rows have: {}, ...", words(SHOWN))
            }
            (false, true, _) => "a class".to_owned(),
            (false, false, 0) => "a number or a word".to_owned(),
            (false, false, _) => format!("a word, such as {} before", words(1)),
        }
    }

    /// The first word, with the byte of its record.
    pub(super) fn first(&self) -> Option<(u64, &str)> {
        Some((*self.begins.first()?, self.words.first()?))
    }

    /// Whether every word marks a missing value, or looks like a number and is none.
    pub(super) fn are_bad_numbers(&self) -> bool {
        self.words.iter().all(|word| is_missing(word) || looks_like_number(word))
    }

    /// Whether every word is a number.
    pub(super) fn are_numbers(&self) -> bool {
        self.words.iter().all(|word| is_exact(word))
    }

    /// Whether every word is a whole number.
    pub(super) fn are_whole(&self) -> bool {
        self.words.iter().all(|word| Exact::parse(word).is_some_and(|x| x.is_whole()))
    }

    /// Whether there are at most `n` different numbers.
    pub(super) fn at_most(&self, n: usize) -> bool {
        let mut different = HashSet::new();
        self.words.iter().filter_map(|word| Exact::parse(word)).all(|number| {
            different.insert(number);
            different.len() <= n
        })
    }

    /// A mark of a missing value among numeric classes.
    pub(super) fn missing(&self) -> Option<Misfit> {
        let (numbers, others): (Vec<_>, Vec<_>) =
            (0..self.words.len()).partition(|&i| is_exact(&self.words[i]));
        if numbers.is_empty()
            || others.is_empty()
            || !others.iter().all(|&i| is_missing(&self.words[i]))
        {
            return None;
        }
        let known: Vec<_> =
            numbers.iter().take(5).map(|&i| format!("`{}`", self.words[i])).collect();
        let more = if known.len() < numbers.len() { ", ..." } else { "" };
        let want = format!("a number, as all other labels are: {}{more}", known.join(", "));
        let first = *others.iter().min_by_key(|&&i| self.begins[i])?;
        Some((self.begins[first], self.words[first].clone(), want))
    }

    /// Puts a word in the place of missing ones, and returns their rows.
    pub(super) fn fill(&mut self, word: &str) -> Vec<usize> {
        let place = match self.words.iter().position(|known| known == word) {
            Some(place) => place,
            None => {
                self.words.push(word.to_owned());
                self.words.len() - 1
            }
        };
        let rows: Vec<_> = (0..self.ids.len()).filter(|row| self.ids[*row] == MISSING).collect();
        rows.iter().for_each(|row| self.ids[*row] = place as u32);
        rows
    }

    /// Takes the words of some rows away again.
    pub(super) fn unfill(&mut self, rows: &[usize]) {
        rows.iter().for_each(|row| self.ids[*row] = MISSING);
    }

    /// Keeps the words that at least `least` of the `training` rows have; the others are [`OTHER`].
    pub(super) fn keep(&mut self, training: Range<usize>, least: usize) {
        let counts = self.counts(training);
        let mut places = vec![OTHER; self.words.len()];
        let mut kept = Vec::new();
        for (old, word) in std::mem::take(&mut self.words).into_iter().enumerate() {
            if least.max(1) <= counts[old] {
                places[old] = kept.len() as u32;
                kept.push(word);
            }
        }
        self.words = kept;
        let place = |id: u32| places.get(id as usize).copied().unwrap_or(id);
        self.ids.iter_mut().for_each(|id| *id = place(*id));
    }

    /// The number of rows of each word.
    pub(super) fn counts(&self, rows: Range<usize>) -> Vec<usize> {
        let mut counts = vec![0; self.words.len()];
        for row in rows {
            if let Some(count) = counts.get_mut(self.ids[row] as usize) {
                *count += self.times.get(row).copied().unwrap_or(1);
            }
        }
        counts
    }

    /// Puts the words in order, numbers by size, others by the alphabet; if all are numbers, equal
    /// ones become one word.
    pub(super) fn sort(&mut self) {
        let exact: Option<Vec<_>> = self.words.iter().map(|word| Exact::parse(word)).collect();
        let (words, places) = match exact.filter(|_| self.classes) {
            Some(exact) => self.join_equal(exact),
            None => {
                let mut order: Vec<usize> = (0..self.words.len()).collect();
                order.sort_by(|&a, &b| self.words[a].cmp(&self.words[b]));
                let mut places = vec![0; order.len()];
                order.iter().enumerate().for_each(|(place, &old)| places[old] = place as u32);
                (order.iter().map(|&old| self.words[old].clone()).collect(), places)
            }
        };
        self.words = words;
        let place = |id: u32| places.get(id as usize).copied().unwrap_or(id);
        self.ids.iter_mut().for_each(|id| *id = place(*id));
        self.places.clear();
        self.begins.clear();
    }

    /// The different numbers by size, written out, and the place of each word among them.
    fn join_equal(&self, exact: Vec<Exact>) -> (Vec<String>, Vec<u32>) {
        let mut sorted: BTreeMap<Exact, Vec<usize>> = BTreeMap::new();
        for (old, number) in exact.into_iter().enumerate() {
            sorted.entry(number).or_default().push(old);
        }
        let mut places = vec![0; self.words.len()];
        let word = |(place, (number, spellings)): (u32, (Exact, Vec<usize>))| {
            spellings.iter().for_each(|&old| places[old] = place);
            number.plain().unwrap_or_else(|| self.words[spellings[0]].clone())
        };
        ((0..).zip(sorted).map(word).collect(), places)
    }

    /// The words as numbers, row by row, or the first that is too great.
    pub(super) fn values(&self) -> Result<Vec<f32>, Misfit> {
        let numbers: Vec<_> =
            self.words.iter().map(|word| number(word).unwrap_or(f64::NAN) as f32).collect();
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(at) => {
                let want = "a number that fits a float32".to_owned();
                Err((self.begins[at], self.words[at].clone(), want))
            }
            None => Ok(self.ids.iter().map(|&id| numbers[id as usize]).collect()),
        }
    }
}

/// The bucket of a word: its FNV-1a hash of 64 bits, modulo the number of buckets.
pub(super) fn bucket(word: &str, buckets: usize) -> usize {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    (word.bytes().fold(0xcbf2_9ce4_8422_2325, mix) % buckets.max(1) as u64) as usize
}
