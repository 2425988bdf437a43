//! What is worth knowing of data that can be used: words where numbers were probably meant, columns
//! that identify rows, columns that are the same in all rows.

use crate::data::{
    Columns, DatasetInfo, Source, is_missing, is_number, looks_like_date, looks_like_number,
    reading_keys,
};

/// The notes on data from a source, each a sentence without a full stop.
pub(crate) fn notes(source: &Source, data: &DatasetInfo) -> Vec<String> {
    let taught = matches!(source, Source::Csv(_, options) if options.columns.is_some());
    let Some(columns) = data.columns.as_ref().filter(|_| !taught) else { return Vec::new() };
    let inputs = columns.features.iter().filter_map(|feature| {
        let place = format!("`{source}`, column `{}`", feature.name);
        of_words(&place, feature.categories.as_ref()?, &feature.name, data.rows)
    });
    inputs.chain(of_labels(source, columns)).chain(unparted(source, columns)).collect()
}

/// Rows from which on a column of different words is no accident.
const FEW_ROWS: usize = 20;

/// The note on the words of a column of inputs.
fn of_words(place: &str, words: &[String], name: &str, rows: usize) -> Option<String> {
    let meant: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| looks_like_number(word)).collect();
    let n = words.len();
    let one_hot = format!("become {n} one-hot inputs, one for each word");
    if n < 2 * meant.len() {
        let way_out = match reading_keys(meant.iter().copied()) {
            Some(keys) => format!("{keys} reads them as one input"),
            None => "write numbers as `1200` or `1.5` to have them as one input".to_owned(),
        };
        return Some(match meant.len() {
            0..=3 => {
                format!("{place}: {} look like numbers, but {one_hot}; {way_out}", some(words))
            }
            many => format!(
                "{place}: {many} different words look like numbers, such as `{}`, but {one_hot}; \
                 {way_out}",
                meant[0]
            ),
        });
    }
    if 1 < n && words.iter().all(|word| looks_like_date(word)) {
        return Some(format!(
            "{place}: {n} different words look like dates, such as `{}`, but {one_hot}; `type = \
             \"date\"` in `[data.columns.{}]` reads them",
            words[0],
            key_text(name)
        ));
    }
    if n == rows && FEW_ROWS <= n {
        return Some(format!(
            "{place}: all {n} rows have different words, as an identifier has, and {one_hot}; \
             `ignore = [\"{name}\"]` leaves the column out"
        ));
    }
    (n == 1 && 1 < rows).then(|| {
        format!(
            "{place}: all rows have `{}`; `ignore = [\"{name}\"]` leaves the column out",
            words[0]
        )
    })
}

/// A name as a key of TOML.
fn key_text(name: &str) -> String {
    let bare =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// Words that all hold a character that parts fields in other files.
fn unparted(source: &Source, columns: &Columns) -> Option<String> {
    let inputs = columns.features.iter().filter_map(|feature| feature.categories.as_deref());
    let columns: Vec<&[String]> = inputs.chain(columns.class_names()).collect();
    let in_all = |of: char| columns.iter().any(|words| words.iter().all(|word| word.contains(of)));
    let separator = [';', '\t', '|'].into_iter().find(|separator| in_all(*separator))?;
    let separator = separator.escape_debug();
    let way_out = format!("write `separator = \"{separator}\"` if that parts the fields");
    Some(format!("`{source}`: all words of a column have a `{separator}`; {way_out}"))
}

fn of_labels(source: &Source, columns: &Columns) -> Option<String> {
    let names = columns.class_names()?;
    let place = format!("`{source}`, column `{}`", columns.labels().first()?);
    let is_word = |name: &&String| !is_number(name);
    let n_words = names.iter().filter(is_word).count();
    let meant = names.iter().filter(|name| looks_like_number(name)).count();
    if let Some(missing) = names.iter().find(|name| is_missing(name)) {
        let way_out = "if it marks a missing label, take its rows out";
        return Some(format!("{place}: `{missing}` is a class of its own; {way_out}"));
    }
    if names.len() < 2 * meant {
        let way_out = "write numbers as `1200` or `1.5` if they are to be estimated";
        return Some(format!(
            "{place}: {} look like numbers, but are classes; {way_out}",
            some(names)
        ));
    }
    let word = names.iter().find(is_word).filter(|_| n_words == 1 && 2 < names.len())?;
    Some(format!("{place}: all classes but `{word}` are numbers"))
}

/// The first of some words.
fn some(words: &[String]) -> String {
    let shown: Vec<_> = words.iter().take(3).map(|word| format!("`{word}`")).collect();
    let more = if shown.len() < words.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}
