//! `plan.json`: the manifest of a sweep, written once before any run starts and never changed. The
//! file holds no results.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};
use chrono::{DateTime, FixedOffset};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{Experiment, PackedLines, Runs, SearchText};
use crate::experiment::DatasetCache;
use crate::memory::Bytes;
use crate::quote::clip;
use crate::runs::{Folder, RunsError, check_sum_of, sums_text, write_frozen};
use crate::system;

/// The format version; changes with the names and meanings below.
const FORMAT: u64 = 2;
/// The format version of a search, whose runs are not listed.
const SEARCH_FORMAT: u64 = 3;

/// A sweep as planned.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepManifest {
    /// The program version at planning time.
    pub version: String,
    /// The time of planning.
    pub created: DateTime<FixedOffset>,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// The commit checked out in the current folder.
    pub git_commit: Option<String>,
    /// The SHA-256 of every readable data set, by name in the plans.
    pub data: BTreeMap<String, String>,
    /// The runs, each resolved to the last default.
    pub experiment: Experiment,
}

/// The file content: the plan of the first run in full, and a line of differences for each run.
#[derive(Serialize, Deserialize)]
struct File<L> {
    format: u64,
    version: String,
    created: DateTime<FixedOffset>,
    arguments: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    git_commit: Option<String>,
    data: BTreeMap<String, String>,
    name: String,
    sweep: bool,
    repeats: usize,
    keys: Vec<String>,
    plan: Value,
    /// The search that proposes the runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    search: Option<SearchText>,
    runs: L,
}

/// The fields common to all formats.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: Value,
    #[serde(default)]
    version: Value,
}

impl SweepManifest {
    /// The manifest of `experiment`. The data sets are read for their digests.
    pub fn new(
        experiment: Experiment,
        created: DateTime<FixedOffset>,
        git_commit: Option<&str>,
        datasets: &DatasetCache,
    ) -> SweepManifest {
        let mut data = BTreeMap::new();
        for index in experiment.runs.first_of_each("data") {
            let Ok(run) = experiment.runs.get(index) else { continue };
            // Unreadable data fails the runs with this data, not the sweep.
            let fingerprint =
                || datasets.get(&run.plan, 1).ok().map(|l| l.fingerprint().to_owned());
            let identity = run.plan.data.identity();
            data.entry(identity).or_insert_with(fingerprint);
        }
        SweepManifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created,
            arguments: std::env::args_os()
                .skip(1)
                .map(|a| a.to_string_lossy().into_owned())
                .collect(),
            git_commit: git_commit.map(str::to_owned),
            data: data.into_iter().filter_map(|(name, found)| Some((name, found?))).collect(),
            experiment,
        }
    }

    /// Writes the manifest into the sweep's folder, hidden until then.
    pub fn save(&self, folder: &Folder) -> Result<(), RunsError> {
        let path = folder.sweep_plan();
        let Experiment { name, sweep, runs, search, repeats, .. } = &self.experiment;
        let none = PackedLines::default();
        let file = File {
            format: if search.is_some() { SEARCH_FORMAT } else { FORMAT },
            version: self.version.clone(),
            created: self.created,
            arguments: self.arguments.clone(),
            git_commit: self.git_commit.clone(),
            data: self.data.clone(),
            name: name.clone(),
            sweep: *sweep,
            repeats: *repeats,
            keys: runs.keys().to_vec(),
            plan: runs.plan().clone(),
            search: search.clone(),
            runs: if search.is_some() { &none } else { runs.lines() },
        };
        let sum = write_frozen(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, &file)?;
            out.write_all(b"\n")
        })?;
        let (sums, text) = sums_text(&path, &sum);
        write_frozen(&sums, |out| out.write_all(text.as_bytes())).map(drop)
    }

    /// Reads the manifest at `path`.
    pub fn load(path: &Path) -> Result<SweepManifest> {
        let mut input =
            system::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        check_sum_of(path, &mut input)?;
        let file: File<PackedLines> = match from_start(&mut input) {
            Ok(file) => file,
            Err(error) => return Err(unreadable(path, from_start(&mut input), &error)),
        };
        if file.format != if file.search.is_some() { SEARCH_FORMAT } else { FORMAT } {
            return Err(other_format(path, &file.format.into(), &clip(file.version)));
        }
        Ok(SweepManifest {
            version: file.version,
            created: file.created,
            arguments: file.arguments,
            git_commit: file.git_commit,
            data: file.data,
            experiment: Experiment {
                name: file.name,
                sweep: file.sweep,
                runs: Runs::from_parts(file.plan, file.keys, file.runs),
                search: file.search,
                repeats: file.repeats,
                notes: Vec::new(),
                memory: Bytes::default(),
            },
        })
    }
}

/// The content of the file, read whole: each worker reads the plan, and a reader of single bytes takes twice as
/// long. The text is gone when the plan is there.
fn from_start<T: DeserializeOwned>(file: &mut std::fs::File) -> serde_json::Result<T> {
    let mut text = Vec::new();
    let read = file.rewind().and_then(|()| file.read_to_end(&mut text));
    read.map_err(serde_json::Error::io)?;
    serde_json::from_slice(&text)
}

/// The reason why a file is no manifest of this version.
fn unreadable(path: &Path, head: serde_json::Result<Head>, error: &serde_json::Error) -> Error {
    let head = match head {
        Ok(head) => head,
        Err(error) => {
            return anyhow!(
                "cannot read `{}` as the plan of a sweep: {}",
                path.display(),
                clip(error)
            );
        }
    };
    let version = clip(head.version.as_str().unwrap_or("?"));
    if head.format != FORMAT {
        return other_format(path, &head.format, &version);
    }
    anyhow!(
        "cannot read the plan `{}`, which runner {version} wrote; this is runner {}: {}",
        path.display(),
        env!("CARGO_PKG_VERSION"),
        clip(error)
    )
}

fn other_format(path: &Path, format: &Value, version: &str) -> Error {
    anyhow!(
        "cannot read the plan `{}`: got format {}, want {FORMAT}; it was written by runner \
         {version}, resume it with that",
        path.display(),
        clip(format)
    )
}
