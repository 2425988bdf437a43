//! `runner report`: compares runs, evaluates the best network, and writes an HTML page.

use std::path::Path;

use anyhow::Result;
use chrono::Local;

use super::cores::cores;
use crate::cli::args::ReportArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::{count, shell_word};
use crate::cli::exit::Exit;
use crate::experiment::{Evaluation, Split, TrainedModel};
use crate::query::{Comparison, Mistake, Page, RequestError, Run, TestEvaluation, read_settings};
use crate::runs::{Durability, Folder, write_atomic};
use crate::system::sentence;

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
    let (runs, mut notes) = args.choice.select_all(&args.runs, &args.filters, console)?;
    let Some(first) = runs.first() else {
        let what = notes.first().cloned().unwrap_or_else(|| "no run of it has begun".to_owned());
        return Err(RequestError::new(what, "`runner list` shows what there is").into());
    };
    let title = title(&runs, first);
    let n_runs = runs.len();
    notes.extend(read_settings(&runs));
    let comparison = Comparison::of(runs, args.sort.as_deref())?;
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

/// What the page is of: the name that all runs have, or that there are several.
fn title(runs: &[Run], first: &Run) -> String {
    let name = &first.record.name;
    if runs.iter().all(|run| run.record.name == *name) {
        name.clone()
    } else {
        count(runs.len(), "run")
    }
}

/// What the first network in the order of the groups makes of rows it has not learned from.
fn judged(comparison: &Comparison) -> Option<Result<TestEvaluation>> {
    let runs = comparison.groups.iter().flat_map(|group| &group.runs);
    let mut trained = runs.filter(|run| Folder::at(&run.dir).weights().is_file());
    trained.next().map(judge)
}

fn judge(run: &Run) -> Result<TestEvaluation> {
    let trained = TrainedModel::load(
        &run.dir,
        &Folder::at(&run.dir).weights(),
        run.plan().map_err(anyhow::Error::msg)?,
    )?;
    let threads = cores();
    let ask = |rows| trained.evaluate(None, rows, threads);
    // Data without test rows have nothing but those that validated.
    let found = ask(Split::Test).or_else(|error| ask(Split::Validation).map_err(|_| error))?;
    let classes = trained.preprocessing.class_names().unwrap_or_default();
    let outputs = trained.preprocessing.output_names();
    Ok(told(&run.dir, found, classes, outputs))
}

/// The same for a page, which knows no networks.
fn told(
    dir: &Path,
    found: Evaluation,
    classes: Vec<String>,
    outputs: Vec<String>,
) -> TestEvaluation {
    let mistakes = found.mistakes.into_iter().map(|mistake| Mistake {
        row: mistake.row,
        truth: mistake.label,
        said: mistake.predicted,
        share: mistake.probability,
        png: mistake.picture.map(|picture| picture.png()),
    });
    TestEvaluation {
        dir: dir.to_owned(),
        rows: format!("{} {}", found.n_rows, found.rows),
        logs: found.logs,
        classes,
        confusion: found.confusion,
        values: outputs.into_iter().zip(found.values).collect(),
        mistakes: mistakes.collect(),
    }
}
