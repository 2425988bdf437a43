//! The rows of the next batch, prefetched a few cache lines at a time between other work; it reads no
//! value.

use crate::kernels::Groups;
use crate::kernels::prefetch::Lines;

/// Some rows in a band of all.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) x: &'a Groups,
    pub(super) band: usize,
    pub(super) rows: &'a [u32],
}

/// Rows that will be read next, asked for line by line over some visits.
pub(super) struct Ahead<'a> {
    rows: Rows<'a>,
    /// What is left of the row that is being asked for.
    lines: Lines,
    /// Lines for each visit.
    each: usize,
}

impl<'a> Ahead<'a> {
    /// For all `rows`, or none if they are not wanted.
    #[inline(always)]
    pub(super) fn new(mut rows: Rows<'a>, visits: usize, wanted: bool) -> Ahead<'a> {
        if !wanted {
            rows.rows = &[];
        }
        let each = (rows.rows.len() * rows.x.usual_lines()).div_ceil(visits.max(1));
        Ahead { rows, lines: Lines::NONE, each }
    }

    /// Asks for the lines of one visit.
    #[inline(always)]
    pub(super) fn visit(&mut self) {
        for _ in 0..self.each {
            if !self.lines.ask() {
                let Rows { x, band, rows: [row, others @ ..] } = self.rows else { return };
                self.lines = x.lines(*row, band);
                self.lines.ask();
                self.rows.rows = others;
            }
        }
    }
}
