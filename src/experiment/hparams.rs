//! The hyperparameters of a plan on TensorBoard's HParams page: numbers and words, each under the
//! same short name in every run.
//!
//! A run of a sweep has only the swept keys. The page sorts columns by name and shows few: among
//! all keys of a plan, the keys of an optimizer precede `optimizer`. A single run has all keys, for
//! comparison of runs from several configs.

use serde_json::{Map, Value};

use crate::config::{Change, Plan, TAGS, is_replicate_key, shorthand};
use crate::events::HParam;
use crate::runs::{Annotations, sha256};

/// The sections with an effect on training. The section names are no part of a hyperparameter's
/// name, because no two sections have a key in common.
const SECTIONS: [&str; 5] = ["data", "model", "optimizer", "training", "callbacks"];

/// The row of a run on the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Session {
    /// The name of the row, shared by replicates.
    pub(super) trial: String,
    /// The hyperparameters, sorted by name, without the seed.
    pub(super) hparams: Vec<(String, HParam)>,
}

impl Session {
    /// The session of a run with this plan; `changes` are the differences from the other runs of
    /// the sweep, and `trial` is the number in a search.
    pub(super) fn new(plan: &Plan, changes: &[Change], trial: Option<usize>) -> Session {
        let swept: Vec<_> =
            changes.iter().filter(|change| !is_replicate_key(&change.key)).collect();
        let hash = group(plan);
        if swept.is_empty() {
            return Session {
                trial: format!("{} {hash}", plan.name),
                hparams: hparams(&shared(plan)),
            };
        }
        let mut hparams: Vec<_> =
            swept.iter().map(|change| (short_key(&change.key), value(&change.text()))).collect();
        hparams.sort_by(|a, b| a.0.cmp(&b.0));
        // The page shows some 15 characters of a name, and the keys as columns.
        let values: Vec<_> = swept.iter().map(|change| change.text()).collect();
        let setting = values.join(", ");
        let setting = trial.map_or(String::new(), |number| format!("{number:04} ")) + &setting;
        Session { trial: format!("{setting} ({} {hash})", plan.name), hparams }
    }
}

/// The key in the style of [`hparams`]: `optimizer.name` is `optimizer`, `optimizer.beta_1` is
/// `beta_1`.
fn short_key(key: &str) -> String {
    let parts: Vec<_> = key.split('.').collect();
    let parts = match &parts[..] {
        [table @ .., last] if TAGS.contains(last) && !table.is_empty() => table,
        all => all,
    };
    match parts {
        [section, rest @ ..] if SECTIONS.contains(section) && !rest.is_empty() => rest.join("."),
        all => all.join("."),
    }
}

fn value(text: &str) -> HParam {
    match (text.parse::<f64>(), text.parse::<bool>()) {
        (Ok(number), _) if number.is_finite() => HParam::Number(number),
        (_, Ok(yes)) => HParam::Bool(yes),
        _ => HParam::Text(text.to_owned()),
    }
}

/// Every number, word and truth value of the plan except the seed, sorted by name.
fn hparams(plan: &Plan) -> Vec<(String, HParam)> {
    let mut plan = serde_json::to_value(plan).unwrap_or_default();
    for key in ["dataset", "validation_data"] {
        if let Some(path) = plan["data"].get_mut(key) {
            *path = path.as_str().map(short_path).into();
        }
    }
    let mut hparams = Vec::new();
    for section in SECTIONS {
        if let Value::Object(table) = &plan[section] {
            self::table(section, "", table, &mut hparams);
        }
    }
    hparams.sort_by(|a, b| a.0.cmp(&b.0));
    hparams
}

/// Adds tags and note as filters of the page; the name of the row stays unchanged.
pub(super) fn annotate(hparams: &mut Vec<(String, HParam)>, annotations: &Annotations) {
    let tags = Some(annotations.tags.join(", ")).filter(|tags| !tags.is_empty());
    let told = [("tags", tags), ("note", annotations.note.clone())];
    let text = |(name, text): (&str, Option<String>)| Some((name.to_owned(), HParam::Text(text?)));
    hparams.extend(told.into_iter().filter_map(text));
    hparams.sort_by(|a, b| a.0.cmp(&b.0));
}

/// The plan without the keys in which replicates differ.
fn shared(plan: &Plan) -> Plan {
    let mut plan = Plan { seed: 0, ..plan.clone() };
    if plan.data.fold.take().is_some() {
        // The words of a fold's training rows are its inputs.
        plan.model.input_shape = None;
    }
    plan
}

/// Six digits shared by all replicates of a plan.
fn group(plan: &Plan) -> String {
    let text = serde_json::to_string(&shared(plan)).unwrap_or_default();
    sha256(text)[..6].to_owned()
}

