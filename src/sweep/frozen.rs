//! `plan.json`: a sweep as it was planned, written once before any run starts and never changed;
//! it knows no run's outcome.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Experiment;
use crate::experiment::Feeds;
use crate::runs::{Folder, RunsError, write_frozen};

/// Changes with the names and meanings below.
const FORMAT: u64 = 1;

/// A sweep as it was planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    format: u64,
    /// The version of the program that planned it.
    pub version: String,
    /// When.
    pub created: DateTime<FixedOffset>,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// The commit that was checked out in the current folder.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub git_commit: Option<String>,
    /// The SHA-256 of every data set that could be read, by its name in the plans.
    pub data: BTreeMap<String, String>,
    /// Its runs, each resolved to the last default.
    #[serde(flatten)]
    pub experiment: Experiment,
}

impl Frozen {
    /// The plan of `experiment` as of now; its data sets are read for it.
    pub fn new(
        experiment: &Experiment,
        created: DateTime<FixedOffset>,
        git_commit: Option<&str>,
        feeds: &Feeds,
    ) -> Frozen {
        let mut data = BTreeMap::new();
        for run in &experiment.runs {
            // Data that cannot be read fails the runs that want it, not the sweep.
            let fingerprint = || feeds.get(&run.plan, 1).ok().map(|l| l.fingerprint().to_owned());
            let identity = run.plan.data.identity();
            data.entry(identity).or_insert_with(fingerprint);
        }
        Frozen {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created,
            arguments: std::env::args_os()
                .skip(1)
                .map(|a| a.to_string_lossy().into_owned())
                .collect(),
            git_commit: git_commit.map(str::to_owned),
            data: data.into_iter().filter_map(|(name, found)| Some((name, found?))).collect(),
            experiment: experiment.clone(),
        }
    }

    /// Writes the plan into the folder of its sweep, which nobody sees yet.
    pub fn save(&self, folder: &Folder) -> Result<(), RunsError> {
        let path = folder.sweep_plan();
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| RunsError::Plan { path: path.clone(), what: source.to_string() })?;
        bytes.push(b'\n');
        write_frozen(&path, &bytes)
    }

    /// Reads the plan at `path`.
    pub fn load(path: &Path) -> Result<Frozen> {
        let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let value: Value = serde_json::from_slice(&bytes)
            .with_context(|| format!("cannot read `{}` as the plan of a sweep", path.display()))?;
        let (format, version) = (&value["format"], value["version"].as_str().unwrap_or("?"));
        if *format != FORMAT {
            bail!(
                "cannot read the plan `{}`: got format {format}, want {FORMAT}; it was written by \
                 runner {version}, resume it with that",
                path.display()
            );
        }
        let version = version.to_owned();
        Frozen::deserialize(value).with_context(|| {
            format!(
                "cannot read the plan `{}`, which runner {version} wrote; this is runner {}",
                path.display(),
                env!("CARGO_PKG_VERSION")
            )
        })
    }
}
