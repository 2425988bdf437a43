//! The confusion matrix as a picture: a row for what is, a column for what the network says, shaded
//! by the share of the row.

use super::answers::Look;
use super::canvas::{BLACK, WHITE, canvas, fill, number, rising};
use crate::events::{Summary, image};

/// Pixels of a cell.
const CELL: usize = 44;

/// The picture of all rows.
pub(super) fn confusion_matrix(look: &Look<'_>) -> Summary {
    let n = look.classes();
    let mut counts = vec![vec![0u64; n]; n];
    for r in 0..look.outputs.rows() {
        counts[look.truth(r)][look.answer(r)] += 1;
    }
    // Digits get no room where there are too many classes to read them.
    let cell = if n <= 20 { CELL } else { (880 / n).max(1) };
    let digits = n <= 20;
    let margin = if digits { cell / 2 } else { 0 };
    let side = margin + n * cell + 1;
    let mut picture = canvas(side, side);
    for (truth, row) in counts.iter().enumerate() {
        let total = row.iter().sum::<u64>().max(1);
        for (answer, &count) in row.iter().enumerate() {
            let share = count as f32 / total as f32;
            let at = (margin + answer * cell, margin + truth * cell);
            fill(
                &mut picture,
                at,
                (cell - usize::from(digits), cell - usize::from(digits)),
                rising(share),
            );
            if digits && 0 < count {
                let middle = (at.0 + cell / 2, at.1 + cell / 2);
                number(&mut picture, middle, count, 2, if share < 0.5 { BLACK } else { WHITE });
            }
        }
        if digits {
            let middle = margin + truth * cell + cell / 2;
            number(&mut picture, (margin / 2, middle), truth as u64, 2, [110; 3]);
            number(&mut picture, (middle, margin / 2), truth as u64, 2, [110; 3]);
        }
    }
    image("confusion_matrix", &[picture])
}
