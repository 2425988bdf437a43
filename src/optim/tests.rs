//! Every optimizer against what Keras computes.

use super::*;
use crate::kernels::{Cpu, Matrix, Target, update};

struct Apply<'a>(&'a mut Matrix, &'a mut Vec<Matrix>, &'a Matrix);

impl UseRule for Apply<'_> {
    type Output = ();
    fn use_rule<R: Rule>(self, rule: &R) {
        let mut slots = self.1.iter_mut().map(|s| s.view_mut(2));
        let slots = std::array::from_fn(|_| slots.next());
        update(Cpu::detect(), rule, self.2.view(2), Target { value: self.0.view_mut(2), slots });
    }
}

/// Three steps from w = [[1, −2], [½, ¼]] with g = ½, −¼, 1 and the gradient [[g, g/2], [−g, g²]].
fn three_steps(optimizer: &Optimizer) -> Vec<f32> {
    let mut w = Matrix::from_rows(2, 2, &[1.0, -2.0, 0.5, 0.25]);
    let mut slots = vec![Matrix::zeros(2, 2); optimizer.slots()];
    for (t, g) in [0.5f32, -0.25, 1.0].into_iter().enumerate() {
        let gradient = Matrix::from_rows(2, 2, &[g, g / 2.0, -g, g * g]);
        optimizer.at(t as u64, Apply(&mut w, &mut slots, &gradient));
    }
    w.to_rows()
}

/// What Keras 3.15.1 (JAX backend, float32) gives for the same steps.
#[test]
fn steps_are_those_of_keras() {
    let momentum = |nesterov| Optimizer::Sgd(Sgd { momentum: 0.9, nesterov, ..Sgd::default() });
    let table = [
        (Optimizer::Sgd(Sgd::default()), [0.9875, -2.006_250_1, 0.512_5, 0.236_875]),
        (momentum(false), [0.981_200_04, -2.009_4, 0.518_799_96, 0.232_037_5]),
        (momentum(true), [0.970_58, -2.014_71, 0.529_42, 0.220_708_76]),
        (
            Optimizer::RmsProp(RmsProp::default()),
            [0.995_493_6, -2.004_506_3, 0.504_506_4, 0.242_951_94],
        ),
        (Optimizer::Adam(Adam::default()), [0.998_075_6, -2.001_924_3, 0.501_924_4, 0.247_390_73]),
        (
            Optimizer::Adam(Adam { amsgrad: true, ..Adam::default() }),
            [0.998_075_6, -2.001_924_3, 0.501_924_4, 0.247_390_73],
        ),
    ];
    for (optimizer, want) in table {
        for (got, want) in three_steps(&optimizer).iter().zip(want) {
            assert!((got - want).abs() < 5e-7, "{optimizer:?}: got {got}, want {want}");
        }
    }
}
