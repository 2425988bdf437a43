//! The update of all parameters after a batch. Elementwise rules consume a gradient in registers; norms, accumulation,
//! regularizers and rules on whole tensors materialize the gradients first.

use crate::model::{Network, ParamSpec};
use crate::optim::{
    Axpby, CommonArgs, Elementwise, Ema, ExecContext, Optimizer, ParamGrad, RuleVisitor, Scratch,
    TensorRule,
};
use crate::train::dataset::Dataset;
use crate::train::executor::Executor;
use crate::train::gradient::BackwardContext;
use crate::train::state::OptimizerState;
use kernels::{MAX_SLOTS, Matrix, ParamMut, SimdFloat, UpdateRule};

/// The update after the training pass of `n_rows` rows.
pub(super) struct Update<'a> {
    pub(super) executor: &'a mut Executor,
    pub(super) buffers: &'a mut GradientBuffers,
    pub(super) network: &'a mut Network,
    pub(super) optimizer: &'a Optimizer,
    pub(super) state: &'a mut OptimizerState,
    pub(super) dataset: &'a Dataset,
    pub(super) n_rows: usize,
    /// The rows of the next step.
    pub(super) next_rows: &'a [u32],
    /// Whether some parameter has a regularizer.
    pub(super) regularized: bool,
}

/// Materialized gradients, allocated at the first use.
#[derive(Default)]
pub(super) struct GradientBuffers {
    gradients: Vec<Matrix>,
    scratch: Vec<Scratch>,
    pub(super) sums: Vec<f64>,
}

impl RuleVisitor for Update<'_> {
    type Output = ();

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) {
        let shared = self.optimizer.common_args();
        let by_norm = shared.clipnorm.or(shared.global_clipnorm).is_some();
        if by_norm || shared.batches() > 1 || self.regularized {
            self.visit_tensor_rule(&Elementwise(*rule));
        } else {
            let weights = self.network.trainable_mut().zip(&mut self.state.slots);
            let targets = weights.map(|((_, value), slots)| ParamMut::new(value, slots));
            let batch = (self.dataset, self.n_rows, self.next_rows);
            fused_update(self.executor, batch, rule, targets);
        }
    }

    fn visit_tensor_rule<W: TensorRule>(mut self, rule: &W) {
        self.materialize(|context, weight| rule.step(context, weight));
    }
}

impl Update<'_> {
    /// Materializes the gradients of the batch. At the end of an accumulation, `step` updates each parameter.
    fn materialize(&mut self, step: impl FnMut(&mut ExecContext<'_>, ParamGrad<'_>)) {
        if !self.accumulate() {
            return;
        }
        let shared = self.optimizer.common_args();
        let GradientBuffers { gradients, scratch, sums } = &mut *self.buffers;
        let gradients = match shared.batches() {
            1 => gradients,
            _ => &mut self.state.accumulated,
        };
        let mut context =
            ExecContext { arch: self.executor.arch, team: &mut self.executor.team, sums };
        let weights = self.network.trainable_mut().zip(&mut self.state.slots);
        apply(&mut context, shared, gradients, scratch, weights, step);
    }

    /// Adds the gradients of the batch to those of the same update. Returns whether the update is due.
    fn accumulate(&mut self) -> bool {
        let (batches, done) = (self.optimizer.common_args().batches(), self.state.iterations);
        let gradients = match batches {
            1 => &mut self.buffers.gradients,
            _ => &mut self.state.accumulated,
        };
        if gradients.is_empty() {
            let zeros = |(_, w): (_, &mut Matrix)| Matrix::zeros(w.rows(), w.cols());
            *gradients = self.network.trainable_mut().map(zeros).collect();
        }
        // A regularizer adds to the gradient of every element, also without inputs in the batch.
        let everywhere = self.regularized;
        let targets = gradients.iter_mut().map(|g| ParamMut::new(g, &mut []));
        let batch = (self.dataset, self.n_rows, self.next_rows);
        match (done.is_multiple_of(batches), everywhere) {
            (true, false) => fused_update(self.executor, batch, &Store::<true>, targets),
            (true, true) => fused_update(self.executor, batch, &Store::<false>, targets),
            (false, _) => fused_update(self.executor, batch, &Accumulate, targets),
        }
        (done + 1).is_multiple_of(batches)
    }
}

