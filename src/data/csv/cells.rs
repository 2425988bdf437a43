//! The fields of one column, as numbers or as words by number; it knows no other column.

use std::collections::HashMap;

use super::lines::number;

/// The fields of a column.
#[derive(Debug)]
pub(super) enum Cells {
    /// Every field is a number.
    Numbers(Vec<f32>),
    /// Every field is a word.
    Words(Words),
}

/// Words, each kept once.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The word of each row, as its place in `words`.
    pub(super) ids: Vec<u32>,
    pub(super) words: Vec<String>,
    /// Every text that has been met: two may be the same number.
    places: HashMap<String, u32>,
    /// Whether numbers are words too, and `1.0` is the same as `1`.
    numbers: bool,
    /// Whether no other word may come.
    closed: bool,
}

/// Wants numbers, or words, as the first field of a column is one.
pub(super) fn like(field: &str) -> Cells {
    match number(field) {
        Some(_) => Cells::Numbers(Vec::new()),
        None => Cells::Words(Words::default()),
    }
}

impl Cells {
    /// Takes in the next field, or says what is wanted in its place.
    pub(super) fn push(&mut self, field: &str) -> Result<(), String> {
        match self {
            Cells::Numbers(numbers) => {
                let value = number(field).ok_or("a number")? as f32;
                if !value.is_finite() {
                    return Err("a number that fits a float32".to_owned());
                }
                numbers.push(value);
                Ok(())
            }
            Cells::Words(words) => words.push(field),
        }
    }
}

impl Words {
    /// For classes: numbers are words too.
    pub(super) fn of_classes() -> Words {
        Words { numbers: true, ..Words::default() }
    }

    /// These words and no others.
    pub(super) fn closed(self, words: &[String]) -> Words {
        let places = words.iter().cloned().zip(0..).collect();
        Words { words: words.to_vec(), places, closed: true, ..self }
    }

    fn push(&mut self, field: &str) -> Result<(), String> {
        let place = match self.places.get(field) {
            Some(place) => *place,
            None => self.take(field)?,
        };
        self.ids.push(place);
        Ok(())
    }

    /// The place of a text that has not been met before.
    fn take(&mut self, field: &str) -> Result<u32, String> {
        let name = match number(field) {
            None if field.is_empty() => return Err(self.wanted()),
            Some(_) if !self.numbers && !self.closed => return Err(self.wanted()),
            Some(number) if self.numbers => number.to_string(),
            _ => field.to_owned(),
        };
        let place = match self.places.get(&name) {
            Some(place) => *place,
            None if self.closed => return Err(self.wanted()),
            None => {
                let place = self.words.len() as u32;
                self.places.insert(name.clone(), place);
                self.words.push(name);
                place
            }
        };
        self.places.insert(field.to_owned(), place);
        Ok(place)
    }

    fn wanted(&self) -> String {
        const SHOWN: usize = 5;
        let words = |n: usize| {
            let words: Vec<_> = self.words.iter().take(n).map(|w| format!("`{w}`")).collect();
            words.join(", ")
        };
        match (self.closed, self.numbers, self.words.len()) {
            (true, _, n) if n <= SHOWN => format!("one that the training rows have: {}", words(n)),
            (true, _, n) => {
                format!("one of the {n} that the training rows have: {}, ...", words(SHOWN))
            }
            (false, true, _) => "a class".to_owned(),
            (false, false, 0) => "a number or a word".to_owned(),
            (false, false, _) => format!("a word, such as {} before", words(1)),
        }
    }

    /// Whether every word is a number.
    pub(super) fn are_numbers(&self) -> bool {
        self.words.iter().all(|word| number(word).is_some())
    }

    /// Whether every word is a whole number.
    pub(super) fn are_whole(&self) -> bool {
        self.words.iter().all(|word| number(word).is_some_and(|x| x.fract() == 0.0))
    }

    /// Puts the words in order: numbers by size, others by the alphabet.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        let words = &self.words;
        match self.are_numbers() {
            true => order.sort_by(|&a, &b| {
                let value = |i: usize| number(&words[i]).unwrap_or_default();
                value(a).total_cmp(&value(b))
            }),
            false => order.sort_by(|&a, &b| words[a].cmp(&words[b])),
        }
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &old)| places[old] = place as u32);
        self.words = order.iter().map(|&old| self.words[old].clone()).collect();
        self.ids.iter_mut().for_each(|id| *id = places[*id as usize]);
        self.places.clear();
    }

    /// The words as numbers, row by row.
    pub(super) fn values(&self) -> Vec<f32> {
        let numbers: Vec<_> =
            self.words.iter().map(|word| number(word).unwrap_or(f64::NAN) as f32).collect();
        self.ids.iter().map(|&id| numbers[id as usize]).collect()
    }
}
