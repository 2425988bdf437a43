//! The book: it is built without a warning, a dead link is an error, and nothing comes from the network.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

fn build(root: &Path, site: &Path) -> Output {
    let mkdocs = python().with_file_name("mkdocs");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/book.sh");
    let copy = root.join("scripts/book.sh");
    if !copy.exists() {
        fs::create_dir_all(root.join("scripts")).unwrap();
        fs::copy(script, &copy).unwrap();
    }
    // By bash: a file that was just written cannot be executed while a child of another test still has it open.
    let mut command = Command::new("bash");
    command.arg(copy).arg("--site-dir").arg(site).env("MKDOCS", mkdocs).current_dir(root);
    command.output().expect("the script starts")
}

#[test]
fn the_book_is_built_and_needs_no_network() {
    let sandbox = Sandbox::new();
    let site = sandbox.path().join("book");
    let output = build(Path::new(env!("CARGO_MANIFEST_DIR")), &site);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for page in ["index", "tutorial.ko", "guides/optuna", "config"] {
        let html = fs::read_to_string(site.join(format!("{page}.html"))).unwrap();
        let tags = html.split('<').filter(|tag| !tag.starts_with("a "));
        let loaded: Vec<_> = tags.filter(|tag| tag.contains("=\"http")).collect();
        assert!(loaded.is_empty(), "{page}: {loaded:?}");
    }
}

#[test]
fn dead_links_and_pages_without_a_place_are_errors() {
    let config =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("mkdocs.yml")).unwrap();
    let config = config.split("nav:").next().unwrap().to_owned() + "nav:\n  - Start: index.md\n";
    for (page, wrong) in [
        ("index.md", "[gone](gone.md)"),
        ("index.md", "# Start\n\n[nowhere](#nowhere)"),
        ("lost.md", "# Lost"),
    ] {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path().join("docs")).unwrap();
        sandbox.file("mkdocs.yml", &config);
        sandbox.file("docs/index.md", "# Start");
        let site = sandbox.path().join("book");
        let right = build(sandbox.path(), &site);
        assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
        sandbox.file(&format!("docs/{page}"), wrong);
        assert!(!build(sandbox.path(), &site).status.success(), "{wrong}");
    }
}
