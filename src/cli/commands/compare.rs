//! `runner compare`: runs beside each other, as a table or as JSON; `query` finds the differences.

use serde_json::{Map, Value, json};

use crate::cli::args::CompareArgs;
use crate::cli::display::compare_table::CompareTable;
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::format::count;
use crate::cli::display::json::number;
use crate::cli::exit::Exit;
use crate::query::{Comparison, MeanStd, RequestError, ResultGroup, read_settings};

/// Compares runs.
pub(crate) fn compare(args: &CompareArgs, console: &Console) -> anyhow::Result<Exit> {
    let (comparison, notes) = match comparison(args, console) {
        Ok(compared) => compared,
        Err(refusal) => {
            console.error(&refusal.to_string());
            return Ok(Exit::BadRequest);
        }
    };
    let shown = &comparison.groups[..comparison.groups.len().min(args.top.unwrap_or(usize::MAX))];
    if args.json {
        let value = as_json(&comparison, shown);
        console.data(&(serde_json::to_string_pretty(&value)? + "\n"))?;
    } else {
        let table =
            CompareTable { comparison: &comparison, shown, base: args.choice.logdir(), args };
        let note = table.print(stdout_width(), console)?;
        if comparison.keys.is_empty() && 1 < comparison.groups.len() {
            console.say("their configs do not differ");
        }
        let left = comparison.groups.len() - shown.len();
        if 0 < left {
            console
                .say(&format!("{} more below; leave out --top to see them", count(left, "line")));
        }
        note.iter().for_each(|note| console.say(note));
    }
    notes.iter().for_each(|note| console.error(note));
    Ok(if notes.is_empty() { Exit::Done } else { Exit::Failed })
}

fn comparison(
    args: &CompareArgs,
    console: &Console,
) -> Result<(Comparison, Vec<String>), RequestError> {
    let (runs, mut notes) = args.choice.select_all(&args.runs, &args.filters, console)?;
    if runs.is_empty() {
        let what = notes.first().cloned().unwrap_or_else(|| "no run of it has begun".to_owned());
        return Err(RequestError::new(what, "`runner list` shows what there is"));
    }
    notes.extend(read_settings(&runs));
    Ok((Comparison::of(runs, args.sort.as_deref())?, notes))
}

fn as_json(comparison: &Comparison, shown: &[ResultGroup]) -> Value {
    let spread = |spread: Option<MeanStd>| {
        let std = |spread: MeanStd| spread.std.map(number);
        spread.map(|s| json!({ "mean": number(s.mean), "deviation": std(s) }))
    };
    let group = |group: &ResultGroup| {
        let metrics = |of: &dyn Fn(&str) -> Option<MeanStd>| -> Map<String, Value> {
            comparison.metrics.iter().map(|name| (name.clone(), json!(spread(of(name))))).collect()
        };
        let config = comparison.keys.iter().map(|key| (key.clone(), json!(group.setting(key))));
        json!({
            "config": config.collect::<Map<_, _>>(),
            "seeds": group.seeds(),
            "last": metrics(&|name| group.metric(name)),
            "best": metrics(&|name| group.best(name)),
            "runs": group.runs.iter().map(|run| json!({
                "name": run.record.name,
                "dir": run.dir.to_string_lossy(),
                "tags": run.annotations.tags,
                "note": run.annotations.note,
                "status": run.state.word(),
                "seed": run.record.seed,
                "epochs": run.record.epochs,
            })).collect::<Vec<_>>(),
        })
    };
    json!({ "keys": comparison.keys, "lines": shown.iter().map(group).collect::<Vec<_>>() })
}
