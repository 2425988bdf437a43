//! The kernels of a step on MNIST, each alone: 784 inputs of which about a fifth are not 0.

use std::path::Path;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use runner::data::{self, Inputs, Values};
use runner::kernels::{
    Arch, Dormitory, Due, Groups, Lhs, Matrix, Naps, Needs, ParamMut, Turned, UpdateRule,
    direct_product, product, sparse_product, sparse_update,
};
use runner::optim::{Optimizer, RuleVisitor, TensorRule};

fn main() {
    divan::main();
}

/// The training images.
static IMAGES: LazyLock<Groups> = LazyLock::new(|| {
    let source = data::Source::parse("mnist", Path::new(""));
    let table = data::load(&source, data::Split::Train).expect("MNIST is built in");
    let Inputs::Sparse(rows) = table.inputs else { panic!("MNIST is sparse") };
    let Values::Bytes(values) = &rows.values else { panic!("MNIST has bytes") };
    Groups::bytes(&rows.mask, values, 255.0)
});

/// Numbers between −½ and ½.
fn matrix(rows: usize, cols: usize) -> Matrix {
    let numbers: Vec<_> = (0..rows * cols).map(|i| (i * 7919 % 1000) as f32 / 1e3 - 0.5).collect();
    Matrix::from_rows(rows, cols, &numbers)
}

/// The bands of the batch number `i`; batches lie as far apart as shuffled ones.
fn turned(n: usize) -> [Turned; 2] {
    [0, 1].map(|band| Turned::new(&IMAGES, band, n))
}

fn batch(n: usize, i: usize) -> Vec<u32> {
    (0..n).map(|k| ((i * n + k) * 7919 % 60000) as u32).collect()
}

const BATCHES: [usize; 3] = [1, 32, 128];

#[divan::bench(args = BATCHES)]
fn turn(bencher: Bencher<'_, '_>, n: usize) {
    let (mut turned, mut i) = (turned(n), 0);
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        i += 1;
        turned.iter_mut().for_each(|band| band.fill(&IMAGES, &batch(n, i)));
    });
}

#[divan::bench(args = BATCHES, consts = [16, 64, 512])]
fn direct_forward<const UNITS: usize>(bencher: Bencher<'_, '_>, n: usize) {
    let (rows, w, mut z) = (batch(n, 0), matrix(784, UNITS), matrix(n, UNITS));
    let mut turned = turned(n);
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        for band in &mut turned {
            let rows = (&rows[..], band.band(), band.listing());
            direct_product(Arch::detect(), &IMAGES, rows, w.view(784), None, z.view_mut(n));
        }
        black_box(&z);
    });
}

#[divan::bench(args = BATCHES, consts = [16, 64, 512])]
fn sparse_forward<const UNITS: usize>(bencher: Bencher<'_, '_>, n: usize) {
    let (mut turned, w, mut z) = (turned(n), matrix(784, UNITS), matrix(n, UNITS));
    turned.iter_mut().for_each(|band| band.fill(&IMAGES, &batch(n, 0)));
    bencher.counter(ItemsCount::new(n)).bench_local(|| {
        for band in &turned {
            sparse_product(Arch::detect(), &IMAGES, band, w.view(784), None, z.view_mut(n));
        }
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
    turned: &'a [Turned; 2],
    delta: &'a Matrix,
    value: &'a mut Matrix,
    slots: &'a mut [Matrix],
}

impl RuleVisitor for Step<'_> {
    type Output = ();

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) {
        let (arch, delta) = (Arch::detect(), self.delta.view(self.delta.rows()));
        let target = ParamMut::new(self.value, self.slots);
        let bands = [0, 1].map(|band| IMAGES.band(band));
        let (first, second) = target.split_rows(IMAGES.features_of(&bands[0]).len());
        for ((turned, groups), part) in self.turned.iter().zip(bands).zip([first, second]) {
            let mut dormitory = Dormitory::new(&IMAGES, groups);
            let visits = dormitory.visits(rule, &Needs::new(&IMAGES, turned.band()));
            let due = Due { visits, naps: &Naps::new(), ahead: &[] };
            sparse_update(arch, rule, (&IMAGES, turned), due, delta, part);
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
    let (mut turned, delta, mut value) = (turned(32), matrix(32, 64), matrix(784, 64));
    turned.iter_mut().for_each(|band| band.fill(&IMAGES, &batch(32, 0)));
    let (mut slots, mut t) = (optimizer.slots(&Matrix::zeros(784, 64), false), 0);
    bencher.counter(ItemsCount::new(32_u32)).bench_local(|| {
        let step = Step { turned: &turned, delta: &delta, value: &mut value, slots: &mut slots };
        optimizer.with_rule(t, None, step);
        t += 1;
    });
}
