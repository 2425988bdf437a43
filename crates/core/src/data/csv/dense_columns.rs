//! Columns of numbers, row by row, which become the inputs without a copy: a table of numbers alone takes its float32
//! values and no more.

use rayon::prelude::*;

use base::memory::{OutOfMemory, reserve};

/// Numbers (rows × width), row after row.
#[derive(Debug)]
pub(super) struct DenseColumns {
    width: usize,
    pub(super) values: Vec<f32>,
    /// Whether a column has a missing value, NaN.
    pub(super) gaps: Vec<bool>,
}

/// Rows of a piece, written by one thread.
const ROWS: usize = 1024;

/// Rows of a tile, written column by column within the nearest cache.
const TILE: usize = 64;

impl DenseColumns {
    pub(super) fn new(width: usize) -> DenseColumns {
        DenseColumns { width, values: Vec::new(), gaps: vec![false; width] }
    }

    /// Adds rows, given column by column.
    pub(super) fn push(&mut self, columns: &[&[f32]]) -> Result<(), OutOfMemory> {
        let rows = columns.first().map_or(0, |column| column.len());
        let width = self.width;
        let start = self.values.len();
        reserve(&mut self.values, rows * width)?;
        self.values.resize(start + rows * width, 0.0);
        let pieces = self.values[start..].par_chunks_mut(ROWS * width);
        pieces.enumerate().for_each(|(i, piece)| {
            for (k, tile) in piece.chunks_mut(TILE * width).enumerate() {
                for (j, column) in columns.iter().enumerate() {
                    let places = tile[j..].iter_mut().step_by(width);
                    let values = &column[i * ROWS + k * TILE..];
                    places.zip(values).for_each(|(to, from)| *to = *from);
                }
            }
        });
        self.gaps.par_iter_mut().zip(columns).for_each(|(gap, column)| {
            *gap = *gap || any(column, f32::is_nan);
        });
        Ok(())
    }

    /// The values of a column.
    pub(super) fn column(&self, at: usize) -> Vec<f32> {
        self.values.iter().skip(at).step_by(self.width).copied().collect()
    }

    /// The first row without a value in a column.
    pub(super) fn first_gap(&self, at: usize) -> Option<usize> {
        self.values.iter().skip(at).step_by(self.width).position(|x| x.is_nan())
    }

    /// Puts the rows in an order: row `i` becomes what row `order[i]` was. Rows move along the cycles of the order, so
    /// that there is no second table.
    pub(super) fn arrange(&mut self, order: &[u32]) {
        let width = self.width;
        let mut done = vec![false; order.len()];
        let mut first = vec![0.0; width];
        for start in 0..order.len() {
            if done[start] {
                continue;
            }
            first.copy_from_slice(&self.values[start * width..][..width]);
            let mut at = start;
            loop {
                done[at] = true;
                let from = order[at] as usize;
                if from == start {
                    self.values[at * width..][..width].copy_from_slice(&first);
                    break;
                }
                self.values.copy_within(from * width..(from + 1) * width, at * width);
                at = from;
            }
        }
    }
}

/// Whether a value is such. Without an exit within a piece, so that several values are compared at once.
pub(super) fn any(values: &[f32], is_such: impl Fn(f32) -> bool) -> bool {
    values.chunks(ROWS).any(|piece| piece.iter().fold(false, |found, x| found | is_such(*x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_pushed_and_arranged() {
        let mut dense = DenseColumns::new(2);
        let first: Vec<f32> = (0..700).map(|i| i as f32).collect();
        let second: Vec<f32> = first.iter().map(|x| -x).collect();
        dense.push(&[&first, &second]).unwrap();
        dense.push(&[&[1000.0], &[f32::NAN]]).unwrap();
        assert_eq!((dense.column(0)[..700].to_vec(), dense.column(0)[700]), (first, 1000.0));
        assert_eq!((dense.gaps.clone(), dense.first_gap(1)), (vec![false, true], Some(700)));
        let order: Vec<u32> = (0..701).map(|i| (i * 5 + 3) % 701).collect();
        let want: Vec<f32> = order.iter().map(|row| dense.column(0)[*row as usize]).collect();
        dense.arrange(&order);
        assert_eq!(dense.column(0), want);
    }
}
