//! One training step of the tutorial's network in plain loops: the file to read first.
//!
//! [`step`] is [`Engine::step`](super::Engine::step) for two dense layers with ReLU and softmax
//! (784-64-10), cross-entropy and Adam. The engine adds sparse inputs, vectors of 16 lanes and
//! threads; the test below compares both.
//!
//! ```text
//! forward
//!   z₁ = x W₁ + b₁                            [batch × hidden]
//!   h  = max(z₁, 0)                           [batch × hidden]
//!   z₂ = h W₂ + b₂                            [batch × classes]
//!   p  = softmax(z₂)                          [batch × classes]
//!   L  = −Σ ln p[label] / batch
//! backward, with δ = ∂L/∂z
//!   δ₂ = (p − onehot(label)) / batch          [batch × classes]
//!   ∂W₂ = hᵀ δ₂      ∂b₂ = Σ δ₂               [hidden × classes], [classes]
//!   δ₁ = δ₂ W₂ᵀ where z₁ > 0, else 0          [batch × hidden]
//!   ∂W₁ = xᵀ δ₁      ∂b₁ = Σ δ₁               [inputs × hidden], [hidden]
//! Adam, for each weight w with gradient g, step t from 1
//!   m ← m + (1 − β₁) (g − m)
//!   v ← v + (1 − β₂) (g² − v)
//!   w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)
//! ```

/// A matrix as a list of rows.
pub type Rows = Vec<Vec<f64>>;

/// The weights of both layers. Gradients and moments have the same shapes.
#[derive(Clone, Debug)]
pub struct Params {
    /// W₁ [inputs × hidden]
    pub w1: Rows,
    /// b₁ [hidden]
    pub b1: Vec<f64>,
    /// W₂ [hidden × classes]
    pub w2: Rows,
    /// b₂ [classes]
    pub b2: Vec<f64>,
}

/// The state of Adam: the moments of every gradient and the number of steps.
#[derive(Clone, Debug)]
pub struct Moments {
    m: Params,
    v: Params,
    t: i32,
}

/// Trains `params` on one batch, `x` [batch × inputs] with its `labels` [batch]. Returns the mean
/// loss before the update.
pub fn step(params: &mut Params, moments: &mut Moments, x: &Rows, labels: &[usize]) -> f64 {
    // Forward.
    let z1 = dense(x, &params.w1, &params.b1);
    let h = z1.iter().map(|z| z.iter().map(|z| z.max(0.0)).collect()).collect();
    let z2 = dense(&h, &params.w2, &params.b2);
    let p: Rows = z2.iter().map(|z| softmax(z)).collect();
    let batch = x.len() as f64;
    let loss = p.iter().zip(labels).map(|(p, &label)| -p[label].ln()).sum::<f64>() / batch;

    // Backward.
    let mut delta2 = p;
    for (delta, &label) in delta2.iter_mut().zip(labels) {
        delta[label] -= 1.0;
        delta.iter_mut().for_each(|delta| *delta /= batch);
    }
    let (w2, b2) = dense_gradient(&h, &delta2);
    let delta1 = relu_backward(&z1, &delta2, &params.w2);
    let (w1, b1) = dense_gradient(x, &delta1);

    adam(params, Params { w1, b1, w2, b2 }, moments);
    loss
}

/// z = x W + b, row by row.
fn dense(x: &Rows, w: &Rows, b: &[f64]) -> Rows {
    let mut z = vec![b.to_vec(); x.len()];
    for (x, z) in x.iter().zip(&mut z) {
        for i in 0..w.len() {
            for j in 0..b.len() {
                z[j] += x[i] * w[i][j];
            }
        }
    }
    z
}

/// ∂W = xᵀ δ and ∂b = Σ δ, both sums over the batch.
fn dense_gradient(x: &Rows, delta: &Rows) -> (Rows, Vec<f64>) {
    let (mut dw, mut db) = (vec![vec![0.0; delta[0].len()]; x[0].len()], vec![0.0; delta[0].len()]);
    for (x, delta) in x.iter().zip(delta) {
        for (j, delta) in delta.iter().enumerate() {
            db[j] += delta;
            (0..x.len()).for_each(|i| dw[i][j] += x[i] * delta);
        }
    }
    (dw, db)
}

/// δ₁ = δ₂ W₂ᵀ where z₁ > 0, else 0.
fn relu_backward(z1: &Rows, delta2: &Rows, w2: &Rows) -> Rows {
    let mut delta1 = vec![vec![0.0; w2.len()]; z1.len()];
    for r in 0..z1.len() {
        for i in (0..w2.len()).filter(|&i| z1[r][i] > 0.0) {
            for (w, delta) in w2[i].iter().zip(&delta2[r]) {
                delta1[r][i] += w * delta;
            }
        }
    }
    delta1
}

/// p = eᶻ / Σ eᶻ, shifted by max z against overflow.
fn softmax(z: &[f64]) -> Vec<f64> {
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = z.iter().map(|z| (z - max).exp()).sum();
    z.iter().map(|z| (z - max).exp() / sum).collect()
}

/// One step of Adam on every weight, with the defaults of Keras.
fn adam(params: &mut Params, mut gradient: Params, Moments { m, v, t }: &mut Moments) {
    let (eta, beta_1, beta_2, epsilon) = (0.001, 0.9_f64, 0.999_f64, 1e-7);
    *t += 1;
    let alpha = eta * (1.0 - beta_2.powi(*t)).sqrt() / (1.0 - beta_1.powi(*t));
    let weights = params.iter_mut().zip(gradient.iter_mut());
    for ((w, g), (m, v)) in weights.zip(m.iter_mut().zip(v.iter_mut())) {
        *m += (1.0 - beta_1) * (*g - *m);
        *v += (1.0 - beta_2) * (*g * *g - *v);
        *w -= alpha * *m / (v.sqrt() + epsilon);
    }
}

