//! Fits tables to the width of a terminal: shortens long words, then drops columns of low priority.

use super::shorten::min_distinct_width;
use super::table::{Column, lines};
use super::width::text_width;

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
pub(crate) struct FittedTable {
    /// Its lines, the head first.
    pub(crate) lines: Vec<String>,
    /// The titles of the columns that are not in it.
    pub(crate) left_out: Vec<String>,
    /// Whether some word of it is shortened.
    pub(crate) shortened: bool,
}

impl FittedTable {
    /// Says what is missing, and that `way` shows it.
    pub(crate) fn note(&self, way: &str) -> Option<String> {
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
pub(crate) fn fit_columns(mut columns: Vec<Column>, width: Option<usize>) -> FittedTable {
    let Some(width) = width else {
        return FittedTable { lines: lines(&columns), ..FittedTable::default() };
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
    FittedTable { lines: lines(&columns), left_out, shortened }
}

/// The table as several of at most `limit` columns of the terminal, where it has more; each begins with the
/// first column.
pub(crate) fn split(columns: &[Column], limit: usize) -> Vec<Vec<String>> {
    let Some((first, mut rest)) = columns.split_first() else { return Vec::new() };
    let table = |part: &[Column]| lines(std::iter::once(first).chain(part));
    let mut tables = Vec::new();
    while !rest.is_empty() {
        let fits = |n: &usize| width(&table(&rest[..*n])) <= limit;
        let n = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
        tables.push(table(&rest[..n]));
        rest = &rest[n..];
    }
    tables
}

/// The width of the widest line.
pub(crate) fn width(lines: &[String]) -> usize {
    lines.iter().map(|line| text_width(line)).max().unwrap_or(0)
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
    if !column.is_shrinkable() {
        return full;
    }
    min_distinct_width(column.cells(), LEAST).max(text_width(column.title())).min(full)
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
            Column::words("run", (0..3).map(run)).shrinkable(),
            column("status", ["completed"; 3]),
            column("val_loss", ["0.1000", "0.2000", "0.3000"]).drop_rank(1),
            column("age", ["12s", "1m", "3h"]).drop_rank(4),
            column("loss", ["0.1000", "0.2000", "0.3000"]).drop_rank(5),
        ]
    }

    fn text(width: usize) -> String {
        let fitted = fit_columns(table(), Some(width));
        let note = fitted.note("runner list --wide").unwrap_or_default();
        format!("{}\n{note}", fitted.lines.join("\n"))
    }

    #[test]
    fn a_table_fits_any_width() {
        insta::assert_snapshot!([120, 80, 60, 40].map(text).join("\n\n"));
        for limit in 1..130 {
            assert!(width(&fit_columns(table(), Some(limit)).lines) <= limit, "{limit}");
        }
    }

    #[test]
    fn a_pipe_gets_the_whole_table() {
        let fitted = fit_columns(table(), None);
        assert_eq!(fitted.lines, lines(&table()));
        assert_eq!(fitted.note("x"), None);
    }
}
