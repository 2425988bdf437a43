//! The rules of the source tree that the compiler does not check; ARCHITECTURE.md gives their reasons.

mod imports;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use imports::{circles, graph, paths};
use source::{Source, read_crate};
use syn::{Item, Visibility};

/// Folders of the crates. The manifests say which crate may use which.
const CRATES: [&str; 6] = [
    "src",
    "crates/core/src",
    "crates/kernels/src",
    "crates/tfevents/src",
    "crates/search/src",
    "crates/base/src",
];

/// The modules of the crates `runner` and `runner-core` from top to bottom, and the crates below, each
/// with those that it may use.
const MODULES: [(&str, &str); 20] = [
    (
        "cli",
        "cluster sweep experiment export query config runs search train data memory quote system",
    ),
    ("cluster", "query runs quote system"),
    ("sweep", "experiment config runs search train memory quote system"),
    ("experiment", "config runs events train data model optim kernels memory random quote system"),
    ("export", "query config runs data model quote system"),
    ("query", "config runs events search train data quote system"),
    ("config", "runs search train data model optim memory random shorthand quote system"),
    ("runs", "train memory quote system"),
    ("events", ""),
    ("search", ""),
    ("train", "data model optim kernels random"),
    ("data", "kernels random memory quote system"),
    ("model", "kernels random shorthand quote"),
    ("optim", "kernels random shorthand"),
    ("kernels", ""),
    ("system", ""),
    ("memory", ""),
    ("quote", ""),
    ("random", ""),
    ("shorthand", ""),
];

/// Libraries and macros that only some modules may name.
const RESERVED: [(&str, &[&str]); 6] = [
    ("println", &["cli", "main"]),
    ("print", &["cli", "main"]),
    ("eprintln", &["cli", "main"]),
    ("eprint", &["cli", "main"]),
    ("clap", &["cli"]),
    ("toml", &["config"]),
];

/// Modules whose results depend on their arguments alone, and what they may not use.
const PURE: [&str; 5] = ["train", "model", "optim", "random", "shorthand"];
const IMPURE: [&str; 6] =
    ["std::fs", "std::net", "std::env", "std::time", "std::process", "chrono"];

/// Lines of a file without its unit tests.
const MAX_LINES: usize = 400;

#[test]
fn modules_use_only_modules_below() {
    check(wrong_modules);
}

#[test]
fn files_depend_on_each_other_in_no_circle() {
    for folder in CRATES {
        let graph = graph(&read_crate(folder));
        let circles = circles(&graph);
        assert!(circles.is_empty(), "files that depend on each other: {circles:#?}");
    }
}

#[test]
fn libraries_stay_in_their_modules() {
    check(strayed_names);
}

#[test]
fn files_begin_with_a_sentence() {
    check(|source| {
        let missing = !source.text.starts_with("//! ");
        missing.then(|| "begins without a `//!` sentence that says what it is".to_owned())
    });
}

#[test]
fn files_are_short_enough_to_read() {
    check(|source| {
        let lines = source.body().lines().count();
        let problem = || format!("has {lines} lines without its tests, want at most {MAX_LINES}");
        (MAX_LINES < lines).then(problem)
    });
}

/// Safe code that could name such a type would run instructions that the processor lacks.
#[test]
fn vector_types_are_private_to_their_file() {
    check(public_vectors);
}

#[test]
fn the_table_of_modules_goes_down() {
    for (at, (module, below)) in MODULES.iter().enumerate() {
        for other in below.split_whitespace() {
            let place = MODULES.iter().position(|(name, _)| *name == other);
            assert!(place.is_some_and(|place| at < place), "`{module}` may not use `{other}`");
        }
    }
}

#[test]
fn documents_link_to_files_that_exist() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<PathBuf> = ["", "docs", "docs/guides", "crates/tfevents"]
        .iter()
        .flat_map(|folder| markdown(&project.join(folder)))
        .collect();
    documents.sort();
    assert!(8 < documents.len(), "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let is_local = !link.is_empty() && !link.contains("://");
            let target = document.with_file_name(link);
            assert!(!is_local || target.exists(), "{} links to {link}", document.display());
        }
    }
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

// A check that finds nothing proves nothing until it has found a planted fault.

#[test]
fn planted_dependencies_are_found() {
    let planted = |path: &str, text: &str| wrong_modules(&Source::new("src", path, text));
    let wrong = planted("model/dense.rs", "use crate::train::FitEvent;").unwrap();
    assert_eq!(wrong, "uses `train`, but `model` may use only: kernels random shorthand quote");
    assert!(planted("model/dense.rs", "use crate::{kernels::dot, data::{Table, Part}};").is_some());
    assert!(planted("model/dense.rs", "fn f() -> crate::optim::Adam { todo() }").is_some());
    assert!(planted("model/dense.rs", "fn f() { format!(\"\", crate :: cli::run()) }").is_some());
    assert!(planted("model/dense.rs", "use super::super::train::fit;").is_some());
    assert!(planted("cli/progress/bars.rs", "use super::super::table::Table;").is_none());
    assert!(planted("model/mod.rs", "#[cfg(test)]\nmod tests { use crate::train; }").is_none());
    assert!(planted("model/dense.rs", "// use crate::train::FitEvent;").is_none());
    let unknown = planted("attic/mod.rs", "").unwrap();
    assert_eq!(unknown, "belongs to no module of the table");
}

