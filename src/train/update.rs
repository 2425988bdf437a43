//! The update of every weight by the gradient of a batch, each gradient consumed where it is summed;
//! it decides nothing about the rule.

use crate::kernels::{LANES, Matrix, Rows, Rule, Target, View, share};
use crate::model::Network;
use crate::optim::UseRule;
use crate::train::feed::Feed;
use crate::train::first::{First, Part};
use crate::train::page::Layout;
use crate::train::pass::Pass;
use crate::train::state::OptimizerState;

/// The update that follows the training pass of `n_rows` rows.
pub(super) struct Update<'a> {
    pub(super) pass: &'a mut Pass,
    pub(super) network: &'a mut Network,
    pub(super) state: &'a mut OptimizerState,
    pub(super) feed: &'a Feed,
    pub(super) n_rows: usize,
    /// The rows of the next step.
    pub(super) ahead: &'a [u32],
}

impl UseRule for Update<'_> {
    type Output = ();

    fn use_rule<R: Rule>(self, rule: &R) {
        let Pass { cpu, team, layout, pages, first, .. } = self.pass;
        let (cpu, ahead) = (*cpu, self.ahead);
        let pages = pages.view(self.n_rows);
        let mut hands =
            deal(self.network, self.state, self.feed, (first, layout, pages), team.size());
        team.divide(Rows(&mut hands[..]), |hands, _| {
            for part in hands.0.iter_mut().flat_map(std::mem::take) {
                part.update(cpu, rule, ahead);
            }
        });
    }
}

/// Deals all weights out to `size` members: of each kernel, every one gets as much.
fn deal<'a>(
    network: &'a mut Network,
    state: &'a mut OptimizerState,
    feed: &'a Feed,
    (first, layout, pages): (&'a First, &Layout, View<'a>),
    size: usize,
) -> Vec<Vec<Part<'a>>> {
    let mut hands: Vec<_> = (0..size).map(|_| Vec::new()).collect();
    let mut slots = state.slots.iter_mut();
    for (l, layer) in network.layers.iter_mut().enumerate() {
        let delta = pages.columns_range(layout.layers[l].delta.clone());
        let kernel = target(&mut layer.kernel, slots.next());
        let parts = if l == 0 {
            let input = pages.columns_range(layout.input.clone());
            first.parts(feed, [input, delta], kernel, size)
        } else {
            let input = pages.columns_range(layout.layers[l - 1].output.clone());
            rows_of(kernel, [input, delta], size)
        };
        let n = parts.len();
        for (i, part) in parts.into_iter().enumerate() {
            hands[i * size / n].push(part);
        }
        if let Some(bias) = &mut layer.bias {
            hands[size - 1].push(Part::Bias { delta, bias: target(bias, slots.next()) });
        }
    }
    hands
}

/// Cuts `kernel` into at most `n` ranges of rows, each with its inputs.
fn rows_of<'a>(kernel: Target<'a>, [input, delta]: [View<'a>; 2], n: usize) -> Vec<Part<'a>> {
    let vectors = input.cols().div_ceil(LANES);
    let n = n.clamp(1, vectors.max(1));
    let mut rest = Some(kernel);
    let cut = |i| {
        let (from, to) = share(vectors, i, n);
        let (from, to) = (from * LANES, input.cols().min(to * LANES));
        let (kernel, tail) = rest.take()?.split_rows(to - from);
        rest = Some(tail);
        Some(Part::Dense { input: input.columns(from, to), delta, kernel })
    };
    (0..n).filter_map(cut).collect()
}

/// A weight with its optimizer's state.
fn target<'a>(value: &'a mut Matrix, slots: Option<&'a mut Vec<Matrix>>) -> Target<'a> {
    let mut slots = slots.into_iter().flatten().map(|s| s.view_mut(s.rows()));
    let slots = std::array::from_fn(|_| slots.next());
    Target { slots, value: value.view_mut(value.rows()) }
}
