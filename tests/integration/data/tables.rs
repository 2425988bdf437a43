//! Small tables after public reports: each file, some keys of `[data]`, and what `check` says of it or
//! what is read from it.

use std::collections::BTreeSet;

use runner::data::{
    ColumnOptions, ColumnType, CsvOptions, Fill, Preprocessing, RowSplit, Scaling, SplitMethod,
    Statistic, load_inputs,
};

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
    (
        "missing-first.csv",
        "missing = [\"?\"]",
        Reads(&["x", "z"], &[3.0, 1.0, 2.5, 2.0, 3.5, 3.0], AB),
    ),
    ("missing-later.csv", "", Error("line 3, column `x`: got `NA`", "`missing = [\"NA\"]`")),
    (
        "missing-later.csv",
        "missing = [\"NA\"]\ncolumns.x = { fill = -1, indicator = true }",
        Reads(&["x", "x=(missing)", "z"], &[2.5, 0.0, 1.0, -1.0, 1.0, 2.0, 3.5, 0.0, 3.0], AB),
    ),
    ("missing-word.csv", "", Error("line 3, column `s`: got nothing", "`missing = [\"\"]`")),
    (
        "missing-word.csv",
        "missing = [\"\"]",
        Reads(
            &["s=u", "s=v", "s=(missing)", "z"],
            &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 3.0],
            AB,
        ),
    ),
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
        Note("validation rows have the class `b`", "stratified"),
    ),
    (
        "sorted.csv",
        "validation_split = 0.2\nsplit = { method = \"time\", column = \"x\" }",
        Note("validation rows have the class `b`", ""),
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
                let rows = table.rows();
                let preprocessing = Preprocessing::of(&table, 1.0, rows, false);
                let (table, _) = preprocessing.apply(table);
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
    let there = fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let there = there.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name());
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

/// The rows that validate change nothing that is fitted.
#[test]
fn columns_are_fitted_on_the_rows_that_train() {
    let column = |fill, scaling| ColumnOptions {
        fill: Some(Fill::Statistic(fill)),
        scaling: Some(scaling),
        ..ColumnOptions::default()
    };
    let options = CsvOptions {
        missing: vec!["NA".to_owned()],
        column_options: vec![
            ("a".to_owned(), column(Statistic::Median, Scaling::MinMax)),
            ("b".to_owned(), column(Statistic::Mean, Scaling::Quantile)),
            ("c".to_owned(), column(Statistic::MostFrequent, Scaling::Standardize)),
        ],
        rows: RowSplit::new(None, 0.5, 0.0, SplitMethod::Tail),
        ..CsvOptions::default()
    };
    let fitted = |last: &str| {
        let dir = TempDir::new().unwrap();
        let rows = "1,2,3,u,x\nNA,4,3,v,y\n5,NA,1,NA,x\n7,8,NA,u,y\n";
        write(&dir, "rows.csv", format!("a,b,c,s,y\n{rows}{last}").as_bytes());
        let source = Source::Csv(dir.path().join("rows.csv").into(), options.clone());
        let table = load(&source, Split::Train).unwrap();
        (Preprocessing::of(&table, 1.0, 4, true), table)
    };
    let (first, table) = fitted("1,1,1,u,x\n1,1,1,u,x\n1,1,1,u,y\n1,1,1,u,y\n");
    let other = fitted("9,99,9,w,x\nNA,NA,NA,NA,y\n-9,-9,-9,w,y\n0,0,0,q,x\n").0;
    assert_eq!(first, other);
    let names = table.columns.as_ref().unwrap().feature_names();
    assert_eq!(names, ["a", "b", "c", "s=u", "s=v", "s=(missing)"]);
    let fills: Vec<f64> = first.numbers.iter().map(|number| number.fill).collect();
    assert_eq!(fills, [5.0, 14.0 / 3.0, 3.0]);
}

