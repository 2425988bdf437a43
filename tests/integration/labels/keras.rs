//! Labels in archives, against trainings that Keras has recorded (`tests/golden/keras_labels.py`).

use ndarray::{ArrayD, IxDyn};

use super::*;

fn recorded() -> serde_json::Map<String, Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/keras_labels.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Labels of JSON, in a row or in rows, as an array of an element type.
fn array<T>(labels: &Value, convert: impl Fn(f64) -> T) -> ArrayD<T> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::from(value == &Value::Bool(true)));
    let labels = labels.as_array().unwrap();
    let width = labels[0].as_array().map(Vec::len);
    let flat = |row: &Value| row.as_array().cloned().unwrap_or_else(|| vec![row.clone()]);
    let values = labels.iter().flat_map(flat).map(|value| convert(number(&value))).collect();
    let shape: Vec<usize> = std::iter::once(labels.len()).chain(width).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap()
}

fn save(sandbox: &Sandbox, name: &str, x: &[[f32; 2]], y: &Value, dtype: &str) {
    match dtype {
        "bool" => archive(sandbox, name, x, array(y, |y| y != 0.0)),
        "uint8" => archive(sandbox, name, x, array(y, |y| y as u8)),
        "int8" => archive(sandbox, name, x, array(y, |y| y as i8)),
        "int32" => archive(sandbox, name, x, array(y, |y| y as i32)),
        "int64" => archive(sandbox, name, x, array(y, |y| y as i64)),
        "float32" => archive(sandbox, name, x, array(y, |y| y as f32)),
        "float64" => archive(sandbox, name, x, array(y, |y| y)),
        other => panic!("no element type {other}"),
    }
}

fn run_toml(case: &Value) -> String {
    let text = |key: &str| case[key].as_str().unwrap();
    let validation = match case["validation"] {
        Value::Null => "",
        _ => "validation_data = \"held.npz\"\n",
    };
    let metrics = match &case["metrics"] {
        Value::Null => "[]".to_owned(),
        metrics => metrics.to_string(),
    };
    let weights = case["class_weight"].as_object().map_or(String::new(), |weights| {
        let one = |(label, weight)| format!("{label} = {weight}");
        format!("class_weight = {{ {} }}\n", weights.iter().map(one).collect::<Vec<_>>().join(", "))
    });
    format!(
        "[data]\ndataset = \"data.npz\"\n{validation}[model]\nlayers = [{{ type = \"dense\", units = {}, \
         activation = \"{}\", kernel_initializer = \"zeros\" }}]\n[training]\nepochs = 3\n\
         batch_size = 4\nshuffle = false\nloss = \"{}\"\nmetrics = {metrics}\n{weights}\
         [optimizer]\nname = \"sgd\"\nlearning_rate = 0.05\n",
        case["units"],
        text("activation"),
        text("loss"),
    )
}

#[test]
fn labels_of_every_kind_train_as_in_keras() {
    let mut wrong = Vec::new();
    for (name, case) in recorded() {
        let sandbox = Sandbox::new();
        let x: Vec<[f32; 2]> = serde_json::from_value(case["x"].clone()).unwrap();
        let dtype = case["dtype"].as_str().unwrap();
        save(&sandbox, "data.npz", &x, &case["y"], dtype);
        if !case["validation"].is_null() {
            save(&sandbox, "held.npz", &x[..2], &case["validation"], dtype);
        }
        sandbox.file("run.toml", &run_toml(&case));
        let got = numbers(&sandbox);
        for (metric, history) in case["history"].as_object().unwrap() {
            let want = history[2].as_f64().unwrap();
            let got = got[metric].as_f64().unwrap_or(f64::NAN);
            let off = (got - want).abs();
            if off.is_nan() || 2e-5 * want.abs().max(1.0) < off {
                wrong.push(format!("{name}: {metric}: got {got}, want {want}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
