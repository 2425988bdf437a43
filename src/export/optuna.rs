//! A search as the journal of Optuna's `JournalStorage`, which `optuna.load_study`, `optuna.visualization` and
//! `optuna-dashboard` open.
//!
//! The journal is a file of JSON objects, a line each, that Optuna replays: operation 0 creates a study, 2 and 3 set
//! attributes of it, and 4 creates a trial with all that is known of it
//! (`optuna/storages/journal/_storage.py` of Optuna 5).

use serde_json::{Map, Value, json};

use crate::config::{SearchedParameter, SearchedValues};
use crate::query::{Run, SearchTrial, SearchTrials, State};
use crate::runs::Cause;

/// Numbers of `JournalOperation`.
const CREATE_STUDY: u32 = 0;
const SET_STUDY_USER_ATTR: u32 = 2;
const SET_STUDY_SYSTEM_ATTR: u32 = 3;
const CREATE_TRIAL: u32 = 4;

/// Numbers of `TrialState`.
const RUNNING: u32 = 0;
const COMPLETE: u32 = 1;
const PRUNED: u32 = 2;
const FAIL: u32 = 3;
const WAITING: u32 = 4;

/// The journal of a study for each search.
///
/// # Errors
///
/// A history that cannot be read, as text.
pub fn optuna(searches: &[SearchTrials]) -> Result<Vec<u8>, String> {
    let mut lines = String::new();
    let mut put = |operation: u32, fields: Value| {
        let mut line = json!({ "op_code": operation, "worker_id": "runner" });
        if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
            line.extend(fields);
        }
        lines.push_str(&line.to_string());
        lines.push('\n');
    };
    for (study, search) in searches.iter().enumerate() {
        let direction = if search.objective.rises { 2 } else { 1 };
        put(CREATE_STUDY, json!({ "study_name": study_name(search), "directions": [direction] }));
        let names = json!({ "study:metric_names": [search.objective.name] });
        put(SET_STUDY_SYSTEM_ATTR, json!({ "study_id": study, "system_attr": names }));
        let folder = json!({ "sweep": search.dir.display().to_string() });
        put(SET_STUDY_USER_ATTR, json!({ "study_id": study, "user_attr": folder }));
        let mut next = 0;
        for trial in &search.trials {
            // Optuna numbers trials in their order; the first runs of several workers may leave gaps.
            for _ in next..trial.number {
                let start = Value::Null;
                let waiting =
                    json!({ "study_id": study, "state": WAITING, "datetime_start": start });
                put(CREATE_TRIAL, waiting);
            }
            next = trial.number + 1;
            let mut fields = trial_fields(search, trial)?;
            fields.insert("study_id".to_owned(), study.into());
            put(CREATE_TRIAL, Value::Object(fields));
        }
    }
    Ok(lines.into_bytes())
}

/// The name of a study: the last two folders of the sweep.
fn study_name(search: &SearchTrials) -> String {
    let names = search.dir.components().rev().take(2);
    let mut names: Vec<_> = names.map(|name| name.as_os_str().to_string_lossy()).collect();
    names.reverse();
    names.join("/")
}