#[test]
fn planted_circles_are_found() {
    let crate_of = |files: &[(&str, &str)]| -> Vec<Source> {
        files.iter().map(|(path, text)| Source::new("src", path, text)).collect()
    };
    let planted = crate_of(&[
        ("lib.rs", "pub mod a;"),
        ("a/mod.rs", "mod b; mod c; pub use b::B; pub use self::c::*;"),
        ("a/b.rs", "use super::C; pub struct B;"),
        ("a/c.rs", "pub struct C; fn f() { super::b::g(vec![crate::a::B]) }"),
        ("a/d.rs", "use super::{B, C};"),
    ]);
    assert_eq!(circles(&graph(&planted)), [["src/a/b.rs", "src/a/c.rs"]]);
    let straight = crate_of(&[("a/mod.rs", "mod b; pub use b::B;"), ("a/b.rs", "pub struct B;")]);
    assert!(circles(&graph(&straight)).is_empty());
}

#[test]
fn planted_names_are_found() {
    let planted = |path: &str, text: &str| strayed_names(&Source::new("src", path, text));
    let wrong = planted("runs/a.rs", "fn f() { println!() }").unwrap();
    assert_eq!(wrong, "uses `println`, which is reserved for cli, main");
    assert!(planted("runs/a.rs", "fn f() { vec![toml::from_str(x)] }").is_some());
    assert!(planted("config/a.rs", "use toml::Value;").is_none());
    let wrong = planted("train/a.rs", "use std::time::Instant;").unwrap();
    assert_eq!(wrong, "uses `std::time`, although the module is pure");
    let waits = "#[cfg(test)]\nmod tests { use std::time::Duration; }";
    assert!(planted("train/a.rs", waits).is_none());
}

#[test]
fn planted_vectors_are_found() {
    let planted = |text: &str| public_vectors(&Source::new("src", "lanes/avx2.rs", text));
    let found = "has the public type `Avx2`, want it private to the file";
    assert_eq!(planted("pub(crate) struct Avx2(__m256);").as_deref(), Some(found));
    assert!(planted("struct Avx2(__m256);").is_none());
}

/// Fails with the problems of all files at once.
fn check<P: IntoIterator<Item = String>>(problems: impl Fn(&Source) -> P) {
    let mut found = Vec::new();
    for folder in CRATES {
        for source in read_crate(folder) {
            let problems = problems(&source).into_iter();
            found.extend(problems.map(|problem| format!("{} {problem}", source.path)));
        }
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The first module that a file uses although the table does not say so.
fn wrong_modules(source: &Source) -> Option<String> {
    let top = source.top();
    let is_table_for =
        ["src/", "crates/core/"].iter().any(|folder| source.path.starts_with(folder));
    if !is_table_for || ["lib", "main"].contains(&top) {
        return None;
    }
    let Some((_, below)) = MODULES.iter().find(|(name, _)| *name == top) else {
        return Some("belongs to no module of the table".to_owned());
    };
    let allowed =
        |name: &String| name == top || below.split_whitespace().any(|below| below == name);
    let used = paths(source).into_iter().filter_map(|path| used_module(source, path));
    let wrong = used.into_iter().find(|name| !allowed(name));
    wrong.map(|name| format!("uses `{name}`, but `{top}` may use only: {below}"))
}

/// The module or crate of the table that a path leads to.
fn used_module(source: &Source, path: imports::Path) -> Option<String> {
    let climbed = path.iter().take_while(|name| *name == "super").count();
    let inside = match path[0].as_str() {
        "crate" => &path[1..],
        "super" if source.module.len() <= climbed => &path[climbed..],
        _ => &path[..],
    };
    let name = inside.first()?;
    let is_path = 1 < path.len() && MODULES.iter().any(|(module, _)| module == name);
    is_path.then(|| name.clone())
}

/// The first name that is reserved for other modules, or that a pure module uses.
fn strayed_names(source: &Source) -> Option<String> {
    let top = source.top();
    let reserved = |path: &imports::Path| {
        let (name, modules) = RESERVED.iter().find(|(name, _)| path[0] == *name)?;
        (!modules.contains(&top))
            .then(|| format!("uses `{name}`, which is reserved for {}", modules.join(", ")))
    };
    let impure = |path: &imports::Path| {
        let name = path.join("::");
        let found = IMPURE.iter().find(|prefix| name.starts_with(*prefix))?;
        PURE.contains(&top).then(|| format!("uses `{found}`, although the module is pure"))
    };
    paths(source).iter().find_map(|path| reserved(path).or_else(|| impure(path)))
}

/// A public type in a file of vector instructions.
fn public_vectors(source: &Source) -> Option<String> {
    if !source.path.contains("/avx") {
        return None;
    }
    let public = source.items.iter().find_map(|item| match item {
        Item::Struct(item) if !matches!(item.vis, Visibility::Inherited) => Some(&item.ident),
        _ => None,
    })?;
    Some(format!("has the public type `{public}`, want it private to the file"))
}
