//! Adafactor: second moments kept by row and column alone; nothing else.
//!
//! ```text
//! ρ = min(η, 1 / √t),  α = max(ε₂, rms(w)) ρ     t counts from 1; rms: root mean square
//! β = 1 − t^d                                    d: beta_2_decay
//! r ← β r + (1 − β) mean of g² + ε₁ over each row
//! c ← β c + (1 − β) mean of g² + ε₁ over each column
//! V = r c / mean(r)                              of a kernel
//! V ← β V + (1 − β) (g² + ε₁)                    of a bias
//! u = g / √V
//! w ← w − α u / max(1, rms(u) / clip_threshold)
//! ```
//!
//! Where V is too small for a number, u is that of g = 0: Keras's is NaN there, which loses the
//! weights of inputs that are never used. Keras's `relative_step` changes no number, as ρ is the
//! lesser of both either way, and is no key here. A step takes six passes over its memory where SGD
//! takes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{Axpby, CommonArgs, ExecContext, LearningRate, ParamGrad, TensorRule};
use kernels::math::rsqrt;
use kernels::{MAX_SLOTS, Matrix, SimdFloat, UpdateRule};

/// The arguments of Keras's `Adafactor`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adafactor {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Power of the step number by which the second moments forget less and less.
    #[schemars(range(max = 0.0))]
    pub beta_2_decay: f64,
    /// Added to the squares of the gradient.
    #[schemars(range(min = 0.0))]
    pub epsilon_1: f64,
    /// The least root mean square of a weight, for the size of its steps.
    #[schemars(range(min = 0.0))]
    pub epsilon_2: f64,
    /// The greatest root mean square of u: beyond it u is scaled down.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub clip_threshold: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Adafactor {
    fn default() -> Adafactor {
        Adafactor {
            learning_rate: 0.001.into(),
            beta_2_decay: -0.8,
            epsilon_1: 1e-30,
            epsilon_2: 1e-3,
            clip_threshold: 1.0,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Adafactor {
    fn decay_rates(&self) -> Vec<f64> {
        // 1 − t^−0.8 is least after the first update.
        vec![0.4]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let t = info.t as f64;
        visitor.visit_tensor_rule(&AdafactorRule {
            rho: f64::from(info.eta).min(1.0 / t.sqrt()),
            beta: 1.0 - t.powf(self.beta_2_decay),
            epsilon_1: self.epsilon_1,
            epsilon_2: self.epsilon_2,
            clip_threshold: self.clip_threshold,
        })
    }
}

struct AdafactorRule {
    rho: f64,
    beta: f64,
    epsilon_1: f64,
    epsilon_2: f64,
    clip_threshold: f64,
}

impl TensorRule for AdafactorRule {
    fn slots(rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix> {
        if is_vector {
            vec![Matrix::zeros(rows, cols)]
        } else {
            vec![Matrix::zeros(1, rows), Matrix::zeros(1, cols)]
        }
    }

    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        let ParamGrad { value: w, gradient: u, slots, scratch, is_vector } = weight;
        let n = (w.rows() * w.cols()) as f64;
        match (is_vector, slots) {
            (false, [r, c]) => {
                let [down, along] = scratch.matrices([(1, w.rows()), (1, w.cols())]);
                self.factor(ctx, u, [r, c], [down, along]);
                ctx.scale_outer(down, along, u);
            }
            (_, slots) => ctx.map(&self.of_vector(), u, slots),
        }
        let rms = (ctx.square_sum(u) / n).sqrt();
        let alpha = (ctx.square_sum(w) / n).sqrt().max(self.epsilon_2) * self.rho;
        let of_gradient = (-alpha / (rms / self.clip_threshold).max(1.0)) as f32;
        ctx.update(&Axpby { of_value: 1.0, of_gradient }, u, w, &mut []);
    }
}

impl AdafactorRule {
    /// Renews r and c, and sets √(mean(r) / r) and 1 / √c, whose product is 1 / √V.
    fn factor(
        &self,
        ctx: &mut ExecContext<'_>,
        g: &Matrix,
        [r, c]: [&mut Matrix; 2],
        [down, along]: [&mut Matrix; 2],
    ) {
        let (rows, cols) = (g.rows(), g.cols());
        ctx.column_square_sums(g, along);
        let sums = along.row(0)[..cols].iter().map(|sum| f64::from(*sum));
        self.renew(&mut c.row_mut(0)[..cols], sums, rows);
        let sums = ctx.row_square_sums(g).iter().copied();
        self.renew(&mut r.row_mut(0)[..rows], sums, cols);
        let mean = r.row(0)[..rows].iter().map(|r| f64::from(*r)).sum::<f64>() / rows as f64;
        inverse_roots(&r.row(0)[..rows], mean, down.row_mut(0));
        inverse_roots(&c.row(0)[..cols], 1.0, along.row_mut(0));
    }

    /// x ← β x + (1 − β) (sum / n + ε₁)
    fn renew(&self, moments: &mut [f32], sums: impl Iterator<Item = f64>, n: usize) {
        for (x, sum) in moments.iter_mut().zip(sums) {
            let square = sum / n as f64 + self.epsilon_1;
            *x = (self.beta * f64::from(*x) + (1.0 - self.beta) * square) as f32;
        }
    }

    fn of_vector(&self) -> OfVector {
        let (beta, one_minus_beta) = (self.beta as f32, (1.0 - self.beta) as f32);
        OfVector { beta, one_minus_beta, epsilon: self.epsilon_1 as f32 }
    }
}

/// √(mean / x), or 0 where x is 0.
fn inverse_roots(moments: &[f32], mean: f64, roots: &mut [f32]) {
    for (root, &x) in roots.iter_mut().zip(moments) {
        *root = if x > 0.0 { (mean / f64::from(x)).sqrt() as f32 } else { 0.0 };
    }
}

/// Puts u in the place of a bias's g.
#[derive(Clone, Copy)]
struct OfVector {
    beta: f32,
    /// 1 − β
    one_minus_beta: f32,
    epsilon: f32,
}

impl UpdateRule for OfVector {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, g: L, _: L, [v, ..]: &mut [L; MAX_SLOTS]) -> L {
        let square = g.mul_add(g, g.splat(self.epsilon));
        *v = g.splat(self.beta).mul_add(*v, g.splat(self.one_minus_beta) * square);
        g * rsqrt(*v)
    }
}
