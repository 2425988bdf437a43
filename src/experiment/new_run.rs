//! The record of a new run, and the fingerprint of the plan.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset, Local};

use crate::config::{Change, Plan};
use crate::experiment::{RunContext, RunSpec};
use crate::runs::{DataSource, Folder, MachineInfo, Record, Status, TrialNote, sha256};
use crate::system;
use crate::train::Logs;

/// Removes a file, if present.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Refuses links in place of the run's own folders, because the targets may belong to another run.
pub(super) fn refuse_links(folder: &Folder) -> Result<()> {
    for inner in [folder.train(), folder.validation(), folder.checkpoint()] {
        let cannot = || format!("cannot write to `{}`", inner.display());
        system::is_folder(&inner).with_context(cannot)?;
    }
    Ok(())
}

pub(super) fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// The SHA-256 of a plan without the number of epochs, because the number may grow.
pub(super) fn fingerprint(plan: &Plan) -> String {
    let mut plan = plan.clone();
    plan.training.epochs = 0;
    sha256_of(&plan)
}

/// Whether a checkpoint with this fingerprint belongs to the plan. Fingerprints of earlier versions
/// include the number of epochs.
pub(super) fn is_of(noted: &str, plan: &Plan) -> bool {
    noted == fingerprint(plan) || noted == sha256_of(plan)
}

fn sha256_of(plan: &Plan) -> String {
    let text = serde_json::to_string(plan).unwrap_or_default();
    sha256(text)
}

/// The record of a run that begins now.
pub(super) fn record(spec: &RunSpec<'_>, context: &RunContext<'_>) -> Record {
    let plan = spec.plan;
    let trial = spec.trial.map(|number| {
        let value = |change: &Change| serde_json::to_value(&change.value).unwrap_or_default();
        let values = spec.changes.iter().map(|change| (change.key.clone(), value(change)));
        TrialNote { number, values: values.collect(), rung: None, reason: None }
    });
    Record {
        name: plan.name.clone(),
        status: Status::Running,
        error: None,
        cause: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect(),
        git_commit: context.git_commit.map(str::to_owned),
        machine: MachineInfo::here((context.threads)()),
        trial,
        data: DataSource { description: plan.data.dataset.to_string(), sha256: String::new() },
        seed: plan.seed,
        started: now(),
        resumed: Vec::new(),
        finished: None,
        seconds: 0.0,
        epochs: 0,
        metrics: Logs::default(),
        best: None,
        early_stopping: None,
    }
}