/// Scales, regularizes and clips the gradients, then updates each of `weights` by `step`.
fn apply<'w>(
    context: &mut ExecContext<'_>,
    shared: &CommonArgs,
    gradients: &mut [Matrix],
    scratch: &mut Vec<Scratch>,
    weights: impl Iterator<Item = ((ParamSpec<'w>, &'w mut Matrix), &'w mut Vec<Matrix>)>,
    mut step: impl FnMut(&mut ExecContext<'_>, ParamGrad<'_>),
) {
    let weights: Vec<_> = weights.collect();
    for (((param, value), _), gradient) in weights.iter().zip(&mut *gradients) {
        scale(context, gradient, 1.0 / shared.batches() as f64);
        if let Some(regularizer) = param.regularizer {
            context.update(&regularizer.slope(), value, gradient, &mut []);
        }
    }
    clip(context, shared, gradients);
    scratch.resize_with(gradients.len(), Scratch::default);
    let gradients = gradients.iter_mut().zip(scratch);
    for (((param, value), slots), (gradient, scratch)) in weights.into_iter().zip(gradients) {
        step(context, ParamGrad { value, gradient, slots, scratch, is_vector: param.is_vector });
    }
}

/// Applies `rule` to `targets` with gradients that are never stored, in the network's order.
fn fused_update<'t, R: UpdateRule>(
    executor: &mut Executor,
    (dataset, n_rows, next_rows): (&Dataset, usize, &[u32]),
    rule: &R,
    targets: impl Iterator<Item = ParamMut<'t>>,
) {
    let Executor { arch, team, workspace, input, gradients, .. } = executor;
    let context = BackwardContext {
        dataset,
        input: input.as_ref(),
        workspace: workspace.view(n_rows),
        next_rows,
    };
    gradients.update((*arch, team), rule, &context, targets);
}

/// Multiplies a gradient by a factor below 1.
fn scale(context: &mut ExecContext<'_>, gradient: &mut Matrix, by: f64) {
    if by < 1.0 {
        context.map(&Axpby::scale(by as f32), gradient, &mut []);
    }
}

/// Clips gradients by norm.
fn clip(context: &mut ExecContext<'_>, shared: &CommonArgs, gradients: &mut [Matrix]) {
    if let Some(limit) = shared.clipnorm {
        for gradient in gradients.iter_mut() {
            let norm = context.square_sum(gradient).sqrt();
            scale(context, gradient, limit / norm);
        }
    }
    if let Some(limit) = shared.global_clipnorm {
        let norm = gradients.iter().map(|g| context.square_sum(g)).sum::<f64>().sqrt();
        gradients.iter_mut().for_each(|gradient| scale(context, gradient, limit / norm));
    }
}

/// Updates the moving averages of the weights, if any.
pub(super) fn update_ema(
    context: &mut ExecContext<'_>,
    network: &mut Network,
    shared: &CommonArgs,
    state: &mut OptimizerState,
) {
    let Some(rule) = Ema::for_step(shared, state.iterations) else { return };
    for ((_, weight), average) in network.trainable_mut().zip(&mut state.averages) {
        context.update(&rule, weight, average, &mut []);
        if rule.overwrites {
            weight.as_mut_slice().copy_from_slice(average.as_slice());
        }
    }
}

/// Sets tiny numbers of an optimizer's state to 0, often enough that neither the numbers nor their products become
/// subnormal.
pub(super) fn flush_tiny(
    context: &mut ExecContext<'_>,
    optimizer: &Optimizer,
    state: &mut OptimizerState,
) {
    let interval = optimizer.flush_interval();
    if state.iterations % interval == interval - 1 {
        state.slots.iter_mut().flatten().for_each(|slot| context.map(&FlushTiny, slot, &mut []));
    }
}

