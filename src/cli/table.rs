//! The table of several runs, best first, as text; it prints nothing.

use super::console::{Stream, Tone};
use super::format::{duration, number};
use super::labels::Labels;
use super::rank::ranked;
use crate::sweep::{RunResult, Status};

/// The table, one line per run; a metric that no run has takes no column. The folders are left out
/// where they would make a line longer than `columns`.
pub(super) fn table(results: &[RunResult], stream: Stream, columns: Option<usize>) -> String {
    let ranked = ranked(results);
    let narrow = aligned(&rows(results, &ranked));
    let wide: Vec<_> = narrow.iter().zip(folders(results, &ranked)).map(join).collect();
    let width = wide.iter().map(|line| line.chars().count()).max();
    let lines = if columns < width && columns.is_some() { narrow } else { wide };
    let tones = ranked.iter().map(|&(rank, run)| tone(rank, &results[run].status));
    let tones = std::iter::once(Some(Tone::Head)).chain(tones);
    let painted = |(line, tone): (&String, Option<Tone>)| {
        tone.map_or_else(|| line.clone(), |tone| stream.paint(tone, line)) + "\n"
    };
    lines.iter().zip(tones).map(painted).collect()
}

fn rows(results: &[RunResult], ranked: &[(Option<usize>, usize)]) -> Vec<Vec<String>> {
    let metrics = metrics(results);
    let labels = Labels::of(results);
    let row = |&(rank, run): &(_, usize)| row(rank, &labels[run], &results[run], &metrics);
    std::iter::once(header(&metrics)).chain(ranked.iter().map(row)).collect()
}

fn folders(results: &[RunResult], ranked: &[(Option<usize>, usize)]) -> Vec<String> {
    let folder = |&(_, run): &(_, usize)| match &results[run].dir {
        Some(dir) => dir.display().to_string(),
        None => "-".to_owned(),
    };
    std::iter::once("folder".to_owned()).chain(ranked.iter().map(folder)).collect()
}

fn join((line, folder): (&String, String)) -> String {
    format!("{line}  {folder}")
}

fn tone(rank: Option<usize>, status: &Status) -> Option<Tone> {
    match (rank, status) {
        (Some(1), _) => Some(Tone::Good),
        (_, Status::Failed(_)) => Some(Tone::Bad),
        _ => None,
    }
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
    columns.chain(&["time"]).map(|&name| name.to_owned()).collect()
}

fn row(rank: Option<usize>, label: &str, result: &RunResult, metrics: &[&str]) -> Vec<String> {
    let dash = || "-".to_owned();
    let mut row = vec![rank.map_or_else(dash, |rank| rank.to_string()), label.to_owned()];
    row.push(status(&result.status).to_owned());
    let started = result.status != Status::Skipped;
    row.push(if started { result.epochs.to_string() } else { dash() });
    let value = |name: &&str| result.last.as_ref().and_then(|logs| logs.get(name));
    row.extend(metrics.iter().map(|name| value(name).map_or_else(dash, number)));
    row.push(if started { duration(result.seconds) } else { dash() });
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

/// Every row as a line: name and status to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..rows[0].len()).map(|column| width(column).unwrap_or(0)).collect();
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if [1, 2].contains(&column) { format!("{text:<width$}") } else { format!("{text:>width$}") }
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(line).collect()
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
        insta::assert_snapshot!(table(&results, Stream::default(), None), @r"
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
        let text = table(&results, Stream { color: true, terminal: false }, None);
        let starts: Vec<_> = text.lines().map(|line| line.split('m').next()).collect();
        assert_eq!(starts, [Some("\x1b[1"), Some("\x1b[32"), Some("\x1b[1;31")]);
    }

    #[test]
    fn a_narrow_terminal_shows_no_folders() {
        let results = [completed("adam", &[("loss", 0.5)]), completed("sgd", &[("loss", 0.25)])];
        let width = |columns| {
            let text = table(&results, Stream::default(), columns);
            text.lines().map(|line| line.chars().count()).max()
        };
        let whole = width(None);
        assert_eq!(width(whole), whole);
        assert!(width(whole.map(|width| width - 1)) < whole);
    }

    #[test]
    fn runs_of_one_name_are_called_after_their_folders() {
        let mut twins = [completed("sweep", &[]), completed("sweep", &[])];
        twins[0].dir = Some("logs/sweep/20261123-210800/0000-units=32".into());
        twins[1].dir = Some("logs/sweep/20261123-210800/0001-units=64".into());
        insta::assert_snapshot!(table(&twins, Stream::default(), Some(60)), @r"
        rank  name           status     epochs  time
           -  0000-units=32  completed       2  1.2s
           -  0001-units=64  completed       2  1.2s
        ");
    }
}
