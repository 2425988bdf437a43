//! `runner tag`: sets or prints the name, tags and note of runs and sweeps.

use std::path::Path;

use crate::cli::args::SelectArgs;
use crate::cli::args::TagArgs;
use crate::cli::display::console::Console;
use crate::cli::exit::Exit;
use crate::query::{FolderKind, Purpose, RequestError, Run, Selection};
use crate::runs::{Annotations, Folder};

/// Tags runs.
pub(crate) fn tag(args: &TagArgs, console: &Console) -> anyhow::Result<Exit> {
    super::print_answer::answer(answer(args, console), console)
}

fn answer(args: &TagArgs, console: &Console) -> anyhow::Result<String> {
    let chosen = choose(args, &args.choice, console)?;
    check_removed(&args.remove, &chosen)?;
    if args.changes() {
        for target in &chosen {
            annotate(args, target)?;
        }
    }
    let mut text = String::new();
    for target in &chosen {
        let sweep = target.runs.first().and_then(|run| run.sweep.as_deref());
        let sweep = sweep.filter(|sweep| *sweep != target.dir);
        let told = told(&Annotations::of_run(&target.dir, sweep)?);
        text += &format!("{}: {told}\n", label(&target.dir, args.choice.logdir()));
    }
    Ok(text)
}

impl TagArgs {
    fn changes(&self) -> bool {
        let texts = self.name.is_some() || self.note.is_some();
        texts || !self.add.is_empty() || !self.remove.is_empty()
    }
}

/// The runs and sweeps that are meant.
fn choose(
    args: &TagArgs,
    choice: &SelectArgs,
    console: &Console,
) -> Result<Vec<Selection>, RequestError> {
    let chosen = choice.select(Purpose::Ask, &args.runs, console, |selector| {
        args.runs.iter().map(|word| selector.select(word)).collect::<Result<Vec<_>, _>>()
    })?;
    let other = args.runs.iter().zip(&chosen).find(|(_, chosen)| chosen.kind == FolderKind::Other);
    match other {
        None => Ok(chosen),
        Some((word, _)) => Err(RequestError::new(
            format!("`{word}` is neither a run nor a sweep, but a folder with such below it"),
            "name the runs or sweeps; `runner list` shows them",
        )),
    }
}

/// Makes sure that every tag to remove is a tag of some run.
fn check_removed(removed: &[String], chosen: &[Selection]) -> Result<(), RequestError> {
    let runs = chosen.iter().flat_map(|target| &target.runs);
    let tags: Vec<_> =
        runs.flat_map(|run: &Run| &run.annotations.tags).map(String::as_str).collect();
    match removed.iter().find(|tag| !tags.contains(&tag.as_str())) {
        None => Ok(()),
        Some(tag) if tags.is_empty() => Err(RequestError::new(
            format!("there is no tag `{tag}`"),
            "these runs have none; --add TAG adds one",
        )),
        Some(tag) => Err(RequestError::unknown("there is no tag", tag, tags)),
    }
}

/// Changes the annotations of a run; or of a sweep and those of its runs that have their own.
fn annotate(args: &TagArgs, target: &Selection) -> anyhow::Result<()> {
    let change = |dir: &Path, mut annotations: Annotations| {
        annotations.tags.retain(|tag| !args.remove.contains(tag));
        annotations.add_tags(&args.add);
        if let Some(name) = &args.name {
            annotations.name = Some(name.clone());
        }
        if let Some(note) = &args.note {
            annotations.note = Some(note.clone()).filter(|note| !note.is_empty());
        }
        annotations.save(&Folder::at(dir))
    };
    if target.kind == FolderKind::Sweep {
        let own = Annotations::load(&Folder::at(&target.dir))?;
        change(&target.dir, own.unwrap_or_default())?;
        for run in &target.runs {
            if let Some(own) = Annotations::load(&Folder::at(&run.dir))? {
                change(&run.dir, own)?;
            }
        }
        return Ok(());
    }
    target.runs.iter().try_for_each(|run| Ok(change(&run.dir, run.annotations.clone())?))
}

fn label(dir: &Path, base: &Path) -> String {
    let inner = dir.strip_prefix(base).ok().filter(|path| *path != Path::new(""));
    inner.unwrap_or(dir).display().to_string()
}

fn told(annotations: &Annotations) -> String {
    let Annotations { name, tags, note } = annotations;
    let mut parts = vec![if tags.is_empty() {
        "no tags".to_owned()
    } else {
        format!("tags {}", tags.join(", "))
    }];
    parts.extend(name.iter().map(|name| format!("name {name}")));
    parts.extend(note.iter().map(|note| format!("note {note}")));
    parts.join("; ")
}
