//! `runner rm`: removes runs and sweeps after a question, except running ones.

use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use crate::cli::args::RmArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::exit::Exit;
use crate::query::{FolderKind, Purpose, RequestError, RunSelector, Selection, State};
use crate::runs::{remove_empty, remove_folder, safe_name};

/// Removes runs.
pub(crate) fn rm(args: &RmArgs, console: &Console) -> anyhow::Result<Exit> {
    let chosen = match choose(args) {
        Ok(chosen) => chosen,
        Err(refusal) => {
            console.error(&format!("{refusal}\nnothing was removed"));
            return Ok(Exit::BadRequest);
        }
    };
    if !args.yes && !io::stdin().is_terminal() {
        console.error("there is no terminal to ask on\n  help: --yes removes without asking");
        return Ok(Exit::BadRequest);
    }
    if !args.yes && !confirmed(&chosen, console)? {
        console.say("nothing was removed");
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for target in &chosen {
        let children = match target.kind {
            FolderKind::Sweep => target.runs.iter().map(|run| run.dir.clone()).collect(),
            _ => Vec::new(),
        };
        let described = described(target);
        match remove_folder(&target.dir, &children) {
            Ok(()) => {
                tidy(target);
                console.say(&format!("removed {described}"));
            }
            Err(error) => {
                console.error(&error.to_string());
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

/// What is to be removed, each once, and none of it at work.
fn choose(args: &RmArgs) -> Result<Vec<Selection>, RequestError> {
    let mut selector = RunSelector::new(&args.place.logdir).purpose(Purpose::Remove);
    let mut all: Vec<(PathBuf, Selection)> = Vec::new();
    for word in &args.runs {
        let chosen = selector.select(word)?;
        if args.yes && !is_full(word, &chosen, &args.place.logdir) {
            return Err(RequestError::new(
                format!(
                    "`{word}` is only the beginning of `{}`, or a stand-in",
                    chosen.dir.display()
                ),
                "without being asked, name it in full or by its path",
            ));
        }
        if chosen.kind == FolderKind::Other {
            return Err(RequestError::new(
                format!(
                    "`{word}` is neither a run nor a sweep, but has {} below it",
                    count(chosen.runs.len(), "run")
                ),
                "name the runs or sweeps; `runner list` shows them",
            ));
        }
        if let Some(run) = chosen.runs.iter().find(|run| run.state == State::Running) {
            return Err(RequestError::new(
                format!("`{}` is running", run.dir.display()),
                "wait for its end, or stop it with Ctrl-C",
            ));
        }
        let place = chosen.dir.canonicalize().unwrap_or_else(|_| chosen.dir.clone());
        // A sweep goes with its runs, named or not.
        if !all.iter().any(|(other, _)| place.starts_with(other)) {
            all.retain(|(other, _)| !other.starts_with(&place));
            all.push((place, chosen));
        }
    }
    Ok(all.into_iter().map(|(_, chosen)| chosen).collect())
}

/// Whether `word` is a path, a whole name or a whole number in a sweep: what is removed unasked is not
/// to depend on what else there is.
fn is_full(word: &str, chosen: &Selection, logdir: &Path) -> bool {
    // The last of all may be another by now; that of a name is what was named.
    let pick = ["/latest", "/best"].iter().find_map(|pick| word.strip_suffix(pick));
    let word = pick.unwrap_or(word);
    let is_path = [Path::new(word), &logdir.join(word)].iter().any(|path| path.is_dir());
    let folder = |dir: Option<&Path>| {
        let name = dir.and_then(Path::file_name).unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let above = folder(chosen.dir.parent());
    let names = match &chosen.runs[..] {
        runs if chosen.kind == FolderKind::Sweep => {
            let names = runs.first().map(|run| run.record.name.clone());
            names.into_iter().chain([above]).collect()
        }
        [run] if run.sweep.is_some() && pick.is_some() => vec![run.record.name.clone()],
        [run] if run.sweep.is_some() => vec![run.place()],
        [run] => vec![above, run.record.name.clone()],
        _ => Vec::new(),
    };
    is_path || folder(Some(&chosen.dir)) == word || names.iter().any(|name| name == word)
}

/// Whether the user says yes.
fn confirmed(chosen: &[Selection], console: &Console) -> anyhow::Result<bool> {
    chosen.iter().for_each(|target| console.say(&format!("  {}", described(target))));
    console.ask("remove for good? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

fn described(target: &Selection) -> String {
    let path = target.dir.display();
    if target.dir.is_symlink() {
        return format!("{path}, a link; the folder that it leads to stays");
    }
    match (target.kind, &target.runs[..]) {
        (FolderKind::Sweep, runs) => format!("{path}, a sweep of {}", count(runs.len(), "run")),
        (_, [run]) if run.sweep.is_some() => {
            format!("{path}; it is still in its sweep's plan: `runner resume` would train it again")
        }
        (_, [run]) => format!("{path}, {}", run.state.word()),
        _ => path.to_string(),
    }
}

/// Removes the folder of all runs of this name, if this was the last.
fn tidy(target: &Selection) {
    let name = target.runs.first().map(|run| safe_name(&run.record.name));
    if let Some(parent) = target.dir.parent()
        && parent.file_name().and_then(|n| n.to_str()) == name.as_deref()
    {
        remove_empty(parent);
    }
}
