//! Exports, held against other programs: TensorBoard's reader, onnxruntime, and our own trainer.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use runner::data::{self, Inputs, Source, Split, Targets};
use runner::runs::{Tensor, load_weights};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2

[model]
layers = [
    { type = "dense", units = 12, activation = "relu" },
    { type = "dense", units = 10, activation = "softmax" },
]

[optimizer]
name = "adam"

[training]
epochs = 3
"#;

fn trained() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.runner("run small.toml -q --set name=adam").exits(0);
    sandbox
}

fn folder(sandbox: &Sandbox, name: &str) -> PathBuf {
    let mut entries = fs::read_dir(sandbox.path().join("logs").join(name)).unwrap();
    entries.next().unwrap().unwrap().path()
}

/// What onnxruntime makes of `rows`.
pub(crate) fn onnxruntime(model: &Path, rows: &[Vec<f32>]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/run.py");
    let mut child = Command::new(python())
        .arg(script)
        .arg(model)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(json!(rows).to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn histories_are_one_table() {
    let sandbox = trained();
    sandbox.runner("run small.toml -q --set name=plain --set data.validation_split=0.0").exits(0);
    let csv = sandbox.runner("export").exits(0);
    let lines: Vec<_> = csv.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "run,name,seed,data.validation_split,epoch,loss,accuracy,val_loss,val_accuracy,learning_rate"
    );
    assert_eq!(lines.len(), 7);
    let adam = folder(&sandbox, "adam");
    let history = fs::read_to_string(adam.join("history.csv")).unwrap();
    for (line, own) in lines[1..4].iter().zip(history.lines().skip(1)) {
        assert!(
            line.starts_with("logs/adam/") && line.ends_with(&format!(",adam,0,0.2,{own}")),
            "{line}"
        );
    }
    // What was not validated has nothing there.
    assert!(lines[4].contains(",plain,0,0,0,") && lines[4].contains(",,,0.001"), "{}", lines[4]);

    let value: Value =
        serde_json::from_str(&sandbox.runner("export adam --format json").exits(0).stdout).unwrap();
    let record: Value = serde_json::from_slice(&fs::read(adam.join("run.json")).unwrap()).unwrap();
    assert_eq!(value.as_array().unwrap().len(), 3);
    assert_eq!(value[2]["val_loss"], record["metrics"]["val_loss"]);

    let said = sandbox.runner("export adam plain -o all.parquet").exits(0);
    assert_eq!(said.stderr, "wrote all.parquet, 6 rows\n");
    assert_eq!(said.stdout, "");
    assert!(fs::read(sandbox.path().join("all.parquet")).unwrap().ends_with(b"PAR1"));
    for wrong in ["all.xlsx", "all.txt"] {
        let said = sandbox.runner(&format!("export adam -o {wrong}")).exits(2);
        assert!(
            said.stderr.contains(&format!("cannot tell the format of `{wrong}`")),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains("help: want a name that ends in .csv, .json or .parquet"));
        sandbox.runner(&format!("export scalars logs -o {wrong}")).exits(2);
        assert!(!sandbox.path().join(wrong).exists());
    }
    sandbox.runner("export adam -o all.xlsx --format csv").exits(0);
    let said = sandbox.runner("report adam -o all.pdf").exits(2);
    assert!(said.stderr.contains("help: want a name that ends in .html"), "{}", said.stderr);
    let said = sandbox.runner("export --format parquet").exits(2);
    assert!(said.stderr.contains("help: -o FILE"), "{}", said.stderr);
    sandbox.runner("export adam -o missing/all.csv").exits(1);
}

#[test]
fn scalars_of_any_log_folder_are_one_table() {
    let sandbox = trained();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for logdir in [fixtures.join("keras-logs"), fixtures.join("torch-logs"), "logs".into()] {
        let shown = logdir.display();
        let json = sandbox.runner(&format!("export scalars {shown} --format json")).exits(0);
        let rows: Value = serde_json::from_str(&json.stdout).unwrap();
        let rows = rows.as_array().unwrap();
        let csv = sandbox.runner(&format!("export scalars {shown}")).exits(0).stdout;
        assert_eq!(csv.lines().next(), Some("run,tag,step,wall_time,value"));
        assert_eq!(csv.lines().count(), rows.len() + 1);

        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tensorboard/scalars.py");
        let logdir = sandbox.path().join(&logdir);
        let output = Command::new(python()).arg(script).arg(&logdir).output().unwrap();
        let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut seen = 0;
        for (run, tags) in theirs.as_object().unwrap() {
            for (tag, values) in tags.as_object().unwrap() {
                let ours = rows.iter().filter(|row| row["run"] == **run && row["tag"] == **tag);
                let ours: Vec<_> =
                    ours.map(|r| json!([r["step"], r["wall_time"], r["value"]])).collect();
                // What JSON has no number for is null with us, and a word with them.
                let values = values.as_array().unwrap().iter().map(|value| match &value[2] {
                    Value::String(_) => json!([value[0], value[1], null]),
                    _ => value.clone(),
                });
                seen += ours.len();
                assert_eq!(ours, values.collect::<Vec<_>>(), "{run} {tag}");
            }
        }
        assert_eq!(seen, rows.len());
    }

    // A file that is cut within its last record gives all before that, and is told.
    let train = folder(&sandbox, "adam").join("train");
    let events = fs::read_dir(&train).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(&events).unwrap();
    let whole = sandbox.runner("export scalars logs").exits(0).stdout.lines().count();
    fs::write(&events, &bytes[..bytes.len() - 1]).unwrap();
    let said = sandbox.runner("export scalars logs").exits(1);
    assert!(said.stderr.contains("the last record is not whole"), "{}", said.stderr);
    assert!((whole - 3..whole).contains(&said.stdout.lines().count()));
    let said = sandbox.runner("export scalars small.toml").exits(2);
    assert!(said.stderr.contains("there is no event file"), "{}", said.stderr);
}

#[test]
fn weights_come_back_from_every_format() {
    let sandbox = trained();
    let own = load_weights(&folder(&sandbox, "adam").join("model.safetensors")).unwrap().tensors;
    for file in ["a.safetensors", "a.npz"] {
        let said = sandbox.runner(&format!("export model adam -o {file}")).exits(0);
        assert!(said.stderr.starts_with(&format!("wrote {file}, the model of logs/adam/")));
        // A rate of nothing keeps the weights as they were started from.
        let set = format!("--set name={file} --set model.weights={file}");
        let set = format!("{set} --set optimizer.learning_rate=0.0 --set training.epochs=1");
        sandbox.runner(&format!("run small.toml -q {set}")).exits(0);
        let back = load_weights(&folder(&sandbox, file).join("model.safetensors")).unwrap().tensors;
        assert_eq!(back, own, "{file}");
    }
    assert_eq!(
        fs::read(sandbox.path().join("a.safetensors")).unwrap(),
        fs::read(folder(&sandbox, "adam").join("model.safetensors")).unwrap()
    );
    let said = sandbox.runner("export model adam -o a.h5").exits(2);
    assert!(said.stderr.contains("want a name that ends in .safetensors, .npz or .onnx"));
    fs::remove_file(folder(&sandbox, "adam").join("model.safetensors")).unwrap();
    let said = sandbox.runner("export model adam -o b.onnx").exits(2);
    assert!(said.stderr.contains("has no weights yet; it is completed"), "{}", said.stderr);
    assert!(!sandbox.path().join("b.onnx").exists());
}

/// The validation rows of the run as they are in the data set, and their labels.
fn validation_rows() -> (Vec<Vec<f32>>, Vec<usize>) {
    let table = data::load(&Source::parse("mnist", Path::new("")), Split::Train).unwrap();
    let dense = match &table.inputs {
        Inputs::Sparse(sparse) => sparse.to_dense(),
        Inputs::Dense(dense) => dense.clone(),
    };
    let data::Values::Bytes(bytes) = &dense.values else { panic!("bytes") };
    let row = |row: usize| -> Vec<f32> {
        bytes[row * 784..][..784].iter().map(|byte| f32::from(*byte)).collect()
    };
    let Targets::Classes { labels, .. } = &table.targets else { panic!("labels") };
    ((80..100).map(row).collect(), (80..100).map(|row| labels[row] as usize).collect())
}

/// Every kind of layer, with and without what may be left out.
const STACK: &str = r#"
    { type = "layer_normalization", epsilon = 0.01 },
    { type = "dense", units = 12 },
    { type = "batch_normalization", momentum = 0.5 },
    { type = "activation", activation = "gelu" },
    { type = "dropout", rate = 0.25 },
    { type = "gaussian_noise", stddev = 0.1 },
    { type = "layer_normalization", scale = false },
    { type = "unit_normalization" },
    { type = "dense", units = 7, activation = "silu", use_bias = false },
    { type = "batch_normalization", momentum = 0.5, center = false, scale = false },
    { type = "dropout", rate = 0.5 },
    { type = "dense", units = 10 },
    { type = "activation", activation = "softmax" },
]"#;

