//! What TensorBoard's HParams page shows of a plan: its numbers and words by dotted path.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::config::Plan;
use crate::events::HParam;

/// The sections whose keys tell one experiment from another.
const SECTIONS: [&str; 4] = ["data", "model", "optimizer", "training"];

/// Every number, word and truth value of the plan, sorted by dotted path; the seed is none of them,
/// so that replicates share a row.
pub(super) fn hparams(plan: &Plan) -> Vec<(String, HParam)> {
    let plan = serde_json::to_value(plan).unwrap_or_default();
    let mut hparams = Vec::new();
    for section in SECTIONS {
        flatten(section.to_owned(), &plan[section], &mut hparams);
    }
    hparams.sort_by(|a, b| a.0.cmp(&b.0));
    hparams
}

/// A name that all runs of one plan share, whatever their seed.
pub(super) fn group(plan: &Plan) -> String {
    let without_seed = Plan { seed: 0, ..plan.clone() };
    let text = serde_json::to_string(&without_seed).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn flatten(path: String, value: &Value, into: &mut Vec<(String, HParam)>) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                flatten(format!("{path}.{key}"), value, into);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                flatten(format!("{path}.{i}"), value, into);
            }
        }
        Value::Bool(b) => into.push((path, HParam::Bool(*b))),
        Value::Number(n) => into.extend(n.as_f64().map(|n| (path, HParam::Number(n)))),
        Value::String(text) => into.push((path, HParam::Text(text.clone()))),
        Value::Null => {}
    }
}
