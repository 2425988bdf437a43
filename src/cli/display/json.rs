//! The results as one JSON value, for scripts; it prints nothing.
//!
//! JSON has no word for a number that is not finite: it becomes null, which every reader knows as a
//! missing value; the error text of such a run says what happened.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::result_table;
use crate::config::Change;
use crate::sweep::{Ending, RunResult, RunResults, Status};
use crate::train::Logs;

/// All results in the order of their plans, written one by one, and how many of each kind there are.
#[derive(Serialize)]
pub(crate) struct Results<'a> {
    #[serde(serialize_with = "runs")]
    runs: &'a RunResults,
    completed: usize,
    stopped: usize,
    failed: usize,
    #[serde(skip_serializing_if = "is_zero")]
    diverged: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pruned: usize,
    #[serde(skip_serializing_if = "is_zero")]
    paused: usize,
    skipped: usize,
    busy: usize,
}

impl Results<'_> {
    pub(crate) fn new(results: &RunResults) -> Results<'_> {
        let count = |kind| results.endings().filter(|ending| *ending == kind).count();
        Results {
            runs: results,
            completed: count(Ending::Completed),
            stopped: count(Ending::Stopped),
            failed: count(Ending::Failed),
            diverged: count(Ending::Diverged),
            pruned: count(Ending::Pruned),
            paused: count(Ending::Paused),
            skipped: count(Ending::Skipped),
            busy: count(Ending::Busy),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn runs<S: Serializer>(results: &RunResults, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(results.iter().map(|result| run(&result)))
}

fn run(result: &RunResult) -> Value {
    let error = match &result.status {
        Status::Failed(text) | Status::Diverged(text) | Status::Busy(text) => Some(text),
        _ => None,
    };
    let best = result.best.as_ref().map(|(epoch, logs)| {
        let mut best = Map::from_iter([("epoch".to_owned(), json!(epoch))]);
        best.extend(numbers(logs));
        best
    });
    let mut value = json!({
        "name": &*result.name,
        "changes": changes(result),
        // A path that is no Unicode cannot be said in JSON; it is shown as well as it can be.
        "dir": result.dir.as_ref().map(|dir| dir.to_string_lossy()),
        "status": result_table::status(&result.status),
        "error": error,
        "epochs": result.epochs,
        "seconds": result.seconds,
        "last": result.last.as_ref().map(|logs| Map::from_iter(numbers(logs))),
        "best": best,
        "early_stopping": result.early_stopping,
    });
    if let Some(trial) = result.trial {
        value["trial"] = trial.into();
    }
    if let Some(rung) = result.rung {
        value["rung"] = json!(rung);
    }
    if let Status::Pruned(reason) = &result.status {
        value["reason"] = reason.as_str().into();
    }
    value
}

/// What the sweep gave the run, by dotted path; null where there is no sweep.
fn changes(result: &RunResult) -> Option<Map<String, Value>> {
    let pair = |change: &Change| Some((change.key.clone(), json!(change.value)));
    (!result.label.is_empty()).then(|| result.changes.iter().filter_map(pair).collect())
}

/// Named numbers.
pub(crate) fn numbers(logs: &Logs) -> impl Iterator<Item = (String, Value)> {
    logs.0.iter().map(|(name, value)| (name.clone(), number(*value)))
}

/// The shortest decimal of a 32-bit number, as the logs have it; null if it is not finite.
pub(crate) fn number(value: f64) -> Value {
    let short = (value as f32).to_string().parse::<f64>();
    short.ok().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script::{completed, failed, logs};

    #[test]
    #[expect(clippy::too_many_lines, reason = "a whole document")]
    fn every_run_is_told_in_the_order_of_the_plans() {
        let mut diverged = failed("sgd", "loss is nan at step 312");
        diverged.last = Some(logs(&[("loss", f64::NAN), ("val_loss", f64::INFINITY)]));
        let mut adam = completed("adam", &[("loss", 0.25), ("val_loss", 0.5)]);
        adam.best = Some((3, logs(&[("loss", 0.5), ("val_loss", 0.125)])));
        let text =
            serde_json::to_string_pretty(&Results::new(&[diverged, adam].into_iter().collect()));
        insta::assert_snapshot!(text.unwrap(), @r#"
        {
          "runs": [
            {
              "name": "sgd",
              "changes": null,
              "dir": "logs/sgd/20261123-210800",
              "status": "failed",
              "error": "loss is nan at step 312",
              "epochs": 2,
              "seconds": 1.25,
              "last": {
                "loss": null,
                "val_loss": null
              },
              "best": null,
              "early_stopping": null
            },
            {
              "name": "adam",
              "changes": null,
              "dir": "logs/adam/20261123-210800",
              "status": "completed",
              "error": null,
              "epochs": 2,
              "seconds": 1.25,
              "last": {
                "loss": 0.25,
                "val_loss": 0.5
              },
              "best": {
                "epoch": 3,
                "loss": 0.5,
                "val_loss": 0.125
              },
              "early_stopping": null
            }
          ],
          "completed": 1,
          "stopped": 0,
          "failed": 1,
          "skipped": 0,
          "busy": 0
        }
        "#);
    }
}