/// The keys of the table `name`. The kind of the table takes the table's own name: `optimizer.name`
/// is `optimizer`, and `training.loss.name` is `loss`.
fn table(name: &str, before: &str, table: &Map<String, Value>, into: &mut Vec<(String, HParam)>) {
    for (key, value) in table {
        match value {
            Value::String(kind) if TAGS.contains(&key.as_str()) => {
                into.push((name.to_owned(), HParam::Text(kind.clone())));
            }
            _ => flatten(format!("{before}{key}"), value, into),
        }
    }
}

fn flatten(name: String, value: &Value, into: &mut Vec<(String, HParam)>) {
    match value {
        Value::Object(inner) => table(&name, &format!("{name}."), inner, into),
        Value::Array(items)
            if items.iter().any(|item| item.is_object() && shorthand(item).is_none()) =>
        {
            for (i, value) in items.iter().enumerate() {
                flatten(format!("{name}.{i}"), value, into);
            }
        }
        Value::Array(items) => {
            let words: Vec<_> = items.iter().map(word).collect();
            into.push((name, HParam::Text(words.join(" "))));
        }
        Value::Bool(b) => into.push((name, HParam::Bool(*b))),
        Value::Number(n) => into.extend(n.as_f64().map(|n| (name, HParam::Number(n)))),
        Value::String(text) => into.push((name, HParam::Text(text.clone()))),
        Value::Null => {}
    }
}

fn word(value: &Value) -> String {
    let text = value.as_str().or(shorthand(value));
    text.map_or_else(|| value.to_string(), str::to_owned)
}

/// The last two parts of a path: the file and the distinguishing folder.
fn short_path(path: &str) -> String {
    let parts: Vec<_> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan() -> Plan {
        let plan = json!({
            "name": "adam",
            "seed": 7,
            "data": { "dataset": "/home/me/data/big/train.npz" },
            "model": { "input_shape": [784], "layers": [
                { "type": "dense", "units": 64, "activation": "relu" },
                { "type": "dense", "units": 10, "activation": "softmax" },
            ] },
            "optimizer": { "name": "adam", "learning_rate": 0.01 },
            "training": { "metrics": ["accuracy"], "loss": { "name": "categorical_crossentropy" } },
            "callbacks": { "early_stopping": { "monitor": "val_loss", "patience": 3 } },
        });
        serde_json::from_value(plan).unwrap()
    }

    #[test]
    fn names_are_short_and_no_two_are_equal() {
        let found = hparams(&plan());
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
        let value = |name: &str| found.iter().find(|(known, _)| known == name).map(|(_, v)| v);
        let text = |text: &str| Some(HParam::Text(text.to_owned()));
        assert_eq!(value("learning_rate"), Some(&HParam::Number(0.01)));
        assert_eq!(value("optimizer"), text("adam").as_ref());
        assert_eq!(value("loss"), text("categorical_crossentropy").as_ref());
        assert_eq!(value("dataset"), text("big/train.npz").as_ref());
        assert_eq!(value("layers.0"), text("dense").as_ref());
        assert_eq!(value("layers.0.units"), Some(&HParam::Number(64.0)));
        assert_eq!(value("layers.0.kernel_initializer"), text("glorot_uniform").as_ref());
        assert_eq!(value("metrics"), text("accuracy").as_ref());
        assert_eq!(value("input_shape"), text("784").as_ref());
        assert_eq!(value("early_stopping.patience"), Some(&HParam::Number(3.0)));
        assert_eq!(value("seed"), None);
    }

    #[test]
    fn annotations_are_hyperparameters_where_there_are_any() {
        let (mut found, plain) = (hparams(&plan()), hparams(&plan()));
        annotate(&mut found, &Annotations::default());
        assert_eq!(found, plain);
        let tags = vec!["a".to_owned(), "b".to_owned()];
        annotate(&mut found, &Annotations { tags, ..Annotations::default() });
        assert!(found.contains(&("tags".to_owned(), HParam::Text("a, b".to_owned()))));
        assert!(found.is_sorted_by(|a, b| a.0 < b.0) && found.len() == plain.len() + 1);
    }

    #[test]
    fn replicates_and_nothing_else_share_a_group() {
        let plan = plan();
        let other = |change: fn(&mut Plan)| {
            let mut other = plan.clone();
            change(&mut other);
            group(&other)
        };
        assert_eq!(group(&plan), other(|plan| plan.seed = 8));
        assert_ne!(group(&plan), other(|plan| plan.training.batch_size = 8));
        assert_ne!(group(&plan), other(|plan| plan.name.push('x')));
    }
}
