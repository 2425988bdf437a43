//! The first layer: a dense layer reads sparse inputs in place, other layers a dense copy.

use crate::model::{DenseLayer, LayerOp, Network};
use crate::train::dataset::{Dataset, DatasetInputs};
use kernels::{Arch, ByCols, ByRows, InputLayer, LANES, Lhs, Team, View, ViewMut, product};

/// The first layer of `network`, if it is dense and the inputs of `dataset` are sparse.
pub(super) fn input_layer(
    network: &Network,
    dataset: &Dataset,
    max_rows: usize,
    threads: usize,
) -> Option<InputLayer> {
    let first = &network.layers[0];
    match (&dataset.inputs, &first.op) {
        (DatasetInputs::Sparse(x), LayerOp::Dense(_)) => {
            Some(InputLayer::new(x, first.outputs, max_rows, threads))
        }
        _ => None,
    }
}

/// The product of a dense first layer with the rows `rows` of `dataset`, kept in the [`InputLayer`] or written to z:
/// z ← x W + b. Without an [`InputLayer`], the inputs are copied to `input` first, for layers of any kind.
pub(super) fn forward_input(
    (arch, team): (Arch, &mut Team),
    layer: Option<&mut InputLayer>,
    op: &LayerOp,
    (dataset, rows): (&Dataset, &[u32]),
    [mut input, z]: [ViewMut<'_>; 2],
) {
    if let (Some(layer), DatasetInputs::Sparse(x), LayerOp::Dense(dense)) =
        (layer, &dataset.inputs, op)
    {
        let (w, b) = affine(dense);
        return layer.forward(arch, team, x, rows, w, b);
    }
    team.parallel_for(ByRows(input.reborrow()), |part, from| {
        dataset.inputs.gather(&rows[from..from + part.0.rows()], part.0);
    });
    if let LayerOp::Dense(dense) = op {
        let (w, b) = affine(dense);
        let x = input.as_view();
        team.parallel_for(ByCols(z), |part, from| {
            let (from, to) = (from * LANES, from * LANES + part.0.cols());
            let b = b.map(|b| &b[from..]);
            product(arch, Lhs::new(x), w.columns(from, to), b, part.0);
        });
    }
}

/// W and b.
fn affine(dense: &DenseLayer) -> (View<'_>, Option<&[f32]>) {
    (dense.kernel.view(dense.kernel.rows()), dense.bias.as_ref().map(|b| b.row(0)))
}
