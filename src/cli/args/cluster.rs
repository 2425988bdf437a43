//! The arguments of `work`, `submit` and `cancel`, as types that clap fills in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum, ValueHint};

use super::run::ExecutionArgs;
use super::value::at_least_one;
use crate::cluster::Engine;
use crate::sweep::Shard;

pub(crate) const WORK_EXAMPLES: &str = "\
Examples:
  Two processes, each with half of the runs of a sweep:
    runner work logs/lr/20261123-210800 --shard 0/2 &
    runner work logs/lr/20261123-210800 --shard 1/2

  Eight machines by GNU parallel, over a shared folder:
    seq 0 7 | parallel -S nodes runner work $PWD/logs/lr/20261123-210800 --shard {}/8

  An Indexed Job of Kubernetes:
    runner work /logs/lr/20261123-210800 --shard $JOB_COMPLETION_INDEX/8

INT, TERM and HUP stop after the current step, however often they come; exit status 75
then asks the engine to start the worker again.";

pub(crate) const SUBMIT_EXAMPLES: &str = "\
Examples:
  Submit a sweep with Slurm's own options after --:
    runner submit configs/lr-sweep.toml --engine slurm -- --time=60 --cpus-per-task=8

  See the script and the command first:
    runner submit configs/lr-sweep.toml --engine slurm --dry-run

  Submit what is left of a sweep, in 40 tasks:
    runner submit logs/lr-sweep/20261123-210800 --engine slurm --tasks 40

  Give HyperQueue tasks of some 16 runs, on four cores each:
    runner submit configs/lr-sweep.toml --engine hyperqueue -- --cpus=4";

/// The engines that run tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineArg {
    /// Slurm, by sbatch
    Slurm,
    /// HyperQueue, by hq
    #[value(name = "hyperqueue")]
    HyperQueue,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Engine {
        match engine {
            EngineArg::Slurm => Engine::Slurm,
            EngineArg::HyperQueue => Engine::HyperQueue,
        }
    }
}

/// The engines that a worker asks to start its task again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Requeue {
    /// Slurm, by scontrol
    Slurm,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WorkArgs {
    /// The folder of a sweep, with its plan.json
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,

    /// The runs i with i mod N = I; I counts from 0
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Shard,

    /// When stopped with runs left, ask the engine to start this task again
    #[arg(long, value_name = "ENGINE")]
    pub(crate) requeue: Option<Requeue>,

    /// Try failed runs again, from where they failed
    #[arg(long)]
    pub(crate) retry_failed: bool,

    #[command(flatten)]
    pub(crate) work: ExecutionArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SubmitArgs {
    /// Sweeps, as TOML files, or the folder of a sweep that is there
    #[arg(value_name = "CONFIG|DIR", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) targets: Vec<PathBuf>,

    /// Override a key of every config, as for `run`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// What runs the tasks
    #[arg(long, value_name = "ENGINE")]
    pub(crate) engine: EngineArg,

    /// The number of tasks, each with its share of the runs [default: tasks of ten minutes or more of Slurm,
    /// and of some 16 runs of HyperQueue]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(crate) tasks: Option<usize>,

    /// Submit the array N times, each after the end of the one before, where tasks are not requeued
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value = "1")]
    pub(crate) chain: usize,

    /// Try failed runs again, from where they failed
    #[arg(long)]
    pub(crate) retry_failed: bool,

    /// Keep the checkpoint of each completed run, so that it can have more epochs
    ///
    /// Without it, the script has --discard-checkpoints: a run leaves 5 files instead of 6 on a shared file system.
    #[arg(long)]
    pub(crate) keep_checkpoints: bool,

    /// Print the script and the command, and submit nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Where the sweeps leave their folders, seen by every node
    #[arg(long, value_name = "DIR", default_value = "logs", env = "RUNNER_LOGDIR")]
    #[arg(hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub(crate) logdir: PathBuf,

    /// Options of the engine, after --
    #[arg(last = true, value_name = "OPTION")]
    pub(crate) options: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CancelArgs {
    /// The folders of submitted sweeps
    #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
    pub(crate) dirs: Vec<PathBuf>,
}
