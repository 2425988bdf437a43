//! Columns of text, each as wide as its widest cell.

use std::ops::Range;

use super::escape::escape_line;
use super::shorten::shorten_all;
use super::width::{elide_middle, pad_left, pad_right, text_width};

/// A column of a table.
pub(crate) struct Column {
    /// The title, then a cell for each line.
    cells: Vec<String>,
    left: bool,
    /// How soon the column is left out where a terminal is too narrow; 0 comes last.
    rank: u8,
    /// Whether its words may be shortened.
    is_shrinkable: bool,
}

impl Column {
    /// Words, which begin at one place.
    pub(crate) fn words(title: &str, cells: impl IntoIterator<Item = String>) -> Column {
        let cells = std::iter::once(title.to_owned()).chain(cells);
        let cells = cells.map(|cell| escape_line(&cell).into_owned()).collect();
        Column { cells, left: true, rank: 0, is_shrinkable: false }
    }

    /// Numbers, which end at one place.
    pub(crate) fn numbers(title: &str, cells: impl IntoIterator<Item = String>) -> Column {
        Column { left: false, ..Column::words(title, cells) }
    }

    /// Numbers or words, whichever the cells are.
    pub(crate) fn values(title: &str, cells: impl IntoIterator<Item = String>) -> Column {
        let column = Column::words(title, cells);
        let is_number = |cell: &String| cell == "-" || cell.parse::<f64>().is_ok();
        Column { left: !column.cells[1..].iter().all(is_number), ..column }
    }

    /// The same, left out before columns of a lower rank.
    pub(crate) fn drop_rank(self, rank: u8) -> Column {
        Column { rank, ..self }
    }

    /// The same, with words that may be shortened; numbers never are.
    pub(crate) fn shrinkable(self) -> Column {
        Column { is_shrinkable: self.left, ..self }
    }

    pub(crate) fn rank(&self) -> u8 {
        self.rank
    }

    pub(crate) fn is_shrinkable(&self) -> bool {
        self.is_shrinkable
    }

    pub(crate) fn title(&self) -> &str {
        &self.cells[0]
    }

    /// The cells without the title.
    pub(crate) fn cells(&self) -> &[String] {
        &self.cells[1..]
    }

    /// The same, with the cells of these lines alone.
    pub(crate) fn part(&self, lines: Range<usize>) -> Column {
        let title = std::iter::once(self.title().to_owned());
        let cells = title.chain(self.cells()[lines].iter().cloned()).collect();
        Column { cells, ..*self }
    }

    /// The width of the widest cell.
    pub(crate) fn width(&self) -> usize {
        self.cells.iter().map(|cell| text_width(cell)).max().unwrap_or(0)
    }

    /// Shortens every cell to at most `width` characters.
    pub(crate) fn shorten(&mut self, width: usize) {
        let title = std::iter::once(elide_middle(self.title(), width));
        self.cells = title.chain(shorten_all(self.cells(), width)).collect();
    }
}

/// The lines of a table, its head first; the columns have equally many cells.
pub(crate) fn lines<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Vec<String> {
    let columns: Vec<_> = columns.into_iter().collect();
    let widths: Vec<_> = columns.iter().map(|column| column.width()).collect();
    let cell = |line: usize, (column, &width): (&&Column, &usize)| {
        let text = &column.cells[line];
        if column.left { pad_right(text, width) } else { pad_left(text, width) }
    };
    let line = |line: usize| {
        let cells = columns.iter().zip(&widths).map(|column| cell(line, column));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..columns.first().map_or(0, |column| column.cells.len())).map(line).collect()
}

/// The lines of the same table on its side: each column a line, its title first.
pub(crate) fn transposed(columns: &[Column]) -> Vec<String> {
    let n_cells = columns.first().map_or(0, |column| column.cells.len());
    let cells = |place: usize| columns.iter().skip(1).map(move |c| c.cells[place].clone());
    let head = |place: usize| columns.first().map_or("", |column| &column.cells[place]);
    let side = |place: usize| match place {
        0 => Column::words(head(0), cells(0)),
        place => Column::numbers(head(place), cells(place)),
    };
    lines(&(0..n_cells).map(side).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned);
        let columns = [
            Column::words("name", cells(["a", "longer"])),
            Column::values("rate", cells(["0.1", "-"])),
            Column::numbers("runs", cells(["1", "10000"])),
            Column::values("kind", cells(["sgd", "1"])),
        ];
        insta::assert_snapshot!(lines(&columns).join("\n"), @r"
        name    rate   runs  kind
        a        0.1      1  sgd
        longer     -  10000  1
        ");
        insta::assert_snapshot!(transposed(&columns).join("\n"), @r"
        name    a  longer
        rate  0.1       -
        runs    1   10000
        kind  sgd       1
        ");
    }
}
