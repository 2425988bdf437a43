//! `evaluate` and `predict`: what a trained network is worth, and what it says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ndarray::Array3;
use ndarray_npy::NpzWriter;
use runner::data::{Source, Split, load};
use runner::train::Dataset;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const FLOWERS: &str = r#"
[data]
dataset = "flowers.csv"
validation_split = 0.25
test_split = 0.2
standardize = true

[model]
layers = [
    { type = "dense", units = 8, activation = "relu" },
    { type = "batch_normalization" },
    { type = "dropout", rate = 0.1 },
    { type = "dense", units = 3, activation = "softmax" },
]

[optimizer]
name = "adam"
learning_rate = 0.02

[training]
epochs = 12
metrics = ["accuracy", "auc", { name = "f1_score", average = "micro" }]
"#;

/// 100 rows of three kinds of flowers that can be told apart, with a label or without.
fn flowers(label: bool) -> String {
    let mut text = "petal,colour,sepal".to_owned() + if label { ",kind\n" } else { "\n" };
    for i in 0..100u32 {
        let noise = |k: u32| f64::from(i.wrapping_mul(2_654_435_761).rotate_left(k) % 100) / 100.0;
        let kind = (i * 7 % 3) as usize;
        let (petal, sepal) = ([1.0, 5.0, 5.0][kind] + noise(3), [2.0, 2.0, 6.0][kind] + noise(11));
        let colour = ["red", "blue"][usize::from(noise(7) < 0.5)];
        let _ = write!(text, "{petal:.2},{colour},{sepal:.2}");
        text += if label { ["", ",iris\n", ",rose\n", ",aster\n"][kind + 1] } else { "\n" };
    }
    text
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn flower_bed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("flowers.csv", &flowers(true));
    sandbox.file("flowers.toml", FLOWERS);
    sandbox.runner("run flowers.toml").exits(0);
    sandbox
}

#[test]
fn validation_rows_get_the_numbers_that_the_run_has_logged() {
    let sandbox = flower_bed();
    let evaluated =
        json(&sandbox.runner("evaluate flowers --split validation --json").exits(0).stdout);
    let shown = json(&sandbox.runner("show flowers --json").exits(0).stdout);
    let last = shown["history"].as_array().unwrap().last().unwrap();
    assert_eq!(evaluated["rows"], 20);
    let metrics = evaluated["metrics"].as_object().unwrap();
    assert_eq!(metrics.len(), 4);
    for (name, value) in metrics {
        let logged = last[format!("val_{name}")].as_f64().unwrap();
        assert_eq!(value.as_f64().unwrap() as f32, logged as f32, "{name}");
    }
}

