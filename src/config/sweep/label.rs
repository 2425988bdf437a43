//! Labels of the runs of a sweep: a number and the swept values, valid as a file name everywhere.

use crate::config::document::TAGS;

/// The longest label, in bytes.
const LONGEST: usize = 100;
/// The part of a value that is left out of its middle.
const GAP: &str = "..";

/// The label of run `index` (from 0) of `total`: `0003-learning_rate=0.01,units=64`.
///
/// `keys` are the short names of the swept keys, `texts` their values. The number alone makes the label
/// unique: values that are too long are shortened in the middle.
pub(crate) fn label(index: usize, total: usize, keys: &[String], texts: &[String]) -> String {
    let width = total.saturating_sub(1).to_string().len().max(4);
    let number = format!("{index:0width$}");
    let values: Vec<_> = texts.iter().map(|text| plain(text)).collect();
    let longest = values.iter().map(String::len).max().unwrap_or(0);
    let joined = |most: usize| {
        let pieces = keys
            .iter()
            .zip(&values)
            .map(|(key, value)| format!("{key}={}", shortened(value, most)));
        let pieces: Vec<_> = std::iter::once(number.clone()).chain(pieces).collect();
        safe(&pieces.join(",").replacen(',', "-", 1))
    };
    let fitting = (1..=longest.min(LONGEST)).rev().map(joined).find(|label| label.len() <= LONGEST);
    let label = fitting.unwrap_or_else(|| joined(1));
    cut(&label, LONGEST).trim_end_matches('.').to_owned()
}

/// At most `most` bytes of a text: the two ends of a long text.
fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most || most < 3 * GAP.len() {
        return cut(text, most).to_owned();
    }
    let half = (most - GAP.len()) / 2;
    let from = text.len() - (most - GAP.len() - half);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    format!("{}{GAP}{}", cut(text, half), &text[from..])
}

/// At most `most` bytes of a text, cut between characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// A value in words that a path and a shell can hold: `sgd+momentum=0.9`.
fn plain(text: &str) -> String {
    text.replace(", ", "-").replace(' ', "+").replace(['[', ']'], "")
}

/// Replaces each run of characters other than letters, digits and `-_.,=+@` by `_`.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character.is_alphanumeric() || "-_.,=+@".contains(character) {
            true => safe.push(character),
            false if safe.ends_with('_') => {}
            false => safe.push('_'),
        }
    }
    safe
}

/// Short names for dotted paths: the shortest unique suffixes. A discriminant (`optimizer.name`) has
/// the name of its table.
pub fn short_keys(keys: &[String]) -> Vec<String> {
    let parts: Vec<Vec<&str>> = keys.iter().map(|key| key.split('.').collect()).collect();
    let tables = parts.iter().map(|parts| match parts.split_last() {
        Some((last, table)) if TAGS.contains(last) && !table.is_empty() => table.to_vec(),
        _ => parts.clone(),
    });
    let tables: Vec<_> = tables.collect();
    let unique =
        |all: &[Vec<&str>], i: usize| all.iter().filter(|other| **other == all[i]).count() == 1;
    let names: Vec<_> = (0..keys.len())
        .map(|i| if unique(&tables, i) { tables[i].clone() } else { parts[i].clone() })
        .collect();
    (0..names.len()).map(|i| short(&names, i)).collect()
}

fn short(names: &[Vec<&str>], i: usize) -> String {
    let name = &names[i];
    let ending = |length: usize| &name[name.len() - length..];
    let good = |length: &usize| {
        let ending = ending(*length);
        let shared = names.iter().filter(|other| other.ends_with(ending)).count();
        shared == 1
            && ending[ending.len() - 1..]
                .iter()
                .all(|part| part.parse::<u64>().is_err() || 1 < ending.len())
    };
    let length = (1..=name.len()).find(good).unwrap_or(name.len());
    ending(length).join(".")
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::*;
    use crate::config::Change;

    fn short(keys: &[&str]) -> Vec<String> {
        short_keys(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    fn change(key: &str, value: impl Into<Value>) -> Change {
        Change { key: key.to_owned(), value: value.into() }
    }

    #[test]
    fn keys_are_as_long_as_they_must_be() {
        assert_eq!(short(&["optimizer.learning_rate", "seed"]), ["learning_rate", "seed"]);
        assert_eq!(
            short(&["model.layers.0.units", "model.layers.1.units"]),
            ["0.units", "1.units"]
        );
        assert_eq!(short(&["optimizer.name", "training.loss.name"]), ["optimizer", "loss"]);
        assert_eq!(short(&["optimizer", "optimizer.name"]), ["optimizer", "name"]);
        assert_eq!(short(&["model.layers.0"]), ["layers.0"]);
    }

    #[test]
    fn a_label_is_one_part_of_a_path() {
        let changes = [change("a.rate", 0.01), change("data.set", "../big data/é.npz")];
        let texts = changes.map(|change| change.text());
        let keys = short(&["a.rate", "data.set"]);
        assert_eq!(label(3, 10, &keys, &texts), "0003-rate=0.01,set=.._big+data_é.npz");
        assert_eq!(label(3, 100_000, &keys[..1], &texts[..1]), "00003-rate=0.01");
        assert_eq!(label(0, 1, &[], &[]), "0000");
    }

    #[test]
    fn long_values_are_shortened_in_the_middle() {
        let texts = [format!("begin{}end", "x".repeat(300)), "é".repeat(300), "1".to_owned()];
        let keys = ["a", "b", "c"].map(str::to_owned);
        let label = label(7, 10, &keys, &texts);
        assert!(label.starts_with("0007-a=beginxx") && label.contains("xend,b=é"), "{label}");
        assert!(label.ends_with("é,c=1") && label.matches("..").count() == 2, "{label}");
        assert!((LONGEST - 5..=LONGEST).contains(&label.len()), "{label}");
        let keys = ["k".repeat(90), "l".repeat(90), "m".to_owned()];
        assert_eq!(super::label(7, 10, &keys, &texts).len(), LONGEST);
    }
}
