//! The table of several runs, best first, as text; it prints nothing.

use super::console::{Stream, Tone};
use super::format::{duration, number};
use super::rank::ranked;
use crate::sweep::{RunResult, Status};

/// The table, one line per run; a metric that no run has takes no column.
pub(super) fn table(results: &[RunResult], stream: Stream) -> String {
    let metrics = metrics(results);
    let mut rows = vec![header(&metrics)];
    let ranked = ranked(results);
    rows.extend(ranked.iter().map(|(rank, result)| row(*rank, result, &metrics)));
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let tones =
        std::iter::once(Some(Tone::Head)).chain(ranked.iter().map(|&(rank, result)| {
            match (rank, &result.status) {
                (Some(1), _) => Some(Tone::Good),
                (_, Status::Failed(_)) => Some(Tone::Bad),
                _ => None,
            }
        }));
    let line = |(row, tone): (&Vec<String>, Option<Tone>)| {
        let line = aligned(row, &widths);
        tone.map_or(line.clone(), |tone| stream.paint(tone, &line)) + "\n"
    };
    rows.iter().zip(tones).map(line).collect()
}

/// What runs report, in the order in which Keras shows it.
fn metrics(results: &[RunResult]) -> Vec<&str> {
    let mut names = Vec::new();
    let logs = results.iter().filter_map(|result| result.last.as_ref());
    for (name, _) in logs.flat_map(|logs| &logs.0) {
        if name != "learning_rate" && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    // Runs with and without validation may be mixed: what is validated comes last in any case.
    names.sort_by_key(|name| name.starts_with("val_"));
    names
}

fn header(metrics: &[&str]) -> Vec<String> {
    let columns = ["rank", "name", "status", "epochs"].iter().chain(metrics);
    columns.chain(&["time", "folder"]).map(|&name| name.to_owned()).collect()
}

fn row(rank: Option<usize>, result: &RunResult, metrics: &[&str]) -> Vec<String> {
    let dash = || "-".to_owned();
    let started = result.status != Status::Skipped;
    let mut row = vec![
        rank.map_or_else(dash, |rank| rank.to_string()),
        result.name.clone(),
        status(&result.status).to_owned(),
        started.then(|| result.epochs.to_string()).unwrap_or_else(dash),
    ];
    let value = |name: &&str| result.last.as_ref().and_then(|logs| logs.get(name));
    row.extend(metrics.iter().map(|name| value(name).map_or_else(dash, number)));
    row.push(started.then(|| duration(result.seconds)).unwrap_or_else(dash));
    row.push(result.dir.as_ref().map_or_else(dash, |dir| dir.display().to_string()));
    row
}

/// A status in a word.
pub(super) fn status(status: &Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Stopped => "stopped",
        Status::Failed(_) => "failed",
        Status::Skipped => "skipped",
    }
}

/// Words to the left, numbers to the right; the last column is open.
fn aligned(row: &[String], widths: &[usize]) -> String {
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        match column {
            1 | 2 => format!("{text:<width$}"),
            last if last + 1 == row.len() => text.clone(),
            _ => format!("{text:>width$}"),
        }
    };
    row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::script::{completed, ended, failed};

    #[test]
    fn runs_are_ranked_and_aligned() {
        let results = [
            RunResult { dir: None, last: None, ..ended("nadam", Status::Skipped, &[]) },
            failed("sgd-fast", "loss is nan at step 312"),
            completed("adam", &[("loss", 0.011), ("val_loss", 0.1182), ("learning_rate", 0.001)]),
            completed("rmsprop-long-name", &[("loss", 0.02), ("val_loss", 0.00031)]),
        ];
        insta::assert_snapshot!(table(&results, Stream::default()), @r"
        rank  name               status     epochs    loss    val_loss  time  folder
           1  rmsprop-long-name  completed       2  0.0200  3.1000e-04  1.2s  logs/rmsprop-long-name/20261123-210800
           2  adam               completed       2  0.0110      0.1182  1.2s  logs/adam/20261123-210800
           -  sgd-fast           failed          2       -           -  1.2s  logs/sgd-fast/20261123-210800
           -  nadam              skipped         -       -           -     -  -
        ");
    }

    #[test]
    fn the_best_and_the_failed_stand_out() {
        let results = [failed("sgd", "x"), completed("adam", &[("loss", 0.5)])];
        let text = table(&results, Stream { color: true, terminal: false });
        let starts: Vec<_> = text.lines().map(|line| line.split('m').next()).collect();
        assert_eq!(starts, [Some("\x1b[1"), Some("\x1b[32"), Some("\x1b[1;31")]);
    }
}
