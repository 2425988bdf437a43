//! What a user may ask of the logs, as types that clap fills in; nothing is looked up here.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueHint};

use super::args::at_least_one;

/// Printed below the help of whatever takes runs.
pub(super) const RUNS: &str = "\
RUN is a path, or within --logdir a name (adam), a folder's name or a beginning that
no other has (20261123-21, 0003), a path such as `list` shows, or `latest`.";

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  What there is, the youngest first:
    runner list

  The ten best by their last validation accuracy:
    runner list --sort val_accuracy --top 10

  What failed, and what of Adam did well, with its learning rates:
    runner list --filter status=failed
    runner list --filter optimizer.name=adam --filter 'val_accuracy>0.97' \\
      --columns optimizer.learning_rate

  For a script:
    runner list --json | jq -r '.runs[] | select(.epochs < 20) | .dir'

Epochs are counted from 0 where one is named, as in the logs.";

pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  runner show latest
  runner show adam --metric accuracy
  runner show configs/adam.toml --schedule";

pub(super) const COMPARE_EXAMPLES: &str = "\
Examples:
  runner compare adam sgd
  runner compare logs/lr-sweep/20261123-210800 --sort val_accuracy --top 5";

pub(super) const RM_EXAMPLES: &str = "\
Examples:
  runner rm adam
  runner rm logs/lr-sweep/20261123-210800
  runner list --filter status=failed --json | jq -r '.runs[].dir' | xargs runner rm --yes";

/// Where runs are looked for.
#[derive(Debug, ClapArgs)]
pub(super) struct Logdir {
    /// Where runs are looked for by their names
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(super) logdir: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ListArgs {
    /// The folder to look through, at any depth
    #[arg(value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(super) dir: PathBuf,

    /// Only runs of which this is true; may be repeated
    ///
    /// KEY is status, name, a dotted path of the config such as optimizer.name, a number of the last
    /// epoch such as val_loss, of the best as best.val_loss, epochs or seconds. Beside = there are
    /// !=, and for numbers <, <=, > and >=, to be quoted in a shell.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) filter: Vec<String>,

    /// Begin with the best by a number, such as val_accuracy or best.val_loss
    ///
    /// Accuracies are best where they are greatest, all others where they are least. Without it the
    /// youngest run comes first.
    #[arg(long, value_name = "METRIC")]
    pub(super) sort: Option<String>,

    /// Show only the first N
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) top: Option<usize>,

    /// Show keys of the config too, by dotted path; separated by commas or repeated
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub(super) columns: Vec<String>,

    /// Print one JSON value
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShowArgs {
    /// The run; with --schedule also a config
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(super) run: String,

    /// Draw this number over the epochs, beside that of validation
    #[arg(long, default_value = "loss")]
    pub(super) metric: String,

    /// Draw the learning rate over the steps, as planned, and nothing else
    #[arg(long, conflicts_with_all = ["metric", "json"])]
    pub(super) schedule: bool,

    /// Print record, config and history as one JSON value
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) place: Logdir,
}

#[derive(Debug, ClapArgs)]
pub(super) struct CompareArgs {
    /// Runs; of a sweep or another folder, all in it
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(super) runs: Vec<String>,

    /// Begin with the best by a number of the last epoch, such as val_accuracy
    #[arg(long, value_name = "METRIC")]
    pub(super) sort: Option<String>,

    /// Show only the first N
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) top: Option<usize>,

    /// Print one JSON value
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) place: Logdir,
}

#[derive(Debug, ClapArgs)]
pub(super) struct RmArgs {
    /// Runs, or sweeps with all their runs
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(super) runs: Vec<String>,

    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,

    #[command(flatten)]
    pub(super) place: Logdir,
}
