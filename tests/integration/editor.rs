//! The JSON Schema as editors use it: every shipped config by taplo, the schema by its own meta-schema.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

/// Checks TOML files by the schema that each names in its first line.
fn taplo(files: &[PathBuf]) -> Output {
    let program = python().with_file_name("taplo");
    let output = Command::new(&program).args(["check", "--colors", "never"]).args(files).output();
    output.unwrap_or_else(|error| {
        let shown = program.display();
        panic!("{shown}: {error}: this test needs taplo, which scripts/test.sh installs")
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_shipped_config_keeps_to_the_schema() {
    let entries = fs::read_dir(root().join("configs")).unwrap();
    let configs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(5 < configs.len());
    for path in &configs {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("#:schema "), "{} names no schema", path.display());
    }
    let output = taplo(&configs);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn mistakes_are_marked_in_the_editor() {
    let sandbox = Sandbox::new();
    let schema = root().join("docs/config.schema.json");
    let good = fs::read_to_string(root().join("configs/adam.toml")).unwrap();
    let good = good.replace("../docs/config.schema.json", &format!("file://{}", schema.display()));
    assert!(taplo(&[sandbox.file("good.toml", &good)]).status.success());
    for (right, wrong) in [
        ("epochs = 20", "epochs = 0"),
        ("epochs = 20", "epoks = 20"),
        ("\"adam\"", "\"adm\""),
        ("units = 64", "units = \"64\""),
        ("[model]", "[modell]"),
    ] {
        assert!(good.contains(right), "{right}");
        let output = taplo(&[sandbox.file("wrong.toml", &good.replace(right, wrong))]);
        assert_eq!(output.status.code(), Some(1), "{wrong}");
    }
}

#[test]
fn the_schema_is_one_of_draft_7() {
    let script = "import json, sys, jsonschema\n\
                  jsonschema.Draft7Validator.check_schema(json.load(open(sys.argv[1])))";
    let schema = root().join("docs/config.schema.json");
    let output = Command::new(python()).args(["-c", script]).arg(schema).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What an editor shows under the mouse replaces the reference: values, default and a valid example.
#[test]
fn every_key_has_a_description_for_the_mouse() {
    let script = root().join("tests/editor/examples.py");
    let schema = root().join("docs/config.schema.json");
    let output = Command::new(python()).arg(script).arg(schema).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let (mistakes, count) = said.trim_end().rsplit_once('\n').unwrap_or(("", said.trim_end()));
    assert_eq!(mistakes, "", "of {count}");
    assert!(300 < count.trim_end_matches(" keys").parse::<usize>().unwrap(), "{count}");
}
