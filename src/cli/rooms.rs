//! Every call into the rooms below that does work, in one place; nothing is decided here.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::config::{self, Plan};
use crate::sweep::{Notice, RunResult, Status};

/// The plans that the configs describe, or a picture of every problem in any of them.
pub(super) fn load(
    configs: &[PathBuf],
    sets: &[String],
    color: bool,
) -> Result<Vec<Plan>, Vec<String>> {
    config::load(configs, sets)
        .map_err(|problems| problems.0.iter().map(|one| config::render(one, color)).collect())
}

/// What `sweep::run` wants to know beside the plans.
pub(super) struct Options<'a> {
    pub(super) logdir: &'a Path,
    pub(super) jobs: usize,
    pub(super) threads: usize,
    pub(super) fail_fast: bool,
}

/// Runs the plans and reports as it goes; one result for each plan, in their order.
pub(super) fn sweep(
    plans: &[Plan],
    options: &Options<'_>,
    _stop: &AtomicBool,
    observe: &(dyn Fn(Notice<'_>) + Sync),
) -> Vec<RunResult> {
    // WIRE: let Options { logdir, jobs, threads, fail_fast } = *options;
    //     sweep::run(plans, &sweep::Options { logdir, jobs, threads, fail_fast }, stop, observe)
    let Options { logdir: _, jobs: _, threads: _, fail_fast: _ } = *options;
    let result = |(run, plan): (usize, &Plan)| {
        let result = RunResult {
            name: plan.name.clone(),
            dir: None,
            status: Status::Failed("no sweep yet".to_owned()),
            epochs: 0,
            last: None,
            best: None,
            seconds: 0.0,
        };
        observe(Notice::Finished { run, result: &result });
        result
    };
    plans.iter().enumerate().map(result).collect()
}
