//! The dependencies between the files of a crate, resolved from `use` items and paths.
//!
//! A name that a module re-exports counts as the file that defines the name; the re-export itself is no
//! dependency. Methods are not resolved: their types are, where they are named.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemUse, Macro, UseTree, Visibility};

use super::source::Source;

/// For each file, the files that it depends on.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

/// Every path in the file outside re-exports, as written.
pub(super) fn paths(source: &Source) -> BTreeSet<Path> {
    Module::new(source).paths.into_iter().filter(|path| !path.is_empty()).collect()
}

/// The dependencies of the files of one crate.
pub(super) fn graph(sources: &[Source]) -> Graph {
    let modules: Modules<'_> =
        sources.iter().map(|source| (&*source.module, Module::new(source))).collect();
    let mut graph = Graph::new();
    for source in sources {
        let paths = &modules[&*source.module].paths;
        let targets = paths.iter().filter_map(|path| resolve(&modules, &source.module, path, 0));
        let targets = targets.filter(|target| *target != source.path).map(str::to_owned);
        graph.insert(source.path.clone(), targets.collect());
    }
    graph
}

/// The largest sets of at least two files that depend on each other.
pub(super) fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (&**file, reachable(graph, file))).collect();
    let mut circles = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<_> =
            others.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if 1 < circle.len() {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = graph[from].iter().map(|file| &**file).collect();
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            open.extend(graph[file].iter().map(|file| &**file));
        }
    }
    seen
}

type Modules<'a> = BTreeMap<&'a [String], Module<'a>>;
/// The names of a path, such as `["crate", "train", "fit"]`.
pub(super) type Path = Vec<String>;

/// The names of one file.
struct Module<'a> {
    file: &'a str,
    /// Names that `use` items bring into the module, and their paths.
    aliases: Vec<(String, Path)>,
    /// The items that the file itself defines.
    defined: BTreeSet<String>,
    /// The paths that the code uses; re-exports are not among them.
    paths: BTreeSet<Path>,
}

impl<'a> Module<'a> {
    fn new(source: &'a Source) -> Self {
        let mut module = Module {
            file: &source.path,
            aliases: Vec::new(),
            defined: BTreeSet::new(),
            paths: BTreeSet::new(),
        };
        for item in &source.items {
            module.defined.extend(name(item));
            if let Item::Use(item) = item {
                let mut leaves = Vec::new();
                unfold(&item.tree, &[], &mut leaves);
                let is_private = matches!(item.vis, Visibility::Inherited);
                module
                    .paths
                    .extend(leaves.iter().filter(|_| is_private).map(|leaf| leaf.1.clone()));
                module.aliases.extend(leaves);
            } else {
                module.visit_item(item);
            }
        }
        module
    }
}

impl<'ast> Visit<'ast> for Module<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Path = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.paths.insert(names);
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        unfold(&item.tree, &[], &mut leaves);
        self.paths.extend(leaves.into_iter().map(|(_, path)| path));
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.visit_path(&item.path);
        paths_of_tokens(item.tokens.clone(), &mut self.paths);
    }
}

/// Adds the paths in the arguments of a macro.
fn paths_of_tokens(tokens: TokenStream, paths: &mut BTreeSet<Path>) {
    let mut path: Path = Vec::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Ident(ident) => {
                paths.insert(std::mem::replace(&mut path, vec![ident.to_string()]));
                colons = 0;
            }
            TokenTree::Group(group) => {
                paths_of_tokens(group.stream(), paths);
                colons = 0;
            }
            _ => {
                paths.insert(std::mem::take(&mut path));
                colons = 0;
            }
        }
    }
    paths.insert(path);
}

/// Adds every leaf of a `use` tree: the name that it brings, `*` for all, and the path.
fn unfold(tree: &UseTree, above: &[String], leaves: &mut Vec<(String, Path)>) {
    let with = |name: &dyn ToString| [above, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => unfold(&path.tree, &with(&path.ident), leaves),
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((above.last().cloned().unwrap_or_default(), above.to_vec()));
        }
        UseTree::Name(name) => leaves.push((name.ident.to_string(), with(&name.ident))),
        UseTree::Rename(name) => leaves.push((name.rename.to_string(), with(&name.ident))),
        UseTree::Glob(_) => leaves.push(("*".to_owned(), above.to_vec())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| unfold(tree, above, leaves)),
    }
}

/// The file that defines what a path names, seen from a module, if it lies in this crate.
fn resolve<'a>(
    modules: &Modules<'a>,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<&'a str> {
    if depth > 8 {
        return None; // Two globs that name each other.
    }
    let mut module = from.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" | "runner" => {
            module.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while let Some(("super", after)) =
                rest.split_first().map(|(name, after)| (&**name, after))
            {
                module.pop();
                rest = after;
            }
        }
        name if is_child(modules, from, name) => {}
        name => return alias(modules, from, name, &path[1..], depth),
    }
    while let Some((name, after)) = rest.split_first() {
        if !is_child(modules, &module, name) {
            break;
        }
        module.push(name.clone());
        rest = after;
    }
    let found = modules.get(&*module)?;
    match rest.first() {
        Some(name) if !found.defined.contains(name) => {
            alias(modules, &module, name, &rest[1..], depth).or(Some(found.file))
        }
        _ => Some(found.file),
    }
}

/// The file of a name that a module has from elsewhere.
fn alias<'a>(
    modules: &Modules<'a>,
    module: &[String],
    name: &str,
    rest: &[String],
    depth: usize,
) -> Option<&'a str> {
    let aliases = &modules.get(module)?.aliases;
    let named = aliases.iter().filter(|(alias, _)| alias == name);
    let globs = aliases.iter().filter(|(alias, _)| alias == "*");
    let named = named.map(|(_, path)| [path.as_slice(), rest].concat());
    let globbed = globs.map(|(_, path)| [path.as_slice(), &[name.to_owned()], rest].concat());
    named
        .filter_map(|path| resolve(modules, module, &path, depth + 1))
        .chain(globbed.filter_map(|path| {
            let file = resolve(modules, module, &path, depth + 1)?;
            let defines =
                |module: &&Module<'_>| module.file == file && module.defined.contains(name);
            modules.values().find(defines).map(|_| file)
        }))
        .next()
}

fn is_child(modules: &Modules<'_>, module: &[String], name: &str) -> bool {
    modules.contains_key(&*[module, &[name.to_owned()]].concat())
}

/// The name that an item defines.
fn name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
