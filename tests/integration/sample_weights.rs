//! `data.sample_weight`: the weights of rows, against trainings that Keras has recorded
//! (`tests/golden/keras_weights.py`), and the refusals.

use std::fs;

use serde_json::Value;

use crate::sandbox::Sandbox;

fn recorded() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/keras_weights.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Some recorded rows as a table, with the weight before the label.
fn table(golden: &Value, rows: std::ops::Range<usize>, target: impl Fn(usize) -> String) -> String {
    let row = |r: usize| {
        let x: Vec<String> =
            golden["x"][r].as_array().unwrap().iter().map(ToString::to_string).collect();
        format!("{},{},{}\n", x.join(","), golden["weight"][r], target(r))
    };
    "a,b,c,d,weight,y\n".to_owned() + &rows.map(row).collect::<String>()
}

/// A folder with the tables of a case and its config.
fn folder(golden: &Value, name: &str, case: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    let label = |r: usize| golden["label"][r].as_u64().unwrap();
    let units = case["units"].as_u64().unwrap_or(3);
    let target = |r: usize| match name {
        "numbers" => golden["value"][r].to_string(),
        _ if units == 1 => (if label(r) == 1 { "yes" } else { "no" }).to_owned(),
        _ => format!("class {}", label(r)),
    };
    let trained = golden["trained"].as_u64().unwrap() as usize;
    let rows = golden["x"].as_array().unwrap().len();
    sandbox.file("data.csv", &table(golden, 0..trained, target));
    sandbox.file("held.csv", &table(golden, trained..rows, target));
    let table = |value: &Value| match value {
        Value::Object(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{key} = {value}"));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        name => name.to_string(),
    };
    let metrics: Vec<String> = case["names"].as_array().unwrap().iter().map(table).collect();
    let metrics = metrics.join(", ");
    let weights = case["class_weight"].as_array().map_or(String::new(), |weights| {
        let pairs = weights.iter().enumerate().map(|(c, w)| format!("\"class {c}\" = {w}"));
        format!("class_weight = {{ {} }}\n", pairs.collect::<Vec<_>>().join(", "))
    });
    sandbox.file(
        "run.toml",
        &format!(
            "[data]\ndataset = \"data.csv\"\nvalidation_data = \"held.csv\"\n\
             sample_weight = \"weight\"\n[model]\nlayers = [{{ type = \"dense\", units = {units}, \
             activation = {}, kernel_initializer = \"zeros\" }}]\n[training]\nepochs = 3\n\
             batch_size = 8\nshuffle = false\nloss = {}\nmetrics = [{metrics}]\n\
             weighted_metrics = [{metrics}]\n{weights}[optimizer]\nname = \"sgd\"\n\
             learning_rate = 0.1\n",
            case["activation"], case["loss"],
        ),
    );
    sandbox
}

fn last(sandbox: &Sandbox, more: &str) -> Value {
    let said = sandbox.runner(&format!("run run.toml --json {more}")).exits(0);
    serde_json::from_str::<Value>(&said.stdout).unwrap()["runs"][0]["last"].take()
}

#[test]
fn weighted_rows_train_and_validate_as_in_keras() {
    let golden = recorded();
    let mut wrong = Vec::new();
    for (name, case) in golden["cases"].as_object().unwrap() {
        let sandbox = folder(&golden, name, case);
        let got = last(&sandbox, "--threads 1");
        assert_eq!(got, last(&sandbox, "--threads 3"), "{name} on three threads");
        let names = case["names"].as_array().unwrap();
        for (recorded, history) in case["history"].as_object().unwrap() {
            // `val_weighted_2` is the weighted metric of the third name.
            let (prefix, rest) = match recorded.strip_prefix("val_") {
                Some(rest) => ("val_", rest),
                None => ("", &**recorded),
            };
            let logged = match rest.rsplit_once('_') {
                Some((kind, at)) => {
                    let metric = &names[at.parse::<usize>().unwrap()];
                    let metric = metric.as_str().or(metric["name"].as_str()).unwrap();
                    format!("{prefix}{}{metric}", if kind == "plain" { "" } else { "weighted_" })
                }
                None => recorded.clone(),
            };
            let want = history[2].as_f64().unwrap();
            let got = got[&logged].as_f64().unwrap_or(f64::NAN);
            if (got - want).abs().is_nan() || 2e-5 * want.abs().max(1.0) < (got - want).abs() {
                wrong.push(format!("{name}: {logged}: got {got}, want {want}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Keras logs `accuracy` twice here, and `auc` once: `tests/golden/keras_weights.py` has recorded the names.
#[test]
fn weighted_metrics_have_the_names_of_keras() {
    let golden = recorded();
    let sandbox = folder(&golden, "classes", &golden["cases"]["classes"]);
    let metrics =
        "--set training.metrics=['accuracy'] --set training.weighted_metrics=['accuracy','auc']";
    let got = last(&sandbox, metrics);
    for name in golden["names"].as_array().unwrap() {
        assert!(got[name.as_str().unwrap()].is_number(), "{name}: {got}");
    }
}

#[test]
fn a_column_of_weights_is_no_input_and_is_judged_by() {
    let golden = recorded();
    let sandbox = folder(&golden, "classes", &golden["cases"]["classes"]);
    let logged = last(&sandbox, "");
    let said = sandbox.runner("evaluate run --split validation --json").exits(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    for name in ["loss", "accuracy", "weighted_accuracy"] {
        assert_eq!(found["metrics"][name], logged[&format!("val_{name}")], "{name}");
    }
    // A table to predict needs neither weights nor labels.
    sandbox.file("rows.csv", "a,b,c,d\n1,2,3,4\n");
    sandbox.runner("predict run rows.csv").exits(0);
    // The weights belong to the data of a run.
    let text = fs::read_to_string(sandbox.path().join("data.csv")).unwrap();
    sandbox.file("data.csv", &text.replacen(",1.0,", ",2.0,", 1));
    let config = crate::labels::kept_config(&sandbox);
    assert_ne!(last_of(&sandbox, &config)["loss"], logged["loss"]);
}

fn last_of(sandbox: &Sandbox, config: &str) -> Value {
    let said = sandbox.runner(&format!("run {config} --json")).exits(0);
    serde_json::from_str::<Value>(&said.stdout).unwrap()["runs"][0]["last"].take()
}

#[test]
fn weights_that_are_none_are_refused_with_line_and_column() {
    let config = "[data]\ndataset = \"data.csv\"\nsample_weight = \"w\"\nmissing = [\"NA\"]\n[model]\n\
                  layers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]\n[training]\n\
                  loss = \"sparse_categorical_crossentropy\"\n";
    let refusal = |csv: &str, config: &str| {
        let sandbox = Sandbox::new();
        sandbox.file("data.csv", csv);
        sandbox.file("run.toml", config);
        sandbox.runner("check run.toml").exits(2).stderr
    };
    for (weight, got) in
        [("-1", "`-1`"), ("", "nothing"), ("heavy", "`heavy`"), ("NA", "`NA`"), ("1e99", "`1e99`")]
    {
        let said = refusal(&format!("x,w,y\n1,1,a\n2,{weight},b\n"), config);
        let want = format!("line 3, column `w`: got {got}, want a weight: a number from 0 on");
        assert!(said.contains(&want), "{weight}: {said}");
        assert!(said.contains("0 to leave it out"), "{weight}: {said}");
    }
    let said = refusal("x,w,y\n1,\"1,5\",a\n2,1,b\n", config);
    assert!(said.contains("`decimal = \",\"` reads it"), "{said}");
    let table = "x,w,y\n1,0,a\n2,0,b\n";
    assert!(refusal(table, config).contains("the weights of all its rows are 0"));
    let other = |key: &str| refusal(table, &config.replace("sample_weight = \"w\"", key));
    assert!(other("sample_weight = \"z\"").contains("has no column `z`"));
    assert!(
        other("sample_weight = \"y\"\nlabel = \"y\"").contains("the label, and the weight of rows")
    );
    assert!(
        other("sample_weight = \"w\"\nignore = [\"w\"]")
            .contains("the weight of rows, and ignored")
    );
    let said =
        refusal(table, &config.replace("data.csv", "mnist").replace("missing = [\"NA\"]\n", ""));
    assert!(said.contains("`data.sample_weight` is for tables only"), "{said}");
}
