//! `runner list`: the runs below a folder, a line each; `query` finds them.

use std::path::{Path, PathBuf};

use chrono::Utc;
use serde_json::{Map, Value, json};

use crate::cli::args::ListArgs;
use crate::cli::display::cells::{judge, metric_drop_rank, setting, short_note};
use crate::cli::display::console::{Console, Style, stdout_width};
use crate::cli::display::fit::fit_columns;
use crate::cli::display::format::{ago, number, or_dash, short_reason};
use crate::cli::display::json::{number as json_number, numbers};
use crate::cli::display::table::Column;
use crate::cli::exit::Exit;
use crate::cluster::QueueStatus;
use crate::query::{Collection, RequestError, Run, State, metric_names, read_settings, sort};
use crate::runs::{monitored, safe_name};

/// Lists the runs.
pub(crate) fn list(args: &ListArgs, console: &Console) -> anyhow::Result<Exit> {
    let Selected { runs, queue, queue_notes, notes } = match select(args) {
        Ok(selected) => selected,
        Err(refusal) => {
            console.error(&refusal.to_string());
            return Ok(Exit::BadRequest);
        }
    };
    if args.json {
        let runs: Vec<_> = runs.iter().map(|run| as_json(run, &args.columns, &queue)).collect();
        console.data(&(serde_json::to_string_pretty(&json!({ "runs": runs }))? + "\n"))?;
    } else if runs.is_empty() {
        let which = if args.filters.filter.is_empty() { "" } else { " such" };
        console.say(&format!("there is no{which} run in {}", args.dir.display()));
    } else {
        let (text, note) = table(&runs, args, &queue, console);
        console.data(&text)?;
        note.iter().for_each(|note| console.say(note));
    }
    if !args.json {
        queue_notes.iter().for_each(|note| console.say(note));
    }
    notes.iter().for_each(|note| console.error(note));
    Ok(if notes.is_empty() { Exit::Done } else { Exit::Failed })
}

/// The selection of the arguments.
struct Selected {
    /// The runs, in the requested order.
    runs: Vec<Run>,
    /// What engines have of the submitted sweeps.
    queue: QueueStatus,
    /// The same in sentences, for all sweeps with runs left.
    queue_notes: Vec<String>,
    /// The unreadable runs and configs, with reasons.
    notes: Vec<String>,
}

fn select(args: &ListArgs) -> Result<Selected, RequestError> {
    let Collection { mut runs, sweeps, unreadable: mut notes } = Collection::of(&args.dir)?;
    let queue = QueueStatus::of(sweeps.iter().map(PathBuf::as_path));
    runs.iter_mut().for_each(|run| queue.mark(run));
    let queue_notes = queue.notes(&runs);
    sort(&mut runs, args.sort.as_deref())?;
    args.filters.retain(&mut runs, &mut notes)?;
    runs.truncate(args.top.unwrap_or(usize::MAX));
    if !args.columns.is_empty() {
        notes.extend(read_settings(&runs));
        check_columns(&runs, &args.columns)?;
    }
    notes.sort();
    notes.dedup();
    Ok(Selected { runs, queue, queue_notes, notes })
}

/// Whether every key is in some run's config.
fn check_columns(runs: &[Run], keys: &[String]) -> Result<(), RequestError> {
    let unknown = |key: &&String| runs.iter().all(|run| run.setting(key).is_none());
    let Some(key) = keys.iter().find(unknown).filter(|_| !runs.is_empty()) else { return Ok(()) };
    let known = runs.iter().flat_map(Run::settings).map(|(key, _)| key.as_str());
    Err(RequestError::unknown("no run has the key", key, known))
}

fn as_json(run: &Run, keys: &[String], queue: &QueueStatus) -> Value {
    let record = &run.record;
    let best = record.best.as_ref().map(|best| {
        let mut map = Map::from_iter([("epoch".to_owned(), json!(best.epoch))]);
        map.extend(numbers(&best.metrics));
        map
    });
    let mut value = json!({
        "name": record.name,
        // A path that is no Unicode cannot be said in JSON; it is shown as well as it can be.
        "dir": run.dir.to_string_lossy(),
        "sweep": run.sweep.as_ref().map(|dir| dir.to_string_lossy()),
        "status": run.state.word(),
        "error": record.error,
        "tags": run.annotations.tags,
        "note": run.annotations.note,
        "cause": record.cause,
        "seed": record.seed,
        "started": record.started,
        "finished": record.finished,
        "seconds": json_number(record.seconds),
        "epochs": record.epochs,
        "last": Map::from_iter(numbers(&record.metrics)),
        "best": best,
    });
    if let Some(trial) = &record.trial {
        value["trial"] = json!(trial);
    }
    if let Some(task) = queue.task(run).and_then(|task| task.queued) {
        value["task"] = json!({ "id": task.id(), "state": task.state, "place": task.place });
    }
    if !keys.is_empty() {
        let config = keys.iter().map(|key| (key.clone(), json!(run.setting(key))));
        value["config"] = config.collect::<Map<_, _>>().into();
    }
    value
}