impl Moments {
    /// The state before the first step: zeros in the shapes of `params`.
    pub fn new(params: &Params) -> Moments {
        let mut zeros = params.clone();
        zeros.iter_mut().for_each(|x| *x = 0.0);
        Moments { m: zeros.clone(), v: zeros, t: 0 }
    }
}

impl Params {
    /// Every number: W₁, b₁, W₂, b₂, each row after row.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        let first = self.w1.iter_mut().flatten().chain(&mut self.b1);
        first.chain(self.w2.iter_mut().flatten()).chain(&mut self.b2)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::{Inputs, Table, Targets, Values};
    use crate::model::{LayerSpec, Loss, Network};
    use crate::optim::Optimizer;
    use crate::train::{Dataset, Engine, Objective, OptimizerState};

    const ROWS: usize = 90;
    const STEPS: usize = 100;

    struct NetworkSize {
        inputs: usize,
        hidden: usize,
        classes: usize,
        batch: usize,
    }

    /// Rows of bytes, 4 of 5 of them 0 if `sparse`, and a class for each row.
    fn data(shape: &NetworkSize, sparse: bool) -> (Vec<u8>, Vec<u32>) {
        let mut state = 5_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 12
        };
        let mut byte = || if sparse && random() % 5 != 0 { 0 } else { (random() % 256) as u8 };
        let bytes = (0..ROWS * shape.inputs).map(|_| byte()).collect();
        (bytes, (0..ROWS).map(|_| random() % shape.classes as u32).collect())
    }

    fn to_rows(matrix: &[f32], cols: usize) -> Rows {
        matrix.chunks(cols).map(|row| row.iter().map(|x| f64::from(*x)).collect()).collect()
    }

    /// The weights of `network` as the reference has them.
    fn params(network: &Network) -> Params {
        let weights = network.weights();
        let [w1, b1, w2, b2] = [0, 1, 2, 3].map(|i| {
            let values = weights[i].values;
            to_rows(&values.to_rows(), values.cols())
        });
        Params { w1, b1: b1.concat(), w2, b2: b2.concat() }
    }

    /// Trains engine and reference on the same batches; returns the greatest difference of a loss
    /// and of a weight.
    fn differences(shape: &NetworkSize, sparse: bool, threads: usize) -> (f64, f64) {
        let (bytes, labels) = data(shape, sparse);
        let all: Vec<f32> = bytes.iter().map(|x| f32::from(*x) / 255.0).collect();
        let all = to_rows(&all, shape.inputs);
        let inputs = Inputs::new(shape.inputs, Values::Bytes(bytes.into()));
        let targets = Targets::Classes { labels: labels.clone(), classes: shape.classes };
        let table = Table::new(inputs, targets, vec![shape.inputs]);
        assert_eq!(matches!(table.inputs, Inputs::Sparse(_)), sparse);
        let dataset = Dataset::new(table, 255.0);
        let layers: Vec<LayerSpec> = serde_json::from_value(json!([
            {"type": "dense", "units": shape.hidden, "activation": "relu"},
            {"type": "dense", "units": shape.classes, "activation": "softmax"},
        ]))
        .unwrap();
        let mut network = Network::new(shape.inputs, &layers, 7);
        let mut params_want = params(&network);
        let mut moments = Moments::new(&params_want);
        let optimizer: Optimizer = serde_json::from_value(json!({"name": "adam"})).unwrap();
        let mut state = OptimizerState::new(&optimizer, &network);
        let loss = Loss::SparseCategoricalCrossentropy { from_logits: false };
        let objective = Objective { loss: &loss, metrics: &[], class_weight: &[] };
        let mut engine = Engine::new(&network, objective, &dataset, shape.batch, threads);

        let mut loss_difference = 0.0_f64;
        for t in 0..STEPS {
            let batch: Vec<u32> =
                (0..shape.batch).map(|i| ((t * shape.batch + i) * 7 % ROWS) as u32).collect();
            let got = engine.step(&mut network, &optimizer, &mut state, &dataset, &batch, &[]).loss;
            let x = batch.iter().map(|&r| all[r as usize].clone()).collect();
            let y: Vec<usize> = batch.iter().map(|&r| labels[r as usize] as usize).collect();
            let want = step(&mut params_want, &mut moments, &x, &y);
            loss_difference = loss_difference.max((got - want).abs());
        }
        let mut got = params(&network);
        let pairs = got.iter_mut().zip(params_want.iter_mut());
        (loss_difference, pairs.map(|(got, want)| (*got - *want).abs()).fold(0.0, f64::max))
    }

    /// Weights move by up to 0.1 in 100 steps of 0.001. Single precision and
    /// [`reciprocal`](kernels::reciprocal) may cost 10⁻⁴ of the way.
    #[test]
    fn engine_follows_the_reference_for_100_steps() {
        for (inputs, hidden, classes, batch) in [
            (49, 64, 10, 32),
            (31, 17, 3, 7),
            (130, 5, 2, 1),
            (16, 33, 20, 13),
            (12, 16, 4, 80),
            (1, 1, 2, 60),
        ] {
            let shape = NetworkSize { inputs, hidden, classes, batch };
            for (sparse, threads) in [(true, 1), (true, 3), (false, 1), (false, 3)] {
                let (loss, weight) = differences(&shape, sparse, threads);
                assert!(
                    loss < 1e-5 && weight < 1e-5,
                    "{inputs}-{hidden}-{classes}, {batch} rows, sparse {sparse}, {threads} threads: \
                     losses differ by {loss:e}, weights by {weight:e}"
                );
            }
        }
    }
}
