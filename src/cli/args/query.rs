//! The arguments of the commands about runs, as types that clap fills in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};

use super::select::{FilterArgs, LogdirArgs, SelectArgs, WeightsArgs};
use super::value::{at_least_one, name, tag};
use crate::config::Plan;

/// Printed below the help of whatever takes runs.
pub(crate) const RUNS: &str = "\
RUN is a path, or within --logdir a name (adam), a folder's name or a beginning that
no other has (20261123-21, 0003), a path such as `list` shows, or a file of weights in
a run's folder. A name means its youngest completed run. `latest` is the run that
began last, `best` the best completed one; `adam/latest` and `adam/best` are those of
that name, sweep or folder.";

/// Printed below the help of `rm`.
pub(crate) const RUNS_TO_REMOVE: &str = "\
RUN is a path, or within --logdir a name (adam), a folder's name or a beginning that
no other has (20261123-21, 0003), a path such as `list` shows, `latest` or `best`. A name
that several runs have is refused.";

pub(crate) const LIST_EXAMPLES: &str = "\
Examples:
  What there is, the youngest first:
    runner list

  The ten best by their last validation accuracy:
    runner list --sort val_accuracy --top 10

  What failed, and what of Adam did well, with its learning rates:
    runner list --filter status=failed
    runner list --filter optimizer.name=adam --filter 'val_accuracy>0.97' \\
      --columns optimizer.learning_rate

  What was tagged, or noted:
    runner list --filter tag=baseline
    runner list --filter note~data

  For a script:
    runner list --json | jq -r '.runs[] | select(.epochs < 20) | .dir'

Epochs are counted from 0 where one is named, as in the logs.";

pub(crate) const SHOW_EXAMPLES: &str = "\
Examples:
  runner show latest
  runner show search/20261123-210800
  runner show adam --metric accuracy
  runner show configs/adam.toml --schedule";

pub(crate) const COMPARE_EXAMPLES: &str = "\
Examples:
  runner compare adam sgd
  runner compare logs/lr-sweep/20261123-210800 --sort val_accuracy --top 5
  runner compare logs/optimizers --all-keys";

pub(crate) const REPORT_EXAMPLES: &str = "\
Examples:
  One run, a sweep, or all that there is:
    runner report latest
    runner report logs/lr-sweep/20261123-210800 -o lr-sweep.html
    runner report logs --sort val_accuracy

The page is one file that needs no network: it can be mailed, kept and printed.";

pub(crate) const BOARD_EXAMPLES: &str = "\
Examples:
  Every run of a sweep, for the HParams page:
    runner board logs/lr-sweep/20261123-210800

  The 30 best by another number, or two of them:
    runner board logs/lr-sweep/20261123-210800 --top 30 --sort val_accuracy
    runner board 0003 0007";

pub(crate) const WATCH_EXAMPLES: &str = "\
Examples:
  In one terminal, and in another:
    runner run configs/optimizers.toml
    runner watch

  One sweep alone:
    runner watch logs/optimizers/20261123-210800

Keys: up and down choose a run, left and right a number, s the order, ? explains, q leaves.";

pub(crate) const EVALUATE_EXAMPLES: &str = "\
Examples:
  runner evaluate latest
  runner evaluate adam --split validation
  runner evaluate iris --data new-flowers.csv --json";

pub(crate) const PREDICT_EXAMPLES: &str = "\
Examples:
  runner predict adam seven.png nine.png
  runner predict iris new-flowers.csv --json | jq -r '.[].class'
  runner predict iris new-flowers.csv -o answers.csv   its columns, the class and the probabilities";

pub(crate) const TAG_EXAMPLES: &str = "\
Examples:
  runner tag adam --add baseline,paper --note \"before the new data\"
  runner tag sweep/best --add best
  runner tag latest --remove paper
  runner list --filter tag=baseline";

pub(crate) const RM_EXAMPLES: &str = "\
Examples:
  runner rm adam
  runner rm logs/lr-sweep/20261123-210800
  runner list --filter status=failed --json | jq -r '.runs[].dir' | xargs runner rm --yes";

#[derive(Debug, ClapArgs)]
pub(crate) struct ListArgs {
    /// The folder to look through, at any depth
    #[arg(value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Begin with the best by a number, such as val_accuracy or best.val_loss
    ///
    /// Accuracies are best where they are greatest, all others where they are least. Without it the
    /// youngest run comes first.
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<String>,

