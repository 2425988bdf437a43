//! Cross-validation: folds that share a row, out-of-fold predictions, and several networks judged together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// 60 rows in 20 groups of three: the label follows from `x`, `noise` tells nothing, and the word `rare` is
/// in a single row.
fn table() -> String {
    let row = |i: i32| {
        let (x, noise) = (f64::from(i * 37 % 60) / 10.0 - 3.0, f64::from(i * 23 % 7));
        let word = if i == 30 { "rare" } else { ["red", "blue"][(i % 2) as usize] };
        let label = if 0.0 < x { "yes" } else { "no" };
        format!("{x},{noise},{word},g{},{},{label}\n", i / 3, 2000 + i)
    };
    "x,noise,word,group,year,label\n".to_owned() + &(0..60).map(row).collect::<String>()
}

const CONFIG: &str = r#"
name = "folds"
[data]
dataset = "table.csv"
label = "label"
ignore = ["group", "year"]
standardize = true
[model]
layers = [{ type = "dense", units = 8, activation = "relu" }, { type = "dense", units = 2, activation = "softmax" }]
[optimizer]
name = "adam"
learning_rate = 0.05
[training]
epochs = 10
batch_size = 16
[cross_validation]
folds = 4
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("table.csv", &table());
    sandbox.file("folds.toml", CONFIG);
    sandbox
}

/// The only sweep in a log folder.
fn sweep(sandbox: &Sandbox, logdir: &str) -> PathBuf {
    let name = sandbox.path().join(logdir).join("folds");
    let mut found = fs::read_dir(name).unwrap().map(|entry| entry.unwrap().path());
    let dir = found.next().unwrap();
    assert!(found.next().is_none());
    dir
}

/// The rows of a CSV file by their columns.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut csv = csv::Reader::from_path(path).unwrap();
    let head: Vec<_> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |record: csv::StringRecord| {
        head.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    };
    csv.records().map(|record| row(record.unwrap())).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_row_is_predicted_once_in_each_repeat() {
    let sandbox = sandbox();
    let said = sandbox
        .runner("run folds.toml --set cross_validation.repeats=2 --set model.layers.0.units=4,8")
        .exits(0);
    let lines: Vec<_> = said.stdout.lines().collect();
    assert!(lines[0].contains("units  runs") && lines[1].contains(" ± "), "{}", said.stdout);
    assert_eq!(lines.iter().filter(|line| line.contains("   8  ")).count(), 2, "{}", said.stdout);
    let found = rows(&sweep(&sandbox, "logs").join("out_of_fold.csv"));
    assert_eq!(found.len(), 2 * 2 * 60);
    for (at, division) in found.chunks(60).enumerate() {
        let want = (["4", "8"][at / 2], (at % 2).to_string());
        let truth = table();
        let truth: Vec<_> = truth.lines().skip(1).map(|line| line.rsplit(',').next()).collect();
        for (number, row) in division.iter().enumerate() {
            assert_eq!((&*row["units"], &row["repeat"]), (want.0, &want.1));
            assert_eq!(row["row"], number.to_string());
            assert_eq!(Some(&*row["truth"]), truth[number]);
            let sum: f64 = ["yes", "no"]
                .iter()
                .map(|class| row[&format!("probability={class}")].parse::<f64>().unwrap())
                .sum();
            assert!((sum - 1.0).abs() < 1e-5 && ["yes", "no"].contains(&&*row["predicted"]));
        }
        let folds: BTreeSet<_> = division.iter().map(|row| &row["fold"]).collect();
        assert_eq!(folds.len(), 4);
        // Drawn from each class: 30 rows of each make 7 or 8 in a fold.
        for fold in folds {
            let of = |class: &str| {
                division.iter().filter(|r| r["fold"] == *fold && r["truth"] == class).count()
            };
            assert!((6..=9).contains(&of("yes")) && (6..=9).contains(&of("no")));
        }
    }
    let folds = |at: usize| found[at * 60..][..60].iter().map(|r| &r["fold"]).collect::<Vec<_>>();
    assert!(
        folds(0) == folds(2) && folds(0) != folds(1),
        "settings share divisions, repeats do not"
    );
}

