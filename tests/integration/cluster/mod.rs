//! Sweeps trained by several processes, from a shell, by Slurm and by HyperQueue: they leave what one process leaves.

mod hyperqueue;
mod owners;
mod slurm;
mod workers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::resume::same::same_run;
use crate::sandbox::Sandbox;

/// A sweep of 10 settings with 2 seeds each: more runs than TensorBoard shows, so that some are hidden.
fn sweep(epochs: usize) -> String {
    sweep_of(10, epochs)
}

/// A sweep of so many settings with 2 seeds each.
fn sweep_of(settings: u32, epochs: usize) -> String {
    let rates: Vec<_> = (1..=settings).map(|i| format!("{:.3}", f64::from(i) * 0.004)).collect();
    format!(
        "[data]\ndataset = \"mnist\"\nlimit = 200\nvalidation_split = 0.2\n\
         [model]\nlayers = [{{ type = \"dense\", units = 10, activation = \"softmax\" }}]\n\
         [optimizer]\nname = \"adam\"\n[training]\nepochs = {epochs}\n[sweep]\nseeds = [0, 1]\n\
         [sweep.parameters]\n\"optimizer.learning_rate\" = [{}]\n",
        rates.join(", ")
    )
}

/// The folder of the only sweep below `logs`.
fn only_sweep(logs: &Path) -> PathBuf {
    let only = |dir: &Path| {
        let mut entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let first = entries.next().unwrap();
        assert_eq!(entries.next(), None, "{}", dir.display());
        first
    };
    only(&only(logs))
}

/// The folder of the sweep trained by one process.
fn reference(sandbox: &Sandbox) -> PathBuf {
    sandbox.runner("run sweep.toml -q --logdir home").exits(0);
    only_sweep(&sandbox.path().join("home"))
}

/// The same without the checkpoints of completed runs, which the workers of a submission discard.
fn submitted_reference(sandbox: &Sandbox) -> PathBuf {
    sandbox.runner("run sweep.toml -q --logdir home --discard-checkpoints").exits(0);
    only_sweep(&sandbox.path().join("home"))
}

/// The folder of the sweep with no run started.
fn frozen(sandbox: &Sandbox) -> PathBuf {
    let said = sandbox.runner("run sweep.toml -q --plan-only --logdir logs").exits(0);
    let dir = only_sweep(&sandbox.path().join("logs"));
    assert_eq!(sandbox.path().join(said.stdout.trim()), dir);
    dir
}

/// Fails unless both sweeps have the same runs, of which TensorBoard shows the same.
#[track_caller]
fn same_sweep(got: &Path, want: &Path) {
    let runs = |dir: &Path| -> BTreeSet<String> {
        let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| name.starts_with(|c: char| c.is_ascii_digit())).collect()
    };
    assert_eq!(runs(got), runs(want));
    assert!(20 <= runs(want).len());
    for run in runs(want) {
        same_run(&got.join(&run), &want.join(&run));
        let hidden = |dir: &Path| {
            let names = std::fs::read_dir(dir.join(&run)).unwrap();
            let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.any(|name| name.starts_with("events.hidden"))
        };
        assert_eq!(hidden(got), hidden(want), "{run}");
    }
    assert_eq!(runs(&got.join("mean")), runs(&want.join("mean")));
}

/// The folders in /proc of the workers of a sweep.
fn workers(sweep: &Path) -> impl Iterator<Item = PathBuf> {
    let call = format!("\0work\0{}\0", sweep.display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    processes.filter(move |process| {
        let words = std::fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(&call)
    })
}

/// Sends a signal to the workers of a sweep.
fn signal_workers(sweep: &Path, signal: &str) {
    for process in workers(sweep) {
        Command::new("kill").arg(signal).arg(process.file_name().unwrap()).status().unwrap();
    }
}
