//! The predictions of all folds of a cross-validation, as one file in the folder of the sweep: written once
//! every run has ended, with the same bytes whatever the order of the runs.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::config::{Change, LineCache, is_replicate_key, short_keys};
use crate::runs::{Durability, Folder, Record, Status, remove_leftovers, write_atomic};
use crate::sweep::planned::PlannedExperiment;

/// The key of the fold.
const FOLD: &str = "data.fold.fold";

/// Whether the runs of an experiment are the folds of a cross-validation.
pub(super) fn has_folds(planned: &PlannedExperiment) -> bool {
    planned.is_sweep() && planned.keys().iter().any(|key| key == FOLD)
}

/// The rows of one division into folds: one setting, one seed, one repeat.
#[derive(Default)]
struct Division {
    /// The values of the columns before `fold`.
    cells: Vec<String>,
    /// Number in the file and cells of each row.
    rows: Vec<(u64, Vec<String>)>,
    is_whole: bool,
}

/// Writes the file, if no run is left. Divisions with a failed fold are left out.
///
/// # Errors
///
/// Unreadable files of a run, and runs with different outputs.
pub(super) fn write(planned: &PlannedExperiment) -> Result<()> {
    if !has_folds(planned) {
        return Ok(());
    }
    let (mut divisions, mut known) = (Vec::<Division>::new(), HashMap::new());
    let (mut head, mut cache) = (None, LineCache::default());
    let keys = columns(&planned.keys());
    for number in 0..planned.n_runs() {
        let (label, changes) = planned.heading(number, &mut cache);
        let folder = Folder::at(&planned.dir(&label));
        let status = folder.record().is_file().then(|| Record::load(&folder.record()));
        let Some(record) = status.transpose()? else { return Ok(()) };
        let (cells, fold) = cells(&changes, &keys);
        let place = *known.entry(cells.clone()).or_insert(divisions.len());
        if place == divisions.len() {
            divisions.push(Division { cells, is_whole: true, ..Division::default() });
        }
        match record.status {
            Status::Completed => {
                let found = read(&folder.out_of_fold(), &fold, &mut divisions[place].rows)?;
                let first = head.get_or_insert_with(|| found.clone());
                ensure!(*first == found, "the runs of the sweep predict different outputs");
            }
            Status::Failed if !record.is_machine_fault() => divisions[place].is_whole = false,
            _ => return Ok(()),
        }
    }
    let Some(head) = head else { return Ok(()) };
    let bytes = encode(&keys, &head, divisions)?;
    let path = Folder::at(&planned.root).out_of_fold();
    remove_leftovers(&planned.root)?;
    Ok(write_atomic(&path, &bytes, Durability::ProcessCrash)?)
}

/// Writes the file of a sweep that has none, see [`write`].
pub(super) fn write_missing(planned: &PlannedExperiment) -> Result<()> {
    if Folder::at(&planned.root).out_of_fold().is_file() { Ok(()) } else { write(planned) }
}

/// The keys with columns before `fold`: swept keys, then seed and repeat; each with its short name.
fn columns(keys: &[String]) -> Vec<(String, String)> {
    let named = keys.iter().cloned().zip(short_keys(keys)).filter(|(key, _)| key != FOLD);
    let (own, swept): (Vec<_>, Vec<_>) = named.partition(|(key, _)| is_replicate_key(key));
    swept.into_iter().chain(own).collect()
}

/// The values of the columns before `fold`, and the fold.
fn cells(changes: &[Change], keys: &[(String, String)]) -> (Vec<String>, String) {
    let value = |key: &str| changes.iter().find(|change| change.key == key).map(Change::text);
    let cells = keys.iter().map(|(key, _)| value(key).unwrap_or_default()).collect();
    (cells, value(FOLD).unwrap_or_default())
}

/// Reads the rows of a fold; returns the names of their columns.
fn read(path: &Path, fold: &str, rows: &mut Vec<(u64, Vec<String>)>) -> Result<Vec<String>> {
    let cannot = || format!("cannot read `{}`", path.display());
    let mut csv = csv::Reader::from_path(path).with_context(cannot)?;
    let head = csv.headers().with_context(cannot)?.iter().map(str::to_owned).collect();
    for record in csv.into_records() {
        let record = record.with_context(cannot)?;
        let row = record.get(0).unwrap_or_default();
        let cells = [row, fold].into_iter().chain(record.iter().skip(1));
        rows.push((row.parse().with_context(cannot)?, cells.map(str::to_owned).collect()));
    }
    Ok(head)
}

fn encode(keys: &[(String, String)], head: &[String], divisions: Vec<Division>) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let named = keys.iter().map(|(_, name)| name.as_str());
    let rest = head.iter().skip(1).map(String::as_str);
    csv.write_record(named.chain(["row", "fold"]).chain(rest))?;
    for mut division in divisions.into_iter().filter(|division| division.is_whole) {
        division.rows.sort();
        for (_, cells) in &division.rows {
            csv.write_record(division.cells.iter().chain(cells))?;
        }
    }
    Ok(csv.into_inner()?)
}
