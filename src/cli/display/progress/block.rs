//! Lines at the foot of a terminal, redrawn in place with one write.

use std::io::Write;

use super::renderer::write_escaped;
use crate::cli::display::escape::{escape_line, mark_ansi};
use crate::cli::display::width::truncate;

/// The lines. Below them the cursor waits at the start of an empty one.
pub(crate) struct Block<W> {
    out: W,
    /// Columns and rows, which may change at any time.
    size: fn() -> (usize, usize),
    lines: Vec<String>,
}

impl<W: Write> Block<W> {
    pub(crate) fn new(out: W, size: fn() -> (usize, usize)) -> Block<W> {
        Block { out, size, lines: Vec::new() }
    }

    /// Columns that a line may fill. The last one stays free: a terminal may wrap as soon as it is
    /// written to.
    pub(crate) fn width(&self) -> usize {
        (self.size)().0.saturating_sub(1)
    }

    /// Lines that the terminal can show.
    pub(crate) fn height(&self) -> usize {
        (self.size)().1.saturating_sub(1).max(1)
    }

    /// Puts these lines in the place of the former ones, cut to what the terminal can show.
    pub(crate) fn draw(&mut self, lines: Vec<String>) {
        let mut text = self.home();
        self.lines = lines;
        self.lines.truncate(self.height());
        text += &self.text();
        write_escaped(&mut self.out, &text);
    }

    /// Puts a text above the lines; it stays when they move.
    pub(crate) fn print(&mut self, above: &str) {
        let text = format!("{}{}{above}\n{}", self.home(), mark_ansi(CLEAR_BELOW), self.text());
        write_escaped(&mut self.out, &text);
    }

    /// The written text, for the tests of the renderers.
    #[cfg(test)]
    pub(crate) fn into_inner(self) -> W {
        self.out
    }

    /// Moves the cursor to where the lines begin.
    fn home(&self) -> String {
        match self.lines.len() {
            0 => String::new(),
            height => mark_ansi(&format!("\x1b[{height}A")) + &mark_ansi("\r"),
        }
    }

    fn text(&self) -> String {
        let width = self.width();
        // Escaped before it is cut: what is escaped is longer.
        let cut = |line: &String| truncate(&escape_line(line), width);
        let line = |line: &String| format!("{}{}\n", cut(line), mark_ansi(CLEAR_RIGHT));
        let lines: String = self.lines.iter().map(line).collect();
        lines + &mark_ansi(CLEAR_BELOW)
    }
}

const CLEAR_RIGHT: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script::screen;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn new_lines_take_the_place_of_the_former() {
        let mut block = Block::new(Vec::new(), || (80, 24));
        block.draw(lines(&["one of three", "two", "three"]));
        assert_eq!(screen(&block.out), "one of three\ntwo\nthree");
        block.draw(lines(&["one", "two of four", "three", "four"]));
        assert_eq!(screen(&block.out), "one\ntwo of four\nthree\nfour");
        block.draw(lines(&["one"]));
        assert_eq!(screen(&block.out), "one");
        block.draw(Vec::new());
        assert_eq!(screen(&block.out), "");
    }

    #[test]
    fn what_is_printed_stays_above() {
        let mut block = Block::new(Vec::new(), || (80, 24));
        block.draw(lines(&["bar", "bar"]));
        block.print("sgd failed");
        assert_eq!(screen(&block.out), "sgd failed\nbar\nbar");
        block.draw(lines(&["foo"]));
        assert_eq!(screen(&block.out), "sgd failed\nfoo");
    }

    #[test]
    fn nothing_is_drawn_beyond_the_terminal() {
        let mut block = Block::new(Vec::new(), || (8, 3));
        block.draw(lines(&["one of three", "two", "three"]));
        assert_eq!(screen(&block.out), "one of…\ntwo");
        block.draw(lines(&["one"]));
        assert_eq!(screen(&block.out), "one");
    }
}
