//! Every optimizer and schedule against what Keras computed (`tests/golden/keras_optimizers.py`).

use serde_json::{Value, json};

use super::*;
use kernels::{Arch, Team, update};
use kernels::{Matrix, UpdateRule};

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../../tests/golden/keras_optimizers.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

/// One update of a weight by all of its gradient.
struct ApplyOnce<'a>(Arch, ParamGrad<'a>);

impl RuleVisitor for ApplyOnce<'_> {
    type Output = ();

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) {
        let ApplyOnce(arch, weight) = self;
        let target = kernels::ParamMut::new(weight.value, weight.slots);
        update(arch, rule, weight.gradient.view(weight.gradient.rows()), target);
    }

    fn visit_tensor_rule<W: TensorRule>(self, rule: &W) {
        let ApplyOnce(arch, weight) = self;
        let mut ctx = ExecContext { arch, team: &mut Team::new(2), sums: &mut Vec::new() };
        rule.step(&mut ctx, weight);
    }
}

/// A weight and its state.
struct ParamState {
    value: Matrix,
    slots: Vec<Matrix>,
}

impl ParamState {
    fn new(
        optimizer: &Optimizer,
        (rows, cols): (usize, usize),
        start: &Value,
        v: bool,
    ) -> ParamState {
        let value = Matrix::from_rows(rows, cols, &numbers(start));
        let slots = optimizer.slots(&value, v);
        ParamState { value, slots }
    }

    fn step(
        &mut self,
        optimizer: &Optimizer,
        arch: Arch,
        t: u64,
        gradient: &Value,
        is_vector: bool,
    ) {
        let (rows, cols) = (self.value.rows(), self.value.cols());
        let mut gradient = Matrix::from_rows(rows, cols, &numbers(gradient));
        let scratch = &mut Scratch::default();
        let ParamState { value, slots } = self;
        let weight = ParamGrad { value, gradient: &mut gradient, slots, scratch, is_vector };
        optimizer.with_rule(t, None, ApplyOnce(arch, weight));
    }
}

/// The matrix and the vector of a problem after all its updates.
fn solve(optimizer: &Optimizer, problem: &Value, arch: Arch) -> [ParamState; 2] {
    let side = |i: usize| problem["shape"][i].as_u64().unwrap() as usize;
    let shapes = [(side(0), side(1)), (1, side(1))];
    [0, 1].map(|i| {
        let is_vector = i == 1;
        let mut trained = ParamState::new(optimizer, shapes[i], &problem["start"][i], is_vector);
        for (t, gradients) in problem["gradients"].as_array().unwrap().iter().enumerate() {
            trained.step(optimizer, arch, t as u64, &gradients[i], is_vector);
        }
        trained
    })
}

/// The cases that concern the rule alone: clips by norm, averages and sums over batches are the
/// trainer's.
fn rules(golden: &Value) -> Vec<(Optimizer, &Value)> {
    let cases = golden["cases"].as_array().unwrap().iter().map(|case| {
        let mut config = case["optimizer"].clone();
        // It changes no number, and is no key here.
        config.as_object_mut().unwrap().remove("relative_step");
        let optimizer: Optimizer = serde_json::from_value(config).unwrap();
        (optimizer, case)
    });
    let cases = cases.filter(|(optimizer, _)| {
        let shared = optimizer.common_args();
        *shared == CommonArgs { clipvalue: shared.clipvalue, ..CommonArgs::default() }
    });
    cases.collect()
}

