//! Small tables after public reports: each file, some keys of `[data]`, and what `check` says of it or
//! what is read from it.

use std::collections::BTreeSet;

use super::*;
use crate::sandbox::Sandbox;

/// What a file should give.
enum Wanted {
    /// The names of the inputs, the inputs, and the classes.
    Reads(&'static [&'static str], &'static [f32], &'static [&'static str]),
    /// A word of the error, and of the way out.
    Error(&'static str, &'static str),
    /// A note, with a word of the way out.
    Note(&'static str, &'static str),
}

use Wanted::{Error, Note, Reads};

const AB: &[&str] = &["a", "b"];

/// File, keys of `[data]`, and what is wanted.
const CASES: &[(&str, &str, Wanted)] = &[
    ("semicolon.csv", "", Reads(&["x", "z"], &[1.0, 2.5, 2.0, 3.5, 3.0, 4.5], AB)),
    ("tab.csv", "", Reads(&["x", "z"], &[1.0, 2.5, 2.0, 3.5], AB)),
    ("excel-sep.csv", "", Reads(&["x"], &[1.0, 2.0], AB)),
    ("decimal-comma.csv", "", Note("`1,5`, `2,5`, `3,25` look like numbers", "`decimal = \",\"`")),
    (
        "decimal-comma.csv",
        "decimal = \",\"",
        Reads(&["x", "z"], &[1.5, 2.0, 2.5, 3.0, 3.25, 4.0], AB),
    ),
    ("thousands.csv", "", Error("line 2, column `x`: got `1,200`", "`thousands = \",\"`")),
    (
        "thousands.csv",
        "thousands = \",\"",
        Reads(&["x", "z"], &[1200.0, 1.0, 950.0, 2.0, 3400.0, 3.0], AB),
    ),
    ("currency.csv", "", Note("`$1200`, `$3400`, `$950` look like numbers", "`strip = \"$\"`")),
    (
        "currency.csv",
        "strip = \"$\"",
        Reads(&["x", "z"], &[1200.0, 1.0, 950.0, 2.0, 3400.0, 3.0], AB),
    ),
    ("missing-first.csv", "", Error("line 2, column `x`: got `?`", "`missing = [\"?\"]`")),
    ("missing-later.csv", "", Error("line 3, column `x`: got `NA`", "`missing = [\"NA\"]`")),
    ("missing-word.csv", "", Error("line 3, column `s`: got nothing", "`missing = [\"\"]`")),
    (
        "country-codes.csv",
        "",
        Reads(
            &["country=NA", "country=NC", "country=NE", "x"],
            &[1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 3.0],
            AB,
        ),
    ),
    ("trailing-comma.csv", "", Reads(&["x", "z"], &[1.0, 2.0, 2.0, 3.0], AB)),
    ("quote-after-space.csv", "", Reads(&["x"], &[1.0, 2.0], &["a,1", "b"])),
    ("blank-lines.csv", "", Reads(&["x"], &[1.0, 2.0, 3.0], AB)),
    ("utf16.csv", "", Reads(&["x"], &[1.0, 2.0, 3.0], AB)),
    (
        "sorted.csv",
        "validation_split = 0.2",
        Note("validation rows have the class `b`", "shuffle the lines"),
    ),
    (
        "identifier.csv",
        "",
        Note("column `id`: all 60 rows have different words", "`ignore = [\"id\"]`"),
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables")
}

fn config(file: &str, keys: &str) -> String {
    let layers = "layers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]";
    let path = folder().join(file);
    format!("[data]\ndataset = \'{}\'\n{keys}\n[model]\n{layers}\n", path.display())
}

fn floats(table: &Table) -> Vec<f32> {
    let values = match &table.inputs {
        Inputs::Sparse(rows) => rows.to_dense().values,
        Inputs::Dense(rows) => rows.values.clone(),
    };
    match values {
        Values::Floats(floats) => floats,
        Values::Bytes(_) => panic!("got bytes, want floats"),
    }
}

#[test]
fn every_file_gives_what_its_case_says() {
    let sandbox = Sandbox::new();
    for (file, keys, wanted) in CASES {
        let config = sandbox.file("run.toml", &config(file, keys));
        match wanted {
            Reads(names, inputs, classes) => {
                let plan =
                    runner::config::load(&[config], &[]).expect("a config")[0].runs.iter().next();
                let plan = plan.expect("a run").plan;
                let table = load(&plan.data.source(), Split::Train).expect(file);
                let columns = table.columns.clone().expect("columns");
                assert_eq!(columns.feature_names(), *names, "{file} {keys}");
                assert_eq!(floats(&table), *inputs, "{file} {keys}");
                assert_eq!(columns.class_names().expect("classes"), *classes, "{file} {keys}");
            }
            Error(message, way_out) => {
                let said = sandbox.runner("check run.toml").exits(2).stderr;
                assert!(said.contains(message) && said.contains(way_out), "{file}: {said}");
            }
            Note(message, way_out) => {
                let said = sandbox.runner("check run.toml").exits(0).stderr;
                assert!(said.contains(message) && said.contains(way_out), "{file}: {said}");
            }
        }
    }
    let walked: BTreeSet<_> = CASES.iter().map(|(file, ..)| (*file).to_owned()).collect();
    let there = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let there: BTreeSet<_> = there.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(walked, there);
}

/// `rows.csv.zst` has two frames of zstd 1.5.7: `python3 -c 'print("x,y\n" + "1,a\n2,b\n" * 250,
/// end="")' | zstd`, and the same rows once more without their header.
#[test]
fn packed_files_are_read() {
    let table = load(&Source::parse("rows.csv.zst", &fixture("")), Split::Train).unwrap();
    assert_eq!(floats(&table)[..4], [1.0, 2.0, 1.0, 2.0]);
    assert_eq!(table.rows(), 1000);
    let whole = fs::read(fixture("rows.csv.zst")).unwrap();
    let dir = TempDir::new().unwrap();
    write(&dir, "rows.csv", &whole);
    assert_eq!(load(&Source::parse("rows.csv", dir.path()), Split::Train).unwrap(), table);
    write(&dir, "rows.csv", &whole[..whole.len() - 3]);
    let cut = load(&Source::parse("rows.csv", dir.path()), Split::Train);
    assert!(cut.is_err());
}
