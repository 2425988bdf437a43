//! What is worth knowing of data that can be used: words where numbers were probably meant.

use crate::data::{Columns, DatasetInfo, Source, is_missing, is_number, looks_like_number};

/// The notes on data from a source, each a sentence without a full stop.
pub(crate) fn notes(source: &Source, data: &DatasetInfo) -> Vec<String> {
    let taught = matches!(source, Source::Csv(_, options) if options.columns.is_some());
    let Some(columns) = data.columns.as_ref().filter(|_| !taught) else { return Vec::new() };
    let inputs = columns.features.iter().filter_map(|feature| {
        let words = feature.categories.as_ref()?;
        let meant = words.iter().filter(|word| looks_like_number(word)).count();
        let place = format!("`{source}`, column `{}`", feature.name);
        let some = some(words);
        let n = words.len();
        (words.len() < 2 * meant).then(|| {
            format!(
                "{place}: {some} look like numbers, but become {n} one-hot inputs, one for each \
                 word; write numbers as `1200` or `1.5` to have them as one input"
            )
        })
    });
    inputs.chain(of_labels(source, columns)).chain(unparted(source, columns)).collect()
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
