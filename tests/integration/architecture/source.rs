//! The source files of the workspace as modules with their syntax trees, without unit tests.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta};

/// A source file.
pub(super) struct Source {
    /// Below the project's folder, such as `crates/core/src/train/fit.rs`.
    pub(super) path: String,
    /// The path of the module in its crate, such as `["train", "fit"]`.
    pub(super) module: Vec<String>,
    /// The whole text.
    pub(super) text: String,
    /// The items without unit tests.
    pub(super) items: Vec<Item>,
}

impl Source {
    /// A file of a crate, by the crate's folder and the path below.
    pub(super) fn new(folder: &str, path: &str, text: &str) -> Source {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let items = syntax.items.into_iter().filter(|item| !is_test(item)).collect();
        let names = path.trim_end_matches(".rs").split('/');
        let names = names.filter(|name| !["mod", "lib"].contains(name));
        Source {
            path: format!("{folder}/{path}"),
            module: names.map(str::to_owned).collect(),
            text: text.to_owned(),
            items,
        }
    }

    /// The text before the unit tests.
    pub(super) fn body(&self) -> &str {
        self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default()
    }

    /// The top-level module of the crate that the file belongs to, or the crate's root.
    pub(super) fn top(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }
}

/// The files of the crate in a folder, sorted by path.
pub(super) fn read_crate(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    list(&root, &mut paths);
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        Source::new(folder, path.strip_prefix(&root).unwrap().to_str().unwrap(), &text)
    };
    paths.iter().map(read).collect()
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, paths);
        } else if path.extension().is_some_and(|end| end == "rs") {
            paths.push(path);
        }
    }
}

fn is_test(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
