//! The ranked table of results. Replicates share a line, and a sweep shows only the keys that differ.

use super::cells::{judge, metric_drop_rank};
use super::console::{Stream, Style};
use super::fit::{FittedTable, fit_columns};
use super::format::{duration, is_class_score, or_dash, short_reason};
use super::labels::Labels;
use super::result_groups::{Group, is_one_sweep, result_groups, swept_value};
use super::table::Column;
use crate::config::{ShortTexts, short_keys};
use crate::query::{metric_names, rank};
use crate::sweep::{RunResult, Status};

/// What of the table is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableOptions<'a> {
    /// The number by which the runs are ranked, if it is not the usual one.
    pub(crate) sort: Option<&'a str>,
    /// The most lines to show.
    pub(crate) top: usize,
}

/// The table in at most `width` characters, which [`painted`] makes a text; what no run has takes no
/// column.
pub(crate) fn table(
    results: &[RunResult],
    cut: TableOptions<'_>,
    width: Option<usize>,
) -> FittedTable {
    let all = result_groups(results);
    let ranked: Vec<_> = rank(&all, cut.sort).into_iter().take(cut.top).collect();
    let shown: Vec<&Group<'_>> = ranked.iter().map(|&(_, line)| &all[line]).collect();
    let ranks = ranked.iter().map(|(rank, _)| or_dash(*rank, |rank| rank.to_string()));
    let mut table = vec![Column::numbers("rank", ranks)];
    if is_one_sweep(results) {
        table.extend(of_sweep(results, &all, &shown));
    } else {
        table.extend(of_runs(results, &ranked));
    }
    table.extend(numbers(results, &shown, cut.sort));
    table.extend(reasons(results, &shown));
    if !is_one_sweep(results) {
        let folders = Column::words("folder", shown.iter().map(|line| folder(line.runs[0])));
        table.push(folders.drop_rank(9));
    }
    fit_columns(table, width)
}

/// The lines of the table of `results`, the best and the failed in their colours.
pub(crate) fn painted(
    results: &[RunResult],
    cut: TableOptions<'_>,
    stream: Stream,
    lines: &[String],
) -> String {
    let all = result_groups(results);
    let ranked = rank(&all, cut.sort).into_iter().take(cut.top);
    let tones = ranked.map(|(rank, line)| tone(rank, all[line].runs[0]));
    let tones = std::iter::once(Some(Style::Head)).chain(tones);
    let painted = |(line, tone): (&String, Option<Style>)| {
        tone.map_or_else(|| line.clone(), |tone| stream.paint(tone, line)) + "\n"
    };
    lines.iter().zip(tones).map(painted).collect()
}

/// What runs of their own are called, and how they ended.
fn of_runs(results: &[RunResult], ranked: &[(Option<usize>, usize)]) -> Vec<Column> {
    let labels = Labels::of(results);
    let runs = || ranked.iter().map(|&(_, run)| &results[run]);
    let epochs = runs().map(|run| or_dash(started(run), |run| run.epochs.to_string()));
    vec![
        Column::words("name", ranked.iter().map(|&(_, run)| labels[run].clone())).shrinkable(),
        Column::words("status", runs().map(|run| status(&run.status).to_owned())).drop_rank(2),
        Column::numbers("epochs", epochs).drop_rank(5),
    ]
}