    /// Show only the first N
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) top: Option<usize>,

    /// Show keys of the config too, by dotted path; separated by commas or repeated
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// Show every column and whole names, however wide the terminal is
    ///
    /// What is no terminal, such as a pipe, gets them in any case.
    #[arg(long)]
    pub(crate) wide: bool,

    /// Print one JSON value
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ShowArgs {
    /// The run, or the folder of a search; with --schedule also a config
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) run: String,

    /// Draw this number over the epochs, beside that of validation
    #[arg(long, default_value = "loss")]
    pub(crate) metric: String,

    /// Draw the learning rate over the steps, as planned, and nothing else
    #[arg(long, conflicts_with_all = ["metric", "json"])]
    pub(crate) schedule: bool,

    /// Print record, config and history as one JSON value
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompareArgs {
    /// Runs; of a sweep or another folder, all in it
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Begin with the best by a number of the last epoch, such as val_accuracy
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<String>,

    /// Show only the first N
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) top: Option<usize>,

    /// Show every key in which the runs differ, in as many tables as that takes
    ///
    /// Without it a terminal shows the keys that were swept, and not the defaults that follow from them;
    /// what is no terminal, such as a pipe, gets every key in any case.
    #[arg(long)]
    pub(crate) all_keys: bool,

    /// Print one JSON value
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WatchArgs {
    /// The folder to look through, at any depth
    #[arg(value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ReportArgs {
    /// Runs; of a sweep or another folder, all in it
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// The page to write, in the place of what is there
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    /// Begin with the best by a number of the last epoch, such as val_accuracy
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<String>,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EvaluateArgs {
    /// The run, or the sweep of one cross-validation
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) run: String,

    /// Other rows: a file or folder such as `data.dataset` takes
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    file: Option<String>,

    /// The same as PATH
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath, conflicts_with = "file")]
    data: Option<String>,

    /// Which rows [default: test, or validation for folds without test rows]
    #[arg(long, value_enum)]
    split: Option<SplitArg>,

    /// Write the table of the rows with their predictions to a .csv or .parquet file
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Shuffle each column among the rows and show how much worse the first metric gets
    #[arg(long)]
    pub(crate) importance: bool,

    /// Shuffles of each column
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    #[arg(requires = "importance")]
    pub(crate) repeats: usize,

    /// The seed of the shuffles
    #[arg(long, value_name = "N", default_value_t = 0, requires = "importance")]
    pub(crate) seed: u64,

    /// Print one JSON value
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) weights: WeightsArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

impl EvaluateArgs {
    /// The other rows, if any.
    pub(crate) fn path(&self) -> Option<&str> {
        self.file.as_deref().or(self.data.as_deref())
    }

    /// The rows for a run with this plan.
    pub(crate) fn split(&self, plan: &Plan) -> SplitArg {
        let folds_alone = plan.data.fold.is_some() && plan.data.test_split == 0.0;
        let usual = if folds_alone { SplitArg::Validation } else { SplitArg::Test };
        self.split.unwrap_or(usual)
    }
}

/// Rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitArg {
    /// Those it was trained on
    Train,
    /// Those that validated
    Validation,
    /// Those that were kept out
    Test,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PredictArgs {
    /// The run, or the sweep of one cross-validation
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) run: String,

    /// Pictures (.png), or files of rows (.npz, .csv, .parquet, .arrow)
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    /// Print an array with an object for each row
    #[arg(long)]
    pub(crate) json: bool,

    /// Write the table with its predictions to a .csv or .parquet file
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "json")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) weights: WeightsArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TagArgs {
    /// Runs, or sweeps with all their runs
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Add tags; separated by commas or repeated
    #[arg(long, visible_alias = "tag", value_name = "TAG", value_delimiter = ',')]
    #[arg(value_parser = tag)]
    pub(crate) add: Vec<String>,

    /// Take tags away; separated by commas or repeated
    #[arg(long, value_name = "TAG", value_delimiter = ',', value_parser = tag)]
    pub(crate) remove: Vec<String>,

    /// Call them so
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) name: Option<String>,

    /// Note this, in the place of an earlier note; an empty text removes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct BoardArgs {
    /// The runs to show, or sweeps
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Show only the best N of each sweep
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) top: Option<usize>,

    /// The number that says which are best [default: val_loss, or loss]
    #[arg(long, value_name = "METRIC", requires = "top")]
    pub(crate) sort: Option<String>,

    #[command(flatten)]
    pub(crate) place: LogdirArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RmArgs {
    /// Runs, or sweeps with all their runs
    #[arg(value_name = "RUN", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) place: LogdirArgs,
}
