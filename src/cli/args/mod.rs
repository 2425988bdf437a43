//! The command line as types that clap fills in. Nothing is resolved against files here.

mod cluster;
mod export;
mod hints;
mod query;
mod run;
mod select;
mod value;

pub(crate) use cluster::{CancelArgs, Requeue, SubmitArgs, WorkArgs};
pub(crate) use export::{
    ExportArgs, ExportHistories, ExportKind, ExportMlflow, ExportModel, ExportOptuna,
    ExportScalars, ModelFormatArg, TableFormat,
};
pub(crate) use hints::hint;
pub(crate) use query::{
    BoardArgs, CompareArgs, EvaluateArgs, ListArgs, PredictArgs, ReportArgs, RmArgs, ShowArgs,
    SplitArg, TagArgs, WatchArgs,
};
pub(crate) use run::{
    AnnotationArgs, CheckArgs, ConfigArgs, ExecutionArgs, ProgressArg, ResumeArgs, RunArgs,
};
pub(crate) use select::{FilterArgs, SelectArgs, WeightsArgs};

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use self::cluster::{SUBMIT_EXAMPLES, WORK_EXAMPLES};
use self::export::EXPORT_EXAMPLES;
use self::run::{EXIT_STATUS, RESUME_EXAMPLES, RUN_EXAMPLES};
use super::display::color::Color;

const EXAMPLES: &str = "\
Examples:
  runner run configs/adam.toml
  tensorboard --logdir logs

  runner run configs/*.toml --set training.epochs=5
  runner list --sort val_accuracy --top 10
  runner show latest";

/// Train feed-forward networks from TOML experiments, logged for TensorBoard
#[derive(Debug, Parser)]
#[command(name = "runner", version, max_term_width = 100)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"))]
pub(crate) struct Args {
    /// When to use colours
    ///
    /// `auto` colours terminals and honours NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM=dumb.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 100)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
    /// Train the share of one of several processes in a sweep
    ///
    /// For engines that start many processes, such as Slurm, GNU parallel or Kubernetes. A worker
    /// writes only into the folders of its runs; the last one updates what TensorBoard shows.
    #[command(after_help = EXIT_STATUS)]
    #[command(after_long_help = format!("{WORK_EXAMPLES}\n\n{EXIT_STATUS}"))]
    Work(WorkArgs),
    /// Submit a sweep to a cluster, and return
    ///
    /// The sweep is checked and frozen here; the engine starts a worker for each task. What is
    /// finished is left out, so submitting again goes on with a sweep.
    #[command(after_long_help = SUBMIT_EXAMPLES)]
    Submit(SubmitArgs),
    /// Cancel what a cluster still has of a submitted sweep
    Cancel(CancelArgs),
    /// List the runs below a folder
    #[command(after_long_help = query::LIST_EXAMPLES)]
    List(ListArgs),
    /// Show one run: how it came about, its config, its numbers, its curve
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::SHOW_EXAMPLES, query::RUNS))]
    Show(ShowArgs),
    /// Put runs beside each other: what of their configs differs, and their numbers
    ///
    /// Runs that differ only in their seed are one line, with the mean of their last epochs and the
    /// standard deviation.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::COMPARE_EXAMPLES, query::RUNS))]
    Compare(CompareArgs),
    /// Follow runs in the terminal while they train: where they are, their numbers, their curves
    ///
    /// It looks at what they leave and changes nothing; they train on when it ends.
    #[command(after_long_help = query::WATCH_EXAMPLES)]
    Watch(WatchArgs),
    /// Choose which runs of a sweep TensorBoard shows
    ///
    /// Of a sweep of more than 16 runs it shows the best 16: its Scalars page ticks no run above 40.
    /// This shows the runs that are named, and hides the others of their sweep.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::BOARD_EXAMPLES, query::RUNS))]
    Board(BoardArgs),
    /// Write a page that tells of runs: curves, ranking, hyperparameters, mistakes, configs
    ///
    /// Runs that differ only in their seed are ranked together, by the mean of their last epochs. The
    /// best network is judged on its test rows, or on those that validated it.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::REPORT_EXAMPLES, query::RUNS))]
    Report(ReportArgs),
    /// Judge a trained network on rows that it has not learned from
    ///
    /// By default on the test rows: those of the data set, or those that `data.test_split` has kept
    /// out. Beside the loss and the metrics there are precision and recall of each class, and which
    /// classes are taken for which.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::EVALUATE_EXAMPLES, query::RUNS))]
    Evaluate(EvaluateArgs),
    /// Ask a trained network about pictures and rows
    ///
    /// A PNG picture is made gray, brought to the size of the inputs, and inverted when its border is
    /// bright. Rows of an .npz file are its array x, or x_test; those of a table are read as the
    /// training rows were, with or without the label.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::PREDICT_EXAMPLES, query::RUNS))]
    Predict(PredictArgs),
    /// Write histories, scalars or models in the formats of other programs
    ///
    /// Without a subcommand the histories of runs, as one table with the columns run, name, seed, the
    /// keys in which their configs differ (optimizer.learning_rate), epoch (from 0) and every number
    /// that any of them has.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", EXPORT_EXAMPLES, query::RUNS))]
    Export(ExportArgs),
    /// Give runs tags, a note and a name, take tags away, or say which there are
    ///
    /// They are no part of a run's config: replicates stay together, and no number depends on them.
    /// TensorBoard's HParams page shows those of the run's start. The tags of a sweep are those of all
    /// its runs.
    #[command(after_help = query::RUNS)]
    #[command(after_long_help = format!("{}\n\n{}", query::TAG_EXAMPLES, query::RUNS))]
    Tag(TagArgs),
    /// Remove runs, or whole sweeps, after asking; never what is running
    #[command(after_help = query::RUNS_TO_REMOVE)]
    #[command(after_long_help = format!("{}\n\n{}", query::RM_EXAMPLES, query::RUNS_TO_REMOVE))]
    Rm(RmArgs),
    /// Say everything that is wrong with the configs, and start nothing
    Check(CheckArgs),
    /// Show the columns of a table: what is in them, and what a network sees of them
    #[command(after_help = "\
Examples:
  runner data cars.csv
  runner data cars.toml data.missing='[\"NA\"]'   with the keys of a config")]
    Data(DataArgs),
    /// Print the JSON Schema of a config, for editors
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    ///
    /// The script asks this program, which must be in PATH, for each completion: it knows the runs, the
    /// keys of a config and their values, metrics, tags, and files by their ending.
    #[command(after_help = "\
Examples:
  runner completions bash > ~/.local/share/bash-completion/completions/runner
  runner completions zsh > ~/.zfunc/_runner    (with ~/.zfunc in fpath)
  runner completions fish > ~/.config/fish/completions/runner.fish")]
    Completions(CompletionsArgs),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataArgs {
    /// A table (.csv, .parquet, .arrow), or a config that names one
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Override keys of the config
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SchemaArgs {
    /// Print a reference of all keys in Markdown instead, for readers
    #[arg(long)]
    pub(crate) reference: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }
}
