//! Tables for a terminal of a given width: long words are shortened in their middle, columns of less
//! interest are left out; it prints nothing.

use std::collections::{BTreeSet, HashSet};

use super::columns::{Column, lines};

/// The least characters of a shortened word.
const LEAST: usize = 12;
/// Words keep this many characters, where they have them, while a column of rank [`MINOR`] is shown.
const COMFORTABLE: usize = 32;
/// The rank from which on a column matters less than whole words.
const MINOR: u8 = 4;
/// The names of left-out columns that a note lists.
const NAMED: usize = 3;
/// The space between two columns.
const GAP: usize = 2;

/// A table that fits.
#[derive(Debug, Default)]
pub(super) struct Fitted {
    /// Its lines, the head first.
    pub(super) lines: Vec<String>,
    /// The titles of the columns that are not in it.
    pub(super) left_out: Vec<String>,
    /// Whether some word of it is shortened.
    pub(super) shortened: bool,
}

impl Fitted {
    /// Says what is missing, and that `way` shows it.
    pub(super) fn note(&self, way: &str) -> Option<String> {
        let (named, more) = self.left_out.split_at(self.left_out.len().min(NAMED));
        let more = match more.len() {
            0 => String::new(),
            n => format!(", {n} more"),
        };
        match (named.is_empty(), self.shortened) {
            (true, false) => None,
            (true, true) => Some(format!("shortened to fit (see {way})")),
            _ => Some(format!("left out: {}{more} (see {way})", named.join(", "))),
        }
    }
}

/// The table in at most `width` characters; all of it where there is no such limit.
pub(super) fn fitted(mut columns: Vec<Column>, width: Option<usize>) -> Fitted {
    let Some(width) = width else {
        return Fitted { lines: lines(&columns), ..Fitted::default() };
    };
    let mut left_out = Vec::new();
    while width < total(&columns, comfortable) && worst(&columns) >= MINOR {
        left_out.push(leave_out(&mut columns));
    }
    while width < total(&columns, least) && 1 < columns.len() {
        left_out.push(leave_out(&mut columns));
    }
    // The last that was left out is the one that matters most.
    left_out.reverse();
    let mut spare = width.saturating_sub(total(&columns, least));
    let mut shortened = false;
    for (place, column) in columns.iter_mut().enumerate() {
        let (full, least) = (column.width(), least(column));
        let granted = full.min(least + spare);
        spare -= granted - least;
        let granted = if place == 0 { granted.min(width) } else { granted };
        if granted < full {
            column.shorten(granted);
            shortened = true;
        }
    }
    Fitted { lines: lines(&columns), left_out, shortened }
}