/// Exports the model of a run and holds its outputs against the numbers that the run logged.
#[track_caller]
fn holds_to_its_log(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.runner(&format!("export model {name} -o {name}.onnx")).exits(0);
    let (rows, labels) = validation_rows();
    let seen = onnxruntime(&sandbox.path().join(format!("{name}.onnx")), &rows);
    let outputs: Vec<Vec<f64>> = serde_json::from_value(seen["outputs"].clone()).unwrap();
    let loss: f64 = outputs.iter().zip(&labels).map(|(row, label)| -row[*label].ln()).sum();
    let hit = |(row, label): (&Vec<f64>, &usize)| row.iter().all(|other| *other <= row[*label]);
    let hits = outputs.iter().zip(&labels).filter(|pair| hit(*pair)).count();
    let record = fs::read(folder(sandbox, name).join("run.json")).unwrap();
    let metrics = serde_json::from_slice::<Value>(&record).unwrap()["metrics"].clone();
    let logged = |name: &str| metrics[name].as_f64().unwrap();
    assert!((loss / 20.0 - logged("val_loss")).abs() < 1e-5, "{loss} {metrics}");
    assert!((hits as f64 / 20.0 - logged("val_accuracy")).abs() < 1e-6, "{hits} {metrics}");
    seen
}

