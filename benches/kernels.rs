//! The kernels of a step on MNIST, each alone: 784 inputs of which about a fifth are not 0.

use std::path::Path;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use runner::data::{self, Inputs, Values};
use runner::kernels::{
    Arch, BlockCsr, InputGradient, InputLayer, Lhs, Matrix, ParamMut, Team, UpdateRule, product,
};
use runner::optim::{Optimizer, RuleVisitor, TensorRule};

fn main() {
    divan::main();
}

/// The training images.
static IMAGES: LazyLock<BlockCsr> = LazyLock::new(|| {
    let source = data::Source::parse("mnist", Path::new(""));
    let table = data::load(&source, data::Split::Train).expect("MNIST is built in");
    let Inputs::Sparse(rows) = table.inputs else { panic!("MNIST is sparse") };
    let Values::Bytes(values) = &rows.values else { panic!("MNIST has bytes") };
    BlockCsr::from_bytes(&rows.mask, values, 255.0)
});

/// Numbers between −½ and ½.
fn matrix(rows: usize, cols: usize) -> Matrix {
    let numbers: Vec<_> = (0..rows * cols).map(|i| (i * 7919 % 1000) as f32 / 1e3 - 0.5).collect();
    Matrix::from_rows(rows, cols, &numbers)
}

/// The rows of batch number `i`, as far apart as shuffled ones.
fn batch(n: usize, i: usize) -> Vec<u32> {
    (0..n).map(|k| ((i * n + k) * 7919 % 60000) as u32).collect()
}

const BATCHES: [usize; 3] = [1, 32, 128];

/// The forward product of the first layer, of a new batch each time.
#[divan::bench(args = BATCHES, consts = [16, 64, 512])]
fn sparse_forward<const UNITS: usize>(bencher: Bencher<'_, '_>, n: usize) {
    let (w, mut z, mut team) = (matrix(784, UNITS), matrix(n, UNITS), Team::new(1));
    let (mut layer, mut i) = (InputLayer::new(&IMAGES, UNITS, n, 1), 0);
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        i += 1;
        layer.forward(Arch::detect(), &mut team, &IMAGES, &batch(n, i), w.view(784), None);
        layer.output(Arch::detect(), 0, z.view_mut(n));
    });
}

#[divan::bench(args = BATCHES, consts = [16, 64, 512])]
fn dense_forward<const UNITS: usize>(bencher: Bencher<'_, '_>, n: usize) {
    let (x, w, mut z) = (matrix(n, 784), matrix(784, UNITS), matrix(n, UNITS));
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        product(Arch::detect(), Lhs::new(black_box(x.view(n))), w.view(784), None, z.view_mut(n));
    });
}

/// The update of the first kernel by a batch.
struct Step<'a> {
    layer: &'a InputLayer,
    delta: &'a Matrix,
    value: &'a mut Matrix,
    slots: &'a mut [Matrix],
}

impl RuleVisitor for Step<'_> {
    type Output = ();

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) {
        let delta = self.delta.view(self.delta.rows());
        let gradient = InputGradient { x: &IMAGES, delta, next_rows: &[] };
        let mut rest = ParamMut::new(self.value, self.slots);
        for (i, rows) in self.layer.weight_blocks().enumerate() {
            let (block, others) = rest.split_rows(rows.len());
            self.layer.update(Arch::detect(), rule, i, gradient, block);
            rest = others;
        }
    }

    fn visit_tensor_rule<W: TensorRule>(self, _: &W) {
        panic!("only elementwise rules are fused")
    }
}

#[divan::bench(args = ["sgd", "rmsprop", "adam"])]
fn fused_update(bencher: Bencher<'_, '_>, name: &str) {
    let optimizer: Optimizer =
        serde_json::from_value(serde_json::json!({ "name": name })).expect("an optimizer");
    let (w, delta, mut value) = (matrix(784, 64), matrix(32, 64), matrix(784, 64));
    let mut layer = InputLayer::new(&IMAGES, 64, 32, 1);
    let rows = batch(32, 0);
    layer.forward(Arch::detect(), &mut Team::new(1), &IMAGES, &rows, w.view(784), None);
    let (mut slots, mut t) = (optimizer.slots(&Matrix::zeros(784, 64), false), 0);
    bencher.counter(ItemsCount::new(32_u32)).bench_local(|| {
        let step = Step { layer: &layer, delta: &delta, value: &mut value, slots: &mut slots };
        optimizer.with_rule(t, None, step);
        t += 1;
    });
}
