//! A picture to draw on, with colours for numbers and digits to read; it knows no network.

use crate::events::Picture;

/// Red, green and blue.
pub(super) type Color = [u8; 3];

pub(super) const WHITE: Color = [255; 3];
pub(super) const BLACK: Color = [0; 3];

/// Rows of three pixels, the leftmost the highest bit, for each digit.
const DIGITS: [[u8; 5]; 10] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 2, 2, 2],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
];

/// A white picture of this size.
pub(super) fn canvas(width: usize, height: usize) -> Picture {
    Picture { width, height, rgb: vec![255; 3 * width * height] }
}

/// Fills a rectangle, as far as it lies inside.
pub(super) fn fill(
    picture: &mut Picture,
    (x, y): (usize, usize),
    (width, height): (usize, usize),
    color: Color,
) {
    for row in y..(y + height).min(picture.height) {
        for column in x..(x + width).min(picture.width) {
            let at = 3 * (row * picture.width + column);
            picture.rgb[at..at + 3].copy_from_slice(&color);
        }
    }
}

/// Writes a number with its middle at (`x`, `y`), each pixel of a digit `size` pixels wide.
pub(super) fn number(
    picture: &mut Picture,
    (x, y): (usize, usize),
    n: u64,
    size: usize,
    color: Color,
) {
    let text = n.to_string();
    let left = x.saturating_sub((4 * text.len() - 1) * size / 2);
    let top = y.saturating_sub(5 * size / 2);
    for (i, digit) in text.bytes().enumerate() {
        for (row, bits) in DIGITS[usize::from(digit - b'0')].iter().enumerate() {
            for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                let at = (left + (4 * i + column) * size, top + row * size);
                fill(picture, at, (size, size), color);
            }
        }
    }
}

/// Blue below 0, white at 0, red above; ±1 is the full colour.
pub(super) fn diverging(x: f32) -> Color {
    let fade = |full: f32| (255.0 + x.abs().min(1.0) * (full - 255.0)).round() as u8;
    match x {
        x if x.is_nan() => BLACK,
        x if x < 0.0 => [fade(33.0), fade(102.0), fade(172.0)],
        _ => [fade(178.0), fade(24.0), fade(43.0)],
    }
}

/// White at 0, dark blue at 1.
pub(super) fn rising(x: f32) -> Color {
    let fade = |full: f32| (255.0 + x.clamp(0.0, 1.0) * (full - 255.0)).round() as u8;
    [fade(8.0), fade(48.0), fade(107.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_drawn_where_they_should_be() {
        let mut picture = canvas(9, 7);
        number(&mut picture, (4, 3), 17, 1, BLACK);
        let line = |y: usize| -> String {
            let pixel = |x: usize| if picture.rgb[3 * (9 * y + x)] == 0 { '#' } else { '.' };
            (0..9).map(pixel).collect()
        };
        let want = [
            ".........",
            "..#..###.",
            ".##....#.",
            "..#...#..",
            "..#...#..",
            ".###..#..",
            ".........",
        ];
        assert_eq!((0..7).map(line).collect::<Vec<_>>(), want);
        assert_eq!((diverging(0.0), rising(0.0)), (WHITE, WHITE));
        assert!(diverging(-1.0)[2] > diverging(-1.0)[0] && diverging(1.0)[0] > diverging(1.0)[2]);
    }
}
