//! The table of dependencies: exactly those of the manifests, each with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

/// A section of a manifest, a line each.
fn section<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let from = manifest.split(&format!("[{name}]\n")).nth(1).unwrap_or_default();
    from.lines().take_while(|line| !line.starts_with('['))
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_dependency_is_justified() {
    let manifest = read("Cargo.toml");
    let named = section(&manifest, "workspace.dependencies")
        .filter(|line| !line.starts_with('#') && !line.contains("path = "))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()));
    let named: BTreeSet<&str> = named.collect();
    let text = read("docs/dependencies.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut listed = BTreeSet::new();
    for (name, rest) in rows {
        assert!(listed.insert(name), "{name} is there twice");
        let cells: Vec<&str> = rest.trim_matches([' ', '|']).split(" | ").collect();
        assert!(cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty()), "{name}: {cells:?}");
    }
    assert_eq!(listed, named, "docs/dependencies.md beside [workspace.dependencies]");
    let count = format!("name {} packages", named.len());
    assert!(text.contains(&count), "docs/dependencies.md: want `{count}`");
}

/// Otherwise a crate could have a dependency that the table does not list.
#[test]
fn crates_name_only_dependencies_of_the_workspace() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in crates.chain([root.to_owned()]) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for name in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let lines = section(&manifest, name).filter(|line| line.contains('='));
            for line in lines.filter(|line| !line.starts_with('#')) {
                assert!(line.contains("workspace = true"), "{}: {line}", folder.display());
            }
        }
    }
}

/// What `scripts/advisories.py` says of a lock file, beside the recorded advisories.
fn advisories(lock: &str) -> Output {
    let sandbox = Sandbox::new();
    for folder in ["scripts", "tests"] {
        fs::create_dir(sandbox.path().join(folder)).unwrap();
    }
    for name in ["scripts/advisories.py", "tests/advisories.json", "deny.toml"] {
        sandbox.file(name, &read(name));
    }
    sandbox.file("Cargo.lock", lock);
    let mut command = Command::new(python());
    command.arg("scripts/advisories.py").current_dir(sandbox.path()).output().unwrap()
}

#[test]
fn no_recorded_advisory_applies() {
    let output = advisories(&read("Cargo.lock"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// RUSTSEC-2022-0013: regex before 1.5.5.
#[test]
fn an_advisory_that_applies_is_an_error() {
    let lock = |version: &str| {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        format!("[[package]]\nname = \"regex\"\nversion = \"{version}\"\nsource = \"{source}\"\n")
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let bad = advisories(&lock("1.5.4"));
    assert_eq!(bad.status.code(), Some(1), "{}", said(&bad));
    assert!(said(&bad).starts_with("error: RUSTSEC-2022-0013: regex 1.5.4: "), "{}", said(&bad));
    let good = advisories(&lock("1.5.5"));
    assert!(good.status.success(), "{}", said(&good));
}