/// The table, and a note of what is not in it.
fn table(
    runs: &[Run],
    args: &ListArgs,
    queue: &QueueStatus,
    console: &Console,
) -> (String, Option<String>) {
    let fitted = fit_columns(whole_table(runs, args, queue), stdout_width().filter(|_| !args.wide));
    let tones = std::iter::once(Some(Style::Head)).chain(runs.iter().map(tone));
    let paint = |(line, tone): (&String, Option<Style>)| match tone {
        Some(tone) => console.out.paint(tone, line) + "\n",
        None => format!("{line}\n"),
    };
    let text = fitted.lines.iter().zip(tones).map(paint).collect();
    (text, fitted.note("--wide"))
}

fn whole_table(runs: &[Run], args: &ListArgs, queue: &QueueStatus) -> Vec<Column> {
    let now = Utc::now();
    let age = |run: &Run| ago((now - run.record.started.to_utc()).as_seconds_f64());
    let cells = |cell: &dyn Fn(&Run) -> String| runs.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![
        Column::words("run", cells(&|run| run.label(&args.dir))).shrinkable(),
        Column::words("status", cells(&|run| run.state.word().to_owned())),
        Column::numbers("age", cells(&age)).drop_rank(4),
        Column::numbers("epochs", cells(&|run| run.record.epochs.to_string())).drop_rank(3),
    ];
    columns.extend(of_rungs(runs));
    columns.extend(tasks(runs, queue));
    for key in &args.columns {
        let text = |run: &Run| or_dash(run.setting(key), setting);
        columns.push(Column::values(key, cells(&text)).shrinkable());
    }
    for (rank, name, text) in annotations(runs, &args.dir) {
        columns.push(Column::words(name, text).shrinkable().drop_rank(rank));
    }
    let names = metric_names(runs.iter().map(|run| &run.record.metrics));
    let judge = judge(&names, args.sort.as_deref());
    for name in &names {
        let text = |run: &Run| or_dash(run.number(name), number);
        columns.push(Column::numbers(name, cells(&text)).drop_rank(metric_drop_rank(name, judge)));
    }
    let best = |run: &Run| {
        let (name, _) = monitored(&run.record.best.as_ref()?.metrics)?;
        Some((name, run.number(&format!("best.{name}"))?, run.record.best.as_ref()?.epoch + 1))
    };
    for judge in ["val_loss", "loss"] {
        let of = |run: &Run| best(run).filter(|(name, ..)| *name == judge);
        if runs.iter().any(|run| of(run).is_some()) {
            let text = |run: &Run| {
                or_dash(of(run), |(_, value, epoch)| format!("{} at {epoch:>2}", number(value)))
            };
            let sorted = args.sort.as_ref().is_some_and(|sort| *sort == format!("best.{judge}"));
            let column = Column::numbers(&format!("best {judge}"), cells(&text));
            columns.push(column.drop_rank(if sorted { 0 } else { 6 }));
        }
    }
    columns
}

/// The waiting and running tasks of the runs that are not at their end, where there are any.
fn tasks(runs: &[Run], queue: &QueueStatus) -> Option<Column> {
    let open = [State::Running, State::Requeued, State::Stopped, State::Interrupted];
    let task = |run: &Run| queue.task(run).filter(|_| open.contains(&run.state))?.queued;
    let texts =
        runs.iter().map(|run| task(run).map(|task| format!("{} {}", task.id(), task.place)));
    let texts: Vec<_> = texts.collect();
    let is_told = texts.iter().any(Option::is_some);
    let cells = texts.into_iter().map(|text| or_dash(text, |text| text));
    is_told.then(|| Column::words("task", cells).drop_rank(2))
}

/// Columns for the rungs of trials and the reasons why they were pruned, where there are any.
fn of_rungs(runs: &[Run]) -> Vec<Column> {
    let mut columns = Vec::new();
    let rung = |run: &Run| run.record.trial.as_ref().and_then(|trial| trial.rung);
    if runs.iter().any(|run| rung(run).is_some()) {
        let texts = runs.iter().map(|run| or_dash(rung(run), |rung| rung.number.to_string()));
        columns.push(Column::numbers("rung", texts).drop_rank(5));
    }
    let reason = |run: &Run| {
        let reason = run.record.trial.as_ref()?.reason.as_deref()?;
        Some(short_reason(reason).to_owned())
    };
    if runs.iter().any(|run| reason(run).is_some()) {
        let texts = runs.iter().map(|run| or_dash(reason(run), |reason| reason));
        columns.push(Column::words("why pruned", texts).shrinkable().drop_rank(6));
    }
    columns
}

/// Columns for the names that are not in the folders, the tags and the notes, where there are any.
fn annotations(runs: &[Run], base: &Path) -> Vec<(u8, &'static str, Vec<String>)> {
    let name = |run: &Run| {
        let name = run.annotations.name.clone().unwrap_or_default();
        if run.label(base).contains(&safe_name(&name)) { String::new() } else { name }
    };
    let columns = vec![
        (1, "name", runs.iter().map(name).collect()),
        (2, "tags", runs.iter().map(|run| run.annotations.tags.join(", ")).collect()),
        (5, "note", runs.iter().map(|run| short_note(run.annotations.note.as_deref())).collect()),
    ];
    let is_told = |column: &(u8, &str, Vec<String>)| column.2.iter().any(|text| !text.is_empty());
    columns.into_iter().filter(is_told).collect()
}

/// How a run stands out.
fn tone(run: &Run) -> Option<Style> {
    match run.state {
        State::Failed => Some(Style::Bad),
        State::Running => Some(Style::Good),
        _ => None,
    }
}