#[test]
fn test_rows_were_kept_out_and_classes_keep_their_names() {
    let sandbox = flower_bed();
    let evaluated = json(&sandbox.runner("evaluate latest --json").exits(0).stdout);
    assert_eq!(evaluated["rows"], 20);
    let classes = evaluated["classes"].as_array().unwrap();
    let names: Vec<_> = classes.iter().map(|class| class["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["aster", "iris", "rose"]);
    let row = |class: usize| -> u64 {
        evaluated["confusion"][class].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum()
    };
    for (class, scores) in classes.iter().enumerate() {
        assert_eq!(scores["support"], row(class));
    }
    let text = sandbox.runner("evaluate flowers").exits(0).stdout;
    assert!(text.starts_with("20 test rows of "), "{text}");
    let training = json(&sandbox.runner("evaluate flowers --split train --json").exits(0).stdout);
    assert_eq!(training["rows"], 60);
}

#[test]
fn rows_are_answered_with_their_label_or_without() {
    let sandbox = flower_bed();
    sandbox.file("bare.csv", &flowers(false));
    let ask = |file: &str| {
        let said = sandbox.runner(&format!("predict flowers {file} --json")).exits(0).stdout;
        json(&said).as_array().unwrap().clone()
    };
    let (with, without) = (ask("flowers.csv"), ask("bare.csv"));
    assert_eq!((with.len(), without.len()), (100, 100));
    let mut right = 0;
    for (i, (with, without)) in with.iter().zip(&without).enumerate() {
        assert_eq!(with["probabilities"], without["probabilities"]);
        let sum: f64 =
            with["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{with}");
        right += usize::from(with["class"] == ["iris", "rose", "aster"][i * 7 % 3]);
    }
    assert!(90 < right, "{right} of 100");
    // What the network was judged by is what it says.
    let evaluated =
        json(&sandbox.runner("evaluate flowers --data flowers.csv --json").exits(0).stdout);
    assert_eq!(evaluated["rows"], 100);
    let accuracy = evaluated["metrics"]["accuracy"].as_f64().unwrap();
    assert!((accuracy - right as f64 / 100.0).abs() < 1e-6);
    let table = sandbox.runner("predict flowers bare.csv").exits(0).stdout;
    assert_eq!(table.lines().count(), 101);
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let sandbox = flower_bed();
    // A word that the training rows have not is none of theirs; a word is no number.
    sandbox.file("green.csv", "petal,colour,sepal\n1,red,2\n1,green,2\n");
    let said = sandbox.runner("predict flowers green.csv").exits(0).stdout;
    assert_eq!(said.lines().count(), 3, "{said}");
    sandbox.file("green.csv", "petal,colour,sepal\n1,red,2\n1,red,green\n");
    let said = sandbox.runner("predict flowers green.csv").exits(1).stderr;
    assert!(said.contains("line 3, column `sepal`: got `green`"), "{said}");
    picture(&sandbox.path().join("dot.png"), &[0; 9], 3, 1);
    let said = sandbox.runner("predict flowers dot.png").exits(1).stderr;
    assert!(said.contains("got a picture, want rows of the shape [4]"), "{said}");
    let said = sandbox.runner("predict flowers nothing.csv").exits(1).stderr;
    assert!(said.contains("nothing.csv"), "{said}");
    sandbox.file("text.png", "no picture");
    let said = sandbox.runner("predict flowers text.png").exits(1).stderr;
    assert!(said.contains("text.png"), "{said}");
    let said = sandbox.runner("evaluate tree").exits(2).stderr;
    assert!(said.contains("help:"), "{said}");
}

/// A gray PNG of `side` × `side` pixels, each shown `zoom` times in both directions.
fn picture(path: &Path, pixels: &[u8], side: usize, zoom: usize) {
    let wide = side * zoom;
    let all: Vec<u8> =
        (0..wide * wide).map(|i| pixels[i / wide / zoom * side + i % wide / zoom]).collect();
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, wide as u32, wide as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&all).unwrap();
}

#[test]
fn a_digit_is_the_same_in_an_archive_and_as_a_picture_dark_or_bright() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "digits.toml",
        "[data]\nlimit = 6000\n[model]\nlayers = [{ type = \"dense\", units = 10 }]\n[optimizer]\n\
         name = \"adam\"\n[training]\nloss = { name = \"categorical_crossentropy\", from_logits = true }\n",
    );
    sandbox.runner("run digits.toml").exits(0);
    let evaluated = json(&sandbox.runner("evaluate digits --json").exits(0).stdout);
    assert_eq!(evaluated["rows"], 10_000);
    let accuracy = evaluated["metrics"]["accuracy"].as_f64().unwrap();
    assert!((0.8..0.95).contains(&accuracy), "{accuracy}");
    assert_eq!(evaluated["classes"][0]["support"], 980); // as Keras's own test set has it

    let dataset = Dataset::new(load(&Source::Mnist, Split::Test).unwrap(), 1.0);
    let pixels: Vec<u8> = dataset.inputs_of(7).iter().map(|x| *x as u8).collect();
    let dark: Vec<u8> = pixels.iter().map(|x| 255 - x).collect();
    let at = |name: &str| sandbox.path().join(name);
    picture(&at("bright.png"), &pixels, 28, 1);
    picture(&at("dark.png"), &dark, 28, 5);
    let mut npz = NpzWriter::new(fs::File::create(at("rows.npz")).unwrap());
    let array = Array3::from_shape_vec((1, 28, 28), pixels).unwrap();
    npz.add_array("x", &array).unwrap();
    npz.finish().unwrap();
    let said = sandbox.runner("predict digits rows.npz bright.png dark.png --json").exits(0).stdout;
    let answers = json(&said);
    assert_eq!(answers.as_array().unwrap().len(), 3);
    for i in 1..3 {
        assert_eq!(answers[i]["probabilities"], answers[0]["probabilities"]);
    }
    assert_eq!(answers[0]["row"], json!(0));
    let sum: f64 = answers[0]["probabilities"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-5, "logits were made probabilities: {sum}");
}

#[test]
fn predict_of_csv_by_a_network_without_columns_says_the_reason() {
    let sandbox = Sandbox::new();
    sandbox.file("a.toml", MNIST_OF_100);
    sandbox.file("rows.csv", "a,b\n1,2\n");
    sandbox.runner("run a.toml -q").exits(0);
    let said = sandbox.runner("predict a rows.csv").exits(2).stderr;
    assert_eq!(
        said,
        "error: cannot read the columns of `rows.csv`: the network has learned from data without \
         columns\n  help: want a picture (.png), or rows in a .npz file as its array x\n"
    );
}

