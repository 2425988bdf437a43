//! Every call into the rooms below that does work, in one place; nothing is decided here.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::config::Plan;
use crate::sweep::{Notice, RunResult, Status};

/// The plans that the configs describe, or a picture of every problem in any of them.
pub(super) fn load(
    configs: &[PathBuf],
    _sets: &[String],
    _color: bool,
) -> Result<Vec<Plan>, Vec<String>> {
    // WIRE: config::load(configs, sets)
    //     .map_err(|problems| problems.0.iter().map(|p| config::render(p, color)).collect())
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string());
        let plan = text.and_then(|text| toml::from_str(&text).map_err(|e| e.to_string()));
        plan.map_err(|e| format!("error: cannot read the config\n--> {}\n{e}", path.display()))
    };
    let (plans, problems): (Vec<_>, Vec<_>) = configs.iter().map(read).partition(Result::is_ok);
    if problems.is_empty() {
        Ok(plans.into_iter().flatten().collect())
    } else {
        Err(problems.into_iter().filter_map(Result::err).collect())
    }
}

/// The config that repeats a plan.
pub(super) fn to_toml(plan: &Plan) -> String {
    // WIRE: plan.to_toml()
    toml::to_string(plan).unwrap_or_default()
}

/// The JSON Schema of a config.
pub(super) fn schema() -> serde_json::Value {
    // WIRE: config::schema()
    schemars::schema_for!(Plan).into()
}

/// The reference of a config's keys, in Markdown.
pub(super) fn reference() -> String {
    // WIRE: config::reference()
    "# Configuration\n".to_owned()
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