#[test]
fn onnxruntime_gives_the_loss_that_the_run_logged() {
    let sandbox = trained();
    let seen = holds_to_its_log(&sandbox, "adam");
    assert_eq!(seen["input_shape"], json!(["rows", 784]));
    assert_eq!(seen["output_shape"], json!(["rows", 10]));
    assert_eq!(seen["producer"], "runner");
    let digits = r#"["0","1","2","3","4","5","6","7","8","9"]"#;
    assert_eq!(
        seen["metadata"],
        json!({
            "name": "adam",
            "input_shape": "[28, 28]",
            "output": "probability of each class",
            "classes": digits,
        })
    );

    let (head, tail) = SMALL.split_once("layers = [").unwrap();
    let tail = tail.split_once("\n]").unwrap().1;
    sandbox.file("stack.toml", &format!("{head}layers = [{STACK}{tail}"));
    sandbox.runner("run stack.toml -q").exits(0);
    holds_to_its_log(&sandbox, "stack");
}

/// x · kernel + bias in double precision, then the activation as Keras defines it.
fn plain_dense(x: &[f64], kernel: &Tensor, bias: Option<&Tensor>, activation: &str) -> Vec<f64> {
    let units = kernel.shape[1];
    let sum = |unit: usize| {
        let products =
            x.iter().enumerate().map(|(i, x)| x * f64::from(kernel.data[i * units + unit]));
        products.sum::<f64>() + bias.map_or(0.0, |bias| f64::from(bias.data[unit]))
    };
    let sums: Vec<f64> = (0..units).map(sum).collect();
    let all: f64 = sums.iter().map(|z| z.exp()).sum();
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let elu = |z: f64| if 0.0 < z { z } else { z.exp() - 1.0 };
    let activate = |&z: &f64| match activation {
        "linear" => z,
        "relu" => z.max(0.0),
        "leaky_relu" => {
            if 0.0 < z {
                z
            } else {
                0.2 * z
            }
        }
        "elu" => elu(z),
        "selu" if 0.0 < z => 1.050_700_987_355_480_5 * z,
        "selu" => 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * elu(z),
        "gelu" => z / 2.0 * (1.0 + erf(z / 2f64.sqrt())),
        "silu" => z * sigmoid(z),
        "mish" => z * z.exp().ln_1p().tanh(),
        "softplus" => z.exp().ln_1p(),
        "softsign" => z / (1.0 + z.abs()),
        "tanh" => z.tanh(),
        "sigmoid" => sigmoid(z),
        "exponential" => z.exp(),
        "softmax" => z.exp() / all,
        other => panic!("{other}"),
    };
    sums.iter().map(activate).collect()
}