fn trial_fields(search: &SearchTrials, trial: &SearchTrial) -> Result<Map<String, Value>, String> {
    let value = trial.value.filter(|value| value.is_finite());
    let (mut distributions, mut params) = (Map::new(), Map::new());
    let varying = search.space.parameters.iter().enumerate().filter(|(_, one)| one.varies);
    for (at, parameter) in varying {
        if let Some(number) = internal(parameter, trial, at) {
            let distribution = distribution(parameter).to_string();
            distributions.insert(parameter.key.clone(), distribution.into());
            params.insert(parameter.key.clone(), number.into());
        }
    }
    let starts = trial.runs.iter().map(|run| run.record.started);
    let ends: Vec<_> = trial.runs.iter().map(|run| run.record.finished).collect();
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    let state = state(search, trial);
    put("state", state.into());
    let intermediate = intermediate(search, trial)?;
    let value = match state {
        COMPLETE => value.into(),
        // As `study.tell` does: the last intermediate value.
        PRUNED => intermediate.values().next_back().cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    put("value", value);
    put("values", Value::Null);
    put("datetime_start", json!(starts.min()));
    if let Some(end) = ends.iter().flatten().max().filter(|_| state != RUNNING) {
        put("datetime_complete", json!(end));
    }
    put("distributions", distributions.into());
    put("params", params.into());
    put("user_attrs", attributes(&trial.runs));
    put("system_attrs", Map::new().into());
    put("intermediate_values", intermediate.into());
    Ok(fields)
}

/// The state of a trial: complete with all replicates, failed or pruned with one. A paused one goes on.
fn state(search: &SearchTrials, trial: &SearchTrial) -> u32 {
    let is = |wanted: State| move |run: &Run| run.state == wanted;
    let completed = trial.runs.iter().filter(|run| run.state == State::Completed).count();
    let has_value = trial.value.is_some_and(f64::is_finite);
    match () {
        () if trial.runs.iter().any(is(State::Failed)) => FAIL,
        () if trial.runs.iter().any(is(State::Pruned)) => PRUNED,
        () if completed < search.replicates => RUNNING,
        () if has_value => COMPLETE,
        () => FAIL,
    }
}

/// Folders and failures of the runs.
fn attributes(runs: &[Run]) -> Value {
    let mut attributes = Map::new();
    let dirs: Vec<_> = runs.iter().map(|run| run.dir.display().to_string()).collect();
    attributes.insert(
        "run".to_owned(),
        if let [dir] = &*dirs { dir.clone().into() } else { dirs.into() },
    );
    let seconds: f64 = runs.iter().map(|run| run.record.seconds).sum();
    attributes.insert("seconds".to_owned(), seconds.into());
    for record in runs.iter().map(|run| &run.record) {
        if let Some(error) = &record.error {
            attributes.insert("error".to_owned(), error.clone().into());
        }
        if record.cause == Some(Cause::Diverged) {
            attributes.insert("cause".to_owned(), "diverged".into());
        }
    }
    attributes.into()
}

/// The mean of the objective over the replicates after each epoch that all of them have, by epoch from 0. Optuna
/// takes finite numbers.
fn intermediate(search: &SearchTrials, trial: &SearchTrial) -> Result<Map<String, Value>, String> {
    let mut sums: Vec<(usize, f64, usize)> = Vec::new();
    for run in &trial.runs {
        let history = run.history().map_err(|error| error.to_string())?;
        let Some(column) = history.columns.iter().position(|name| *name == search.objective.name)
        else {
            continue;
        };
        for (epoch, numbers) in &history.epochs {
            let value = numbers.get(column).copied().unwrap_or(f64::NAN);
            match sums.iter_mut().find(|(known, ..)| known == epoch) {
                Some((_, sum, n)) => (*sum, *n) = (*sum + value, *n + 1),
                None => sums.push((*epoch, value, 1)),
            }
        }
    }
    let whole = sums.into_iter().filter(|(_, sum, n)| sum.is_finite() && *n == trial.runs.len());
    Ok(whole.map(|(epoch, sum, n)| (epoch.to_string(), (sum / n as f64).into())).collect())
}

/// The number that Optuna stores for a value: the index of a choice, or the number as the config has it.
fn internal(parameter: &SearchedParameter, trial: &SearchTrial, at: usize) -> Option<f64> {
    let number = trial.point.get(at).copied().flatten()?;
    match parameter.values {
        SearchedValues::Choices(_) => Some(number),
        SearchedValues::Range { .. } => {
            let note = trial.runs.first()?.record.trial.as_ref()?;
            note.values.get(&parameter.key)?.as_f64()
        }
    }
}

/// The distribution as `optuna.distributions.distribution_to_json` writes it.
fn distribution(parameter: &SearchedParameter) -> Value {
    let (name, attributes) = match &parameter.values {
        SearchedValues::Choices(choices) => {
            let choice = |(value, text): &(Value, String)| match value {
                // Optuna's choices are plain values.
                Value::Array(_) | Value::Object(_) => text.clone().into(),
                plain => plain.clone(),
            };
            let choices: Vec<Value> = choices.iter().map(choice).collect();
            ("CategoricalDistribution", json!({ "choices": choices }))
        }
        &SearchedValues::Range { min, max, step, log, whole: true } => {
            let (low, high, step) = (min as i64, max as i64, step.unwrap_or(1.0) as i64);
            ("IntDistribution", json!({ "log": log, "step": step, "low": low, "high": high }))
        }
        &SearchedValues::Range { min, max, step, log, whole: false } => {
            ("FloatDistribution", json!({ "step": step, "low": min, "high": max, "log": log }))
        }
    };
    json!({ "name": name, "attributes": attributes })
}
