//! Words of a table that no row has had that a network was trained on.

use std::collections::BTreeMap;

use crate::data::{Columns, is_number};

/// For each column with such words: its name, the word of most rows, and the number of words and rows.
pub(super) fn unseen_words(
    columns: &Columns,
    missing: &[String],
    (names, rows): &(Vec<String>, Vec<Vec<String>>),
) -> Vec<UnseenWords> {
    let mut found = Vec::new();
    for feature in &columns.features {
        let at = names.iter().position(|name| *name == feature.name);
        let (Some(words), Some(at)) = (&feature.categories, at) else { continue };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            let field = &row[at];
            // Numbers are equal in several spellings, and are looked up by value.
            if !words.contains(field) && !missing.contains(field) && !is_number(field) {
                *counts.entry(field).or_default() += 1;
            }
        }
        let most = counts.iter().rev().max_by_key(|(_, count)| **count);
        if let Some((word, _)) = most {
            found.push(UnseenWords {
                column: feature.name.clone(),
                word: (*word).to_owned(),
                words: counts.len(),
                rows: counts.values().sum(),
            });
        }
    }
    found
}

/// Words of a column that no row has had that a network was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnseenWords {
    /// The column.
    pub column: String,
    /// The most frequent of them.
    pub word: String,
    /// How many different ones there are.
    pub words: usize,
    /// How many rows have one.
    pub rows: usize,
}
