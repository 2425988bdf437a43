//! A picture for drawing, and colors for numbers and classes; independent of networks.

use crate::events::Picture;

/// Red, green and blue.
pub(super) type Color = [u8; 3];

pub(super) const WHITE: Color = [255; 3];
pub(super) const BLACK: Color = [0; 3];

pub(super) const GRAY: Color = [110; 3];

/// The categorical palette of Tableau 10, in an order with different neighbours.
const PALETTE: [Color; 10] = [
    [31, 119, 180],
    [255, 127, 14],
    [44, 160, 44],
    [214, 39, 40],
    [148, 103, 189],
    [140, 86, 75],
    [227, 119, 194],
    [90, 90, 90],
    [170, 170, 20],
    [23, 190, 207],
];

/// The color of a class; the palette repeats after ten.
pub(super) fn class_color(class: usize) -> Color {
    PALETTE[class % PALETTE.len()]
}

/// `from` at 0, `to` at 1.
pub(super) fn mix(from: Color, to: Color, t: f32) -> Color {
    let t = t.clamp(0.0, 1.0);
    let channel = |i: usize| f32::from(from[i]) + t * (f32::from(to[i]) - f32::from(from[i]));
    [0, 1, 2].map(|i| channel(i).round() as u8)
}

/// A white picture of this size.
pub(super) fn canvas(width: usize, height: usize) -> Picture {
    Picture { width, height, rgb: vec![255; 3 * width * height] }
}

/// Fills a rectangle, clipped to the picture.
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

/// Lays `color` over a pixel; `share` 0 leaves the pixel, 1 replaces it.
pub(super) fn blend(picture: &mut Picture, (x, y): (i64, i64), color: Color, share: f32) {
    let inside = (0..picture.width as i64).contains(&x) && (0..picture.height as i64).contains(&y);
    if inside {
        let at = 3 * (y as usize * picture.width + x as usize);
        let pixel = [picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]];
        picture.rgb[at..at + 3].copy_from_slice(&mix(pixel, color, share));
    }
}

/// Copies `source` with the upper left corner at (`x`, `y`).
pub(super) fn paste(picture: &mut Picture, (x, y): (usize, usize), source: &Picture) {
    for (i, pixel) in source.rgb.chunks_exact(3).enumerate() {
        let (column, row) = (x + i % source.width, y + i / source.width);
        fill(picture, (column, row), (1, 1), [pixel[0], pixel[1], pixel[2]]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_meet_at_white() {
        assert_eq!(diverging(0.0), WHITE);
        assert!(diverging(-1.0)[2] > diverging(-1.0)[0] && diverging(1.0)[0] > diverging(1.0)[2]);
        assert_eq!((mix(WHITE, BLACK, 0.0), mix(WHITE, BLACK, 2.0)), (WHITE, BLACK));
    }

    #[test]
    fn blending_outside_changes_nothing() {
        let mut picture = canvas(2, 2);
        for at in [(-1, 0), (0, -1), (2, 0), (0, 2)] {
            blend(&mut picture, at, BLACK, 1.0);
        }
        assert_eq!(picture, canvas(2, 2));
        blend(&mut picture, (1, 1), BLACK, 1.0);
        assert_eq!(picture.rgb[9..], [0; 3]);
    }
}