/// Applies the constraints.
pub(super) fn constrain(network: &mut Network) {
    for (param, weight) in network.trainable_mut() {
        if let Some(constraint) = param.constraint {
            constraint.apply(weight, param.is_vector);
        }
    }
}

/// The penalties of the regularizers.
pub(super) fn penalty(context: &mut ExecContext<'_>, network: &Network) -> f64 {
    let mut penalty = 0.0;
    for (param, weight) in network.regularized() {
        let (l1, l2) = param.regularizer.map_or((0.0, 0.0), |regularizer| regularizer.factors());
        if l1 != 0.0 {
            penalty += l1 * context.magnitude_sum(weight);
        }
        if l2 != 0.0 {
            penalty += l2 * context.square_sum(weight);
        }
    }
    penalty
}

/// w ← g: stores a gradient.
#[derive(Clone, Copy)]
struct Store<const IDLE_WITHOUT_GRADIENT: bool>;

impl<const IDLE_WITHOUT_GRADIENT: bool> UpdateRule for Store<IDLE_WITHOUT_GRADIENT> {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = IDLE_WITHOUT_GRADIENT;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, _: L, g: L, _: &mut [L; MAX_SLOTS]) -> L {
        g
    }
}

/// w ← w, or 0 for tiny numbers.
#[derive(Clone, Copy)]
struct FlushTiny;

impl UpdateRule for FlushTiny {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, _: L, _: &mut [L; MAX_SLOTS]) -> L {
        // + 0 for the reason given at `Relu` in the table of activations.
        w.flush_tiny() + w.splat(0.0)
    }
}

/// w ← w + g: accumulates a gradient.
#[derive(Clone, Copy)]
struct Accumulate;

impl UpdateRule for Accumulate {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, _: &mut [L; MAX_SLOTS]) -> L {
        w + g
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::LayerSpec;
    use kernels::{Arch, Team};

    fn matrix(rows: usize, cols: usize, numbers: &Value) -> Matrix {
        let numbers: Vec<f32> = serde_json::from_value(numbers.clone()).unwrap();
        Matrix::from_rows(rows, cols, &numbers)
    }

