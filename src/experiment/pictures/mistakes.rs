//! The worst mistakes as pictures: the wrong answers that the network is surest of.

use super::answers::Look;
use super::canvas::{canvas, fill};
use crate::events::{Picture, Summary, image};

/// Pixels that a side of a picture has at least.
const SIDE: usize = 112;

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
        image(&tag, &[in_grays(&look.feed.inputs_of(row), shape)])
    };
    wrong.into_iter().enumerate().map(mistake)
}

/// The inputs as grays, the least black and the greatest white.
pub(in crate::experiment) fn in_grays(inputs: &[f32], (height, width): (usize, usize)) -> Picture {
    let least = inputs.iter().copied().fold(f32::INFINITY, f32::min);
    let range = inputs.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
    let zoom = SIDE.div_ceil(height.max(width).max(1));
    let mut picture = canvas(width * zoom, height * zoom);
    // Of several channels the first is shown.
    let channels = inputs.len() / (height * width).max(1);
    for i in 0..height * width {
        let x = (inputs[i * channels] - least) / if range == 0.0 { 1.0 } else { range };
        let at = (i % width * zoom, i / width * zoom);
        fill(&mut picture, at, (zoom, zoom), [(255.0 * x).round() as u8; 3]);
    }
    picture
}
