//! The arguments that select runs, as types that clap fills in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueHint};

/// Where runs are looked for.
#[derive(Debug, ClapArgs)]
pub(crate) struct LogdirArgs {
    /// Where runs are looked for by their names
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(crate) logdir: PathBuf,
}

/// How a run is chosen.
#[derive(Debug, ClapArgs)]
pub(crate) struct SelectArgs {
    #[command(flatten)]
    pub(crate) place: LogdirArgs,

    /// The number that `best` is chosen by, such as val_accuracy or best.val_loss
    ///
    /// A number of the last epoch, or of the best as best.val_loss. Without it what early stopping or
    /// the model checkpoint monitors, or else val_loss where there is one and loss otherwise.
    #[arg(long, value_name = "METRIC")]
    pub(crate) by: Option<String>,
}

/// Which weights of a run.
#[derive(Debug, ClapArgs)]
pub(crate) struct WeightsArgs {
    /// Weights of the run other than its last, such as best.safetensors
    ///
    /// A file in or below the run's folder, as callbacks.model_checkpoint writes it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
}

/// Which of the runs.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct FilterArgs {
    /// Only runs of which this is true; may be repeated
    ///
    /// KEY is status, name, tag, note, a dotted path of the config such as optimizer.name, a number of
    /// the last epoch such as val_loss, of the best as best.val_loss, epochs or seconds. Beside = there
    /// are !=, ~ (contains), and for numbers <, <=, > and >=, to be quoted in a shell.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) filter: Vec<String>,
}
