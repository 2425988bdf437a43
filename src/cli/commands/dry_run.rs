//! `runner run --dry-run`: prints the resolved plans, and a table of the swept keys.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::load;
use super::proposals::proposals;
use crate::cli::display::console::{Console, stdout_width};
use crate::cli::display::escape::escape_line;
use crate::cli::display::fit::fit_columns;
use crate::cli::display::format::{count, or_dash};
use crate::cli::display::table::Column;
use crate::cli::exit::Exit;
use crate::config::{Experiment, LineCache, Plan, ShortTexts, short_keys};

/// Prints the plans as TOML, one after the other, or as one JSON value; each is expanded when it is
/// its turn.
pub(crate) fn dry_run(
    experiments: &[Experiment],
    json: bool,
    console: &Console,
) -> anyhow::Result<Exit> {
    console.stream(|out| {
        if json {
            as_json(experiments, out)?;
        } else {
            as_toml(experiments, out)?;
        }
        out.flush()
    })?;
    load::memory(experiments).iter().for_each(|note| console.say(note));
    Ok(Exit::Done)
}

fn plans(experiments: &[Experiment]) -> impl Iterator<Item = Plan> {
    experiments.iter().flat_map(|experiment| experiment.runs.iter()).map(|run| run.plan)
}

fn as_json(experiments: &[Experiment], out: &mut impl Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct All<'a> {
        runs: Plans<'a>,
    }
    struct Plans<'a>(&'a [Experiment]);
    impl Serialize for Plans<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(plans(self.0))
        }
    }
    serde_json::to_writer_pretty(&mut *out, &All { runs: Plans(experiments) })?;
    writeln!(out)
}

fn as_toml(experiments: &[Experiment], out: &mut impl Write) -> io::Result<()> {
    let total: usize = experiments.iter().map(Experiment::n_runs).sum();
    for (index, plan) in plans(experiments).enumerate() {
        if 1 < total {
            let gap = if index == 0 { "" } else { "\n" };
            writeln!(out, "{gap}# run {} of {total}: {}", index + 1, escape_line(&plan.name))?;
        }
        out.write_all(plan.to_toml().as_bytes())?;
    }
    experiments.iter().try_for_each(|experiment| out.write_all(table(experiment).as_bytes()))
}

/// What a sweep varies, a line of comment for each run, so that the whole is still TOML.
fn table(experiment: &Experiment) -> String {
    let runs = &experiment.runs;
    if let Some(search) = &experiment.search {
        return proposals(search, &experiment.name);
    }
    if !experiment.sweep || runs.is_empty() {
        return String::new();
    }
    let headings = || {
        let mut cache = LineCache::default();
        (0..runs.len()).map(move |index| runs.heading(index, &mut cache).unwrap_or_default())
    };
    let number = |label: String| label.split('-').next().unwrap_or_default().to_owned();
    let mut columns = vec![Column::words("run", headings().map(|(label, _)| number(label)))];
    let values: Vec<Vec<_>> = headings()
        .map(|(_, changes)| changes.into_iter().map(|change| change.value).collect())
        .collect();
    for (i, short) in short_keys(runs.keys()).iter().enumerate() {
        let texts = ShortTexts::of(values.iter().filter_map(|values| values.get(i)));
        let text = |values: &Vec<_>| or_dash(values.get(i), |value| texts.get(value));
        columns.push(Column::values(short, values.iter().map(text)).shrinkable().drop_rank(1));
    }
    // Each line is a comment: `# ` takes two columns.
    let width = stdout_width().map(|width| width.saturating_sub(2));
    let fitted = fit_columns(columns, width);
    let note = fitted.note("--dry-run --json");
    let lines = fitted.lines.iter().chain(&note).map(|line| format!("# {line}\n"));
    let count = count(runs.len(), "run");
    format!("\n# {}: {count}\n", escape_line(&experiment.name)) + &lines.collect::<String>()
}
