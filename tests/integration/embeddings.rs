//! `embedding` of a column: learned tables, against trainings that Keras has recorded
//! (`tests/golden/keras_embeddings.py`) and against onnxruntime, and the refusals.

use std::fs::{self, File};

use ndarray::{ArrayD, IxDyn};
use ndarray_npy::{NpzReader, NpzWriter};
use serde_json::Value;

use crate::export::{agree, onnxruntime, predicted};
use crate::sandbox::Sandbox;

fn recorded() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/keras_embeddings.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The recorded rows as a table; words by their numbers.
fn table(golden: &Value) -> String {
    let words = [
        ["berlin", "cairo", "lima", "oslo", "seoul"].as_slice(),
        &["elm", "fir", "oak"],
        &["l", "s"],
    ];
    let word = |list: usize, at: &Value| words[list][at.as_u64().unwrap() as usize];
    let mut text = "a,city,b,tree,size,y\n".to_owned();
    for row in golden["rows"].as_array().unwrap() {
        let (city, tree, size) = (word(0, &row[1]), word(1, &row[3]), word(2, &row[4]));
        text += &format!("{},{city},{},{tree},{size},{}\n", row[0], row[2], row[5]);
    }
    text
}

const CONFIG: &str = "[data]\ndataset = \"data.csv\"\nlabel = \"y\"\ntask = \"regression\"\nvalidation_split = 0.2\n\
    [data.columns]\ncity = { embedding = 3 }\ntree = { embedding = 2 }\n[model]\nlayers = [\n\
    { type = \"dense\", units = 6, activation = \"tanh\" },\n{ type = \"dense\", units = 1 },\n]\n\
    [training]\nepochs = 4\nbatch_size = 8\nshuffle = false\nloss = \"mean_squared_error\"\nmetrics = []\n\
    [optimizer]\nname = \"adam\"\nlearning_rate = 0.02\n";

fn folder(golden: &Value) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("data.csv", &table(golden));
    sandbox.file("run.toml", CONFIG);
    sandbox
}

fn last(sandbox: &Sandbox, more: &str) -> Value {
    let said = sandbox.runner(&format!("run run.toml --json {more}")).exits(0);
    serde_json::from_str::<Value>(&said.stdout).unwrap()["runs"][0]["last"].take()
}

fn save_start(sandbox: &Sandbox, golden: &Value) {
    let mut npz = NpzWriter::new(File::create(sandbox.path().join("start.npz")).unwrap());
    for (name, array) in golden["start"].as_object().unwrap() {
        let shape: Vec<usize> = serde_json::from_value(array["shape"].clone()).unwrap();
        let values: Vec<f32> = serde_json::from_value(array["values"].clone()).unwrap();
        let array = ArrayD::from_shape_vec(IxDyn(&shape), values).unwrap();
        npz.add_array(name.as_str(), &array).unwrap();
    }
    npz.finish().unwrap();
}