#[test]
fn folds_leave_the_same_bytes_whatever_the_threads_and_after_a_resume() {
    let sandbox = sandbox();
    let bytes = |logdir: &str| fs::read(sweep(&sandbox, logdir).join("out_of_fold.csv")).unwrap();
    sandbox.runner("run folds.toml --logdir a -j 1 --threads 1").exits(0);
    sandbox.runner("run folds.toml --logdir b -j 4 --threads 3").exits(0);
    assert!(bytes("a") == bytes("b"));
    // As after a kill within the third run, and after a kill just before the end.
    let sweep_b = sweep(&sandbox, "b");
    fs::remove_file(sweep_b.join("out_of_fold.csv")).unwrap();
    fs::remove_dir_all(sweep_b.join("0002-fold=2")).unwrap();
    sandbox.runner("resume b").exits(0);
    assert!(bytes("a") == bytes("b"));
    fs::remove_file(sweep_b.join("out_of_fold.csv")).unwrap();
    sandbox.runner("resume b").exits(0);
    assert!(bytes("a") == bytes("b"));
    sandbox.runner("run folds.toml --logdir c --plan-only").exits(0);
    let dir = sweep(&sandbox, "c");
    for shard in 0..2 {
        sandbox
            .runner("work")
            .arg(dir.to_str().unwrap())
            .arg("--shard")
            .arg(&format!("{shard}/2"))
            .exits(0);
    }
    assert!(bytes("a") == bytes("c"));
}

#[test]
fn transforms_are_fitted_on_the_rows_of_each_fold() {
    let sandbox = sandbox();
    sandbox.runner("run folds.toml -q").exits(0);
    let dir = sweep(&sandbox, "logs");
    let found = rows(&dir.join("out_of_fold.csv"));
    let table = table();
    let x: Vec<f64> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    for fold in 0..4 {
        let training: Vec<_> =
            (0..60).filter(|row| found[*row]["fold"] != fold.to_string()).collect();
        let mean = training.iter().map(|row| x[*row]).sum::<f64>() / training.len() as f64;
        let text = fs::read(dir.join(format!("000{fold}-fold={fold}/model.safetensors"))).unwrap();
        let head: Value = {
            let length = u64::from_le_bytes(text[..8].try_into().unwrap()) as usize;
            serde_json::from_slice(&text[8..8 + length]).unwrap()
        };
        let preparation = json(head["__metadata__"]["preparation"].as_str().unwrap());
        let fitted = preparation["standardization"]["mean"][0].as_f64().unwrap();
        assert!((fitted - mean).abs() < 1e-6, "{fitted} {mean}");
        // The rare word is an input where its row trains.
        let inputs = preparation["shape"][0].as_u64().unwrap();
        assert_eq!(inputs, if training.contains(&30) { 5 } else { 4 });
    }
    let said = sandbox.runner("compare folds --json").exits(0);
    assert_eq!(json(&said.stdout)["lines"].as_array().unwrap().len(), 1, "{}", said.stdout);
}

#[test]
fn groups_and_time_divide_the_rows() {
    let sandbox = sandbox();
    let by = |method: &str, column: &str| {
        sandbox
            .runner(&format!("run folds.toml -q --logdir {method}"))
            .arg("--set")
            .arg(&format!(
                "cross_validation={{folds = 4, method = \"{method}\", column = \"{column}\"}}"
            ))
            .exits(0);
        rows(&sweep(&sandbox, method).join("out_of_fold.csv"))
    };
    let input = CONFIG.replace("[\"group\", ", "[") + "method = \"group\"\ncolumn = \"group\"\n";
    sandbox.file("input.toml", &input);
    let said = sandbox.runner("check input.toml").exits(0).stderr;
    assert!(said.contains("`ignore = [\"group\"]` leaves the column out"), "{said}");
    let found = by("group", "group");
    assert_eq!(found.len(), 60);
    for group in found.chunks(3) {
        assert!(group.iter().all(|row| row["fold"] == group[0]["fold"]));
    }
    // By time the first fifth only trains; row r is of the year 2000 + r.
    let found = by("time", "year");
    let folds: Vec<_> = found.iter().map(|row| (&*row["row"], &*row["fold"])).collect();
    assert_eq!((folds[0], folds[47]), (("12", "0"), ("59", "3")));
}

