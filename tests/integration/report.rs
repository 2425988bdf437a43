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
    assert_eq!(
        (&seen["lines"], &seen["dots"], &seen["paths"]),
        (&12.into(), &12.into(), &6.into())
    );
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
