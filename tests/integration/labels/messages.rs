//! What is said of fields that were meant for something else: the place, and a way out.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

use super::*;

/// What is said of the data of a squared error with one output.
#[track_caller]
fn estimated(labels: &[&str]) -> String {
    let lines = labels.iter().enumerate().map(|(i, label)| format!("{i},{label}\n"));
    refusal(&folder(&format!("x,price\n{}", lines.collect::<String>()), 1, "linear", SQUARES))
}

#[test]
fn words_among_numbers_to_be_estimated_are_refused_with_their_line() {
    let numbers: Vec<String> = (0..40).map(|i| (250_000 + 1000 * i).to_string()).collect();
    let mut labels: Vec<&str> = numbers.iter().map(String::as_str).collect();
    labels.extend(["NA", "260000"]);
    let said = estimated(&labels);
    assert!(said.contains("line 42, column `price`: got `NA`, want a number"), "{said}");
    for (labels, got) in [
        (&["$9", "$10", "$11"][..], "line 2, column `price`: got `$9`, want a number"),
        (&["$9", "$10"], "line 2, column `price`: got `$9`, want a number"),
        (&["\"250,000\"", "\"251,000\""], "line 2, column `price`: got `250,000`, want a number"),
        (&["NA", "1", "NA"], "line 2, column `price`: got `NA`, want a number"),
        (&["1", "2", "unknown", "3"], "line 4, column `price`: got `unknown`, want a number"),
        (&["low", "middle", "high"], "line 2, column `price`: got `low`, want a number"),
        (&["low", "high"], "line 2, column `price`: got `low`, want a number"),
        (&["0.5", "1e39"], "line 3, column `price`: got `1e39`, want a number that fits a float32"),
    ] {
        let said = estimated(labels);
        assert!(said.contains(got), "{said}");
    }
    let said = estimated(&["$9", "$10"]);
    assert!(said.contains("digits and a decimal point, nothing else"), "{said}");
    assert!(said.contains("with one output, this loss is between numbers"), "{said}");
}

/// Classes of a file are no numbers, whatever order they have.
#[test]
fn classes_of_words_are_not_estimated_by_one_output() {
    let csv = "x,y\n1,low\n2,high\n3,middle\n";
    let sandbox = folder(csv, 1, "linear", SQUARES);
    let said = sandbox.runner("check run.toml --set data.task=classification").exits(2).stderr;
    assert!(
        said.contains("want 3: one for each of the 3 classes `high`, `low`, `middle`"),
        "{said}"
    );
    sandbox.file("data.csv", &csv.replace("middle", "low"));
    sandbox.runner("check run.toml --set data.task=classification").exits(0);
    sandbox.runner("check run.toml --set model.layers.0.activation=sigmoid").exits(0);
    let said = sandbox.runner("check run.toml").exits(2).stderr;
    assert!(
        said.contains("labels that are classes want `data.task = \"classification\"`"),
        "{said}"
    );
}

#[test]
fn decimal_commas_are_refused() {
    let sandbox = folder("x;y\n1;1,5\n2;12,5\n3;2,5\n", 1, "linear", SQUARES);
    let said = sandbox.runner("run run.toml --quiet --set data.separator=;").exits(2).stderr;
    assert!(said.contains("line 2, column `y`: got `1,5`, want a number"), "{said}");
}

/// As in Keras: two classes can be told apart by one output under any loss.
#[test]
fn zeros_and_ones_behind_a_sigmoid_have_an_accuracy() {
    let training = "loss = \"mean_squared_error\"\nmetrics = [\"accuracy\"]";
    for csv in ["x,y\n1,0\n2,1\n3,1\n4,0\n", "x,y\n1,no\n2,yes\n3,yes\n4,no\n"] {
        let sandbox = folder(csv, 1, "sigmoid", training);
        let found = numbers(&sandbox);
        assert_near(&found["loss"], 0.25);
        assert_near(&found["accuracy"], 0.5);
    }
    let said = refusal(&folder("x,y\n1,1\n2,2\n3,2\n", 1, "sigmoid", training));
    assert!(said.contains("`data.task = \"classification\"`"), "{said}");
}

#[test]
fn a_missing_label_is_no_class_among_numbers() {
    for missing in ["NA", "nan", "?", "NULL", "n/a", "None", "-"] {
        let csv = format!("x,y\n1,0\n2,1\n3,{missing}\n4,1\n");
        for units in [2, 3] {
            let said = refusal(&folder(&csv, units, "softmax", SPARSE));
            let want = format!(
                "line 4, column `y`: got `{missing}`, want a number, as all other labels are: `0`, `1`"
            );
            assert!(said.contains(&want), "{said}");
        }
    }
    let said = refusal(&folder("x,y\n1,a\n2,b\n3,c\n", 2, "softmax", SPARSE));
    assert!(said.contains("one for each of the 3 classes `a`, `b`, `c`"), "{said}");
}

