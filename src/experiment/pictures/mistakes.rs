//! The worst mistakes as pictures: the wrong predictions of the highest probability.

use super::canvas::{BLACK, canvas, paste};
use super::grayscale::in_grays;
use super::text::{TextStyle, centered, length};
use super::view::PredictionView;
use crate::events::{Picture, Summary, image};

/// Pixels for a line of the caption.
const LINE: usize = 22;

/// At most `n` mistakes, highest probability first, with inputs of `height` × `width`.
pub(super) fn mistakes(
    view: &PredictionView<'_>,
    n: usize,
    height: usize,
    width: usize,
) -> impl Iterator<Item = Summary> {
    let mistake = move |(place, r): (usize, usize)| {
        let (label, predicted) = (view.of.label(r), view.of.predicted(r));
        let row = view.of.from + r;
        let tag = format!("mistakes/{:02}_row_{row}_is_{label}_not_{predicted}", place + 1);
        let picture = in_grays(&view.of.dataset.inputs_of(row), height, width);
        let percent = 100.0 * view.of.probability(r, predicted);
        let caption = [
            format!("row {row} is {}", view.name(label)),
            format!("predicted {} ({percent:.1} %)", view.name(predicted)),
        ];
        image(&tag, &[captioned(&picture, &caption)])
    };
    view.of.worst_mistakes(n).into_iter().enumerate().map(mistake)
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
        centered(&mut all, (width as f32 / 2.0, y as f32), line, TextStyle::new(SIZE, BLACK));
    }
    all
}
