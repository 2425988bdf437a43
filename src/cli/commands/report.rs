//! `runner report`: compares runs, evaluates the best network, and writes an HTML page.

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::Local;

use super::cores::cores;
use super::trained_model::ensemble;
use crate::cli::args::ReportArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::{count, shell_word};
use crate::cli::exit::Exit;
use crate::cluster::QueueStatus;
use crate::experiment::{
    Calibration, EnsembleEvaluation, Importance, Permutations, Split, TrainedModel,
};
use crate::query::{
    CalibrationCurve, Comparison, MeanStd, MistakeRow, Page, RequestError, ResultGroup, Run,
    SearchProgress, TestEvaluation, read_settings,
};
use crate::runs::{Durability, Folder, write_atomic};
use crate::system::sentence;

/// The shuffles for the importance of columns.
const PERMUTATIONS: Permutations = Permutations { repeats: 5, seed: 0 };

/// The page has no importance that takes as many shuffled values as this: about ten seconds.
const MOST_SHUFFLED: usize = 20_000_000;

/// Writes the page.
pub(crate) fn report(args: &ReportArgs, console: &Console) -> Result<Exit> {
    match write(args, console) {
        Ok(notes) => {
            notes.iter().for_each(|note| console.error(note));
            Ok(if notes.is_empty() { Exit::Done } else { Exit::Failed })
        }
        Err(error) => {
            console.error(&sentence(&error));
            Ok(if error.is::<RequestError>() { Exit::BadRequest } else { Exit::Failed })
        }
    }
}

fn write(args: &ReportArgs, console: &Console) -> Result<Vec<String>> {
    let ending = args.output.extension().map(|end| end.to_string_lossy().to_lowercase());
    if ending.is_some_and(|end| !["html", "htm"].contains(&&*end)) {
        let message = format!("cannot write `{}`: a report is HTML", args.output.display());
        return Err(RequestError::new(message, "want a name that ends in .html").into());
    }
    let base = args.choice.logdir();
    let (mut runs, mut notes) = args.choice.select_all(&args.runs, &args.filters, console)?;
    let queue = mark(&mut runs, args.filters.filter.is_empty());
    let Some(first) = runs.first() else {
        let what = notes.first().cloned().unwrap_or_else(|| "no run of it has begun".to_owned());
        return Err(RequestError::new(what, "`runner list` shows what there is").into());
    };
    let title = title(&runs, first);
    let n_runs = runs.len();
    notes.extend(read_settings(&runs));
    // Trials are ranked by the objective, if that is the number of the last epoch.
    let objective = SearchProgress::objective_of(&runs).filter(|objective| !objective.at_best);
    let sort = args.sort.clone().or(objective.map(|objective| objective.name));
    let comparison = Comparison::of(runs, sort.as_deref())?;
    let judged = judged(&comparison);
    let (judged, evaluation_error) = match judged.transpose() {
        Ok(judged) => (judged, None),
        Err(error) => (None, Some(sentence(&error))),
    };
    let best = &comparison.groups[0].runs[0].dir;
    let repeat = format!("runner run {}", shell_word(&Folder::at(best).config()));
    let page = Page {
        title: &title,
        comparison: &comparison,
        base,
        judged,
        evaluation_error: evaluation_error.as_deref(),
        queue: &queue,
        repeat: &repeat,
        made: Local::now().fixed_offset(),
    };
    let (html, unreadable) = page.html();
    notes.extend(unreadable);
    write_atomic(&args.output, html.as_bytes(), Durability::ProcessCrash)?;
    console.say(&format!("wrote {}, a page of {}", args.output.display(), count(n_runs, "run")));
    if let Some(why) = evaluation_error {
        console.say(&format!("note: the best network is not judged: {why}"));
    }
    Ok(notes)
}

