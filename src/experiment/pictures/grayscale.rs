//! Inputs of a picture's shape, as shades of gray.

use super::canvas::{canvas, fill};
use crate::events::Picture;

/// The minimum number of pixels of a picture's longer side.
const SIDE: usize = 112;

/// The first channel of the inputs, `pixels` of them, from 0 for the least input to 1 for the greatest.
pub(super) fn grays(inputs: &[f32], pixels: usize) -> impl Iterator<Item = f32> {
    let least = inputs.iter().copied().fold(f32::INFINITY, f32::min);
    let range = inputs.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
    let range = if range == 0.0 { 1.0 } else { range };
    let channels = (inputs.len() / pixels.max(1)).max(1);
    inputs.iter().step_by(channels).take(pixels).map(move |input| (input - least) / range)
}

/// The inputs as grays, the least black and the greatest white.
pub(in crate::experiment) fn in_grays(inputs: &[f32], height: usize, width: usize) -> Picture {
    let zoom = SIDE.div_ceil(height.max(width).max(1));
    let mut picture = canvas(width * zoom, height * zoom);
    for (i, x) in grays(inputs, height * width).enumerate() {
        let at = (i % width * zoom, i / width * zoom);
        fill(&mut picture, at, (zoom, zoom), [(255.0 * x).round() as u8; 3]);
    }
    picture
}
