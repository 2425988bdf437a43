//! `data.target_scaling`: house prices are learned where raw ones are not, and every answer is in their unit.

use std::fs;

use serde_json::Value;

use crate::embeddings::inputs_of;
use crate::export::{agree, onnxruntime, predicted};
use crate::sandbox::Sandbox;

/// Houses: area, rooms, age, distance, and district as a word; the price in pounds and the monthly rent.
fn houses(rows: usize) -> String {
    let mut state = 7_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let mut text = "area,rooms,age,distance,district,price,rent\n".to_owned();
    for _ in 0..rows {
        let (area, age, distance) = (40.0 + 160.0 * random(), 90.0 * random(), 30.0 * random());
        let rooms = (area / 30.0 + 2.0 * random()).floor();
        let (district, factor) =
            [("north", 1.0), ("south", 1.4), ("port", 0.8)][(3.0 * random()) as usize];
        let size = area * factor * (1.3 - age / 200.0) * (1.5 - distance / 40.0);
        let (price, rent) = (2500.0 * size * (0.9 + 0.2 * random()), 9.0 * size + 100.0 * random());
        text +=
            &format!("{area:.1},{rooms},{age:.0},{distance:.1},{district},{price:.0},{rent:.0}\n");
    }
    text
}

const CONFIG: &str = "[data]\ndataset = \"houses.csv\"\nlabel = \"price\"\nignore = [\"rent\"]\n\
    validation_split = 0.2\nstandardize = true\n[model]\nlayers = [\n\
    { type = \"dense\", units = 32, activation = \"relu\" },\n{ type = \"dense\", units = 1 },\n]\n\
    [training]\nepochs = 40\nloss = \"mean_squared_error\"\n\
    metrics = [\"r2_score\", \"mse\", \"root_mean_squared_error\", \"mae\"]\n";

fn folder() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("houses.csv", &houses(500));
    sandbox.file("run.toml", CONFIG);
    sandbox
}

fn last(sandbox: &Sandbox, more: &str) -> Value {
    let said = sandbox.runner(&format!("run run.toml --json {more}")).exits(0);
    serde_json::from_str::<Value>(&said.stdout).unwrap()["runs"][0]["last"].take()
}

fn number(logs: &Value, name: &str) -> f64 {
    logs[name].as_f64().unwrap_or_else(|| panic!("no {name} in {logs}"))
}

#[test]
fn prices_are_learned_with_scaled_targets_alone() {
    let sandbox = folder();
    let raw = number(&last(&sandbox, ""), "val_r2_score");
    assert!(raw < 0.0, "raw targets: {raw}");
    for scaling in ["standardize", "min_max", "log"] {
        let set = format!("--set name={scaling} --set data.target_scaling={scaling}");
        let logs = last(&sandbox, &format!("{set} --threads 1"));
        let found = number(&logs, "val_r2_score");
        assert!(0.7 < found, "{scaling}: {found}");
        assert_eq!(logs, last(&sandbox, &format!("{set} --threads 3")), "{scaling}, three threads");
    }
}

/// The mean of the squared differences of what `predict` says, against what the run has logged.
#[test]
fn metrics_and_predictions_have_the_unit_of_the_data() {
    let sandbox = folder();
    let logs = last(&sandbox, "--set data.target_scaling=standardize");
    let text = houses(500);
    let prices: Vec<f64> =
        text.lines().skip(1).map(|line| line.split(',').nth(5).unwrap().parse().unwrap()).collect();
    let answers = predicted(&sandbox, "run", "houses.csv");
    let errors = (400..500).map(|row| (answers[row][0] - prices[row]).powi(2));
    let mse = errors.sum::<f64>() / 100.0;
    let near = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-4, "{got}, want {want}");
    near(number(&logs, "val_mse"), mse);
    near(number(&logs, "val_root_mean_squared_error"), mse.sqrt());
    // The loss is that of the scaled prices.
    let mean = prices[..400].iter().sum::<f64>() / 400.0;
    let variance = prices[..400].iter().map(|price| (price - mean).powi(2)).sum::<f64>() / 400.0;
    near(number(&logs, "val_loss"), mse / variance);
    let said = sandbox.runner("evaluate run --split validation --json").exits(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    for name in ["loss", "mse", "mae", "r2_score"] {
        assert_eq!(found["metrics"][name], logs[&format!("val_{name}")], "{name}");
    }
}

