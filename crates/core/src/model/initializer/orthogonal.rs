//! Orthogonal weights: random directions, made right-angled one after the other; nothing else.
//!
//! ```text
//! A ~ N(0, 1),  A = Q R  with the diagonal of R positive,  W = gain · Q
//! ```
//!
//! A has as many rows as the greater side of W; W is its transpose where W is wider than high.

use crate::random::RandomStream;
use kernels::Matrix;

/// Fills `weights` with rows or columns of length `gain` at right angles to each other.
pub(super) fn fill(weights: &mut Matrix, gain: f64, stream: &mut RandomStream) {
    let (rows, cols) = (weights.rows(), weights.cols());
    let (high, wide) = (rows.max(cols), rows.min(cols));
    let mut columns = vec![vec![0.0; high]; wide];
    for r in 0..high {
        columns.iter_mut().for_each(|column| column[r] = stream.normal());
    }
    for c in 0..wide {
        let (done, rest) = columns.split_at_mut(c);
        let column = &mut rest[0];
        // Twice is enough (Giraud et al. 2005): the second takes away what rounding has left.
        for q in done.iter().chain(done.iter()) {
            let along = dot(q, column);
            column.iter_mut().zip(q).for_each(|(x, q)| *x -= along * q);
        }
        let length = dot(column, column).sqrt();
        column.iter_mut().for_each(|x| *x /= length);
    }
    for r in 0..rows {
        for (c, w) in weights.row_mut(r)[..cols].iter_mut().enumerate() {
            *w = (gain * if cols <= rows { columns[c][r] } else { columns[r][c] }) as f32;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::StreamPurpose;

    #[test]
    fn the_shorter_side_is_at_right_angles() {
        for (rows, cols) in [(1, 1), (7, 7), (40, 6), (5, 33)] {
            let mut w = Matrix::zeros(rows, cols);
            fill(&mut w, 1.5, &mut RandomStream::new(2, StreamPurpose::Kernel, 0));
            let at = |r: usize, c: usize| f64::from(w.row(r)[c]);
            let line = |i: usize| -> Vec<f64> {
                if cols <= rows {
                    (0..rows).map(|r| at(r, i)).collect()
                } else {
                    (0..cols).map(|c| at(i, c)).collect()
                }
            };
            for i in 0..rows.min(cols) {
                for j in 0..=i {
                    let want = if i == j { 2.25 } else { 0.0 };
                    assert!((dot(&line(i), &line(j)) - want).abs() < 1e-5, "{rows} x {cols}");
                }
            }
        }
    }
}