#[test]
fn tables_are_learned_as_in_keras_on_any_number_of_threads() {
    let golden = recorded();
    let sandbox = folder(&golden);
    save_start(&sandbox, &golden);
    let mut wrong = Vec::new();
    for (name, case) in golden["cases"].as_object().unwrap() {
        let optimizer = case["optimizer"].as_object().unwrap();
        let keys = optimizer.iter().map(|(key, value)| format!("{key} = {value}\n"));
        let (head, _) = CONFIG.split_once("name = \"adam\"").unwrap();
        let config = head.replace("[model]\n", "[model]\nweights = \"start.npz\"\n");
        sandbox.file("run.toml", &format!("{config}{}", keys.collect::<String>()));
        let got = last(&sandbox, &format!("--set name={name} --threads 1"));
        assert_eq!(got, last(&sandbox, &format!("--set name={name} --threads 3")), "{name}");
        let mut compare = |what: &str, got: f64, want: f64| {
            if (got - want).abs().is_nan() || 2e-5 * want.abs().max(1.0) < (got - want).abs() {
                wrong.push(format!("{name}: {what}: got {got}, want {want}"));
            }
        };
        for (number, history) in case["history"].as_object().unwrap() {
            compare(number, got[number].as_f64().unwrap(), history[3].as_f64().unwrap());
        }
        sandbox.runner(&format!("export model {name} -o {name}.npz")).exits(0);
        let mut npz =
            NpzReader::new(File::open(sandbox.path().join(format!("{name}.npz"))).unwrap())
                .unwrap();
        for (weight, want) in case["weights"].as_object().unwrap() {
            let want: Vec<f64> = serde_json::from_value(want.clone()).unwrap();
            let values: ArrayD<f32> = npz.by_name(weight).unwrap();
            assert_eq!(values.len(), want.len(), "{weight}");
            let pairs = values.iter().zip(&want);
            pairs.for_each(|(got, want)| compare(weight, f64::from(*got), *want));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tables_are_the_same_in_onnxruntime_and_in_a_repeated_run() {
    let golden = recorded();
    let sandbox = folder(&golden);
    let set = "--set data.standardize=true --set data.columns.city.min_count=3 --set data.columns.tree.hash=4";
    let whole = last(&sandbox, set);
    let kept = crate::labels::kept_config(&sandbox);
    let text = fs::read_to_string(sandbox.path().join(&kept)).unwrap();
    assert!(text.contains("column = \"city\"") && text.contains("inputs = "), "{text}");
    // The config that the run keeps repeats it.
    let said = sandbox.runner(&format!("run {kept} --json")).exits(0);
    let again: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(again["runs"][0]["last"], whole);
    // A run that goes on has the weights of one that was never interrupted.
    sandbox
        .runner(&format!("run run.toml -q {set} --set name=short --set training.epochs=2"))
        .exits(0);
    sandbox.runner("resume short --epochs 4 -q").exits(0);
    sandbox.runner("export model short -o short.safetensors").exits(0);
    sandbox.runner("export model run -o run.safetensors").exits(0);
    let bytes = |name: &str| fs::read(sandbox.path().join(name)).unwrap();
    assert!(bytes("short.safetensors") == bytes("run.safetensors"));
    // Words without a row that trains are no error, and have a row of the table.
    let rows = "a,city,b,tree,size\n0.5,berlin,1,oak,l\n-1,nowhere,0,elm,s\n0,oslo,2,yew,s\n";
    sandbox.file("rows.csv", rows);
    let said = sandbox.runner("data run.toml").exits(0).stdout;
    assert!(said.contains("5 words, each 3 learned numbers"), "{said}");
    sandbox.runner("export model run -o run.onnx").exits(0);
    let inputs = inputs_of(&sandbox, rows);
    let seen = onnxruntime(&sandbox.path().join("run.onnx"), &inputs);
    agree(&seen, &predicted(&sandbox, "run", "rows.csv"));
}

/// The inputs of a table by the columns that the run has saved.
pub(crate) fn inputs_of(sandbox: &Sandbox, text: &str) -> Vec<Vec<f32>> {
    let weights = fs::read_dir(sandbox.path().join("logs/run")).unwrap().next().unwrap().unwrap();
    let bytes = fs::read(weights.path().join("model.safetensors")).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let preparation: runner::data::Preprocessing =
        serde_json::from_str(header["__metadata__"]["preparation"].as_str().unwrap()).unwrap();
    let columns = preparation.columns.as_ref().unwrap();
    let path = sandbox.file("inputs.csv", text);
    let missing = vec!["NA".to_owned()];
    let options = runner::data::CsvOptions { missing, ..runner::data::CsvOptions::default() };
    let source = runner::data::Source::Csv(path.into(), options);
    let table = runner::data::load_inputs(&source.like(Some(columns)), &preparation).unwrap();
    let (rows, width) = (table.rows(), table.features());
    let dense = match table.inputs {
        runner::data::Inputs::Sparse(rows) => rows.to_dense(),
        runner::data::Inputs::Dense(rows) => rows,
    };
    let runner::data::Values::Floats(values) = dense.values else { panic!("bytes") };
    assert_eq!(values.len(), rows * width);
    values.chunks(width).map(<[f32]>::to_vec).collect()
}

#[test]
fn columns_that_cannot_be_embedded_are_refused() {
    let golden = recorded();
    let refusal = |from: &str, to: &str| {
        let sandbox = folder(&golden);
        sandbox.file("run.toml", &CONFIG.replace(from, to));
        sandbox.runner("check run.toml").exits(2).stderr
    };
    let said = refusal("city = {", "a = {");
    assert!(said.contains("column `a` has no categories"), "{said}");
    assert!(said.contains("`type = \"category\"`"), "{said}");
    let said = refusal("name = \"adam\"", "name = \"muon\"");
    assert!(said.contains("`muon` has no rule for the tables of embedded columns"), "{said}");
    let said = refusal("[model]", "scale = 2.0\n[model]").replace('\n', " ");
    assert!(said.contains("scale"), "{said}");
    let table = "embeddings = [{ column = \"city\", input = 0, inputs = 5, units = 3 }]";
    let said = refusal("[model]", &format!("[model]\n{table}"));
    assert!(said.contains("`model.embeddings` is not that of `data.columns`"), "{said}");
    let said = refusal("{ type = \"dense\", units = 6", "{ type = \"embedding\", units = 6");
    assert!(said.contains("unknown layer `embedding`"), "{said}");
}
