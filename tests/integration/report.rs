//! `runner report`: the page as a browser shows it, and what stands in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const BASE: &str = r#"
[data]
dataset = "mnist"
limit = 200
validation_split = 0.2

[model]
layers = [
  { type = "dense", units = 8, activation = "relu" },
  { type = "dense", units = 10, activation = "softmax" },
]

[optimizer]
name = "adam"

[training]
epochs = 4
"#;

const SWEEP: &str = "extends = \"base.toml\"\nname = \"sweep\"\n[sweep]\nseeds = [1, 2]\n\
                     [sweep.parameters]\n\"optimizer.learning_rate\" = [0.1, 0.01, 0.001]\n\
                     \"model.layers.0.units\" = [4, 8]\n";

/// A sweep of twelve, and a run called `alone`.
fn logs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("base.toml", BASE);
    sandbox.file("sweep.toml", SWEEP);
    sandbox.runner("run base.toml -q --set name=alone").exits(0);
    sandbox.runner("run sweep.toml -q").exits(0);
    sandbox
}

/// The Chromium that RUNNER_TEST_CHROMIUM names, or that is called so.
pub(crate) fn chromium() -> PathBuf {
    let named = std::env::var_os("RUNNER_TEST_CHROMIUM").map(PathBuf::from);
    let names = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let runs = |name: &PathBuf| Command::new(name).arg("--version").output().is_ok();
    let found = named.into_iter().chain(names).find(runs);
    found.expect("this test needs Chromium: install it, or set RUNNER_TEST_CHROMIUM")
}

/// What a reader with this browser sees, as `tests/browser/page.py` tells.
fn see(page: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/page.py");
    let output = Command::new(python()).arg(script).arg(chromium()).arg(page).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "page.py failed, {}:\n{stderr}", output.status);
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["troubles"], Value::Array(vec![]), "errors in the page");
    assert_eq!(seen["requests"].as_array().unwrap().len(), 1, "{}", seen["requests"]);
    assert_eq!((&seen["too_wide_desk"], &seen["too_wide_phone"]), (&0.into(), &0.into()));
    assert_eq!(
        seen["touching_headings"], 0,
        "parallel coordinates at 360 px: {}",
        seen["headings"]
    );
    for view in ["desk_light", "desk_dark", "phone_light", "phone_dark"] {
        let contrast = &seen[format!("contrast_{view}")];
        // What WCAG asks of text, level AA.
        assert!(4.5 <= contrast[0].as_f64().unwrap(), "{view}: {contrast}");
    }
    seen
}

fn tip(seen: &Value, name: &str) -> String {
    let tips = seen[name].as_array().unwrap();
    assert_eq!(tips.len(), 1, "{name}: {tips:?}");
    tips[0].as_str().unwrap().to_owned()
}

#[test]
fn a_page_of_a_sweep_is_whole_in_a_browser() {
    let sandbox = logs();
    let said = sandbox.runner("report sweep -o page.html").exits(0);
    assert_eq!(said.stderr, "wrote page.html, a page of 12 runs\n");
    let seen = see(&sandbox.path().join("page.html"));
    assert_eq!(seen["title"], "sweep · runner");
    let sections = [
        "Learning curves",
        "Hyperparameters",
        "Ranking",
        "The best, on rows it has not learned from",
        "Config, with every default",
    ];
    assert_eq!(seen["sections"], Value::from(sections.to_vec()));
    // Of many runs, the curves of validation alone are drawn at first.
    assert_eq!((&seen["lines"], &seen["dots"], &seen["paths"]), (&6.into(), &12.into(), &6.into()));
    // The mean of two seeds has a band; without it each run has its line.
    assert_eq!((&seen["bands"], &seen["lines_of_seeds"]), (&6.into(), &12.into()));
    assert_eq!(seen["ranking_too_wide"], 0);
    assert!(tip(&seen, "curve_tip").contains("val_loss"));
    assert_eq!(seen["second_curve"].as_str().unwrap().split(' ').next(), Some("accuracy"));
    assert!(tip(&seen, "key_tip").contains("val_accuracy"));
    assert_eq!(seen["tip_after_escape"], Value::Array(vec![]));
    assert!(tip(&seen, "dot_tip").contains("learning_rate="));
    assert_eq!(seen["rows_on"], 1);
    assert!(tip(&seen, "path_tip").contains("units="));
    // The table comes ranked by val_loss: sorting by it changes nothing, and then turns it.
    assert_eq!((&seen["first_up"], &seen["first_down"]), (&"0".into(), &"5".into()));
    assert_eq!(seen["sort_told"], "descending");
    assert!(seen["config"].as_str().unwrap().contains("[optimizer]"));
    assert_eq!(seen["alt"], true);
    assert!(seen["images"].as_array().unwrap().iter().all(|shown| *shown == true));
    assert_eq!(seen["images"].as_array().unwrap().len(), 24);
}