/// The word is learned as if it stood in the fields without a value, and is that of other files too.
#[test]
fn missing_words_are_filled_by_a_word() {
    let inputs = |options: ColumnOptions, next: &str| {
        let dir = TempDir::new().unwrap();
        write(&dir, "rows.csv", b"s,y\noak,x\nNA,y\nelm,x\nNA,y\noak,y\n");
        write(&dir, "next.csv", format!("s\n{next}\n").as_bytes());
        let options = CsvOptions {
            missing: vec!["NA".to_owned()],
            column_options: vec![("s".to_owned(), options)],
            ..CsvOptions::default()
        };
        let table =
            load(&Source::Csv(dir.path().join("rows.csv").into(), options.clone()), Split::Train);
        let table = table.map_err(|error| error.to_string())?;
        let preprocessing = Preprocessing::of(&table, 1.0, 5, false);
        let columns = preprocessing.columns.as_ref();
        let next = Source::Csv(dir.path().join("next.csv").into(), options).like(columns);
        let next = load_inputs(&next, &preprocessing).unwrap();
        let names = columns.unwrap().feature_names();
        Ok::<_, String>((names, floats(&table), floats(&next)))
    };
    let filled = |word: &str| Some(Fill::Word(word.to_owned()));
    let column = |word| ColumnOptions { fill: filled(word), ..ColumnOptions::default() };
    let (names, rows, next) = inputs(column("missing"), "NA").unwrap();
    assert_eq!(names, ["s=elm", "s=missing", "s=oak"]);
    assert_eq!(rows[..6], [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(next, [0.0, 1.0, 0.0]);
    assert_eq!(inputs(column("missing"), "missing").unwrap().2, next);
    let (names, rows, next) = inputs(column("elm"), "NA").unwrap();
    assert_eq!(names, ["s=elm", "s=oak"]);
    assert_eq!((&rows[..4], &next[..]), (&[0.0, 1.0, 1.0, 0.0][..], &[1.0, 0.0][..]));
    let shown = ColumnOptions { indicator: true, ..column("elm") };
    assert_eq!(inputs(shown, "NA").unwrap().2, [1.0, 0.0, 1.0]);
    let hashed = ColumnOptions { hash: Some(8), ..column("elm") };
    assert_eq!(inputs(hashed.clone(), "NA").unwrap().2, inputs(hashed, "elm").unwrap().2);
    let ordinal = ColumnOptions {
        kind: Some(ColumnType::Ordinal),
        order: ["elm", "oak"].map(str::to_owned).to_vec(),
        ..column("oak")
    };
    assert_eq!(inputs(ordinal.clone(), "NA").unwrap().1.len(), 5);
    let refused = |options| inputs(options, "NA").unwrap_err();
    let said = refused(ColumnOptions { fill: filled("yew"), ..ordinal });
    assert!(said.contains("no word `yew` in its `order`"), "{said}");
    let median = Some(Fill::Statistic(Statistic::Median));
    let said = refused(ColumnOptions { fill: median, ..ColumnOptions::default() });
    assert!(said.contains("`most_frequent` or a word in quotes fills"), "{said}");
}

#[test]
fn columns_are_shown() {
    let sandbox = Sandbox::new();
    let rows = (0..30).map(|i| {
        let age = if i % 10 == 3 { "NA".to_owned() } else { (i * i).to_string() };
        format!(
            "{i},{age},{},same,2024-01-{:02},{}\n",
            ["oak", "elm"][i % 3 % 2],
            1 + i % 20,
            i % 2
        )
    });
    let text = format!("id,age,tree,k,when,y\n{}", rows.collect::<String>());
    sandbox.file("trees.csv", &text);
    sandbox.file(
        "trees.toml",
        "[data]\ndataset = \"trees.csv\"\nmissing = [\"NA\"]\ncolumns.when.type = \"date\"\n[model]\n\
         layers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]\n",
    );
    let said = sandbox.runner("data trees.csv").exits(2).stderr;
    assert!(said.contains("`missing = [\"NA\"]` fills such fields"), "{said}");
    let said = sandbox.runner("data trees.toml").exits(0).stdout;
    for part in [
        "30 rows, 8 inputs\n",
        "age     number          3        27  0 to 841                  █",
        "tree    category        0         2  oak, elm                  █▄         2 inputs: tree=elm to",
        "when    date            0        20  2024-01-01 to 2024-01-20  ",
        "y       class           0         2  0, 1                      ██         the label\n",
        "note: `id` identifies rows",
        "note: `k` is the same in all rows",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let json = sandbox.runner("data trees.toml --json").exits(0).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["columns"][1]["missing"], 3);
    sandbox.file("prices.csv", "x,y\n$1200,a\n$950,b\n$3400,a\n");
    let said = sandbox.runner("data prices.csv").exits(0).stdout;
    let note =
        "note: `x` has words that look like numbers, such as `$1200`; `strip = \"$\"` reads them";
    assert!(said.contains(note), "{said}");
    let said = sandbox.runner("data mnist").exits(2).stderr;
    assert!(said.contains("`mnist` has no columns"), "{said}");
}

/// The keys of a config, its note or its problem.
#[test]
fn rows_are_split_as_asked() {
    let sandbox = Sandbox::new();
    let keys = |split: &str| format!("validation_split = 0.2\ntest_split = 0.1\n{split}");
    let table = |split: &str| {
        let config = sandbox.file("run.toml", &config("sorted.csv", &keys(split)));
        let plan = runner::config::load(&[config], &[]).expect("a config")[0].runs.iter().next();
        let data = plan.expect("a run").plan.data;
        let table = load(&data.source(), Split::Train).unwrap();
        (data.parts(table.rows()), table)
    };
    let classes = |part: std::ops::Range<usize>, table: &Table| {
        labels(table)[part].iter().collect::<BTreeSet<_>>().len()
    };
    let (parts, tail) = table("");
    assert_eq!((classes(parts.test, &tail), tail.order.clone()), (1, None));
    for split in ["{ method = \"stratified\" }", "{ method = \"random\", seed = 4 }"] {
        let (parts, found) = table(&format!("split = {split}"));
        let order = found.order.clone().expect("an order").rows;
        for part in [parts.training, parts.validation, parts.test] {
            assert_eq!(classes(part.clone(), &found), 2, "{split}");
            assert!(order[part].is_sorted());
        }
        // The inputs are the numbers of the rows.
        let rows: Vec<f32> = order.iter().map(|row| *row as f32).collect();
        assert_eq!(floats(&found), rows, "{split}");
        let said = sandbox.runner("check run.toml").exits(0).stderr;
        assert!(!said.contains("note"), "{said}");
    }
    let digits = load(&Source::Mnist, Split::Test).unwrap();
    let method = SplitMethod::Random { seed: 0 };
    let random = digits.clone().arranged(&RowSplit::new(None, 0.5, 0.0, method));
    let order = random.order.clone().unwrap().rows;
    assert_eq!(labels(&random)[0], labels(&digits)[order[0] as usize]);
    assert_eq!(bytes(&random)[..784], bytes(&digits)[784 * order[0] as usize..][..784]);
}

#[test]
fn splits_that_the_data_do_not_allow_are_refused() {
    let sandbox = Sandbox::new();
    for (split, want) in [
        ("{ method = \"time\", column = \"when\" }", "has no column `when`"),
        ("{ method = \"time\", column = \"y\" }", "got `a`, want a number, or a date"),
        ("{ method = \"stratfied\" }", "did you mean `stratified`?"),
    ] {
        let keys = format!("validation_split = 0.2\nsplit = {split}");
        sandbox.file("run.toml", &config("sorted.csv", &keys));
        let said = sandbox.runner("check run.toml").exits(2).stderr;
        assert!(said.contains(want), "{said}");
    }
    sandbox.file("run.toml", &config("sorted.csv", "split = { method = \"random\" }"));
    let said = sandbox.runner("check run.toml").exits(2).stderr;
    assert!(said.contains("add `validation_split` or `test_split`"), "{said}");
}

/// The rows of a run are split alike when it is evaluated, and mistakes have their place in the file.
#[test]
fn evaluation_is_of_the_rows_that_validated() {
    let sandbox = Sandbox::new();
    let keys = "validation_split = 0.3\nsplit = { method = \"stratified\", seed = 2 }";
    let text = config("sorted.csv", keys) + "[training]\nepochs = 2\n";
    sandbox.file("run.toml", &text);
    let said = sandbox.runner("run run.toml --json").exits(0).stdout;
    let run: serde_json::Value = serde_json::from_str(&said).unwrap();
    let said = sandbox.runner("evaluate run --split validation --json").exits(0).stdout;
    let found: serde_json::Value = serde_json::from_str(&said).unwrap();
    let (want, got) = (&run["runs"][0]["last"]["val_loss"], &found["metrics"]["loss"]);
    assert!((want.as_f64().unwrap() - got.as_f64().unwrap()).abs() < 1e-6, "{want} {got}");
}
