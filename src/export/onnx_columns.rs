//! The filling and scaling of columns as arrays over all inputs of a row, as ONNX wants them.

use crate::data::{FittedScaling, NumberTransform};

/// One number for each input; those of inputs without a transform change nothing.
pub(super) struct ColumnArrays {
    pub(super) fill: Vec<f64>,
    pub(super) log: Vec<bool>,
    pub(super) shift: Vec<f64>,
    pub(super) divisor: Vec<f64>,
    /// Whether an input has a quantile curve.
    pub(super) curve: Vec<bool>,
    /// The most pieces of a curve.
    pub(super) pieces: usize,
    /// Inputs × pieces: where a piece begins, its width and its height.
    pub(super) start: Vec<f64>,
    pub(super) piece_width: Vec<f64>,
    pub(super) height: Vec<f64>,
}

impl ColumnArrays {
    /// Those of the transforms of a row of `width` inputs.
    pub(super) fn of(transforms: &[NumberTransform], width: usize) -> ColumnArrays {
        let pieces_of = |transform: &NumberTransform| match &transform.scaling {
            Some(FittedScaling::Quantile(pieces)) => pieces.len().max(1),
            _ => 0,
        };
        let pieces = transforms.iter().map(pieces_of).max().unwrap_or(0);
        let mut arrays = ColumnArrays {
            fill: vec![0.0; width],
            log: vec![false; width],
            shift: vec![0.0; width],
            divisor: vec![1.0; width],
            curve: vec![false; width],
            pieces,
            start: vec![0.0; width * pieces],
            piece_width: vec![1.0; width * pieces],
            height: vec![0.0; width * pieces],
        };
        for transform in transforms {
            let at = transform.input;
            arrays.fill[at] = transform.fill;
            arrays.log[at] = transform.log;
            match &transform.scaling {
                None => {}
                Some(FittedScaling::Affine(shift, divisor)) => {
                    arrays.shift[at] = *shift;
                    arrays.divisor[at] = *divisor;
                }
                Some(FittedScaling::Quantile(curve)) => {
                    arrays.curve[at] = true;
                    for (i, [start, width, height]) in curve.iter().enumerate() {
                        let piece = at * pieces + i;
                        arrays.start[piece] = *start;
                        arrays.piece_width[piece] = *width;
                        arrays.height[piece] = *height;
                    }
                }
            }
        }
        arrays
    }
}
