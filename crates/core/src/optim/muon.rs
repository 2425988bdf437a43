//! Muon: orthogonal steps for kernels, AdamW for biases; nothing else.
//!
//! ```text
//! m ← µ m + g
//! G = g + µ m                                    nesterov; else G = m
//! X = G / (‖G‖ + 10⁻⁷)                           ‖G‖: root of the sum of all squares
//! A = X Xᵀ,  X ← a X + (b A + c A²) X            ns_steps times (Newton and Schulz)
//! w ← w − λ η w − η ϱ √max(rows, columns) X      ϱ: rms_rate
//! ```
//!
//! X is kept as Y = Xᵀ where that makes A the smaller one: A = Yᵀ Y, Y ← a Y + Y (b A + c A²). The
//! products take 10 times the arithmetic of a batch of 32, which is what the method is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::decay_and_clip::DecayAndClip;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{Axpby, CommonArgs, ExecContext, LearningRate, ParamGrad, TensorRule};
use kernels::{Lhs, MAX_SLOTS, Matrix, SimdFloat, UpdateRule};

/// The arguments of Keras's `Muon`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Muon {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of the momentum of a kernel.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub momentum: f64,
    /// Look ahead along the momentum before stepping.
    pub nesterov: bool,
    /// Iterations that make a step orthogonal.
    pub ns_steps: u32,
    /// Coefficient a of the iteration.
    pub muon_a: f64,
    /// Coefficient b of the iteration.
    pub muon_b: f64,
    /// Coefficient c of the iteration.
    pub muon_c: f64,
    /// Root mean square of a kernel's step of size 1.
    #[schemars(range(min = 0.0))]
    pub rms_rate: f64,
    /// Before each step every kernel loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Step size of the biases, as a share of the kernels'.
    #[schemars(range(min = 0.0))]
    pub adam_lr_ratio: f64,
    /// Decay of the biases' first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub adam_beta_1: f64,
    /// Decay of the biases' second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub adam_beta_2: f64,
    /// Added to the root of the biases' second moment.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Before each step every bias loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub adam_weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Muon {
    fn default() -> Muon {
        Muon {
            learning_rate: 0.001.into(),
            momentum: 0.95,
            nesterov: true,
            ns_steps: 5,
            muon_a: 3.4445,
            muon_b: -4.775,
            muon_c: 2.0315,
            rms_rate: 0.2,
            weight_decay: 0.004,
            adam_lr_ratio: 1.0,
            adam_beta_1: 0.9,
            adam_beta_2: 0.999,
            epsilon: 1e-7,
            adam_weight_decay: 0.004,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Muon {
    // Kernels and biases decay differently.
    const DECAYS_WEIGHTS: bool = true;

    fn decay_rates(&self) -> Vec<f64> {
        vec![self.momentum, self.adam_beta_1, self.adam_beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        visitor.visit_tensor_rule(&MuonRule { muon: self, info })
    }
}

struct MuonRule<'a> {
    muon: &'a Muon,
    info: StepInfo,
}

impl TensorRule for MuonRule<'_> {
    fn slots(rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix> {
        vec![Matrix::zeros(rows, cols); if is_vector { 2 } else { 1 }]
    }

    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        if weight.is_vector { self.bias(ctx, weight) } else { self.kernel(ctx, weight) }
    }
}

impl MuonRule<'_> {
    /// λ η
    fn decay(&self, weight_decay: f64) -> f32 {
        (weight_decay * f64::from(self.info.eta)) as f32
    }

    fn bias(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        let muon = self.muon;
        let (beta_1, beta_2) = (muon.adam_beta_1, muon.adam_beta_2);
        let adam = Adam { beta_1, beta_2, epsilon: muon.epsilon, ..Adam::default() };
        let eta = (f64::from(self.info.eta) * muon.adam_lr_ratio) as f32;
        let step = adam.step::<false>(StepInfo { eta, ..self.info });
        let rule = DecayAndClip::decayed(self.decay(muon.adam_weight_decay), step);
        ctx.update(&rule, weight.gradient, weight.value, weight.slots);
    }

    fn kernel(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        let ParamGrad { value: w, gradient: g, slots, scratch, .. } = weight;
        let mu = self.muon.momentum as f32;
        if self.muon.nesterov {
            ctx.map(&MuonMomentum::<true> { mu }, g, slots);
        } else {
            ctx.map(&MuonMomentum::<false> { mu }, g, slots);
        }
        let norm = ctx.square_sum(g).sqrt();
        ctx.map(&Axpby::scale((1.0 / (norm + 1e-7)) as f32), g, &mut []);
        let (long, short) = (w.rows().max(w.cols()), w.rows().min(w.cols()));
        let square = (short, short);
        if w.rows() < w.cols() {
            let [a, b, next, y] = scratch.matrices([square, square, (long, short), (long, short)]);
            ctx.transpose(g, y);
            self.orthogonalize(ctx, y, [a, b, next]);
            ctx.transpose(y, g);
        } else {
            let [a, b, next] = scratch.matrices([square, square, (long, short)]);
            self.orthogonalize(ctx, g, [a, b, next]);
        }
        let size = f64::from(self.info.eta) * (long as f64).sqrt() * self.muon.rms_rate;
        let step = Axpby { of_value: 1.0, of_gradient: -size as f32 };
        let rule = DecayAndClip::decayed(self.decay(self.muon.weight_decay), step);
        ctx.update(&rule, g, w, &mut []);
    }

    /// Makes the columns of Y nearly orthonormal.
    fn orthogonalize(&self, ctx: &mut ExecContext<'_>, y: &mut Matrix, room: [&mut Matrix; 3]) {
        let Muon { muon_a, muon_b, muon_c, .. } = *self.muon;
        let blend = Axpby { of_value: muon_c as f32, of_gradient: muon_b as f32 };
        let add = Axpby { of_value: muon_a as f32, of_gradient: 1.0 };
        let [a, b, next] = room;
        for _ in 0..self.muon.ns_steps {
            ctx.product(Lhs::transposed(y.view(y.rows())), y, a);
            ctx.product(Lhs::new(a.view(a.rows())), a, b);
            ctx.update(&blend, a, b, &mut []);
            ctx.product(Lhs::new(y.view(y.rows())), b, next);
            ctx.update(&add, next, y, &mut []);
        }
    }
}

/// Puts G in the place of g.
#[derive(Clone, Copy)]
struct MuonMomentum<const NESTEROV: bool> {
    mu: f32,
}

impl<const NESTEROV: bool> UpdateRule for MuonMomentum<NESTEROV> {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, g: L, _: L, [m, ..]: &mut [L; MAX_SLOTS]) -> L {
        let mu = g.splat(self.mu);
        *m = mu.mul_add(*m, g);
        if NESTEROV { mu.mul_add(*m, g) } else { *m }
    }
}
