//! Text in pictures, in DejaVu Sans: Latin, Greek and Cyrillic letters; other characters are boxes.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::canvas::{Color, blend};
use crate::events::Picture;

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    let bytes = include_bytes!("../../../data/fonts/DejaVuSans.ttf");
    FontRef::try_from_slice(bytes).expect("the embedded font is sound")
});

/// The style of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextStyle {
    /// The height of a line in pixels.
    pub(super) size: f32,
    pub(super) color: Color,
    /// Whether the text runs upwards instead of to the right.
    pub(super) upwards: bool,
}

impl TextStyle {
    /// Text to the right.
    pub(super) fn new(size: f32, color: Color) -> TextStyle {
        TextStyle { size, color, upwards: false }
    }
}

/// The length of a text in pixels.
pub(super) fn length(text: &str, size: f32) -> f32 {
    let font = FONT.as_scaled(PxScale::from(size));
    text.chars().map(|character| font.h_advance(font.glyph_id(character))).sum()
}

/// The text, truncated to `most` pixels.
pub(super) fn fit(text: &str, size: f32, most: f32) -> String {
    if length(text, size) <= most {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().chain(&['…']).collect();
        if length(&cut, size) <= most {
            return cut;
        }
    }
    String::new()
}

/// Draws a text with its middle at (`x`, `y`).
pub(super) fn centered(picture: &mut Picture, (x, y): (f32, f32), text: &str, style: TextStyle) {
    let half = length(text, style.size) / 2.0;
    let start = if style.upwards { (x, y + half) } else { (x - half, y) };
    starting(picture, start, text, style);
}

/// Draws a text with its end at (`x`, `y`), vertically centered.
pub(super) fn ending(picture: &mut Picture, (x, y): (f32, f32), text: &str, style: TextStyle) {
    let length = length(text, style.size);
    let start = if style.upwards { (x, y + length) } else { (x - length, y) };
    starting(picture, start, text, style);
}

/// Draws a text with its start at (`x`, `y`), vertically centered.
pub(super) fn starting(picture: &mut Picture, (x, y): (f32, f32), text: &str, style: TextStyle) {
    let font = FONT.as_scaled(PxScale::from(style.size));
    // Capital letters and digits reach about 0.7 of the ascent. Their middle is the middle of the
    // text.
    let baseline = 0.36 * font.ascent();
    let mut along = 0.0;
    for character in text.chars() {
        let id = font.glyph_id(character);
        let glyph = id.with_scale_and_position(style.size, point(along, baseline));
        along += font.h_advance(id);
        let Some(outline) = FONT.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|column, row, share| {
            let (right, down) = (bounds.min.x + column as f32, bounds.min.y + row as f32);
            let (dx, dy) = if style.upwards { (down, -right) } else { (right, down) };
            let at = ((x + dx).round() as i64, (y + dy).round() as i64);
            blend(picture, at, style.color, share);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{BLACK, canvas};
    use super::*;

    fn ink(picture: &Picture) -> usize {
        picture.rgb.iter().filter(|byte| **byte < 128).count() / 3
    }

    fn drawn(text: &str, upwards: bool) -> Picture {
        let mut picture = canvas(60, 60);
        centered(&mut picture, (30.0, 30.0), text, TextStyle { size: 16.0, color: BLACK, upwards });
        picture
    }

    #[test]
    fn digits_differ_from_each_other() {
        let pictures: Vec<_> = (0..10).map(|digit| drawn(&digit.to_string(), false)).collect();
        for (i, picture) in pictures.iter().enumerate() {
            assert!(8 < ink(picture), "{i} is drawn");
            assert!(pictures[..i].iter().all(|other| other != picture), "{i} has its own form");
        }
    }

    #[test]
    fn upwards_has_the_same_ink() {
        let (right, up) = (ink(&drawn("true", false)), ink(&drawn("true", true)));
        assert!(right.abs_diff(up) * 5 < right, "{right} and {up}");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit("a name that is much too long", 12.0, 80.0);
        assert!(cut.ends_with('…') && length(&cut, 12.0) <= 80.0, "{cut}");
        assert_eq!(fit("long", 12.0, 1.0), "");
    }
}
