//! The arguments of `run`, `resume` and `check`, as types that clap fills in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};

use super::select::SelectArgs;
use super::value::{at_least_one, name, tag};

pub(crate) const EXIT_STATUS: &str = "\
Exit status:
  0    all done
  1    some run failed
  2    the request was wrong; nothing was started
  70   a bug in runner
  75   stopped early, all saved: `runner resume` goes on
  130  aborted by the second Ctrl-C";

pub(crate) const RUN_EXAMPLES: &str = "\
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

pub(crate) const RESUME_EXAMPLES: &str = "\
Examples:
  Finish a run, or all that is left of a sweep:
    runner resume logs/adam/20261123-210800

  Finish whatever was broken off, and try again what failed:
    runner resume logs --retry-failed

  Train a finished run up to 30 epochs:
    runner resume adam --epochs 30

  Continue a search to 200 trials:
    runner resume search --trials 200

A run goes on from the end of its last epoch, or from the step that Ctrl-C let it
finish, and ends with the numbers, weights and event files of a run that was never
interrupted. What is done is left alone, and so is what another process is at work
on.

RUN is a path, or within --logdir a name: its youngest run that is not finished, or with
--epochs its youngest that is. `latest`, `best`, `adam/latest` and `adam/best` are those
of `runner show`.";

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) request: ConfigArgs,

    /// Where the runs leave their folders
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(crate) logdir: PathBuf,

    #[command(flatten)]
    pub(crate) annotate: AnnotationArgs,

    /// Print the runs with every default filled in, and start none
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Make the folders of the runs with their plans, print the folders, and start none
    ///
    /// `runner work` trains shards of a sweep's folder, `runner resume` all of it.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) plan_only: bool,

    #[command(flatten)]
    pub(crate) work: ExecutionArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ResumeArgs {
    /// Runs or sweeps, or folders with such below them
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Train so many epochs in all, also what is finished
    ///
    /// A finished run goes on from its last state, the optimizer's too, in the same curves, and ends
    /// as a run of so many epochs would have.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) epochs: Option<usize>,

    /// Continue a search to so many trials in all
    ///
    /// It ends as a search of so many trials would have.
    #[arg(long, value_name = "N", value_parser = at_least_one, conflicts_with = "epochs")]
    pub(crate) trials: Option<usize>,

    /// Try failed runs again, from where they failed
    #[arg(long)]
    pub(crate) retry_failed: bool,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,

    #[command(flatten)]
    pub(crate) work: ExecutionArgs,
}

/// The annotations of the new runs; no part of their plans.
#[derive(Debug, ClapArgs)]
pub(crate) struct AnnotationArgs {
    /// Call the run or the sweep so, and its folder, instead of by its config
    ///
    /// It is no part of the plan: replicates stay together.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,

    /// Tags to find the runs by; separated by commas or repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',', value_parser = tag)]
    pub(crate) tag: Vec<String>,

    /// A sentence about the runs
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

/// How runs are run and shown.
#[derive(Debug, ClapArgs)]
pub(crate) struct ExecutionArgs {
    /// Runs at a time, at most 4 per core [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = at_least_one)]
    pub(crate) jobs: Option<usize>,

    /// Cores to use in all [default: every core]
    ///
    /// Changes how long the runs take, never their numbers. More than the machine has are not used.
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) threads: Option<usize>,

    /// Stop at the first failed run instead of finishing the others
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Stop when so many runs have failed instead of finishing the others
    #[arg(long, value_name = "N", value_parser = at_least_one, conflicts_with = "fail_fast")]
    pub(crate) max_failures: Option<usize>,

    /// Remove the checkpoint of a run once it is completed; it then cannot have more epochs
    ///
    /// A run of a sweep leaves 5 files in a folder then, instead of 6 in two, and a quarter of the bytes.
    #[arg(long)]
    pub(crate) discard_checkpoints: bool,

    /// How to show progress, on stderr
    #[arg(long, value_name = "STYLE", default_value = "auto")]
    pub(crate) progress: ProgressArg,

    /// Show failures only: no progress (whatever --progress says), no notes, no table
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Rank the runs of the table by a metric of their last epoch, such as val_accuracy
    ///
    /// Without it by val_loss where there is one and by loss otherwise. Accuracies are best where
    /// they are greatest, all others where they are least.
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<String>,

    /// Lines of the table [default: 20 of a sweep, otherwise all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) top: Option<usize>,

    /// Print the results as one JSON value instead of a table
    ///
    /// `best.epoch` counts from 0, as the logs do; a number that is not finite is null.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_STATUS)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) request: ConfigArgs,
}

/// What to run.
#[derive(Debug, ClapArgs)]
pub(crate) struct ConfigArgs {
    /// Experiments, as TOML files; KEY=VALUE among them is an override, as after --set
    #[arg(value_name = "CONFIG", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) configs: Vec<PathBuf>,

    /// Override a key of every config: a dotted path and a TOML value; may be repeated
    ///
    /// For example `--set training.epochs=5 --set optimizer.name=sgd`.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressArg {
    /// `bar` on a terminal, `plain` elsewhere
    Auto,
    /// Keras's progress line for one run, a bar for each of several
    Bar,
    /// A line for each finished epoch of one run, for each finished run of several
    Plain,
    /// Nothing
    None,
}