const MNIST_OF_100: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2
[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[training]
epochs = 1
"#;

#[test]
fn any_weights_of_a_run_are_evaluated_asked_and_exported() {
    let sandbox = Sandbox::new();
    sandbox.file("flowers.csv", &flowers(true));
    let kept = "\n[callbacks.model_checkpoint]\nfilepath = \"kept/best.safetensors\"\n\
                save_best_only = true\nmonitor = \"val_accuracy\"\n";
    // A rate that forgets what it had learned: the last epoch is not the best.
    let text = FLOWERS.replace("learning_rate = 0.02", "learning_rate = 3.0");
    sandbox.file("flowers.toml", &(text + kept));
    sandbox.runner("run flowers.toml -q").exits(0);
    let shown = json(&sandbox.runner("show flowers --json").exits(0).stdout);
    let history = shown["history"].as_array().unwrap();
    let accuracy = |epoch: &Value| epoch["val_accuracy"].as_f64().unwrap();
    let best = history.iter().map(accuracy).fold(0.0, f64::max);
    let epoch = history.iter().find(|epoch| accuracy(epoch) == best).unwrap();
    assert_ne!(epoch["val_loss"], history.last().unwrap()["val_loss"]);

    let dir = shown["dir"].as_str().unwrap().to_owned();
    let below = format!("{dir}/kept/best.safetensors");
    let inner = below.strip_prefix("logs/").unwrap();
    let words = [
        below.clone(),
        inner.to_owned(),
        "flowers --weights kept/best.safetensors".to_owned(),
        format!("flowers --weights {below}"),
        "latest --weights kept/best.safetensors".to_owned(),
    ];
    let mut outputs = Vec::new();
    for word in &words {
        let said = sandbox.runner(&format!("evaluate {word} --split validation --json")).exits(0);
        let evaluated = json(&said.stdout);
        for (name, value) in evaluated["metrics"].as_object().unwrap() {
            let logged = epoch[format!("val_{name}")].as_f64().unwrap();
            assert_eq!(value.as_f64().unwrap() as f32, logged as f32, "{word}: {name}");
        }
        assert!(evaluated["weights"].as_str().unwrap().ends_with("kept/best.safetensors"));
    }
    // predict takes more words after the run.
    for word in [words[0].clone(), "flowers flowers.csv --weights kept/best.safetensors".to_owned()]
    {
        let word = if word.contains(' ') { word } else { format!("{word} flowers.csv") };
        outputs.push(sandbox.runner(&format!("predict {word} --json")).exits(0).stdout);
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_ne!(outputs[0], sandbox.runner("predict flowers flowers.csv --json").exits(0).stdout);
    sandbox.runner(&format!("export model {below} -o best.safetensors")).exits(0);
    let read = |path: &str| fs::read(sandbox.path().join(path)).unwrap();
    assert_eq!(read("best.safetensors"), read(&below));
    assert!(sandbox.runner(&format!("show {below}")).exits(0).stdout.contains(&dir));

    // A run that has no last weights says which it has.
    fs::remove_file(sandbox.path().join(&dir).join("model.safetensors")).unwrap();
    let said = sandbox.runner("evaluate flowers").exits(2).stderr;
    assert!(said.contains("help: --weights FILE takes what there is: kept/best.saf"), "{said}");
    sandbox.runner(&format!("evaluate {below}")).exits(0);
    let said = sandbox.runner("evaluate flowers --weights worst.safetensors").exits(2).stderr;
    assert!(said.contains("has no weights `worst.safetensors`"), "{said}");
    let said = sandbox.runner("evaluate best.safetensors").exits(2).stderr;
    assert!(said.contains("`best.safetensors` lies in no run's folder\n  help:"), "{said}");
    let said = sandbox.runner("evaluate flowers --weights best.safetensors").exits(2).stderr;
    assert!(said.contains("has no weights `best.safetensors`"), "{said}");
    let said = sandbox.runner(&format!("evaluate {below} --weights a.safetensors")).exits(2).stderr;
    assert!(said.contains("got two files of weights"), "{said}");
    // Weights are no way to say which run is to go.
    sandbox.runner(&format!("rm {below} --yes")).exits(2);
}

#[test]
fn predictions_are_written_beside_the_columns_of_the_table() {
    let sandbox = flower_bed();
    sandbox.file("new.csv", "petal;predicted;colour;sepal\n1;a,b;red;2\n\n2;c;green;3\n");
    let said = sandbox.runner("predict flowers new.csv -o out.csv").exits(0);
    assert_eq!(said.stdout, "");
    assert_eq!(
        said.stderr,
        "note: `new.csv`, column `colour`: `green`, in 1 row, is no word of the rows that trained\n\
         wrote out.csv, 2 rows\n"
    );
    let text = fs::read_to_string(sandbox.path().join("out.csv")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let head = "petal,predicted,colour,sepal,predicted_,probability=aster,probability=iris,probability=rose";
    assert_eq!((lines[0], lines.len()), (head, 3));
    let answers = json(&sandbox.runner("predict flowers new.csv --json").exits(0).stdout);
    for (line, answer) in lines[1..].iter().zip(answers.as_array().unwrap()) {
        let class = answer["class"].as_str().unwrap();
        assert!(line.contains(&format!(",{class},0.")), "{line}");
    }
    assert!(lines[1].starts_with("1,\"a,b\",red,2,"), "{}", lines[1]);
    for (arguments, want) in [
        ("new.csv -o out.txt", "want a name that ends in .csv"),
        ("new.csv new.csv -o out.csv", "name one table"),
        ("new.csv -o out.csv --json", "cannot be used with"),
    ] {
        let said = sandbox.runner(&format!("predict flowers {arguments}")).exits(2).stderr;
        assert!(said.contains(want), "{said}");
    }
}
