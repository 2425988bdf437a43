//! The files of TensorBoard's projector: the outputs of a layer, a line for each row, with label
//! and picture. The module writes no event.
//!
//! The page opens without colors, and the config offers none. Each row's picture therefore has the
//! color of the row's class.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::canvas::{WHITE, canvas, class_color, fill, mix, paste};
use super::grayscale::grays;
use super::view::PredictionView;
use crate::events::Picture;
use crate::kernels::Matrix;
use crate::runs::{Durability, write_atomic};

/// Pixels of the disc for a row without a picture.
const DISC: usize = 16;
/// The longest side of a row's picture; the page takes 8192 pixels for all pictures together.
const LONGEST: usize = 64;

/// Writes the outputs `units` of the layer `layer` for the first rows of `view`, with inputs of
/// this `shape`.
pub(super) fn write(
    folder: &Path,
    layer: &str,
    units: &Matrix,
    view: &PredictionView<'_>,
    shape: &[usize],
) -> Result<()> {
    let (mut tensors, mut metadata) =
        (String::new(), "label\tclass\tanswer\tright\trow\n".to_owned());
    for r in 0..units.rows() {
        let numbers: Vec<_> = units.row(r)[..units.cols()].iter().map(f32::to_string).collect();
        let _ = writeln!(tensors, "{}", numbers.join("\t"));
        let name = |class| view.name(class).replace(['\t', '\n', '\r'], " ");
        let (label, predicted) = (name(view.of.label(r)), name(view.of.predicted(r)));
        let right = view.of.label(r) == view.of.predicted(r);
        // The page labels points by the first column.
        let point = if right { label.clone() } else { format!("{label}, taken for {predicted}") };
        let right = if right { "yes" } else { "no" };
        let _ = writeln!(metadata, "{point}\t{label}\t{predicted}\t{right}\t{}", view.of.from + r);
    }
    let (sprite, (width, height)) = sprite(units.rows(), view, shape);
    let config = format!(
        "embeddings {{\n  tensor_name: \"{layer}\"\n  tensor_path: \"embeddings.tsv\"\n  \
         metadata_path: \"embeddings_metadata.tsv\"\n  sprite {{\n    image_path: \
         \"embeddings_sprite.png\"\n    single_image_dim: {width}\n    single_image_dim: {height}\n  \
         }}\n}}\n"
    );
    let save = |name: &str, bytes: &[u8]| {
        write_atomic(&folder.join(name), bytes, Durability::ProcessCrash)
    };
    save("embeddings.tsv", tensors.as_bytes())?;
    save("embeddings_metadata.tsv", metadata.as_bytes())?;
    save("embeddings_sprite.png", &sprite.png())?;
    Ok(save("projector_config.pbtxt", config.as_bytes())?)
}

/// The pictures of all rows in a square, from left to right and from top to bottom, and the size of
/// each.
fn sprite(rows: usize, view: &PredictionView<'_>, shape: &[usize]) -> (Picture, (usize, usize)) {
    let picture = |r: usize| match shape[..] {
        [height, width, ..] if height.max(width) <= LONGEST => {
            tinted(&view.of.dataset.inputs_of(view.of.from + r), (height, width), view.of.label(r))
        }
        _ => disc(view.of.label(r)),
    };
    let size = match shape[..] {
        [height, width, ..] if height.max(width) <= LONGEST => (width, height),
        _ => (DISC, DISC),
    };
    let across = (1..).find(|across| rows <= across * across).unwrap_or(1);
    let mut sprite = canvas(across * size.0, across * size.1);
    for r in 0..rows {
        paste(&mut sprite, (r % across * size.0, r / across * size.1), &picture(r));
    }
    (sprite, size)
}

/// The inputs as shades of the class's color on white.
fn tinted(inputs: &[f32], (height, width): (usize, usize), class: usize) -> Picture {
    let mut picture = canvas(width, height);
    for (i, x) in grays(inputs, height * width).enumerate() {
        fill(&mut picture, (i % width, i / width), (1, 1), mix(WHITE, class_color(class), x));
    }
    picture
}

/// A disc in the class's color.
fn disc(class: usize) -> Picture {
    let mut picture = canvas(DISC, DISC);
    let middle = (DISC as f32 - 1.0) / 2.0;
    for i in 0..DISC * DISC {
        let (x, y) = ((i % DISC) as f32 - middle, (i / DISC) as f32 - middle);
        let share = middle - (x * x + y * y).sqrt();
        fill(&mut picture, (i % DISC, i / DISC), (1, 1), mix(WHITE, class_color(class), share));
    }
    picture
}