#[test]
fn a_page_of_one_run_has_its_curves_and_nothing_to_rank() {
    let sandbox = logs();
    sandbox.runner("report alone").exits(0);
    let seen = see(&sandbox.path().join("report.html"));
    let sections =
        ["Learning curves", "On rows it has not learned from", "Config, with every default"];
    assert_eq!(seen["sections"], Value::from(sections.to_vec()));
    assert_eq!(seen["lines"], 2);
    let tip = tip(&seen, "curve_tip");
    assert!(tip.contains("val_loss") && tip.contains("\nloss "), "{tip}");
}

fn strings(seen: &Value, name: &str) -> Vec<String> {
    let all = seen[name].as_array().unwrap().iter();
    all.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Sweeps all optimizers with two seeds, and learning rates.
fn optimizers() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("base.toml", &BASE.replace("epochs = 4", "epochs = 2"));
    let names = OPTIMIZERS.map(|name| format!("{name:?}")).join(", ");
    let head = "extends = \"base.toml\"\nname = \"optimizers\"\n[sweep]\nseeds = [1, 2]\n";
    let keys = format!("[sweep.parameters]\n\"optimizer.name\" = [{names}]\n");
    sandbox.file("optimizers.toml", &(head.to_owned() + &keys));
    sandbox.file("sweep.toml", SWEEP);
    sandbox.runner("run optimizers.toml -q").exits(0);
    sandbox
}

const OPTIMIZERS: [&str; 12] = [
    "adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "muon", "nadam",
    "rmsprop", "sgd",
];

#[test]
fn every_optimizer_and_the_best_have_their_names() {
    let sandbox = optimizers();
    sandbox.runner("report optimizers").exits(0);
    let seen = see(&sandbox.path().join("report.html"));
    let settings = strings(&seen, "settings");
    // Defaults that follow from the optimizer have no axes, and a single key needs none.
    assert_eq!(strings(&seen, "headings"), Vec::<String>::new());
    for name in OPTIMIZERS.map(str::to_owned) {
        assert!(settings.contains(&name), "{name}: {settings:?}");
    }
    let which = &strings(&seen, "which")[0];
    let best = which.strip_prefix("The best, optimizer=").expect(which);
    assert!(OPTIMIZERS.contains(&best.split(',').next().unwrap()), "{which}");
    // A legend says the swept setting once, and nothing else.
    let legend = strings(&seen, "legend");
    assert!(legend.iter().take(8).all(|text| text.matches('=').count() == 1), "{legend:?}");
    // The command of the page repeats the run.
    let command = &strings(&seen, "repeat")[0];
    let arguments = command.strip_prefix("runner ").unwrap();
    assert!(arguments.ends_with("/config.toml"), "{command}");
    sandbox.runner(&format!("{arguments} -q")).exits(0);
}

#[test]
fn a_ranking_of_two_sweeps_fits_the_page() {
    let sandbox = optimizers();
    sandbox.runner("run sweep.toml -q").exits(0);
    sandbox.runner("report optimizers sweep").exits(0);
    let seen = see(&sandbox.path().join("report.html"));
    assert_eq!(seen["ranking_too_wide"], 0);
    let (headings, axes) = (strings(&seen, "headings"), strings(&seen, "axes"));
    assert_eq!(headings, ["learning_rate", "units", "optimizer", "name", "val_loss"]);
    assert!(OPTIMIZERS.iter().all(|name| axes.contains(&(*name).to_owned())), "{axes:?}");
    let legend = strings(&seen, "legend");
    assert!(legend.iter().all(|text| text.matches("learning_rate=").count() <= 1), "{legend:?}");
}

