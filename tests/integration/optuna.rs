//! A search as a journal of Optuna, read by Optuna itself.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::pruners::hyperband;
use crate::sandbox::Sandbox;
use crate::searches::{BASE, SPACE, sandbox, sweep, trials};
use crate::tensorboard::python;

/// What Optuna reads of a journal in the sandbox.
fn optuna(sandbox: &Sandbox, journal: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/optuna/read.py");
    let journal = sandbox.path().join(journal);
    let output = Command::new(python()).arg(script).arg(journal).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn optuna_reads_the_trials_of_a_search() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE));
    sandbox.runner("run search.toml -q").exits(0);
    let logs = sandbox.path().join("logs");
    let said = sandbox.runner("export optuna search -o study.log").exits(0);
    let told = "wrote study.log, 14 trials\nsee them with: optuna-dashboard study.log\n";
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", told));
    let read = optuna(&sandbox, "study.log");
    let dir = sweep(&logs);
    let name = format!("search/{}", dir.file_name().unwrap().to_string_lossy());
    let study = &read[&name];
    assert_eq!(study["direction"], "MINIMIZE");
    assert_eq!(study["metric_names"], json!(["val_loss"]));
    let found = study["trials"].as_array().unwrap();
    assert_eq!(found.len(), 14);
    for (trial, folder) in found.iter().zip(trials(&logs).into_keys()) {
        let record: Value =
            serde_json::from_slice(&std::fs::read(dir.join(&folder).join("run.json")).unwrap())
                .unwrap();
        assert!(trial["run"].as_str().unwrap().ends_with(&folder), "{trial}");
        for (key, value) in record["trial"]["values"].as_object().unwrap() {
            match (value, &trial["params"][key]) {
                // A list of layers has the text that tables show.
                (Value::Array(_), text) => assert!(text == "2" || text == "4-2", "{text}"),
                (value, param) if value.is_number() => {
                    assert_eq!(value.as_f64(), param.as_f64(), "{key}");
                }
                (value, param) => assert_eq!(value, param, "{key}"),
            }
        }
        let params = trial["params"].as_object().unwrap().len();
        assert_eq!(params, record["trial"]["values"].as_object().unwrap().len(), "{trial}");
        let is_diverged = record["cause"] == "diverged";
        assert_eq!(trial["state"], if is_diverged { "FAIL" } else { "COMPLETE" });
        if !is_diverged {
            let last = &trial["intermediate"][(record["epochs"].as_u64().unwrap() - 1).to_string()];
            assert_eq!(trial["value"], *last, "{trial}");
            let value = record["metrics"]["val_loss"].as_f64().unwrap();
            assert_eq!(trial["value"].as_f64().unwrap() as f32, value as f32);
        }
    }
    let momentum = found.iter().find_map(|trial| trial["distributions"].get("optimizer.momentum"));
    assert_eq!(momentum.unwrap(), "FloatDistribution(high=0.9, log=False, low=0.0, step=0.1)");
}

#[test]
fn pruned_trials_are_pruned_for_optuna() {
    let sandbox = sandbox(&hyperband("tpe"));
    sandbox.runner("run search.toml -q").exits(0);
    sandbox.runner("export optuna search -o study.log").exits(0);
    let read = optuna(&sandbox, "study.log");
    let trials = read.as_object().unwrap().values().next().unwrap()["trials"].as_array().unwrap();
    let n = |state: &str| trials.iter().filter(|trial| trial["state"] == state).count();
    assert_eq!(n("RUNNING"), 0);
    assert!(0 < n("PRUNED") && 0 < n("COMPLETE"), "{trials:?}");
    for trial in trials.iter().filter(|trial| trial["state"] == "PRUNED") {
        let values = trial["intermediate"].as_object().unwrap();
        assert_eq!(trial["value"], values[&(values.len() - 1).to_string()], "{trial}");
    }
}

#[test]
fn replicates_are_one_trial_for_optuna() {
    let config =
        BASE.replace("trials = 14", "trials = 5\nseeds = [1, 2]\nobjective = \"val_accuracy\"");
    let sandbox = sandbox(&(config + SPACE));
    sandbox.runner("run search.toml -q").exits(0);
    sandbox.runner("run search.toml -q --name other").exits(0);
    sandbox.runner("export optuna -o both.log").exits(0);
    let read = optuna(&sandbox, "both.log");
    let studies = read.as_object().unwrap();
    assert_eq!(studies.len(), 2, "a study for each search");
    for study in studies.values() {
        assert_eq!(study["direction"], "MAXIMIZE");
        let trials = study["trials"].as_array().unwrap();
        assert_eq!(trials.len(), 5);
        assert!(trials.iter().all(|trial| trial["run"].as_array().unwrap().len() == 2));
    }
}

#[test]
fn runs_without_a_search_are_no_study() {
    let sandbox = sandbox(&BASE[..BASE.find("[sweep]").unwrap()]);
    sandbox.runner("run search.toml -q").exits(0);
    let said = sandbox.runner("export optuna -o study.log").exits(2);
    assert!(said.stderr.contains("none of these runs is of a search"), "{}", said.stderr);
    assert!(!sandbox.path().join("study.log").exists());
}
