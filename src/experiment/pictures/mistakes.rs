//! The worst mistakes as pictures: the wrong answers that the network is surest of.

use super::answers::Look;
use super::canvas::{BLACK, canvas, fill, paste};
use super::text::{Style, centered, length};
use crate::events::{Picture, Summary, image};

/// Pixels that a side of a picture has at least.
const SIDE: usize = 112;
/// Pixels for a line of the caption.
const LINE: usize = 22;

/// At most `n` rows, the surest first, their inputs being `height` × `width`.
pub(super) fn mistakes(
    look: &Look<'_>,
    n: usize,
    shape: (usize, usize),
) -> impl Iterator<Item = Summary> {
    let sure = |r: usize| look.share(r, look.answer(r));
    let mut wrong: Vec<usize> =
        (0..look.outputs.rows()).filter(|&r| look.answer(r) != look.truth(r)).collect();
    wrong.sort_by(|&a, &b| sure(b).total_cmp(&sure(a)));
    wrong.truncate(n);
    let mistake = move |(place, r): (usize, usize)| {
        let (truth, answer) = (look.truth(r), look.answer(r));
        let row = look.from + r;
        let tag = format!("mistakes/{:02}_row_{row}_is_{truth}_not_{answer}", place + 1);
        let picture = in_grays(&look.feed.inputs_of(row), shape);
        let said = format!("predicted {} ({:.1} %)", look.name(answer), 100.0 * sure(r));
        image(&tag, &[captioned(&picture, &[format!("row {row} is {}", look.name(truth)), said])])
    };
    wrong.into_iter().enumerate().map(mistake)
}

/// The picture with these lines below it.
fn captioned(picture: &Picture, lines: &[String]) -> Picture {
    const SIZE: f32 = 16.0;
    let longest = lines.iter().map(|line| length(line, SIZE)).fold(0.0, f32::max);
    let width = picture.width.max(longest.ceil() as usize + 12);
    let mut all = canvas(width, picture.height + lines.len() * LINE + 8);
    paste(&mut all, ((width - picture.width) / 2, 0), picture);
    for (i, line) in lines.iter().enumerate() {
        let y = picture.height + 4 + i * LINE + LINE / 2;
        centered(&mut all, (width as f32 / 2.0, y as f32), line, Style::new(SIZE, BLACK));
    }
    all
}

/// The first channel of the inputs, `pixels` of them, from 0 for the least input to 1 for the greatest.
pub(super) fn grays(inputs: &[f32], pixels: usize) -> impl Iterator<Item = f32> {
    let least = inputs.iter().copied().fold(f32::INFINITY, f32::min);
    let range = inputs.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
    let range = if range == 0.0 { 1.0 } else { range };
    let channels = (inputs.len() / pixels.max(1)).max(1);
    inputs.iter().step_by(channels).take(pixels).map(move |input| (input - least) / range)
}

/// The inputs as grays, the least black and the greatest white.
pub(in crate::experiment) fn in_grays(inputs: &[f32], (height, width): (usize, usize)) -> Picture {
    let zoom = SIDE.div_ceil(height.max(width).max(1));
    let mut picture = canvas(width * zoom, height * zoom);
    for (i, x) in grays(inputs, height * width).enumerate() {
        let at = (i % width * zoom, i / width * zoom);
        fill(&mut picture, at, (zoom, zoom), [(255.0 * x).round() as u8; 3]);
    }
    picture
}