#[test]
fn a_split_by_groups_has_no_group_on_both_sides() {
    let sandbox = sandbox();
    let config = CONFIG.split("[cross_validation]").next().unwrap();
    let config = config.replace(
        "standardize = true",
        "validation_split = 0.25\nsplit = { method = \"group\", column = \"group\", seed = 2 }",
    );
    sandbox.file("split.toml", &config);
    sandbox.runner("run split.toml -q").exits(0);
    let groups = |split: &str| -> BTreeSet<String> {
        let to = format!("{split}.csv");
        sandbox.runner(&format!("evaluate folds --split {split} -o {to}")).exits(0);
        rows(&sandbox.path().join(to)).into_iter().map(|row| row["group"].clone()).collect()
    };
    let (training, validation) = (groups("train"), groups("validation"));
    assert!(training.is_disjoint(&validation));
    assert_eq!((training.len(), validation.len()), (15, 5));
}

#[test]
fn folds_are_judged_and_predict_together() {
    let sandbox = sandbox();
    sandbox.runner("run folds.toml -q").exits(0);
    let dir = sweep(&sandbox, "logs");
    let said = sandbox.runner("evaluate folds --importance --repeats 3 --json").exits(0);
    let value = json(&said.stdout);
    assert_eq!((&value["rows"], value["dirs"].as_array().unwrap().len()), (&60.into(), 4));
    let found = rows(&dir.join("out_of_fold.csv"));
    let right = |fold: usize| {
        let rows = found.iter().filter(|row| row["fold"] == fold.to_string());
        let rows: Vec<_> = rows.collect();
        let right = rows.iter().filter(|row| row["truth"] == row["predicted"]).count();
        right as f64 / rows.len() as f64
    };
    let accuracies: Vec<f64> = (0..4).map(right).collect();
    let mean = accuracies.iter().sum::<f64>() / 4.0;
    let squares: f64 = accuracies.iter().map(|a| (a - mean).powi(2)).sum();
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((number(&value["metrics"]["accuracy"]) - mean).abs() < 1e-6);
    assert!((number(&value["deviations"]["accuracy"]) - (squares / 3.0).sqrt()).abs() < 1e-6);
    let wrong = found.iter().filter(|row| row["truth"] != row["predicted"]).count();
    assert_eq!(value["mistakes"].as_array().unwrap().len(), wrong.min(24));
    let bins = value["calibration"]["bins"].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["rows"].as_u64().unwrap()).sum::<u64>(), 60);
    let importance = value["importance"]["columns"].as_array().unwrap();
    let drop = |at: usize| number(&importance[at]["mean"]);
    assert_eq!(importance[0]["column"], "x");
    assert!(drop(0) > 0.2 && drop(0) > 3.0 * drop(1).abs(), "{importance:?}");
    assert_eq!(importance[0]["drops"].as_array().unwrap().len(), 12);
    let again = sandbox.runner("evaluate folds --importance --repeats 3 --json").exits(0);
    assert_eq!(said.stdout, again.stdout);
    // Text, and the page.
    let said = sandbox.runner("evaluate folds --importance").exits(0);
    let has = |text: &str| said.stdout.contains(text);
    assert!(
        has("by 4 networks: mean and deviation") && has("accuracy worse by"),
        "{}",
        said.stdout
    );
    assert!(has("expected calibration error: "), "{}", said.stdout);
    sandbox.runner("report folds -o page.html").exits(0);
    let page = fs::read_to_string(sandbox.path().join("page.html")).unwrap();
    assert!(page.contains("class=\"calibration\"") && page.contains("accuracy worse by</th>"));
}

