//! Weights as histograms and as pictures, with Keras's tags.
//!
//! Keras clips a picture's numbers to [0, 1], so every negative weight is black. Here 0 is white
//! and the greatest magnitude has the full colour, red above 0 and blue below.

use super::canvas::{canvas, diverging, fill};
use crate::events::{Picture, Summary, histogram, image};
use crate::kernels::Matrix;
use crate::model::{Layer, Network};

/// The minimum number of pixels of a picture's longer side.
const SIDE: usize = 280;

/// The histogram of every weight, each with a picture if `pictures`. The weights of inputs of
/// `shape` (height, width) are drawn in this shape.
pub(in crate::experiment) fn weights(
    network: &Network,
    pictures: bool,
    shape: Option<(usize, usize)>,
) -> Vec<Summary> {
    let mut summaries = Vec::new();
    for (l, layer) in network.layers.iter().enumerate() {
        for (role, weight) in layer.op.weights() {
            let tag = format!("sequential/{}/{}", keras_name(layer), role.name);
            let numbers = (0..weight.rows()).flat_map(|r| weight.row(r)[..weight.cols()].to_vec());
            summaries.push(histogram(&format!("{tag}/histogram"), numbers));
            if pictures {
                let shape =
                    shape.filter(|(height, width)| l == 0 && height * width == weight.rows());
                let picture = match shape {
                    Some(shape) => units(weight, shape),
                    None => matrix(weight),
                };
                summaries.push(image(&format!("{tag}/image"), &[picture]));
            }
        }
    }
    summaries
}

/// Keras's name of `dense_0`: `dense`.
fn keras_name(layer: &Layer) -> &str {
    layer.name.strip_suffix("_0").unwrap_or(&layer.name)
}

/// The greatest magnitude, or 1 if all are 0.
fn greatest(weights: &Matrix) -> f32 {
    let greatest = weights.as_slice().iter().fold(0.0, |a: f32, w| a.max(w.abs()));
    if greatest == 0.0 { 1.0 } else { greatest }
}

/// Each unit's weights in the shape of the inputs, side by side.
fn units(weights: &Matrix, (height, width): (usize, usize)) -> Picture {
    let n = weights.cols();
    let across = (n as f64).sqrt().ceil() as usize;
    let (down, scale) = (n.div_ceil(across), greatest(weights));
    let zoom = (SIDE / (across * width + across)).max(1);
    let (cell_w, cell_h) = (zoom * width + 1, zoom * height + 1);
    let mut picture = canvas(across * cell_w + 1, down * cell_h + 1);
    let size = (picture.width, picture.height);
    fill(&mut picture, (0, 0), size, [128; 3]);
    for unit in 0..n {
        let (left, top) = (1 + unit % across * cell_w, 1 + unit / across * cell_h);
        for input in 0..height * width {
            let at = (left + input % width * zoom, top + input / width * zoom);
            let color = diverging(weights.row(input)[unit] / scale);
            fill(&mut picture, at, (zoom, zoom), color);
        }
    }
    picture
}

/// The weights in matrix order, transposed if higher than wide, as in Keras.
fn matrix(weights: &Matrix) -> Picture {
    let lies = weights.cols() < weights.rows();
    let (rows, cols) =
        if lies { (weights.cols(), weights.rows()) } else { (weights.rows(), weights.cols()) };
    let zoom = SIDE.div_ceil(rows.max(cols));
    let mut picture = canvas(cols * zoom, rows * zoom);
    let scale = greatest(weights);
    for (r, c) in (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c))) {
        let w = if lies { weights.row(c)[r] } else { weights.row(r)[c] };
        fill(&mut picture, (c * zoom, r * zoom), (zoom, zoom), diverging(w / scale));
    }
    picture
}
