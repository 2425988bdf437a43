//! The candidates of each argument, by the name of its value.

use std::ffi::OsStr;
use std::path::Path;

use clap::Arg;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter};

use super::{keys, runs};

/// The completer of an argument of `command`; `None` leaves it to clap.
pub(super) fn completer(command: &str, arg: &Arg, logdir: &Path) -> Option<ArgValueCompleter> {
    let value = arg.get_value_names()?.first()?.as_str();
    let id = arg.get_id().as_str();
    let of_runs = |list: fn(&Path, &str) -> Vec<CompletionCandidate>| {
        let logdir = logdir.to_owned();
        of_text(move |word| list(&logdir, word))
    };
    Some(match (value, id) {
        ("RUN", _) => of_runs(runs::runs),
        ("METRIC", _) => of_runs(runs::metrics),
        ("TAG", _) => of_runs(runs::tags),
        ("KEY=VALUE", "filter") => of_runs(runs::filters),
        ("KEY=VALUE", _) => of_text(keys::assignments),
        ("KEY", _) => of_text(keys::keys),
        ("CONFIG", _) => files(&["toml"]),
        ("FILE", "weights") => files(&["safetensors"]),
        ("FILE", "files") => files(&["png", "npz", "csv"]),
        ("FILE", "output") => files(match command {
            "report" => &["html"],
            "model" => &["onnx", "npz", "safetensors"],
            _ => &["csv", "json", "parquet"],
        }),
        _ => return None,
    })
}

fn of_text(
    list: impl Fn(&str) -> Vec<CompletionCandidate> + Send + Sync + 'static,
) -> ArgValueCompleter {
    ArgValueCompleter::new(move |word: &OsStr| word.to_str().map(&list).unwrap_or_default())
}

/// Files that end so, and the folders on the way to them.
fn files(endings: &'static [&'static str]) -> ArgValueCompleter {
    let is_wanted = |path: &Path| {
        let ending = path.extension().and_then(OsStr::to_str).map(str::to_lowercase);
        path.is_file() && ending.is_some_and(|ending| endings.contains(&&*ending))
    };
    ArgValueCompleter::new(PathCompleter::any().filter(is_wanted))
}
