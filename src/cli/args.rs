//! What a user may type, as types that clap fills in; nothing is resolved or checked against files
//! here.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::choice::Choice;
use super::color::Color;
use super::export_args::{EXPORT_EXAMPLES, ExportArgs};
use super::questions::{
    self, BoardArgs, CompareArgs, EvaluateArgs, ListArgs, PredictArgs, ReportArgs, RmArgs,
    ShowArgs, TagArgs, WatchArgs,
};

const EXIT_STATUS: &str = "\
Exit status:
  0    all done
  1    some run failed
  2    the request was wrong; nothing was started
  70   a bug in runner
  75   stopped early, all saved: `runner resume` goes on
  130  aborted by the second Ctrl-C";

const EXAMPLES: &str = "\
Examples:
  runner run configs/adam.toml
  tensorboard --logdir logs

  runner run configs/*.toml --set training.epochs=5
  runner list --sort val_accuracy --top 10
  runner show latest";

const RUN_EXAMPLES: &str = "\
Examples:
  Train one config, then look at it in the browser:
    runner run configs/adam.toml
    tensorboard --logdir logs

  Compare several, two at a time, each for five epochs:
    runner run configs/*.toml -j 2 --set training.epochs=5

  See what would run, after every default and override:
    runner run configs/adam.toml --set optimizer.learning_rate=0.01 --dry-run

  Let a script read the result:
    runner run configs/*.toml --json | jq '.runs[] | {name, loss: .last.val_loss}'

Ctrl-C or SIGTERM lets every run finish its step, or a few more, and saves it; a
second one aborts at once. `runner resume` finishes what was stopped, aborted or
killed.";

const RESUME_EXAMPLES: &str = "\
Examples:
  Finish a run, or all that is left of a sweep:
    runner resume logs/adam/20261123-210800

  Finish whatever was broken off, and try again what failed:
    runner resume logs --retry-failed

  Train a finished run up to 30 epochs:
    runner resume adam --epochs 30

A run goes on from the end of its last epoch, or from the step that Ctrl-C let it
finish, and ends with the numbers, weights and event files of a run that was never
interrupted. What is done is left alone, and so is what another process is at work
on.

RUN is a path, or within --logdir a name: its youngest run that is not finished, or with
--epochs its youngest that is. `latest`, `best`, `adam/latest` and `adam/best` are those
of `runner show`.";

/// Train feed-forward networks from TOML experiments, logged for TensorBoard
#[derive(Debug, Parser)]
#[command(name = "runner", version, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"))]
pub(super) struct Args {
    /// When to use colours
    ///
    /// `auto` colours terminals and honours NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM=dumb.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 100)]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Train every run that the configs describe, in parallel
    ///
    /// Each run leaves a folder of its own below the log folder. One run shows Keras's progress
    /// line; several show a bar each and end with a table on stdout, best run first, by val_loss
    /// where there is one and by loss otherwise.
    #[command(after_help = EXIT_STATUS)]
    #[command(after_long_help = format!("{RUN_EXAMPLES}\n\n{EXIT_STATUS}"))]
    Run(RunArgs),
    /// Finish what was stopped, killed or never started
    ///
    /// Takes a run, a sweep, or a folder with such below it, such as `logs`. With --epochs it trains
    /// finished ones further.
    #[command(after_help = EXIT_STATUS)]
    #[command(after_long_help = format!("{RESUME_EXAMPLES}\n\n{EXIT_STATUS}"))]
    Resume(ResumeArgs),
    /// List the runs below a folder
    #[command(after_long_help = questions::LIST_EXAMPLES)]
    List(ListArgs),
    /// Show one run: how it came about, its config, its numbers, its curve
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::SHOW_EXAMPLES, questions::RUNS))]
    Show(ShowArgs),
    /// Put runs beside each other: what of their configs differs, and their numbers
    ///
    /// Runs that differ only in their seed are one line, with the mean of their last epochs and the
    /// standard deviation.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::COMPARE_EXAMPLES, questions::RUNS))]
    Compare(CompareArgs),
    /// Follow runs in the terminal while they train: where they are, their numbers, their curves
    ///
    /// It looks at what they leave and changes nothing; they train on when it ends.
    #[command(after_long_help = questions::WATCH_EXAMPLES)]
    Watch(WatchArgs),
    /// Choose which runs of a sweep TensorBoard shows
    ///
    /// Of a sweep of more than 16 runs it shows the best 16: its Scalars page ticks no run above 40.
    /// This shows the runs that are named, and hides the others of their sweep.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::BOARD_EXAMPLES, questions::RUNS))]
    Board(BoardArgs),
    /// Write a page that tells of runs: curves, ranking, hyperparameters, mistakes, configs
    ///
    /// Runs that differ only in their seed are ranked together, by the mean of their last epochs. The
    /// best network is judged on its test rows, or on those that validated it.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::REPORT_EXAMPLES, questions::RUNS))]
    Report(ReportArgs),
    /// Judge a trained network on rows that it has not learned from
    ///
    /// By default on the test rows: those of the data set, or those that `data.test_split` has kept
    /// out. Beside the loss and the metrics there are precision and recall of each class, and which
    /// classes are taken for which.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::EVALUATE_EXAMPLES, questions::RUNS))]
    Evaluate(EvaluateArgs),
    /// Ask a trained network about pictures and rows
    ///
    /// A PNG picture is made gray, brought to the size of the inputs, and inverted when its border is
    /// bright. Rows of an .npz file are its array x, or x_test; those of a CSV file are read as the
    /// training rows were, with or without the label.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::PREDICT_EXAMPLES, questions::RUNS))]
    Predict(PredictArgs),
    /// Write histories, scalars or models in the formats of other programs
    ///
    /// Without a subcommand the histories of runs, as one table with the columns run, name, seed, the
    /// keys in which their configs differ (optimizer.learning_rate), epoch (from 0) and every number
    /// that any of them has.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", EXPORT_EXAMPLES, questions::RUNS))]
    Export(ExportArgs),
    /// Give runs tags, a note and a name, take tags away, or say which there are
    ///
    /// They are no part of a run's config: replicates stay together, and no number depends on them.
    /// TensorBoard's HParams page shows those of the run's start. The tags of a sweep are those of all
    /// its runs.
    #[command(after_help = questions::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", questions::TAG_EXAMPLES, questions::RUNS))]
    Tag(TagArgs),
    /// Remove runs, or whole sweeps, after asking; never what is running
    #[command(after_help = questions::RUNS_TO_REMOVE)]
    #[command(after_long_help = format!("{}\n\n{}", questions::RM_EXAMPLES, questions::RUNS_TO_REMOVE))]
    Rm(RmArgs),
    /// Say everything that is wrong with the configs, and start nothing
    Check(CheckArgs),
    /// Print the JSON Schema of a config, for editors
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  runner completions bash > ~/.local/share/bash-completion/completions/runner
  runner completions fish > ~/.config/fish/completions/runner.fish")]
    Completions(CompletionsArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) request: Request,

    /// Where the runs leave their folders
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(super) logdir: PathBuf,

    #[command(flatten)]
    pub(super) annotate: Annotate,

    /// Print the runs with every default filled in, and start none
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) work: Work,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ResumeArgs {
    /// Runs or sweeps, or folders with such below them
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(super) runs: Vec<String>,

    /// Train so many epochs in all, also what is finished
    ///
    /// A finished run goes on from its last state, the optimizer's too, in the same curves, and ends
    /// as a run of so many epochs would have.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) epochs: Option<usize>,

    /// Try failed runs again, from where they failed
    #[arg(long)]
    pub(super) retry_failed: bool,

    #[command(flatten)]
    pub(super) choice: Choice,

    #[command(flatten)]
    pub(super) work: Work,
}

/// The annotations of the new runs; no part of their plans.
#[derive(Debug, ClapArgs)]
pub(super) struct Annotate {
    /// Call the run or the sweep so, and its folder, instead of by its config
    ///
    /// It is no part of the plan: replicates stay together.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(super) name: Option<String>,

    /// Tags to find the runs by; separated by commas or repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',', value_parser = tag)]
    pub(super) tag: Vec<String>,

    /// A sentence about the runs
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
}

/// How runs are run and shown.
#[derive(Debug, ClapArgs)]
pub(super) struct Work {
    /// Runs at a time, at most 4 per core [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = at_least_one)]
    pub(super) jobs: Option<usize>,

    /// Cores to use in all [default: every core]
    ///
    /// Changes how long the runs take, never their numbers. More than the machine has are not used.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) threads: Option<usize>,

    /// Stop at the first failed run instead of finishing the others
    #[arg(long)]
    pub(super) fail_fast: bool,

    /// Stop when so many runs have failed instead of finishing the others
    #[arg(long, value_name = "N", value_parser = at_least_one, conflicts_with = "fail_fast")]
    pub(super) max_failures: Option<usize>,

    /// How to show progress, on stderr
    #[arg(long, value_name = "STYLE", default_value = "auto")]
    pub(super) progress: Progress,

    /// Show failures only: no progress (whatever --progress says), no notes, no table
    #[arg(short, long)]
    pub(super) quiet: bool,

    /// Rank the runs of the table by a metric of their last epoch, such as val_accuracy
    ///
    /// Without it by val_loss where there is one and by loss otherwise. Accuracies are best where
    /// they are greatest, all others where they are least.
    #[arg(long, value_name = "METRIC")]
    pub(super) sort: Option<String>,

    /// Lines of the table [default: 20 of a sweep, otherwise all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) top: Option<usize>,

    /// Print the results as one JSON value instead of a table
    ///
    /// `best.epoch` counts from 0, as the logs do; a number that is not finite is null.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_STATUS)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) request: Request,
}

#[derive(Debug, ClapArgs)]
pub(super) struct SchemaArgs {
    /// Print a reference of all keys in Markdown instead, for readers
    #[arg(long)]
    pub(super) reference: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub(super) shell: Shell,
}

/// What to run.
#[derive(Debug, ClapArgs)]
pub(super) struct Request {
    /// Experiments, as TOML files; KEY=VALUE among them is an override, as after --set
    #[arg(value_name = "CONFIG", required = true, value_hint = ValueHint::FilePath)]
    pub(super) configs: Vec<PathBuf>,

    /// Override a key of every config: a dotted path and a TOML value; may be repeated
    ///
    /// For example `--set training.epochs=5 --set optimizer.name=sgd`.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Progress {
    /// `bar` on a terminal, `plain` elsewhere
    Auto,
    /// Keras's progress line for one run, a bar for each of several
    Bar,
    /// A line for each finished epoch of one run, for each finished run of several
    Plain,
    /// Nothing
    None,
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("want a whole number, 1 or more".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// A tag: words on one line, without commas.
pub(super) fn tag(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.is_empty() || text.contains(|c: char| c.is_control() || c == ',') {
        true => Err("want a word, without commas and control characters".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// A name, which is no path and no word with a meaning of its own.
pub(super) fn name(text: &str) -> Result<String, String> {
    let name = tag(text)?;
    match name.contains(['/', '\\']) || ["latest", "best"].contains(&&*name) {
        true => Err("want a name without slashes, other than `latest` and `best`".to_owned()),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn tags_and_names_are_single_lines_and_no_paths() {
        assert_eq!(tag(" first try ").as_deref(), Ok("first try"));
        for wrong in ["", " ", "a\nb", "a,b", "\u{1b}[31m"] {
            assert!(tag(wrong).is_err() && name(wrong).is_err(), "{wrong:?}");
        }
        assert!(name("a/b").is_err() && name("best").is_err() && name("größe").is_ok());
    }

    #[test]
    fn numbers_start_at_one() {
        assert_eq!(at_least_one("1"), Ok(1));
        for wrong in ["0", "-1", "1.5", "many", "", "99999999999999999999999"] {
            assert_eq!(at_least_one(wrong), Err("want a whole number, 1 or more".to_owned()));
        }
    }
}
