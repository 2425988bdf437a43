//! `runner show`: one run, a search, or the learning rate of a plan, as text or JSON.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::load::load;
use crate::cli::args::ShowArgs;
use crate::cli::display::console::Console;
use crate::cli::display::curve::curves;
use crate::cli::display::run_details::{RunDetails, run_details};
use crate::cli::display::search_details::search_details;
use crate::cli::exit::Exit;
use crate::cluster::QueueStatus;
use crate::config::Plan;
use crate::query::{
    Collection, FolderKind, Purpose, RequestError, Run, RunSelector, SearchProgress, SearchTrial,
    SearchTrials, Series, Slice, SliceGroup, learning_rates,
};
use crate::runs::History;

/// Shows a run or a search.
pub(crate) fn show(args: &ShowArgs, console: &Console) -> anyhow::Result<Exit> {
    let answer = if args.schedule { schedule_of(args, console) } else { answer(args, console) };
    super::print_answer::answer(answer, console)
}

fn answer(args: &ShowArgs, console: &Console) -> anyhow::Result<String> {
    tell_queue(Path::new(&args.run), console);
    if let Some(search) = search(args, console)? {
        return Ok(if args.json {
            serde_json::to_string_pretty(&search_json(&search))? + "\n"
        } else {
            search_details(&search, console)
        });
    }
    let mut run = args.choice.select_one(&args.run, console)?;
    let queue = QueueStatus::of(run.sweep.as_deref().into_iter());
    queue.mark(&mut run);
    let task = queue.task(&run);
    let history = run.history()?;
    let config = run.config().map_err(anyhow::Error::msg)?;
    let plan = run.plan().ok();
    if args.json {
        let value = json!({
            "dir": run.dir.to_string_lossy(),
            "status": run.state.word(),
            "tags": run.annotations.tags,
            "note": run.annotations.note,
            "task": task.and_then(|task| task.queued).map(|task| task.text()),
            "record": serde_json::to_value(&run.record)?,
            "config": plan,
            "history": history_json(&history),
        });
        return Ok(serde_json::to_string_pretty(&value)? + "\n");
    }
    if !history.columns.is_empty() && history.column(&args.metric).is_none() {
        let known = history.columns.iter().map(String::as_str);
        return Err(RequestError::unknown("its history has no", &args.metric, known).into());
    }
    let planned = plan.filter(|plan| plan.optimizer.schedule().is_some());
    let schedule = planned.and_then(|plan| schedule(&plan, console).ok());
    let progress = progress(&run);
    let told = RunDetails {
        run: &run,
        config: &config,
        history: &history,
        metric: &args.metric,
        progress: progress.as_ref(),
        task: task.as_ref(),
    };
    Ok(run_details(&told, console) + &schedule.map_or(String::new(), |text| format!("\n{text}")))
}

/// Says what the engine has of a submitted sweep that is named, also if no run has begun.
fn tell_queue(dir: &Path, console: &Console) {
    let queue = QueueStatus::of(std::iter::once(dir));
    if !queue.is_empty()
        && let Ok(Collection { mut runs, .. }) = Collection::of(dir)
    {
        runs.iter_mut().for_each(|run| queue.mark(run));
        queue.notes(&runs).iter().for_each(|note| console.say(note));
    }
}

/// The search of which all begun runs are meant. Otherwise the choice of one run has the notes and the error.
fn search(args: &ShowArgs, console: &Console) -> anyhow::Result<Option<SearchTrials>> {
    let mut selector = RunSelector::new(args.choice.logdir()).purpose(Purpose::Ask);
    let Ok(selection) = selector.select(&args.run) else { return Ok(None) };
    if selection.kind != FolderKind::Sweep {
        return Ok(None);
    }
    let search = SearchTrials::of(&selection.dir, &selection.runs).map_err(anyhow::Error::msg)?;
    if search.is_some() {
        selector.notes().iter().for_each(|note| console.say(note));
    }
    Ok(search)
}