/// The error function, by its series: 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)).
fn erf(x: f64) -> f64 {
    let (mut power, mut sum) = (x, x);
    for n in 1..80 {
        power *= -x * x / f64::from(n);
        sum += power / f64::from(2 * n + 1);
    }
    2.0 / std::f64::consts::PI.sqrt() * sum
}

#[test]
fn every_activation_is_what_it_is_in_keras() {
    let activations = [
        "linear",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "tanh",
        "sigmoid",
        "exponential",
        "softmax",
    ];
    let layers = activations.iter().enumerate().map(|(i, name)| {
        format!(
            "{{ type = \"dense\", units = {}, activation = \"{name}\", use_bias = {} }},\n",
            5 + i % 3,
            i % 2 == 0
        )
    });
    let last = "{ type = \"dense\", units = 10, activation = \"softmax\" }";
    let config = SMALL.split_once("layers = [").unwrap();
    let tail = config.1.split_once("\n]").unwrap().1;
    let sandbox = Sandbox::new();
    let layers: String = layers.collect();
    sandbox.file("all.toml", &format!("{}layers = [\n{layers}{last}\n]{tail}", config.0));
    sandbox.runner("run all.toml -q --set training.epochs=1").exits(0);
    sandbox.runner("export model all -o all.onnx").exits(0);
    let tensors = load_weights(&folder(&sandbox, "all").join("model.safetensors")).unwrap().tensors;
    let find = |name: String| tensors.iter().find(|tensor| tensor.name == name);
    let (rows, _) = validation_rows();
    let seen = onnxruntime(&sandbox.path().join("all.onnx"), &rows);
    for (row, got) in rows.iter().zip(seen["outputs"].as_array().unwrap()) {
        let mut x: Vec<f64> = row.iter().map(|x| f64::from(*x) / 255.0).collect();
        for (i, activation) in activations.iter().chain(&["softmax"]).enumerate() {
            let kernel = find(format!("dense_{i}.kernel")).unwrap();
            x = plain_dense(&x, kernel, find(format!("dense_{i}.bias")), activation);
        }
        for (got, want) in got.as_array().unwrap().iter().zip(x) {
            assert!((got.as_f64().unwrap() - want).abs() < 1e-5, "{got} {want}");
        }
    }
}

/// 60 rows of two kinds; years and tiny numbers want more than 32 bits on their way to a mean of 0.
fn ages() -> (String, Vec<Vec<f32>>) {
    let (mut text, mut rows) = ("year,colour,width,kind\n".to_owned(), Vec::new());
    for i in 0..60u16 {
        let kind = i % 2;
        let (year, width) = (20_000 + i * 7 % 13 + kind * 4, 1e-4 * f32::from(i * 11 % 17));
        let colour = ["blue", "red"][usize::from(i % 3 == 0)];
        text += &format!("{year},{colour},{width},{}\n", ["new", "old"][usize::from(kind)]);
        let is = |name| f32::from(colour == name);
        rows.push(vec![f32::from(year), is("blue"), is("red"), width]);
    }
    (text, rows)
}

const AGES: &str = r#"
[data]
dataset = "ages.csv"
standardize = true
scale = 0.1