/// The width of the widest line.
pub(super) fn width(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn total(columns: &[Column], of: impl Fn(&Column) -> usize) -> usize {
    columns.iter().map(of).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

fn worst(columns: &[Column]) -> u8 {
    columns.iter().skip(1).map(Column::rank).max().unwrap_or(0)
}

/// Takes out the last of the columns that matter least, but never the first, and returns its title.
fn leave_out(columns: &mut Vec<Column>) -> String {
    let worst = worst(columns);
    let place = columns.iter().skip(1).rposition(|column| column.rank() == worst);
    columns.remove(place.map_or(columns.len() - 1, |place| place + 1)).title().to_owned()
}

fn comfortable(column: &Column) -> usize {
    least(column).max(column.width().min(COMFORTABLE))
}

/// The least width in which the words of a column still differ.
fn least(column: &Column) -> usize {
    let full = column.width();
    if !column.shrinks() {
        return full;
    }
    least_width(column.cells(), LEAST).max(column.title().chars().count()).min(full)
}

/// The least width, from `from` on, in which different texts are different when they are shortened.
pub(super) fn least_width(texts: &[String], from: usize) -> usize {
    let all: BTreeSet<&String> = texts.iter().collect();
    let all: Vec<String> = all.into_iter().cloned().collect();
    let full = all.iter().map(|text| length(text)).max().unwrap_or(0);
    let differ = |width: &usize| {
        let short: HashSet<_> = shorten_all(&all, *width).into_iter().collect();
        short.len() == all.len()
    };
    (from..full).find(differ).unwrap_or(full)
}

/// The texts in at most `width` characters, all shortened in one way. Names of runs lose the folders
/// between first and last, then the keys that a sweep's runs share, then the first folder; what is still
/// too long loses its middle.
pub(super) fn shorten_all(texts: &[String], width: usize) -> Vec<String> {
    let firsts: HashSet<_> =
        texts.iter().map(|text| text.split_once('/').map(|(first, _)| first)).collect();
    let inner = |text: &String| without_inner(text, 1 < firsts.len());
    let ways: [&dyn Fn(&String) -> String; 4] =
        [&String::clone, &inner, &|text| without_keys(&inner(text)), &|text| {
            without_keys(last(text))
        }];
    let fits = |texts: &Vec<String>| texts.iter().all(|text| length(text) <= width);
    let mut tried = ways.iter().map(|way| texts.iter().map(way).collect::<Vec<String>>());
    let found = tried.by_ref().find(fits);
    let shortest = || texts.iter().map(|text| middle(&without_keys(last(text)), width)).collect();
    found.unwrap_or_else(shortest)
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// At most `width` characters of a text; an ellipsis stands for its middle.
pub(super) fn middle(text: &str, width: usize) -> String {
    let length = length(text);
    if length <= width || width == 0 {
        return text.chars().take(width).collect();
    }
    let head = (width - 1).div_ceil(3);
    let tail = width - 1 - head;
    let ends = (text.chars().take(head), text.chars().skip(length - tail));
    ends.0.chain(['…']).chain(ends.1).collect()
}

/// `a/…/c` of `a/b/c`; where the first folder is the same in all texts, `…/c`, or the run of a sweep
/// alone.
fn without_inner(text: &str, first: bool) -> String {
    let parts = text.split_once('/').and_then(|(a, rest)| Some((a, rest.rsplit_once('/')?.1)));
    match parts {
        _ if !first && last(text) != text => last(text).to_owned(),
        Some((folder, last)) if first => format!("{folder}/…/{last}"),
        Some((_, last)) => format!("…/{last}"),
        None => text.to_owned(),
    }
}

/// The folder of a run in a sweep; any other text as it is.
fn last(text: &str) -> &str {
    let last = text.rsplit_once('/').map(|(_, last)| last);
    last.filter(|last| number(last).is_some()).unwrap_or(text)
}

/// The number of a run in its sweep, and its settings.
fn number(folder: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| 4 <= text.len() && text.bytes().all(|byte| byte.is_ascii_digit());
    folder.split_once('-').filter(|(number, rest)| is_number(number) && rest.contains('='))
}

/// The number and the values of a run in a sweep: `0003-0.01,64` of `0003-learning_rate=0.01,units=64`.
fn without_keys(text: &str) -> String {
    let (folder, run) = text.split_at(text.rfind('/').map_or(0, |slash| slash + 1));
    let Some((number, settings)) = number(run) else { return text.to_owned() };
    let value =
        |setting: &str| setting.split_once('=').map_or(setting, |(_, value)| value).to_owned();
    let values: Vec<_> = settings.split(',').map(value).collect();
    format!("{folder}{number}-{}", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &str, cells: [&str; 3]) -> Column {
        Column::words(title, cells.map(str::to_owned))
    }

    fn table() -> Vec<Column> {
        let run =
            |place| format!("sweep/20261123-210800/000{place}-learning_rate=0.{place},units=64");
        vec![
            Column::words("run", (0..3).map(run)).shrinking(),
            column("status", ["completed"; 3]),
            column("val_loss", ["0.1000", "0.2000", "0.3000"]).ranked(1),
            column("age", ["12s", "1m", "3h"]).ranked(4),
            column("loss", ["0.1000", "0.2000", "0.3000"]).ranked(5),
        ]
    }

    fn text(width: usize) -> String {
        let fitted = fitted(table(), Some(width));
        let note = fitted.note("runner list --wide").unwrap_or_default();
        format!("{}\n{note}", fitted.lines.join("\n"))
    }

    #[test]
    fn a_table_fits_any_width() {
        insta::assert_snapshot!([120, 80, 60, 40].map(text).join("\n\n"));
        for limit in 1..130 {
            assert!(width(&fitted(table(), Some(limit)).lines) <= limit, "{limit}");
        }
    }

    #[test]
    fn a_pipe_gets_the_whole_table() {
        let fitted = fitted(table(), None);
        assert_eq!(fitted.lines, lines(&table()));
        assert_eq!(fitted.note("x"), None);
    }

    #[test]
    fn names_of_runs_lose_what_they_share() {
        let short = |texts: &[&str], width: usize| {
            let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
            shorten_all(&texts, width)
        };
        let one = ["a/2026/0003-rate=0.1,units=64", "a/2026/0004-rate=1,units=8"];
        assert_eq!(short(&one, 29), one);
        assert_eq!(short(&one, 25), ["0003-rate=0.1,units=64", "0004-rate=1,units=8"]);
        assert_eq!(short(&one, 13), ["0003-0.1,64", "0004-1,8"]);
        assert_eq!(short(&one, 8), ["000…1,64", "0004-1,8"]);
        let two = [one[0], "b/2026/0003-rate=0.1,units=64", "c/20261123-210800"];
        let want = ["a/…/0003-0.1,64", "b/…/0003-0.1,64", "c/20261123-210800"];
        assert_eq!(short(&two, 20), want);
        assert_eq!(least_width(&two.map(str::to_owned), 12), 17);
    }

    #[test]
    fn words_are_shortened_in_the_middle() {
        assert_eq!(middle("adam", 4), "adam");
        assert_eq!(middle("adam/20261123-210800", 12), "adam…-210800");
        assert_eq!([0, 1, 2].map(|width| middle("adam", width)), ["", "…", "a…"]);
    }
}