fn search_json(search: &SearchTrials) -> serde_json::Value {
    let number = crate::cli::display::json::number;
    let trial = |trial: &SearchTrial| {
        let note = trial.runs.first().and_then(|run| run.record.trial.as_ref());
        json!({
            "number": trial.number,
            "status": trial.status(),
            "value": trial.value.map(number),
            "rung": note.and_then(|note| note.rung),
            "reason": note.and_then(|note| note.reason.as_deref()),
            "values": note.map(|note| &note.values),
            "dirs": trial.runs.iter().map(|run| run.dir.to_string_lossy()).collect::<Vec<_>>(),
        })
    };
    let best = search.best_so_far().into_iter().map(|(at, value)| json!([at, number(value)]));
    let importance = search.importance().map(|shares| {
        let share = |(key, share): (&str, f64)| (key.to_owned(), number(share));
        shares.into_iter().map(share).collect::<serde_json::Map<_, _>>()
    });
    json!({
        "dir": search.dir.to_string_lossy(),
        "objective": search.objective,
        "best_so_far": best.collect::<Vec<_>>(),
        "importance": importance,
        "slices": slices_json(search),
        "trials": search.trials.iter().map(trial).collect::<Vec<_>>(),
    })
}

/// For each parameter, the groups of its values: how many trials they have, and their best and median objective.
fn slices_json(search: &SearchTrials) -> serde_json::Value {
    let number = crate::cli::display::json::number;
    let group = |group: SliceGroup| {
        json!({
            "values": group.label,
            "trials": group.trials,
            "best": number(group.best),
            "median": number(group.median),
        })
    };
    let slice = |slice: Slice| {
        let groups = search.groups(&slice).into_iter().map(group).collect();
        (slice.key, serde_json::Value::Array(groups))
    };
    search.slices().into_iter().map(slice).collect::<serde_json::Map<_, _>>().into()
}

/// The progress of the search that proposed a run.
fn progress(run: &Run) -> Option<SearchProgress> {
    run.record.trial.as_ref()?;
    let sweep = run.sweep.as_deref()?;
    SearchProgress::of(sweep, &Collection::of(sweep).ok()?.runs)
}

/// An object for each epoch; null for what is not finite.
fn history_json(history: &History) -> serde_json::Value {
    let epoch = |(epoch, values): &(usize, Vec<f64>)| {
        let mut map = serde_json::Map::from_iter([("epoch".to_owned(), json!(epoch))]);
        let numbers = values.iter().map(|value| crate::cli::display::json::number(*value));
        map.extend(history.columns.iter().cloned().zip(numbers));
        map
    };
    history.epochs.iter().map(epoch).collect()
}

/// The learning rate of a run or a config.
fn schedule_of(args: &ShowArgs, console: &Console) -> anyhow::Result<String> {
    let path = PathBuf::from(&args.run);
    let plan = if path.is_file() {
        plan_of(&path, console)?
    } else {
        let run = args.choice.select_one(&args.run, console)?;
        run.plan().map_err(anyhow::Error::msg)?
    };
    schedule(&plan, console)
}

/// The first plan of a config.
fn plan_of(path: &Path, console: &Console) -> anyhow::Result<Plan> {
    let experiments = load(&[path.to_owned()], &[], console.err.color).map_err(|pictures| {
        RequestError::new(pictures.join("\n"), "`runner check` says the same")
    })?;
    let run = experiments.iter().flat_map(|experiment| experiment.runs.iter()).next();
    run.map(|run| run.plan).ok_or_else(|| anyhow::anyhow!("there is no run in {}", path.display()))
}

fn schedule(plan: &Plan, console: &Console) -> anyhow::Result<String> {
    let points = learning_rates(plan).map_err(anyhow::Error::msg)?;
    let steps = points.last().map_or(0.0, |(step, _)| step + 1.0);
    let head = format!("learning rate of {}, over {steps} steps\n", plan.name);
    let series = [Series { name: "learning_rate".to_owned(), points }];
    Ok(head + &curves(&series, "step", console))
}