/// What tells the runs of a sweep apart, and how they ended where that is not the same.
fn of_sweep(results: &[RunResult], all: &[Group<'_>], shown: &[&Group<'_>]) -> Vec<Column> {
    let cells = |cell: &dyn Fn(&Group<'_>) -> String| -> Vec<String> {
        shown.iter().map(|line| cell(line)).collect()
    };
    let head = if results[0].trial.is_some() { "trial" } else { "run" };
    let mut columns = vec![Column::words(head, cells(&run_numbers))];
    let keys = swept_keys(results);
    for (key, short) in keys.iter().zip(short_keys(&keys)) {
        let texts =
            ShortTexts::of(all.iter().filter_map(|line| Some(&swept_value(line, key)?.value)));
        let value =
            |line: &Group<'_>| or_dash(swept_value(line, key), |change| texts.get(&change.value));
        if all.iter().any(|line| value(line) != value(&all[0])) {
            columns.push(Column::values(&short, cells(&value)).shrinkable().drop_rank(1));
        }
    }
    if all.iter().any(|line| 1 < line.runs.len()) {
        let runs = cells(&|line| line.runs.len().to_string());
        columns.push(Column::numbers("runs", runs).drop_rank(3));
    }
    if results.iter().any(|result| result.status != Status::Completed) {
        columns.push(Column::words("status", cells(&statuses)).drop_rank(2));
    }
    columns.extend(trained_epochs(results, shown));
    if results.iter().any(|result| result.rung.is_some()) {
        let rung = |line: &Group<'_>| or_dash(line.runs[0].rung, |rung| rung.number.to_string());
        columns.push(Column::numbers("rung", cells(&rung)).drop_rank(6));
    }
    columns
}

/// The keys of the runs' changes, each where its first run has it: a trial lacks those whose condition does not hold.
fn swept_keys(results: &[RunResult]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for result in results {
        let mut place = 0;
        for change in &result.changes {
            match keys.iter().position(|key| *key == change.key) {
                Some(known) => place = known + 1,
                None => {
                    keys.insert(place, change.key.clone());
                    place += 1;
                }
            }
        }
    }
    keys
}

/// The epochs that were trained, where they differ. A sweep of the epochs has a column of that name already.
fn trained_epochs(results: &[RunResult], shown: &[&Group<'_>]) -> Option<Column> {
    let differ = results.iter().any(|result| result.epochs != results[0].epochs);
    let is_swept = results[0].changes.iter().any(|change| change.key == "training.epochs");
    let head = if is_swept { "trained" } else { "epochs" };
    let epochs = |line: &&Group<'_>| {
        or_dash(mean(line, |run| run.epochs as f64), |mean| format!("{mean:.0}"))
    };
    differ.then(|| Column::numbers(head, shown.iter().map(epochs)).drop_rank(5))
}

/// The reasons why trials were pruned, where one was; in full they are in JSON and in `show`.
fn reasons(results: &[RunResult], shown: &[&Group<'_>]) -> Option<Column> {
    let reason = |run: &RunResult| match &run.status {
        Status::Pruned(reason) => Some(short_reason(reason).to_owned()),
        _ => None,
    };
    let cell = |line: &&Group<'_>| or_dash(line.runs.iter().find_map(|run| reason(run)), |r| r);
    let is_told = results.iter().any(|result| reason(result).is_some());
    is_told.then(|| Column::words("why pruned", shown.iter().map(cell)).drop_rank(8))
}

/// The metrics, and the time.
fn numbers(results: &[RunResult], shown: &[&Group<'_>], sort: Option<&str>) -> Vec<Column> {
    let logs = results.iter().filter_map(|result| result.last.as_ref());
    let names = metric_names(logs);
    let judge = judge(&names, sort);
    let metric = |name: &&str| {
        let cells = shown.iter().map(|line| or_dash(line.metric(name), |s| s.to_string()));
        Column::numbers(name, cells).drop_rank(metric_drop_rank(name, judge))
    };
    let time = |line: &&Group<'_>| or_dash(mean(line, |run| run.seconds), duration);
    let is_shown = |name: &&&str| !is_class_score(name) || sort == Some(**name);
    let mut columns: Vec<_> = names.iter().filter(is_shown).map(metric).collect();
    columns.push(Column::numbers("time", shown.iter().map(time)).drop_rank(4));
    columns
}

fn started(run: &RunResult) -> Option<&RunResult> {
    Some(run).filter(|run| !matches!(run.status, Status::Skipped | Status::Busy(_)))
}

/// The mean over the runs that started; none where no run did.
fn mean(line: &Group<'_>, of: impl Fn(&RunResult) -> f64) -> Option<f64> {
    let started = || line.runs.iter().filter_map(|run| started(run));
    let n = started().count();
    (0 < n).then(|| started().map(of).sum::<f64>() / n as f64)
}

/// `0003`, or `0003-0005` for replicates, which lie side by side.
fn run_numbers(line: &Group<'_>) -> String {
    let number = |run: &RunResult| run.label.split('-').next().unwrap_or_default().to_owned();
    let (first, last) = (number(line.runs[0]), number(line.runs[line.runs.len() - 1]));
    if first == last { first } else { format!("{first}-{last}") }
}

/// `completed`, or how many of each kind there are.
fn statuses(line: &Group<'_>) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for kind in line.runs.iter().map(|run| status(&run.status)) {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => kinds.push((kind, 1)),
        }
    }
    match &kinds[..] {
        [(kind, _)] => (*kind).to_owned(),
        kinds => {
            let kinds = kinds.iter().map(|(kind, number)| format!("{number} {kind}"));
            kinds.collect::<Vec<_>>().join(", ")
        }
    }
}