    /// One application of all gradients of an update.
    struct ApplyOnce<'a>(
        &'a mut ExecContext<'a>,
        &'a CommonArgs,
        &'a mut [Matrix],
        &'a mut Network,
        &'a mut OptimizerState,
    );

    impl RuleVisitor for ApplyOnce<'_> {
        type Output = ();

        fn visit_elementwise<R: UpdateRule>(self, rule: &R) {
            self.visit_tensor_rule(&Elementwise(*rule));
        }

        fn visit_tensor_rule<W: TensorRule>(self, rule: &W) {
            let ApplyOnce(context, shared, gradients, network, state) = self;
            let weights = network.trainable_mut().zip(&mut state.slots);
            apply(context, shared, gradients, &mut Vec::new(), weights, |context, weight| {
                rule.step(context, weight);
            });
        }
    }

    /// A network of a kernel and a bias after all updates of a problem.
    fn solve(optimizer: &Optimizer, problem: &Value, threads: usize) -> (Network, OptimizerState) {
        let shape: Vec<usize> = serde_json::from_value(problem["shape"].clone()).unwrap();
        let (rows, cols) = (shape[0], shape[1]);
        let layer: LayerSpec =
            serde_json::from_value(serde_json::json!({"type": "dense", "units": cols})).unwrap();
        let mut network = Network::new(rows, &[layer], 0);
        for (i, weight) in network.weights_mut().enumerate() {
            *weight = matrix(weight.rows(), cols, &problem["start"][i]);
        }
        let mut state = OptimizerState::new(optimizer, &network);
        let (mut team, mut sums) = (Team::new(threads), Vec::new());
        let shared = optimizer.common_args();
        let mut sum = vec![Matrix::zeros(rows, cols), Matrix::zeros(1, cols)];
        for gradients in problem["gradients"].as_array().unwrap() {
            let mut context =
                ExecContext { arch: Arch::detect(), team: &mut team, sums: &mut sums };
            let batch = [matrix(rows, cols, &gradients[0]), matrix(1, cols, &gradients[1])];
            for (sum, gradient) in sum.iter_mut().zip(&batch) {
                if state.iterations.is_multiple_of(shared.batches()) {
                    context.update(&Store::<true>, gradient, sum, &mut []);
                } else {
                    context.update(&Accumulate, gradient, sum, &mut []);
                }
            }
            if (state.iterations + 1).is_multiple_of(shared.batches()) {
                let mut context =
                    ExecContext { arch: Arch::detect(), team: &mut team, sums: &mut sums };
                let at = state.iterations;
                optimizer.with_rule(
                    at,
                    None,
                    ApplyOnce(&mut context, shared, &mut sum, &mut network, &mut state),
                );
            }
            let mut context =
                ExecContext { arch: Arch::detect(), team: &mut team, sums: &mut sums };
            update_ema(&mut context, &mut network, shared, &mut state);
            state.iterations += 1;
        }
        (network, state)
    }

    fn compare(config: &Value, network: &Network, want: &Value) {
        for (got, want) in network.weights().iter().zip(want.as_array().unwrap()) {
            let want: Vec<f32> = serde_json::from_value(want.clone()).unwrap();
            for (got, want) in got.values.to_rows().iter().zip(want) {
                let bound = 2e-6 * want.abs().max(1.0);
                assert!((got - want).abs() < bound, "{config}: {got}, Keras has {want}");
            }
        }
    }

    #[test]
    fn what_has_all_but_decayed_fades_before_it_is_subnormal() {
        let layer = serde_json::json!({"type": "dense", "units": 3});
        let network = Network::new(2, &[serde_json::from_value(layer).unwrap()], 0);
        let optimizer: Optimizer =
            serde_json::from_value(serde_json::json!({"name": "adam"})).unwrap();
        let mut state = OptimizerState::new(&optimizer, &network);
        let (least, gone) = (2f32.powi(-95), 2f32.powi(-96));
        let interval = optimizer.flush_interval();
        assert_eq!(interval, 105, "0.9 to this power is just above 2⁻¹⁶");
        let (mut team, mut sums) = (Team::new(2), Vec::new());
        for iterations in 0..2 * interval {
            state.iterations = iterations;
            state.slots[0][1].row_mut(1)[..3].copy_from_slice(&[least, -gone, 1.0]);
            let mut context =
                ExecContext { arch: Arch::detect(), team: &mut team, sums: &mut sums };
            flush_tiny(&mut context, &optimizer, &mut state);
            let faded = if iterations % interval == interval - 1 { 0.0 } else { -gone };
            assert_eq!(state.slots[0][1].row(1)[..3], [least, faded, 1.0]);
        }
    }

    /// `tests/golden/keras_optimizers.py` has recorded Keras's numbers.
    #[test]
    fn gradients_in_memory_give_the_weights_of_keras_on_any_number_of_threads() {
        let text = include_str!("../../../../tests/golden/keras_optimizers.json");
        let golden: Value = serde_json::from_str(text).unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let mut config = case["optimizer"].clone();
            // It changes no number, and is no key here.
            config.as_object_mut().unwrap().remove("relative_step");
            let optimizer: Optimizer = serde_json::from_value(config.clone()).unwrap();
            for (name, problem) in golden["problems"].as_object().unwrap() {
                let (mut network, state) = solve(&optimizer, problem, 1);
                compare(&config, &network, &case[name]["raw"]);
                assert!(solve(&optimizer, problem, 3) == (network.clone(), state.clone()));
                if optimizer.common_args().use_ema {
                    state.apply_ema(&mut network);
                    compare(&config, &network, &case[name]["final"]);
                }
            }
        }
    }
}