[model]
layers = [{ type = "dense", units = 2, activation = "softmax" }]

[optimizer]
name = "adam"
learning_rate = 0.1

[training]
epochs = 5
"#;

/// What `predict` says of the rows of a file: the probabilities or values of each.
pub(crate) fn predicted(sandbox: &Sandbox, run: &str, file: &str) -> Vec<Vec<f64>> {
    let said = sandbox.runner(&format!("predict {run} {file} --json")).exits(0).stdout;
    let rows: Vec<Value> = serde_json::from_str(&said).unwrap();
    let numbers = |row: &Value| -> Vec<f64> {
        match row["probabilities"].as_object() {
            Some(classes) => classes.values().map(|p| p.as_f64().unwrap()).collect(),
            None => row["values"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect(),
        }
    };
    rows.iter().map(numbers).collect()
}

#[track_caller]
pub(crate) fn agree(seen: &Value, want: &[Vec<f64>]) {
    let got: Vec<Vec<f64>> = serde_json::from_value(seen["outputs"].clone()).unwrap();
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        // A single sigmoid is the second class; `predict` gives both.
        let want = if got.len() < want.len() { &want[1..] } else { &want[..] };
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() <= 1e-6 * want.abs().max(1.0), "{got} {want}");
        }
    }
}

#[test]
fn onnx_takes_the_rows_of_the_file_and_says_what_predict_says() {
    let sandbox = Sandbox::new();
    let (text, rows) = ages();
    sandbox.file("ages.csv", &text);
    sandbox.file("ages.toml", AGES);
    let dense = |layer: &str| format!("--set model.layers=[{{type=\"dense\",{layer}}}]");
    let binary = dense("units=1,activation=\"sigmoid\"");
    let value = dense("units=1");
    for (name, set) in [
        ("both", String::new()),
        ("standardized", "--set data.scale=1.0".to_owned()),
        ("divided", "--set data.standardize=false --set data.scale=30000.1".to_owned()),
        ("halved", "--set data.standardize=false --set data.scale=32768.0".to_owned()),
        (
            "raw",
            "--set data.standardize=false --set data.scale=1.0 --set optimizer.learning_rate=1e-6"
                .to_owned(),
        ),
        ("binary", format!("{binary} --set training.loss=binary_crossentropy")),
        (
            "value",
            format!(
                "{value} --set data.label=year --set training.loss=mse --set training.metrics=[]"
            ),
        ),
    ] {
        sandbox.runner(&format!("run ages.toml -q --set name={name} {set}")).exits(0);
        let said = sandbox.runner(&format!("export model {name} -o {name}.onnx")).exits(0);
        assert!(said.stderr.starts_with("wrote "), "{}", said.stderr);
        let rows: Vec<Vec<f32>> = match name {
            "value" => rows
                .iter()
                .enumerate()
                .map(|(i, row)| {
                    let old = f32::from(i % 2 == 1);
                    vec![row[1], row[2], row[3], 1.0 - old, old]
                })
                .collect(),
            _ => rows.clone(),
        };
        let seen = onnxruntime(&sandbox.path().join(format!("{name}.onnx")), &rows);
        agree(&seen, &predicted(&sandbox, name, "ages.csv"));
        let told = seen["metadata"].as_object().unwrap();
        let inputs = match name {
            "value" => r#"["colour=blue","colour=red","width","kind=new","kind=old"]"#,
            _ => r#"["year","colour=blue","colour=red","width"]"#,
        };
        assert_eq!(told["input_names"], inputs, "{name}");
        match name {
            "value" => assert_eq!(
                (&told["output"], &told["output_names"]),
                (&json!("values"), &json!(r#"["year"]"#))
            ),
            "binary" => assert_eq!(told["output"], "probability of the second class"),
            _ => assert_eq!(told["classes"], r#"["new","old"]"#),
        }
    }
}

#[test]
fn weights_say_how_rows_become_inputs() {
    let sandbox = Sandbox::new();
    let (text, rows) = ages();
    sandbox.file("ages.csv", &text);
    sandbox.file("ages.toml", AGES);
    sandbox.runner("run ages.toml -q").exits(0);
    sandbox.runner("export model ages -o ages.npz").exits(0);
    sandbox.runner("export model ages -o ages.safetensors").exits(0);
    // From either, NumPy alone gives the probabilities of `predict`.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/weights.py");
    for file in ["ages.npz", "ages.safetensors"] {
        sandbox.file("rows.json", &json!(rows).to_string());
        let mut command = Command::new(python());
        let output = command.current_dir(sandbox.path()).arg(&script).arg(file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let outputs: Value = serde_json::from_slice(&output.stdout).unwrap();
        agree(&json!({ "outputs": outputs }), &predicted(&sandbox, "ages", "ages.csv"));
    }
    // An archive with a preprocessing is still one of weights.
    sandbox.runner("run ages.toml -q --set name=next --set model.weights=ages.npz").exits(0);
}

#[test]
fn histories_have_what_a_sweep_varies_and_the_seeds() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file(
        "sweep.toml",
        "extends = \"small.toml\"\n[sweep]\nseeds = [3, 4]\n[sweep.parameters]\n\
         \"optimizer.learning_rate\" = [0.1, 0.01]\n\"training.shuffle\" = [true, false]\n",
    );
    sandbox.runner("run sweep.toml -q").exits(0);
    sandbox.runner("run small.toml -q --set optimizer={name=\"sgd\",momentum=0.5}").exits(0);
    let said = sandbox.runner("export sweep --format json").exits(0).stdout;
    let rows: Vec<Value> = serde_json::from_str(&said).unwrap();
    assert_eq!(rows.len(), 8 * 3);
    for row in &rows {
        let run = sandbox.path().join(row["run"].as_str().unwrap());
        let config = fs::read_to_string(run.join("config.toml")).unwrap();
        for (key, line) in [
            ("seed", format!("seed = {}\n", row["seed"])),
            ("rate", format!("learning_rate = {}\n", row["optimizer.learning_rate"])),
            ("shuffle", format!("shuffle = {}\n", row["training.shuffle"])),
        ] {
            assert!(config.contains(&line), "{key}: {row} {config}");
        }
        let keys: Vec<_> =
            row.as_object().unwrap().keys().filter(|key| key.contains('.')).collect();
        assert_eq!(keys, ["optimizer.learning_rate", "training.shuffle"]);
    }
    // What only some have is empty elsewhere; with all keys there is every one.
    let mixed: Vec<Value> =
        serde_json::from_str(&sandbox.runner("export --format json").exits(0).stdout).unwrap();
    let momentum = |name: &str| {
        let mut rows = mixed.iter().filter(|row| row["name"] == name);
        rows.next().unwrap()["optimizer.momentum"].clone()
    };
    assert_eq!((momentum("small"), momentum("sweep")), (json!(0.5), Value::Null));
    let all = sandbox.runner("export sweep --all-keys").exits(0).stdout;
    let header = all.lines().next().unwrap();
    for key in ["data.dataset", "model.layers.0.units", "training.batch_size"] {
        assert!(header.split(',').any(|name| name == key), "{key} {header}");
    }
    assert_eq!(header.split(',').filter(|name| *name == "seed" || *name == "name").count(), 2);

    // A program reads it without knowing of runner.
    sandbox.runner("export sweep -o sweep.csv").exits(0);
    let line = "import csv, collections; best = collections.defaultdict(list); \
                [best[float(r['optimizer.learning_rate'])].append(float(r['val_loss'])) \
                for r in csv.DictReader(open('sweep.csv'))]; \
                assert {k: len(v) for k, v in best.items()} == {0.1: 12, 0.01: 12}, best";
    let mut command = Command::new(python());
    assert!(command.current_dir(sandbox.path()).args(["-c", line]).status().unwrap().success());
}

/// Columns of every kind, with missing values.
const MIXED: &str = r#"
[data]
dataset = "mixed.csv"
missing = ["", "NA"]
strip = "$"
validation_split = 0.25
standardize = true

[data.columns]
age = { fill = "median", indicator = true, scaling = "quantile" }
price = { log = true, scaling = "min_max" }
"cod*" = { hash = 4 }
town = { min_count = 3 }
zip = { type = "category", fill = "most_frequent" }
size = { type = "ordinal", order = ["small", "middle", "large"] }
when = { type = "date", scaling = "standardize" }
id = { type = "ignore" }

[model]
layers = [{ type = "dense", units = 4, activation = "tanh" }, { type = "dense", units = 2, activation = "softmax" }]

[training]
epochs = 2
batch_size = 8
"#;

fn mixed() -> String {
    let mut text = "id,age,price,code,town,zip,size,when,width,y\n".to_owned();
    for i in 0..60_u32 {
        let age = if i % 7 == 0 { "NA".to_owned() } else { (20 + i * i % 41).to_string() };
        let price = if i % 11 == 0 { String::new() } else { format!("${}", i * i * i) };
        let town = if i % 13 == 0 { "" } else { ["rome", "oslo", "bern", "cork"][i as usize % 4] };
        let town = if i == 20 { "once" } else { town };
        let zip = if i % 17 == 0 { "NA" } else { ["1000", "2000"][i as usize % 2] };
        let size = ["small", "middle", "large"][i as usize % 3];
        let (month, day) = (1 + i % 12, 1 + i % 28);
        let class = ["no", "yes"][i as usize / 2 % 2];
        text += &format!(
            "{i},{age},{price},c{i},{town},{zip},{size},2024-{month:02}-{day:02},{}.5,{class}\n",
            i % 5
        );
    }
    text
}

#[test]
fn columns_of_every_kind_are_the_same_in_onnx() {
    let sandbox = Sandbox::new();
    sandbox.file("mixed.csv", &mixed());
    let config = sandbox.file("mixed.toml", MIXED);
    let plan = runner::config::load(&[config], &[]).unwrap()[0].runs.iter().next().unwrap().plan;
    let table = runner::data::load(&plan.data.source(), runner::data::Split::Train).unwrap();
    let names = table.columns.as_ref().unwrap().feature_names();
    let want = [
        "age",
        "age=(missing)",
        "price",
        "code#0",
        "code#1",
        "code#2",
        "code#3",
        "town=bern",
        "town=cork",
        "town=oslo",
        "town=rome",
        "town=(other)",
        "town=(missing)",
        "zip=1000",
        "zip=2000",
        "size",
        "when",
        "when.month",
        "when.weekday",
        "width",
    ];
    assert_eq!(names, want);
    let floats = match table.inputs {
        runner::data::Inputs::Sparse(rows) => rows.to_dense().values,
        runner::data::Inputs::Dense(rows) => rows.values,
    };
    let runner::data::Values::Floats(floats) = floats else { panic!("bytes") };
    assert!(floats.iter().any(|x| x.is_nan()));
    let rows: Vec<Vec<f32>> = floats.chunks(want.len()).map(<[f32]>::to_vec).collect();
    for (name, set) in [("all", ""), ("raw", "data.standardize=false")] {
        sandbox.runner(&format!("run mixed.toml -q name={name} {set}")).exits(0);
        sandbox.runner(&format!("export model {name} -o {name}.onnx")).exits(0);
        let seen = onnxruntime(&sandbox.path().join(format!("{name}.onnx")), &rows);
        agree(&seen, &predicted(&sandbox, name, "mixed.csv"));
    }
    let said = sandbox.runner("export model all -o all.npz").exits(1).stderr;
    assert!(said.contains("cannot tell how columns are filled"), "{said}");
    // Words that no row has had, and missing values, are no error.
    sandbox.file(
        "new.csv",
        "age,price,code,town,zip,size,when,width\nNA,,new,Paris,3000,NA,2025-01-01,1\n",
    );
    assert_eq!(predicted(&sandbox, "all", "new.csv").len(), 1);
    let said = sandbox.runner("evaluate all --data mixed.csv").exits(0).stdout;
    assert!(said.starts_with("60 rows"), "{said}");
}