fn folder(run: &RunResult) -> String {
    or_dash(run.dir.as_ref(), |dir| dir.display().to_string())
}

fn tone(rank: Option<usize>, run: &RunResult) -> Option<Style> {
    match (rank, &run.status) {
        (Some(1), _) => Some(Style::Good),
        (_, Status::Failed(_) | Status::Diverged(_)) => Some(Style::Bad),
        _ => None,
    }
}

/// A status in a word.
pub(crate) fn status(status: &Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Stopped => "stopped",
        Status::Failed(_) => "failed",
        Status::Diverged(_) => "diverged",
        Status::Paused => "paused",
        Status::Pruned(_) => "pruned",
        Status::Busy(_) => "busy",
        Status::Skipped => "skipped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::escape::escape_controls;
    use crate::cli::display::progress::script::{completed, ended, failed};

    const ALL: TableOptions<'_> = TableOptions { sort: None, top: usize::MAX };

    fn text(
        results: &[RunResult],
        cut: TableOptions<'_>,
        stream: Stream,
        width: Option<usize>,
    ) -> String {
        painted(results, cut, stream, &table(results, cut, width).lines)
    }

    /// A run of a sweep over the rate, with replicates.
    fn swept(index: usize, rate: f64, seed: i64, val_loss: f64) -> RunResult {
        let changes = serde_json::json!([
            { "key": "optimizer.learning_rate", "value": rate },
            { "key": "seed", "value": seed },
        ]);
        RunResult {
            label: format!("{index:04}-learning_rate={rate},seed={seed}"),
            root: "logs/sweep/20261123-210800".into(),
            changes: serde_json::from_value(changes).unwrap(),
            ..completed("sweep", &[("val_loss", val_loss)])
        }
    }

    #[test]
    fn replicates_are_one_line_with_their_spread() {
        let mut results = [
            swept(0, 0.1, 1, 0.5),
            swept(1, 0.1, 2, 0.3),
            swept(2, 0.01, 1, 0.1),
            swept(3, 0.01, 2, 0.2),
        ];
        insta::assert_snapshot!(text(&results, ALL, Stream::default(), None), @r"
        rank  run        learning_rate  runs         val_loss  time
           1  0002-0003           0.01     2  0.1500 ± 0.0707  1.2s
           2  0000-0001            0.1     2  0.4000 ± 0.1414  1.2s
        ");
        results[1].status = Status::Failed("loss is nan at step 312".to_owned());
        results[1].last = None;
        let cut = TableOptions { sort: Some("val_loss"), top: 2 };
        insta::assert_snapshot!(text(&results, cut, Stream::default(), None), @r"
        rank  run        learning_rate  runs  status                        val_loss  time
           1  0002-0003           0.01     2  completed              0.1500 ± 0.0707  1.2s
           2  0000-0001            0.1     2  1 completed, 1 failed           0.5000  1.2s
        ");
        insta::assert_snapshot!(text(&results, TableOptions { top: 1, ..cut }, Stream::default(), None), @r"
        rank  run        learning_rate  runs  status            val_loss  time
           1  0002-0003           0.01     2  completed  0.1500 ± 0.0707  1.2s
        ");
    }

    #[test]
    fn trained_epochs_stand_beside_swept_ones_under_another_name() {
        let run = |index: usize, wanted: usize, epochs: usize| RunResult {
            changes: serde_json::from_value(
                serde_json::json!([{ "key": "training.epochs", "value": wanted }]),
            )
            .unwrap(),
            epochs,
            ..swept(index, 0.1, 1, 0.5)
        };
        let text = text(&[run(0, 5, 5), run(1, 9, 6)], ALL, Stream::default(), None);
        insta::assert_snapshot!(text, @r"
        rank  run   epochs  trained  val_loss  time
           1  0000       5        5    0.5000  1.2s
           2  0001       9        6    0.5000  1.2s
        ");
    }

    #[test]
    fn a_parameter_that_the_first_trial_lacks_has_its_column() {
        let trial = |index: usize, changes: serde_json::Value| RunResult {
            changes: serde_json::from_value(changes).unwrap(),
            trial: Some(index),
            ..swept(index, 0.1, 0, 0.5)
        };
        let change = |key: &str, value: f64| serde_json::json!({ "key": key, "value": value });
        let results = [
            trial(0, serde_json::json!([change("rate", 0.1), change("batch", 8.0)])),
            trial(
                1,
                serde_json::json!([
                    change("rate", 0.2),
                    change("momentum", 0.9),
                    change("batch", 8.0)
                ]),
            ),
        ];
        insta::assert_snapshot!(text(&results, ALL, Stream::default(), None), @r"
        rank  trial  rate  momentum  val_loss  time
           1  0000    0.1         -    0.5000  1.2s
           2  0001    0.2       0.9    0.5000  1.2s
        ");
    }

    #[test]
    fn settings_that_never_started_have_dashes() {
        let skipped = |index, rate| RunResult {
            status: Status::Skipped,
            epochs: 0,
            last: None,
            ..swept(index, rate, 1, 0.0)
        };
        let results = [swept(0, 0.1, 1, 0.5), skipped(1, 0.01)];
        insta::assert_snapshot!(text(&results, ALL, Stream::default(), None), @r"
        rank  run   learning_rate  status     epochs  val_loss  time
           1  0000            0.1  completed       2    0.5000  1.2s
           -  0001           0.01  skipped         -         -     -
        ");
    }

    #[test]
    fn runs_are_ranked_and_aligned() {
        let results = [
            RunResult { dir: None, last: None, ..ended("nadam", Status::Skipped, &[]) },
            failed("sgd-fast", "loss is nan at step 312"),
            completed("adam", &[("loss", 0.011), ("val_loss", 0.1182), ("learning_rate", 0.001)]),
            completed("rmsprop-long-name", &[("loss", 0.02), ("val_loss", 0.00031)]),
        ];
        insta::assert_snapshot!(text(&results, ALL, Stream::default(), None), @r"
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
        let text = text(&results, ALL, Stream { color: true, terminal: false }, None);
        let text = escape_controls(&text);
        let starts: Vec<_> = text.lines().map(|line| line.split('m').next()).collect();
        assert_eq!(starts, [Some("\x1b[1"), Some("\x1b[32"), Some("\x1b[1;31")]);
    }

    #[test]
    fn a_narrow_terminal_shows_no_folders() {
        let results = [completed("adam", &[("loss", 0.5)]), completed("sgd", &[("loss", 0.25)])];
        let width = |columns| {
            let text = text(&results, ALL, Stream::default(), columns);
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
        insta::assert_snapshot!(text(&twins, ALL, Stream::default(), Some(60)), @r"
        rank  name           status     epochs  time
           -  0000-units=32  completed       2  1.2s
           -  0001-units=64  completed       2  1.2s
        ");
    }
}