#[test]
fn the_odd_field_of_a_column_is_the_one_to_blame() {
    for (csv, want) in [
        ("x,z,y\nNA,1,a\n2.5,2,b\n3.5,3,a\n", "line 2, column `x`: got `NA`, want a number"),
        (
            "x,z,y\n\"1,200\",1,a\n950,2,b\n3400,3,a\n",
            "line 2, column `x`: got `1,200`, want a number",
        ),
        ("x,z,y\nabc,1,a\n2.5,2,b\n3.5,3,a\n", "line 2, column `x`: got `abc`, want a number"),
        ("x,z,y\nNA,1,a\nNA,2,b\n3.5,3,a\n", "line 2, column `x`: got `NA`, want a number"),
        (
            "x,z,y\noak,1,a\nelm,2,b\n7,3,a\n",
            "line 4, column `x`: got `7`, want a word, such as `oak`",
        ),
        (
            "x,z,y\n7,1,a\noak,2,b\nelm,3,a\n",
            "line 2, column `x`: got `7`, want a word, as later lines have: `oak`",
        ),
        ("x,z,y\n1,1,a\nNA,2,b\n3,3,a\n", "line 3, column `x`: got `NA`, want a number"),
        ("NA,1,a\n2.5,2,b\n3.5,3,a\n", "line 1, column `0`: got `NA`, want a number"),
    ] {
        let said = refusal(&folder(csv, 2, "softmax", SPARSE));
        assert!(said.contains(want), "{csv}\n{said}");
    }
}

#[test]
fn words_that_look_like_numbers_are_told_of() {
    let note = |csv: &str| {
        let sandbox = folder(csv, 2, "softmax", SPARSE);
        let checked = sandbox.runner("check run.toml").exits(0).stderr;
        let is_note = |line: &&str| !line.starts_with("the run needs ");
        let checked: String = checked.split_inclusive('\n').filter(is_note).collect();
        let said = sandbox.runner("run run.toml --progress none").exits(0).stderr;
        assert!(said.starts_with(&checked), "{said}");
        assert_eq!(sandbox.runner("run run.toml --quiet").exits(0).stderr, "");
        checked
    };
    let said = note("x,z,y\n12%,1,a\n9%,2,b\n34%,3,a\n");
    assert!(
        said.contains(
            "column `x`: `12%`, `34%`, `9%` look like numbers, but become 3 one-hot inputs"
        ),
        "{said}"
    );
    let said = note("x,z,y\n\"1,200\",1,a\n\"2,300\",2,b\n\"3,400\",3,a\n");
    assert!(said.contains("note: ") && said.contains("column `x`"), "{said}");
    let said = note("1,5;2;a\n2,5;3;b\n");
    assert!(said.contains("`1,5`, `2,5` look like numbers"), "{said}");
    assert!(said.contains("`decimal = \",\"` reads them as one input"), "{said}");
    let said = note("x,y\n1,yes\n2,NA\n3,yes\n");
    assert!(said.contains("column `y`: `NA` is a class of its own"), "{said}");
    assert_eq!(note("x,z,y\noak,1,a\nelm 9,2,b\n2020-01-01,3,a\n"), "");
}

#[test]
fn files_with_another_separator_are_told_of() {
    for (csv, character) in
        [("x;y\n1;a\n2;b;c\n", ";"), ("x\ty\n1\ta\n2\tb\tc\n", "\\t"), ("x y\n1 a\n2 b\n", " ")]
    {
        let sandbox = folder(csv, 2, "softmax", SPARSE);
        let want = format!("write `separator = \"{character}\"`");
        let said = refusal(&sandbox);
        assert!(said.contains(&want), "{said}");
        let said = sandbox.runner("check run.toml --set data.label=y").exits(2).stderr;
        assert!(said.contains(&want), "{said}");
    }
}

#[test]
fn the_line_that_excel_begins_with_names_the_separator() {
    for (csv, more) in [
        ("sep=;\nx;y\n1;a\n2;b\n", ""),
        ("\u{feff}sep=;\r\nx;y\r\n1;a\r\n2;b\r\n", "--set data.separator=;"),
        ("\"SEP=|\"\nx|y\n1|a\n2|b\n", ""),
        ("sep=\t\nx\ty\n1\ta\n2\tb\n", ""),
    ] {
        let sandbox = folder(csv, 2, "softmax", SPARSE);
        let said = sandbox.runner(&format!("run run.toml --json {more}")).exits(0);
        assert!(said.stdout.contains("\"loss\": 0.693"), "{}", said.stdout);
    }
    let said = refusal(&folder("sep=;\nx;y\n1;a\nNA;b\n", 2, "softmax", SPARSE));
    assert!(said.contains("line 4, column `x`: got `NA`"), "{said}");
}

#[test]
fn packed_files_are_known_by_their_bytes() {
    let sandbox = folder("", 2, "softmax", SPARSE);
    let path = sandbox.path().join("data.csv");
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(b"x,y\n1,a\n2,b\n").unwrap();
    let packed = gz.finish().unwrap();
    fs::write(&path, &packed).unwrap();
    sandbox.runner("check run.toml").exits(0);
    fs::write(&path, b"PK\x03\x04 and more").unwrap();
    let said = refusal(&sandbox);
    assert!(said.contains("got a zip archive, or a workbook"), "{said}");
    assert!(said.contains("save the sheet as CSV"), "{said}");
    fs::write(&path, b"x\0,\0y\0\n\0").unwrap();
    let said = refusal(&sandbox);
    assert!(said.contains("got bytes of 0, as in UTF-16, want UTF-8 text"), "{said}");
    assert!(said.contains("write `encoding = \"utf-16\"`"), "{said}");
    fs::write(&path, b"x,y\n1,caf\xe9\n2,b\n").unwrap();
    let said = refusal(&sandbox);
    assert!(said.contains("line 2: got other bytes, want UTF-8 text"), "{said}");
    assert!(said.contains("write `encoding = \"latin-1\"`"), "{said}");
    sandbox.runner("check run.toml data.encoding=latin-1").exits(0);
    fs::write(sandbox.path().join("data.npz"), &packed).unwrap();
    sandbox.file("run.toml", &config("data.npz", 2, "softmax", SPARSE));
    let said = refusal(&sandbox);
    assert!(said.contains("got gzip data, want a zip archive"), "{said}");
}
