//! The arguments of `export`, as types that clap fills in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum, ValueHint};

use super::query::RUNS;
use super::select::{FilterArgs, SelectArgs, WeightsArgs};

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  The histories of a sweep, a row for each epoch of each run, with what it varies:
    runner export logs/lr-sweep/20261123-210800 -o sweep.parquet
    duckdb -c 'SELECT \"optimizer.learning_rate\", min(val_loss) FROM \"sweep.parquet\" GROUP BY 1'

  Whatever TensorBoard can show as scalars:
    runner export scalars logs > scalars.csv

  The trained network for other programs:
    runner export model adam -o adam.onnx

  All runs for MLflow:
    runner export mlflow
    MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri mlruns

  A search for Optuna's plots and dashboard:
    runner export optuna search -o study.log
    optuna-dashboard study.log";

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    pub(crate) kind: Option<ExportKind>,

    #[command(flatten)]
    pub(crate) histories: ExportHistories,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportKind {
    /// Write the scalars of any TensorBoard log folder, Keras's and PyTorch's too, as one table
    ///
    /// The columns are run, tag, step, wall_time (seconds since 1970) and value, the rows those that
    /// TensorBoard shows: where a job was restarted, a value displaces the earlier ones of its run and
    /// tag from its step on. A damaged file is read up to the damage, and told.
    Scalars(ExportScalars),
    /// Write the network of a run, or its weights alone
    #[command(after_help = RUNS)]
    Model(ExportModel),
    /// Write runs as a file store of MLflow: parameters, metrics of each epoch, tags, notes, configs
    ///
    /// Runs of one name are an experiment; steps are epochs, from 0. A second export replaces the files
    /// of the same runs and leaves others in the folder alone. MLflow 3.7 and newer open a file store
    /// only with MLFLOW_ALLOW_FILE_STORE=true; `mlflow migrate-filestore` brings it into a database.
    #[command(after_help = RUNS)]
    Mlflow(ExportMlflow),
    /// Write searches as a journal of Optuna, for optuna.load_study and optuna-dashboard
    ///
    /// A search is a study, named by the last two folders of its sweep. Trials have parameters with their
    /// distributions, the objective and its value after each epoch, and the folder of the run. Diverged and
    /// failed trials are failed ones. Optuna 5 reads the file as JournalStorage.
    Optuna(ExportOptuna),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportHistories {
    /// Runs; of a sweep or another folder, all in it [default: all in --logdir]
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// Add every key of the configs as a column, not only those in which the runs differ
    #[arg(long)]
    pub(crate) all_keys: bool,

    /// The format [default: what FILE ends in, or csv]
    #[arg(long)]
    pub(crate) format: Option<TableFormat>,

    /// The file to write, in the place of what is there [default: stdout]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportScalars {
    /// The log folder
    #[arg(value_name = "LOGDIR", value_hint = ValueHint::DirPath)]
    pub(crate) logdir: PathBuf,

    /// Keep the values that a restart has overwritten too
    #[arg(long)]
    pub(crate) all: bool,

    /// The format [default: what FILE ends in, or csv]
    #[arg(long)]
    pub(crate) format: Option<TableFormat>,

    /// The file to write, in the place of what is there [default: stdout]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportModel {
    /// The run
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) run: String,

    /// The format [default: what FILE ends in]
    #[arg(long)]
    pub(crate) format: Option<ModelFormatArg>,

    /// The file to write, in the place of what is there
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) weights: WeightsArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportMlflow {
    /// Runs; of a sweep or another folder, all in it [default: all in --logdir]
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) runs: Vec<String>,

    /// The folder of the store, made if it is missing
    #[arg(short, long, value_name = "DIR", default_value = "mlruns")]
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ExportOptuna {
    /// Searches: their folders or names [default: all in --logdir]
    #[arg(value_name = "SEARCH", value_hint = ValueHint::DirPath)]
    pub(crate) searches: Vec<String>,

    /// The file to write, in the place of what is there
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) choice: SelectArgs,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// Comma-separated values
    Csv,
    /// An array of objects
    Json,
    /// Apache Parquet
    Parquet,
}

/// How a network is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelFormatArg {
    /// The weights; the metadata have scale, mean and variance of the inputs
    Safetensors,
    /// The weights, and input.scale, input.mean and input.std, for NumPy
    Npz,
    /// The network with its weights; its inputs are rows as the data set has them
    Onnx,
}
