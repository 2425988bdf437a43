//! What is logged beyond scalars: TensorBoard's pages have all of it, and nothing without being asked.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::tensorboard::check_logdir;

const CONFIG: &str = r#"
[data]
limit = 400
validation_split = 0.25

[model]
layers = [
    { type = "dense", units = 9, activation = "relu" },
    { type = "dense", units = 10, activation = "softmax" },
]

[training]
epochs = 3

[tensorboard]
histogram_freq = 2
write_images = true
update_freq = 5
write_steps_per_second = true
evaluation_vs_iterations = true
write_config = true
confusion_matrix = true
mistakes = 4
pr_curves = true
embeddings = 50
"#;

/// The folder of the only run, and its path below the log folder.
fn run(logdir: &Path) -> (PathBuf, String) {
    let dir = fs::read_dir(logdir.join("all")).unwrap().next().unwrap().unwrap().path();
    let name = dir.strip_prefix(logdir).unwrap().to_str().unwrap().to_owned();
    (dir, name)
}

#[test]
fn every_page_has_what_was_asked_for() {
    let sandbox = Sandbox::new();
    sandbox.file("all.toml", CONFIG);
    sandbox.runner("run all.toml").exits(0);
    let logdir = sandbox.path().join("logs");
    let (dir, name) = run(&logdir);
    let seen = check_logdir(&logdir);
    let (train, validation) = (format!("{name}/train"), format!("{name}/validation"));
    for provider in ["fast", "slow"] {
        let shown = &seen[provider];
        let tags = &shown["tags"];
        let kinds = ["dense/bias", "dense/kernel", "dense_1/bias", "dense_1/kernel"];
        let all = |end: &str| -> Value {
            kinds.iter().map(|kind| format!("sequential/{kind}/{end}")).collect()
        };
        assert_eq!(tags["histograms"], json!({ &train: all("histogram") }));
        assert_eq!(tags["distributions"], json!({ &train: all("histogram") }));
        assert_eq!(tags["images"][&train], all("image"));
        assert_eq!(tags["text"], json!({ &train: ["config"] }));
        let curves: Value = (0..10).map(|class| format!("pr_curve/class_{class}")).collect();
        assert_eq!(tags["pr_curves"], json!({ &validation: curves }));
        let pictures = tags["images"][&validation].as_array().unwrap();
        assert_eq!(pictures.len(), 5);
        assert_eq!(pictures[0], "confusion_matrix");
        assert!(pictures[1].as_str().unwrap().starts_with("mistakes/01_row_"), "{pictures:?}");
        let embeddings = &shown["embeddings"][&validation][0];
        assert_eq!(
            (&embeddings["tensorName"], &embeddings["tensorShape"]),
            (&json!("dense_0"), &json!([50, 9]))
        );
        scalars(&shown["scalars"], &train, &validation);
    }
    let points =
        |run: &str, tag: &str| seen["loader"][run][tag]["points"].as_array().unwrap().clone();
    let histograms = points(&train, "sequential/dense/kernel/histogram");
    let steps: Vec<_> = histograms.iter().map(|point| point[0].clone()).collect();
    assert_eq!(steps, [0, 2]);
    for histogram in histograms {
        let buckets = histogram[1].as_array().unwrap();
        let count: f64 = buckets.iter().map(|bucket| bucket[2].as_f64().unwrap()).sum();
        assert_eq!((buckets.len(), count), (30, 784.0 * 9.0));
    }
    let text = points(&train, "config")[0][1].as_str().unwrap().to_owned();
    let config = fs::read_to_string(dir.join("config.toml")).unwrap();
    assert_eq!(text, format!("```toml\n{config}```\n"));
    // Over all thresholds from 0: everything is said to be so.
    let curve = &points(&validation, "pr_curve/class_0")[0][1];
    let count = |row: usize| curve[row][0].as_f64().unwrap();
    assert_eq!((count(0) + count(1), count(2), count(3), count(5)), (100.0, 0.0, 0.0, 1.0));
}