/// Refines the states of the runs of submitted sweeps. Returns what the engines have of them, in sentences; the
/// runs are counted if they `are_all`.
fn mark(runs: &mut [Run], are_all: bool) -> Vec<String> {
    let mut sweeps: Vec<PathBuf> = runs.iter().filter_map(|run| run.sweep.clone()).collect();
    sweeps.sort();
    sweeps.dedup();
    let queue = QueueStatus::of(sweeps.iter().map(PathBuf::as_path));
    runs.iter_mut().for_each(|run| queue.mark(run));
    if are_all { queue.notes(runs) } else { queue.tasks().into_iter().collect() }
}

/// What the page is of: the name that all runs have, or that there are several.
fn title(runs: &[Run], first: &Run) -> String {
    let name = &first.record.name;
    if runs.iter().all(|run| run.record.name == *name) {
        name.clone()
    } else {
        count(runs.len(), "run")
    }
}

/// What the first network in the order of the groups makes of rows it has not learned from, or the networks
/// of all folds.
fn judged(comparison: &Comparison) -> Option<Result<TestEvaluation>> {
    let weights = |run: &Run| Folder::at(&run.dir).weights();
    let trained = |group: &ResultGroup| {
        let runs = group.runs.iter().filter(|run| weights(run).is_file());
        let mut runs: Vec<_> = runs.map(|run| (run.clone(), weights(run))).collect();
        if runs.iter().any(|(run, _)| run.setting("data.fold.fold").is_none()) {
            runs.truncate(1);
        }
        runs
    };
    let mut groups = comparison.groups.iter().map(trained);
    groups.find(|runs| !runs.is_empty()).map(|runs| judge(&runs))
}

fn judge(runs: &[(Run, PathBuf)]) -> Result<TestEvaluation> {
    let ensemble = ensemble(runs)?;
    let threads = cores();
    let ask = |rows| Ok((ensemble.evaluate(None, rows, threads)?, rows));
    // Data without test rows have nothing but those that validated.
    let (found, rows) = ask(Split::Test)
        .or_else(|error: anyhow::Error| ask(Split::Validation).map_err(|_| error))?;
    let trained = ensemble.first();
    let width = trained.preprocessing.columns.as_ref().map_or(0, |columns| columns.features.len());
    let work = found.all.n_rows.saturating_mul(width).saturating_mul(PERMUTATIONS.repeats);
    let importance = ((1..MOST_SHUFFLED).contains(&work))
        .then(|| ensemble.importance(None, rows, PERMUTATIONS, threads))
        .transpose()?;
    Ok(told(&runs[0].0.dir, found, importance, trained))
}

/// The same for a page, which knows no networks.
fn told(
    dir: &Path,
    found: EnsembleEvaluation,
    importance: Option<Importance>,
    trained: &TrainedModel,
) -> TestEvaluation {
    let EnsembleEvaluation { all: found, logs } = found;
    let number = |name: &str| {
        let values: Vec<f64> = logs.iter().filter_map(|logs| logs.get(name)).collect();
        MeanStd::of(&values).map_or("-".to_owned(), |mean| mean.to_string())
    };
    let numbers = found.logs.0.iter().map(|(name, _)| (name.clone(), number(name))).collect();
    let calibration = Calibration::of(&found.answers).map(|found| CalibrationCurve {
        error: found.error,
        bins: found.bins.iter().map(|bin| (bin.confidence, bin.accuracy, bin.rows)).collect(),
    });
    let importance = importance.map(|found| {
        let columns = found.columns.into_iter();
        let columns = columns.filter_map(|c| Some((c.name, MeanStd::of(&c.drops)?))).collect();
        (found.metric, columns)
    });
    let mistakes = found.mistakes.into_iter().map(|mistake| MistakeRow {
        row: mistake.row,
        truth: mistake.label,
        said: mistake.predicted,
        share: mistake.probability,
        png: mistake.picture.map(|picture| picture.png()),
    });
    TestEvaluation {
        dir: dir.to_owned(),
        rows: format!("{} {}", found.n_rows, found.rows),
        networks: logs.len(),
        numbers,
        calibration,
        importance,
        classes: trained.preprocessing.class_names().unwrap_or_default(),
        confusion: found.confusion,
        values: trained.preprocessing.output_names().into_iter().zip(found.values).collect(),
        mistakes: mistakes.collect(),
    }
}
