//! The plan of the gradients: the operands of each, and the schedule of updates on a team. No gradient is stored.

use std::ops::Range;

use crate::model::GradientKind;
use crate::train::dataset::{Dataset, DatasetInputs};
use crate::train::workspace::WorkspaceLayout;
use kernels::{
    Arch, ByRows, Chunk, InputGradient, InputLayer, LANES, Lhs, ParamMut, Team, UpdateRule, View,
    WorkSchedule, bias_update, chunk_range, product_update,
};

/// The gradients of all trainable parameters, in the network's order.
pub(super) struct GradientPlan {
    sources: Vec<GradientSource>,
    schedule: WorkSchedule,
}

/// The operands of a gradient: columns of the workspace.
enum GradientSource {
    /// Xᵀ δ with the sparse inputs of the first layer.
    Sparse { delta: Range<usize> },
    /// xᵀ δ
    Dense { input: Range<usize>, delta: Range<usize> },
    /// The column sums of δ or of saved columns.
    Vector { delta: Range<usize> },
}

/// The batch after its backward pass.
pub(super) struct BackwardContext<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) input: Option<&'a InputLayer>,
    pub(super) workspace: View<'a>,
    /// The rows of the next step.
    pub(super) next_rows: &'a [u32],
}

impl GradientPlan {
    /// The plan for the parameters of `layout`, with a queue for each of `size` threads. Every queue has an equal part
    /// of each kernel.
    pub(super) fn new(
        layout: &WorkspaceLayout,
        input: Option<&InputLayer>,
        size: usize,
    ) -> GradientPlan {
        let (mut sources, mut counts) = (Vec::new(), Vec::new());
        let mut queues = vec![Vec::new(); size];
        for (l, columns) in layout.layers.iter().enumerate() {
            for gradient in &columns.gradients {
                let source = source(*gradient, (layout, l), input.is_some());
                let pieces = match (&source, input) {
                    (GradientSource::Sparse { .. }, Some(input)) => input.weight_blocks().collect(),
                    (GradientSource::Dense { input, .. }, _) => rows(input.len(), size),
                    // Too small for a split.
                    _ => rows(1, 1),
                };
                let n = pieces.len();
                for (number, Range { start: from, end: to }) in pieces.into_iter().enumerate() {
                    let queue = if n == 1 { size - 1 } else { number * size / n };
                    queues[queue].push(Chunk { target: sources.len(), index: number, from, to });
                }
                sources.push(source);
                counts.push(n);
            }
        }
        // Stealing is from the tail: the chunks of large kernels go last, and small parameters stay with their
        // owner.
        for queue in &mut queues {
            queue.sort_by_key(|chunk: &Chunk| 1 < counts[chunk.target]);
        }
        GradientPlan { sources, schedule: WorkSchedule::new(queues) }
    }

    /// Applies `rule` with the gradient of each parameter to `targets`, parameters with their slots.
    pub(super) fn update<'t, R: UpdateRule>(
        &mut self,
        (arch, team): (Arch, &mut Team),
        rule: &R,
        context: &BackwardContext<'_>,
        targets: impl Iterator<Item = ParamMut<'t>>,
    ) {
        let sources = &self.sources;
        team.run(&mut self.schedule, targets.map(ByRows), |part, chunk| {
            sources[chunk.target].update((arch, rule), context, chunk, part.0);
        });
    }
}

fn source(
    gradient: GradientKind,
    (layout, l): (&WorkspaceLayout, usize),
    sparse: bool,
) -> GradientSource {
    let columns = &layout.layers[l];
    let delta = columns.delta.clone();
    match gradient {
        GradientKind::Product if l == 0 && sparse => GradientSource::Sparse { delta },
        GradientKind::Product => GradientSource::Dense { input: layout.layer_input(l), delta },
        GradientKind::Delta => GradientSource::Vector { delta },
        GradientKind::SavedProduct { input, inputs, delta, units } => {
            let from = columns.saved.start;
            let (input, delta) = (from + input, from + delta);
            GradientSource::Dense { input: input..input + inputs, delta: delta..delta + units }
        }
        GradientKind::Saved => {
            let from = columns.saved.start;
            GradientSource::Vector { delta: from..from + delta.len() }
        }
    }
}

/// Cuts `n` rows of weights into at most `size` ranges, for as many inputs.
fn rows(n: usize, size: usize) -> Vec<Range<usize>> {
    let vectors = n.div_ceil(LANES);
    let size = size.clamp(1, vectors.max(1));
    let cut = |i| {
        let (from, to) = chunk_range(vectors, i, size);
        from * LANES..n.min(to * LANES)
    };
    (0..size).map(cut).collect()
}

impl GradientSource {
    /// Updates a chunk of a parameter.
    fn update<R: UpdateRule>(
        &self,
        (arch, rule): (Arch, &R),
        context: &BackwardContext<'_>,
        chunk: Chunk,
        target: ParamMut<'_>,
    ) {
        let BackwardContext { dataset, input: layer, workspace, next_rows } = context;
        let columns = |range: &Range<usize>| workspace.columns_range(range.clone());
        match self {
            GradientSource::Sparse { delta } => {
                if let (DatasetInputs::Sparse(x), Some(layer)) = (&dataset.inputs, layer) {
                    let gradient = InputGradient { x, delta: columns(delta), next_rows };
                    layer.update(arch, rule, chunk.index, gradient, target);
                }
            }
            GradientSource::Dense { input, delta } => {
                let input = columns(input).columns(chunk.from, chunk.to);
                product_update(arch, rule, Lhs::transposed(input), columns(delta), target);
            }
            GradientSource::Vector { delta } => bias_update(arch, rule, columns(delta), target),
        }
    }
}