fn scalars(scalars: &Value, train: &str, validation: &str) {
    let steps = |run: &str, tag: &str| -> Vec<u64> {
        let points = scalars[run][tag].as_array().unwrap_or_else(|| panic!("no {tag}: {scalars}"));
        points.iter().map(|point| point[0].as_u64().unwrap()).collect()
    };
    // 300 rows train in 10 steps an epoch.
    for tag in ["batch_loss", "batch_accuracy", "batch_steps_per_second"] {
        assert_eq!(steps(train, tag), [5, 10, 15, 20, 25, 30], "{tag}");
    }
    for tag in ["epoch_loss", "epoch_accuracy", "epoch_steps_per_second", "epoch_learning_rate"] {
        assert_eq!(steps(train, tag), [0, 1, 2], "{tag}");
    }
    let value = |run: &str, tag: &str, at: usize| scalars[run][tag][at][1].clone();
    // The last batch of an epoch has the numbers of the epoch.
    assert_eq!(value(train, "batch_loss", 1), value(train, "epoch_loss", 0));
    for name in ["loss", "accuracy"] {
        let tag = format!("evaluation_{name}_vs_iterations");
        assert_eq!(steps(validation, &tag), [10, 20, 30], "{tag}");
        assert_eq!(value(validation, &tag, 2), value(validation, &format!("epoch_{name}"), 2));
    }
}

#[test]
fn the_projector_has_names_and_pictures() {
    let sandbox = Sandbox::new();
    let row =
        |i: u32| format!("{},{},{}\n", i * 7 % 10, i, ["no", "yes"][(i * 7 % 10 / 5) as usize]);
    let rows: String = (0..40).map(row).collect();
    sandbox.file("points.csv", &format!("x,y,class\n{rows}"));
    let config = CONFIG.replace("limit = 400", "dataset = \"points.csv\"");
    let config = config.replace("units = 10", "units = 2").replace("mistakes = 4\n", "");
    sandbox.file("all.toml", &config.replace("write_images = true\n", ""));
    sandbox.runner("run all.toml -q").exits(0);
    let (dir, _) = run(&sandbox.path().join("logs"));
    let read = |name: &str| fs::read_to_string(dir.join("validation").join(name)).unwrap();
    let metadata = read("embeddings_metadata.tsv");
    let mut lines = metadata.lines();
    assert_eq!(lines.next(), Some("label\tclass\tanswer\tright\trow"));
    let labels = ["yes", "no", "yes, taken for no", "no, taken for yes"];
    assert!(lines.all(|line| labels.contains(&line.split('\t').next().unwrap())), "{metadata}");
    let config = read("projector_config.pbtxt");
    assert!(config.contains("image_path: \"embeddings_sprite.png\""), "{config}");
    // Ten rows in a square of four times four discs.
    let png = fs::read(dir.join("validation/embeddings_sprite.png")).unwrap();
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (4 * 16, 4 * 16));
}

/// A network that ends in logits is the same network as one that ends in their sigmoid.
#[test]
fn pictures_of_logits_are_those_of_their_probabilities() {
    let sandbox = Sandbox::new();
    let rows: String = (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, i % 2)).collect();
    sandbox.file("d.csv", &format!("a,b,y\n{rows}"));
    let pictures = |name: &str, activation: &str, loss: &str| {
        let config = format!(
            "[data]\ndataset = \"d.csv\"\nvalidation_split = 0.5\n\
             [model]\nlayers = [{{ type = \"dense\", units = 1, activation = \"{activation}\" }}]\n\
             [training]\nepochs = 2\nloss = {loss}\nmetrics = []\n\
             [tensorboard]\nconfusion_matrix = true\n"
        );
        sandbox.file(&format!("{name}.toml"), &config);
        sandbox.runner(&format!("run {name}.toml --logdir {name}")).exits(0);
        let run = fs::read_dir(sandbox.path().join(name).join(name)).unwrap().next().unwrap();
        let folder = run.unwrap().path().join("validation");
        let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
        png(&fs::read(file).unwrap())
    };
    let probabilities = pictures("p", "sigmoid", "\"binary_crossentropy\"");
    let logits = "{ name = \"binary_crossentropy\", from_logits = true }";
    assert!(probabilities == pictures("z", "linear", logits), "the confusion matrices differ");
}

/// The only PNG in a file.
fn png(bytes: &[u8]) -> Vec<u8> {
    let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    let (start, end) = (find(b"\x89PNG").unwrap(), find(b"IEND").unwrap());
    bytes[start..end].to_vec()
}