/// Rows whose target is about `base`, and a run that learns them.
fn regression(base: f64, rate: f64) -> Value {
    let sandbox = Sandbox::new();
    let row = |i: usize| {
        let (a, b) = ((i * 7 % 40) as f64 / 40.0, (i * 11 % 40) as f64 / 40.0);
        format!("{a},{b},{}\n", base + 3.0 * a - b)
    };
    sandbox.file("rows.csv", &("a,b,y\n".to_owned() + &(0..40).map(row).collect::<String>()));
    sandbox.file(
        "r.toml",
        &format!(
            "name = \"r\"\n[data]\ndataset = \"rows.csv\"\nlabel = \"y\"\ntask = \"regression\"\n\
             validation_split = 0.25\n[model]\nlayers = [{{ type = \"dense\", units = 1 }}]\n\
             [optimizer]\nname = \"adam\"\nlearning_rate = {rate}\n\
             [training]\nloss = \"mse\"\nepochs = 60\nbatch_size = 10\n"
        ),
    );
    sandbox.runner("run r.toml -q").exits(0);
    sandbox.runner("report r").exits(0);
    see(&sandbox.path().join("report.html"))
}

#[test]
fn ticks_of_large_numbers_differ() {
    let seen = regression(150_000.0, 0.001);
    let ticks = strings(&seen, "ticks");
    let mut unique = ticks.clone();
    unique.sort();
    unique.dedup();
    assert!(2 <= ticks.len() && unique.len() == ticks.len(), "{ticks:?}");
    // The ten rows that validated, predicted against true.
    assert_eq!((&seen["values"], &seen["logarithmic"]), (&10.into(), &false.into()));
}

#[test]
fn squashed_curves_have_a_logarithmic_axis() {
    assert_eq!(regression(10.0, 0.3)["logarithmic"], true);
}

#[test]
fn nothing_in_the_logs_becomes_markup() {
    let nasty = "</script><img src=x onerror=alert(1)>\"'&";
    let sandbox = logs();
    let runs = fs::read_dir(sandbox.path().join("logs/sweep")).unwrap().next().unwrap().unwrap();
    for run in fs::read_dir(runs.path()).unwrap().flatten() {
        let path = run.path().join("run.json");
        if !path.exists() {
            continue;
        }
        let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for key in ["name", "error", "git_commit", "version"] {
            record[key] = nasty.into();
        }
        record["machine"]["hostname"] = nasty.into();
        record["data"]["description"] = nasty.into();
        record["metrics"][nasty] = 0.5.into();
        fs::write(path, record.to_string()).unwrap();
        let config = fs::read_to_string(run.path().join("config.toml")).unwrap();
        let config = config.replace("\"relu\"", &Value::from(nasty).to_string());
        fs::write(run.path().join("config.toml"), config).unwrap();
        let history = fs::read_to_string(run.path().join("history.csv")).unwrap();
        let history = history.replace("val_loss", "</script><b>");
        fs::write(run.path().join("history.csv"), history).unwrap();
    }
    let said = sandbox.runner("report logs/sweep").exits(0);
    assert!(said.stderr.contains("the best network is not judged"), "{}", said.stderr);
    let page = sandbox.path().join("report.html");
    let html = fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<img src=x") && !html.contains("</script><"), "markup from the logs");
    let seen = see(&page);
    assert_eq!(seen["title"].as_str().unwrap(), format!("{nasty} · runner"));
    assert_eq!(seen["images"], Value::Array(vec![]), "a picture came out of the logs");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_shown() {
    let sandbox = logs();
    let alone = fs::read_dir(sandbox.path().join("logs/alone")).unwrap().next().unwrap().unwrap();
    fs::write(alone.path().join("history.csv"), "epoch,loss\n0,what\n").unwrap();
    let said = sandbox.runner("report logs -o out.html").exits(1);
    assert!(said.stderr.contains("history.csv"), "{}", said.stderr);
    assert!(sandbox.path().join("out.html").is_file());
    let said = sandbox.runner("report logs --sort what").exits(2);
    assert!(said.stderr.contains("no run has the number `what`"), "{}", said.stderr);
    let said = sandbox.runner("report logs -o no/such/folder.html").exits(1);
    assert!(said.stderr.contains("no/such"), "{}", said.stderr);
}