#[test]
fn several_scaled_targets_are_the_same_in_onnxruntime() {
    let sandbox = folder();
    let config = CONFIG.replace("\"price\"\nignore = [\"rent\"]", "[\"price\", \"rent\"]");
    sandbox.file("run.toml", &config.replace("units = 1 }", "units = 2 }"));
    let inputs: Vec<Vec<f32>> = houses(500)
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let numbers = cells[..4].iter().map(|cell| cell.parse().unwrap());
            let districts = ["north", "port", "south"].map(|d| f32::from(u8::from(cells[4] == d)));
            numbers.chain(districts).collect()
        })
        .collect();
    for scaling in ["standardize", "log"] {
        let set = format!("--set name={scaling} --set data.target_scaling={scaling}");
        assert!(0.7 < number(&last(&sandbox, &set), "val_r2_score"));
        sandbox.runner(&format!("export model {scaling} -o {scaling}.onnx")).exits(0);
        let seen = onnxruntime(&sandbox.path().join(format!("{scaling}.onnx")), &inputs);
        agree(&seen, &predicted(&sandbox, scaling, "houses.csv"));
        let npz = sandbox.runner(&format!("export model {scaling} -o {scaling}.npz")).exits(1);
        assert!(npz.stderr.contains("cannot tell how targets are scaled"), "{}", npz.stderr);
    }
    sandbox.runner("predict log houses.csv -o answers.csv").exits(0);
    let answers = fs::read_to_string(sandbox.path().join("answers.csv")).unwrap();
    let head = answers.lines().next().unwrap();
    assert!(head.ends_with("price,rent,predicted=price,predicted=rent"), "{head}");
    let rows: Vec<Vec<f64>> = answers
        .lines()
        .skip(1)
        .map(|line| line.split(',').rev().take(4).map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let said = sandbox.runner("evaluate log houses.csv --json").exits(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    for (at, name) in ["price", "rent"].into_iter().enumerate() {
        // Columns from the right: predicted rent and price, rent, price.
        let pairs = || rows.iter().map(|row| (row[1 - at], row[3 - at]));
        let mean = pairs().map(|(_, t)| t).sum::<f64>() / 500.0;
        let squares: f64 = pairs().map(|(y, t)| (y - t).powi(2)).sum();
        let spread: f64 = pairs().map(|(_, t)| (t - mean).powi(2)).sum();
        let target = &found["targets"][at];
        assert_eq!(target["name"], name);
        for (key, want) in [
            ("mean_absolute_error", pairs().map(|(y, t)| (y - t).abs()).sum::<f64>() / 500.0),
            ("root_mean_squared_error", (squares / 500.0).sqrt()),
            ("r2", 1.0 - squares / spread),
        ] {
            let got = target[key].as_f64().unwrap();
            assert!((got / want - 1.0).abs() < 1e-4, "{name} {key}: {got}, want {want}");
        }
    }
    let said = sandbox.runner("evaluate log houses.csv").exits(0).stdout;
    assert!(said.contains("target  mean absolute error  root mean squared error"), "{said}");
    let said = sandbox.runner("predict log houses.csv").exits(0).stdout;
    let head: Vec<_> = said.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head, ["file", "row", "price", "rent"]);
}

#[test]
fn keys_for_a_label_as_an_input_are_refused() {
    let sandbox = folder();
    sandbox.file("run.toml", &CONFIG.replace("[model]", "columns.price = { log = true }\n[model]"));
    let said = sandbox.runner("check run.toml").exits(2).stderr;
    assert!(said.contains("`data.columns` has keys for `price`, which is the label"), "{said}");
    assert!(said.contains("`data.target_scaling` scales labels"), "{said}");
}

/// Missing numbers and words, dates, an embedded column, weights of rows and scaled targets.
#[test]
fn a_table_of_everything_is_the_same_in_onnxruntime() {
    let sandbox = Sandbox::new();
    let lines = houses(300);
    let mut text = "area,age,district,kind,sold,inhabitants,price\n".to_owned();
    for (r, line) in lines.lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let or_missing =
            |cell: &str, every: usize| (if r % every == 1 { "NA" } else { cell }).to_owned();
        text += &format!(
            "{},{},{},{},2024-{:02}-{:02},{},{}\n",
            or_missing(cells[0], 9),
            cells[2],
            or_missing(cells[4], 7),
            ["flat", "house", "hut"][r * r % 7 % 3],
            1 + r % 12,
            1 + r % 28,
            1 + r % 5,
            cells[5],
        );
    }
    sandbox.file("houses.csv", &text);
    let columns = "[data.columns]\narea = { fill = \"median\", indicator = true, scaling = \"quantile\" }\n\
        district = { embedding = 4, fill = \"missing\" }\nsold = { type = \"date\" }\n";
    let config = CONFIG
        .replace("ignore = [\"rent\"]\n", "sample_weight = \"inhabitants\"\nmissing = [\"NA\"]\n")
        .replace("standardize = true\n", "standardize = true\ntarget_scaling = \"log\"\n")
        .replace("[model]", &format!("{columns}[model]"));
    sandbox.file("run.toml", &config);
    assert!(0.0 < number(&last(&sandbox, ""), "val_r2_score"));
    let said = sandbox.runner("data run.toml").exits(0).stdout;
    assert!(
        said.contains("the weight of rows") && said.contains("each 4 learned numbers"),
        "{said}"
    );
    let rows: String = text.lines().take(30).map(|line| format!("{line}\n")).collect();
    sandbox.file("rows.csv", &rows);
    sandbox.runner("export model run -o run.onnx").exits(0);
    let seen = onnxruntime(&sandbox.path().join("run.onnx"), &inputs_of(&sandbox, &rows));
    agree(&seen, &predicted(&sandbox, "run", "rows.csv"));
}