#[test]
fn predictions_of_folds_have_a_deviation() {
    let sandbox = sandbox();
    let config = CONFIG
        .replace("label = \"label\"", "label = \"year\"")
        .replace("\"year\"]", "\"label\"]")
        .replace("units = 2, activation = \"softmax\"", "units = 1")
        .replace("epochs = 10", "epochs = 10\nloss = \"mean_squared_error\"");
    sandbox.file("folds.toml", &config);
    sandbox.runner("run folds.toml -q").exits(0);
    sandbox.runner("predict folds table.csv -o all.csv").exits(0);
    let all = rows(&sandbox.path().join("all.csv"));
    let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<f64>().unwrap();
    let mut each = Vec::new();
    for fold in 0..4 {
        let run = sweep(&sandbox, "logs").join(format!("000{fold}-fold={fold}"));
        let to = format!("{fold}.csv");
        let run = run.to_str().unwrap().to_owned();
        sandbox.runner("predict").arg(&run).arg("table.csv").arg("-o").arg(&to).exits(0);
        each.push(rows(&sandbox.path().join(to)));
    }
    for (at, row) in all.iter().enumerate() {
        let values: Vec<f64> = each.iter().map(|rows| number(&rows[at], "predicted")).collect();
        let mean = values.iter().sum::<f64>() / 4.0;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let near = |got: f64, want: f64| (got - want).abs() <= 1e-4 * want.abs().max(1.0);
        assert!(near(number(row, "predicted"), mean) && row["word"] == each[0][at]["word"]);
        assert!(near(number(row, "deviation"), (squares / 3.0).sqrt()));
    }
    sandbox.runner("predict folds table.csv -o all.parquet").exits(0);
    let parquet = fs::read(sandbox.path().join("all.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    let said = sandbox.runner("predict folds table.csv -o all.txt").exits(2);
    assert!(said.stderr.contains("want a name that ends in .csv or .parquet"), "{}", said.stderr);
}

#[test]
fn wrong_cross_validations_are_refused() {
    let cases = [
        ("method = \"group\"", "wants a `column`", "the column of the groups"),
        ("column = \"group\"", "`column` is for `method = \"group\"`", "take it out"),
        ("method = \"time\"\ncolumn = \"year\"\nrepeats = 2", "the same in every repeat", "take"),
        ("folds = 1", "`cross_validation.folds` is out of range", "want from 2"),
        ("folds = 61", "some leave no row for validation", "take fewer folds"),
        ("method = \"group\"\ncolumn = \"grup\"", "`grup`", "did you mean `group`?"),
        ("method = \"group\"\ncolumn = \"group\"\nfolds = 21", "some leave no row", "whole groups"),
        ("fold = 3", "unknown key `fold`", "did you mean `folds`?"),
    ];
    let config = CONFIG.split("folds = 4").next().unwrap();
    for (keys, error, help) in cases {
        let sandbox = sandbox();
        sandbox.file("folds.toml", &format!("{config}{keys}\n"));
        let said = sandbox.runner("check folds.toml").exits(2);
        let has = |text: &str| said.stderr.contains(text) || said.stdout.contains(text);
        assert!(has(error) && has(help), "{keys}\n{}{}", said.stdout, said.stderr);
    }
    let sandbox = sandbox();
    for (set, error) in [
        ("data.validation_split=0.2", "says what validates, and so do the folds"),
        ("data.split={method = \"random\"}", "ok"),
        ("data.fold={folds = 2, fold = 0}", "`data.fold` is one fold"),
        ("cross_validation.folds=3,4", "cannot be swept"),
    ] {
        let said = sandbox.runner("check folds.toml --set").arg(set).output();
        assert!((said.stdout.clone() + &said.stderr).contains(error), "{set}\n{}", said.stderr);
    }
}

#[test]
fn example_tables_are_learned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    let run = |name: &str, set: &str| {
        let config = root.join(format!("configs/{name}.toml"));
        sandbox.runner("run -q").arg(config.to_str().unwrap()).arg("--set").arg(set).exits(0);
        json(&sandbox.runner(&format!("evaluate {name} --json")).exits(0).stdout)["metrics"].clone()
    };
    let iris = run("iris", "training.epochs=30");
    assert!(0.9 < iris["accuracy"].as_f64().unwrap(), "{iris}");
    let wine = run("wine", "training.epochs=20");
    assert!(0.9 < wine["accuracy"].as_f64().unwrap(), "{wine}");
    let houses = run("houses", "training.epochs=15");
    assert!(0.6 < houses["r2_score"].as_f64().unwrap(), "{houses}");
}

#[test]
fn the_table_of_houses_is_what_its_script_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    let script = root.join("scripts/tables.py");
    let ended = std::process::Command::new("python3")
        .arg(script)
        .arg(sandbox.path())
        .arg("--houses")
        .status()
        .expect("python3");
    assert!(ended.success());
    let written = fs::read(sandbox.path().join("houses.csv")).unwrap();
    assert!(written == fs::read(root.join("data/tables/houses.csv")).unwrap());
}