#[test]
fn steps_are_those_of_keras() {
    let golden = golden();
    let cases = rules(&golden);
    assert!(40 < cases.len(), "cases that concern the rule alone");
    for (optimizer, case) in cases {
        for (name, problem) in golden["problems"].as_object().unwrap() {
            let solved = solve(&optimizer, problem, Arch::detect());
            for (got, want) in solved.iter().zip(case[name]["raw"].as_array().unwrap()) {
                for (got, want) in got.value.to_rows().iter().zip(numbers(want)) {
                    let bound = 2e-6 * want.abs().max(1.0);
                    let config = &case["optimizer"];
                    assert!(
                        (got - want).abs() < bound,
                        "{config}, {name}: {got}, Keras has {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_optimizer_has_the_same_bits_on_every_processor() {
    let golden = golden();
    for (optimizer, case) in rules(&golden) {
        for problem in golden["problems"].as_object().unwrap().values() {
            let [first, others @ ..] = &Arch::available()[..] else { panic!("no processor") };
            let want = solve(&optimizer, problem, *first);
            for arch in others {
                for (got, want) in solve(&optimizer, problem, *arch).iter().zip(&want) {
                    let same = got.value == want.value && got.slots == want.slots;
                    assert!(same, "{} on {}", case["optimizer"], arch.name());
                }
            }
        }
    }
}

#[test]
fn a_rule_that_rests_leaves_what_has_no_gradient() {
    struct Rests;
    impl RuleVisitor for Rests {
        type Output = bool;
        fn visit_elementwise<R: UpdateRule>(self, _: &R) -> bool {
            R::IDLE_WITHOUT_GRADIENT
        }
        fn visit_tensor_rule<W: TensorRule>(self, _: &W) -> bool {
            false
        }
    }
    let golden = golden();
    let cases = rules(&golden);
    let resting = cases.iter().filter(|(optimizer, _)| optimizer.with_rule(0, None, Rests));
    let mut names = Vec::new();
    for (optimizer, case) in resting {
        names.push(case["optimizer"]["name"].as_str().unwrap());
        let mut trained = ParamState::new(optimizer, (1, 2), &json!([1.5, -0.25]), false);
        let (value, slots) = (trained.value.clone(), trained.slots.clone());
        for t in 0..3 {
            trained.step(optimizer, Arch::detect(), t, &json!([0.0, 0.0]), false);
        }
        assert!(trained.value == value && trained.slots == slots, "{}", case["optimizer"]);
    }
    names.dedup();
    assert_eq!(names, ["sgd", "rmsprop", "adam"]);
}

#[test]
fn no_number_of_a_state_decays_faster_than_it_is_looked_after() {
    let golden = golden();
    for (optimizer, case) in rules(&golden) {
        for is_vector in [false, true] {
            let (start, config) = (json!([1.5, -0.25]), &case["optimizer"]);
            let mut trained = ParamState::new(&optimizer, (1, 2), &start, is_vector);
            trained.step(&optimizer, Arch::detect(), 0, &json!([0.5, -2.0]), is_vector);
            let before = trained.slots.clone();
            let decays = !["adagrad", "ftrl"].contains(&config["name"].as_str().unwrap());
            let interval = optimizer.flush_interval();
            assert!(decays || interval == u64::MAX, "{config}: {interval}");
            let interval = interval.min(300);
            for t in 1..=interval {
                trained.step(&optimizer, Arch::detect(), t, &json!([0.0, 0.0]), is_vector);
            }
            for (slot, before) in trained.slots.iter().zip(&before) {
                for (after, before) in slot.to_rows().iter().zip(before.to_rows()) {
                    let least = before.abs() * 2f32.powi(-16) * 0.99;
                    assert!(least <= after.abs(), "{config}: {before}, after {interval}: {after}");
                }
            }
        }
    }
}

/// The numbers of Keras 3.15.1 (JAX backend, float32) for three steps of each default from
/// w = [[1, −2], [½, ¼]] with g = ½, −¼, 1 and the gradient [[g, g/2], [−g, g²]].
#[test]
fn three_steps_by_default_are_those_of_another_backend() {
    let table = [
        ("sgd", [0.9875, -2.006_250_1, 0.512_5, 0.236_875]),
        ("rmsprop", [0.995_493_6, -2.004_506_3, 0.504_506_4, 0.242_951_94]),
        ("adam", [0.998_075_6, -2.001_924_3, 0.501_924_4, 0.247_390_73]),
        ("adamw", [0.998_063_6, -2.001_900_2, 0.501_918_3, 0.247_387_74]),
        ("adadelta", [0.999_997_56, -2.000_002_4, 0.500_002_4, 0.249_996_11]),
        ("adagrad", [0.998_702_76, -2.001_088_1, 0.501_297_24, 0.248_300_69]),
        ("adamax", [0.998_353_84, -2.001_646, 0.501_646_16, 0.247_929_65]),
        ("nadam", [0.998_381_9, -2.001_618_1, 0.501_618_1, 0.247_560_67]),
        ("ftrl", [0.464_180_23, -0.432_159_1, 0.234_036_07, 0.052_184_56]),
        ("lion", [0.999, -2.001, 0.501, 0.247]),
        ("adafactor", [0.998_338_5, -2.001_204_3, 0.501_416_7, 0.247_056_26]),
        ("lamb", [0.997_102_1, -2.002_898, 0.502_897_9, 0.245_531_41]),
        ("muon", [0.999_844_85, -2.000_297_3, 0.500_335_2, 0.249_367_13]),
    ];
    for (name, want) in table {
        let optimizer: Optimizer = serde_json::from_value(json!({ "name": name })).unwrap();
        let start = json!([1.0, -2.0, 0.5, 0.25]);
        let mut trained = ParamState::new(&optimizer, (2, 2), &start, false);
        for (t, g) in [0.5, -0.25, 1.0].into_iter().enumerate() {
            let gradient = json!([g, g / 2.0, -g, g * g]);
            trained.step(&optimizer, Arch::detect(), t as u64, &gradient, false);
        }
        for (got, want) in trained.value.to_rows().iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{name}: got {got}, want {want}");
        }
    }
}

#[test]
fn schedules_are_those_of_keras() {
    let golden = golden();
    let steps: Vec<u64> = serde_json::from_value(golden["steps"].clone()).unwrap();
    for case in golden["schedules"].as_array().unwrap() {
        let rate: LearningRate = serde_json::from_value(case["learning_rate"].clone()).unwrap();
        for (step, want) in steps.iter().zip(case["values"].as_array().unwrap()) {
            let (got, want) = (rate.value(*step), want.as_f64().unwrap());
            // Keras computes in single precision.
            let bound = 2e-6 * want.abs() + 1e-8;
            assert!((got - want).abs() < bound, "{rate:?} at {step}: got {got}, want {want}");
        }
    }
}

#[test]
fn nothing_is_lost_where_a_step_has_size_0() {
    let rate = json!({"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 2});
    let config = json!({ "name": "ftrl", "learning_rate": rate });
    let optimizer: Optimizer = serde_json::from_value(config).unwrap();
    let mut trained = ParamState::new(&optimizer, (1, 2), &json!([1.5, -0.25]), false);
    for t in 0..4 {
        trained.step(&optimizer, Arch::detect(), t, &json!([0.5, 0.0]), false);
    }
    assert!(trained.value.to_rows().iter().all(|w| w.is_finite()));
}

/// Where Keras's own Adafactor has weights that are no numbers (3.15.1: 0 / √0).
#[test]
fn an_input_and_a_unit_that_are_never_used_lose_no_weight() {
    let optimizer = Optimizer::Adafactor(Adafactor::default());
    let mut trained = ParamState::new(&optimizer, (2, 2), &json!([1.0, 2.0, 3.0, 4.0]), false);
    for t in 0..3 {
        trained.step(&optimizer, Arch::detect(), t, &json!([0.01, 0.0, 0.0, 0.0]), false);
    }
    assert_eq!(trained.value.to_rows()[1..], [2.0, 3.0, 4.0]);
}
