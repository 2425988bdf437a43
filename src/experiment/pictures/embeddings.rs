//! The files of TensorBoard's projector: the outputs of a layer, a line for each row, with what each
//! row is; no event.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use super::answers::Look;
use crate::kernels::Matrix;
use crate::runs::{Survives, write_atomic};

/// Writes the outputs `units` of the layer called `layer` for the first rows of `look`.
pub(super) fn write(folder: &Path, layer: &str, units: &Matrix, look: &Look<'_>) -> Result<()> {
    let (mut tensors, mut metadata) = (String::new(), "row\tclass\tanswer\n".to_owned());
    for r in 0..units.rows() {
        let numbers: Vec<_> = units.row(r)[..units.cols()].iter().map(f32::to_string).collect();
        let _ = writeln!(tensors, "{}", numbers.join("\t"));
        let row = look.from + r;
        let _ = writeln!(metadata, "{row}\t{}\t{}", look.truth(r), look.answer(r));
    }
    let config = format!(
        "embeddings {{\n  tensor_name: \"{layer}\"\n  tensor_path: \"embeddings.tsv\"\n  \
         metadata_path: \"embeddings_metadata.tsv\"\n}}\n"
    );
    let save =
        |name: &str, text: &str| write_atomic(&folder.join(name), text.as_bytes(), Survives::Kill);
    save("embeddings.tsv", &tensors)?;
    save("embeddings_metadata.tsv", &metadata)?;
    Ok(save("projector_config.pbtxt", &config)?)
}
