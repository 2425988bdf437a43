//! CSV files: what is read from them, and what is said of those that cannot be.

use runner::data::{Column, Columns, CsvOptions, Preprocessing, TargetColumns, load_inputs};

use super::*;

const IRIS: &str = "\
sepal,petal,species
5.1,1.4,setosa
7.0,4.7,versicolor
6.3,6.0,virginica
4.9,1.5,setosa
";

fn csv(dir: &TempDir, text: &str, reading: CsvOptions) -> Source {
    write(dir, "rows.csv", text.as_bytes());
    Source::Csv(dir.path().join("rows.csv").into(), reading)
}

fn read(text: &str, reading: CsvOptions) -> Table {
    let dir = TempDir::new().unwrap();
    let source = csv(&dir, text, reading);
    let table = load(&source, Split::Train).unwrap_or_else(|error| panic!("{error}"));
    let description = describe(&source).unwrap();
    assert_eq!((description.rows, &description.shape), (table.rows(), &table.shape));
    assert_eq!(description.columns, table.columns);
    table
}

fn complaint(text: &str, reading: CsvOptions) -> String {
    let dir = TempDir::new().unwrap();
    let source = csv(&dir, text, reading);
    message(&dir, load(&source, Split::Train).map(drop))
}

fn name(text: &str) -> Column {
    Column::Name(text.to_owned())
}

fn label(columns: &[Column]) -> CsvOptions {
    CsvOptions { label: Some(columns.to_vec()), ..CsvOptions::default() }
}

fn task(task: Task) -> CsvOptions {
    CsvOptions { task: Some(task), ..CsvOptions::default() }
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

fn targets(table: &Table) -> Vec<f32> {
    match &table.targets {
        Targets::Values { values, .. } => values.clone(),
        Targets::Classes { labels, .. } => panic!("got the classes {labels:?}, want values"),
    }
}

fn columns(table: &Table) -> &Columns {
    table.columns.as_ref().expect("columns")
}

fn classes(table: &Table) -> Vec<&str> {
    columns(table).class_names().expect("classes").iter().map(String::as_str).collect()
}

#[test]
fn the_last_column_is_the_label_and_its_words_are_classes() {
    let table = read(IRIS, CsvOptions::default());
    assert_eq!(floats(&table), [5.1, 1.4, 7.0, 4.7, 6.3, 6.0, 4.9, 1.5]);
    assert_eq!(labels(&table), [0, 1, 2, 0]);
    assert_eq!(classes(&table), ["setosa", "versicolor", "virginica"]);
    assert_eq!(columns(&table).feature_names(), ["sepal", "petal"]);
    assert_eq!(table.shape, [2]);
}

#[test]
fn spellings_of_the_file_change_nothing() {
    let table = read(IRIS, CsvOptions::default());
    let windows = format!("\u{feff}{}", IRIS.replace('\n', "\r\n"));
    let quoted = IRIS.replace("setosa", "\" setosa\"").replace("5.1", " +5.10e0 ");
    let open_end = IRIS.trim_end().replace("\n6.3", "\n\n\n6.3");
    for text in [windows, quoted, open_end] {
        assert_eq!(read(&text, CsvOptions::default()), table, "{text}");
    }
    let semicolons = CsvOptions { separator: Some(b';'), ..CsvOptions::default() };
    assert_eq!(read(&IRIS.replace(',', ";"), semicolons), table);
    let dir = TempDir::new().unwrap();
    write(&dir, "rows.tsv", IRIS.replace(',', "\t").as_bytes());
    write(&dir, "rows.CSV.gz", &gzip(IRIS.as_bytes()));
    for file in ["rows.tsv", "rows.CSV.gz"] {
        assert_eq!(load(&Source::parse(file, dir.path()), Split::Train).unwrap(), table);
    }
}

#[test]
fn a_first_line_of_values_is_no_header() {
    let body = IRIS.split_once('\n').unwrap().1;
    let table = read(body, CsvOptions::default());
    assert_eq!((table.rows(), columns(&table).header), (4, false));
    assert_eq!(columns(&table).feature_names(), ["0", "1"]);
    assert_eq!(floats(&table), floats(&read(IRIS, CsvOptions::default())));
    assert_eq!(read(body, label(&[Column::Index(2)])), table);
    // Words only: a header, unless somebody says that it is none.
    let words = "a,b\nx,y\nx,z\n";
    assert_eq!(read(words, CsvOptions::default()).rows(), 2);
    let told = CsvOptions { header: Some(false), ..CsvOptions::default() };
    assert_eq!(read(words, told).rows(), 3);
    // Years as names: only a person can know.
    let years = "country,1990,1991\nfr,3,4\nde,5,6.5\n";
    assert!(!columns(&read(years, CsvOptions::default())).header);
    let told = CsvOptions { header: Some(true), ..CsvOptions::default() };
    assert_eq!(columns(&read(years, told)).labels(), ["1991"]);
}

#[test]
fn words_among_the_inputs_become_one_hot_in_sorted_order() {
    let table = read("sex,age,y\nm,3,a\nf,4,b\nx,5,a\n", CsvOptions::default());
    assert_eq!(floats(&table), [0.0, 1.0, 0.0, 3.0, 1.0, 0.0, 0.0, 4.0, 0.0, 0.0, 1.0, 5.0]);
    assert_eq!(columns(&table).feature_names(), ["sex=f", "sex=m", "sex=x", "age"]);
}

#[test]
fn numbers_are_classes_if_they_are_few_and_whole() {
    let column = |values: &mut dyn Iterator<Item = String>| {
        values.map(|value| format!("0.5,{value}\n")).fold("x,y\n".to_owned(), |a, b| a + &b)
    };
    let few = read(
        &column(&mut ["10", "9.0", "-1", "9"].map(str::to_owned).into_iter()),
        CsvOptions::default(),
    );
    assert_eq!(classes(&few), ["-1", "9", "10"]);
    assert_eq!(labels(&few), [2, 1, 0, 1]);
    let fractions = read("x,y\n1,0.5\n2,1\n", CsvOptions::default());
    assert_eq!(targets(&fractions), [0.5, 1.0]);
    let many = column(&mut (0..21).map(|n| n.to_string()));
    assert_eq!(targets(&read(&many, CsvOptions::default()))[20], 20.0);
    assert_eq!(classes(&read(&many, task(Task::Classification)))[10], "10");
    assert_eq!(targets(&read("x,y\n1,0\n2,1\n", task(Task::Regression))), [0.0, 1.0]);
}

#[test]
fn labels_and_ignored_columns_are_no_inputs() {
    let text = "id,a,y,b,z\n7,1,0.5,2,3\n8,4,1.5,5,6\n";
    let reading = CsvOptions { ignore: vec![Column::Index(0)], ..label(&[name("z"), name("y")]) };
    let table = read(text, reading);
    assert_eq!(columns(&table).feature_names(), ["a", "b"]);
    assert_eq!(floats(&table), [1.0, 2.0, 4.0, 5.0]);
    assert_eq!(table.targets, Targets::Values { values: vec![3.0, 0.5, 6.0, 1.5], width: 2 });
    let ignored = CsvOptions { ignore: vec![name("z"), name("id")], ..CsvOptions::default() };
    assert_eq!(columns(&read(text, ignored)).labels(), ["b"]);
}

#[test]
fn another_file_is_read_as_the_first_has_taught() {
    let first = read("sex,age,y\nm,3,a\nf,4,b\nx,5,c\n", CsvOptions::default());
    let like = || CsvOptions { columns: first.columns.clone(), ..CsvOptions::default() };
    // Its own order of columns, one more of them, fewer words.
    let table = read("y,more,age,sex\nc,1,9,f\nb,2,8,f\n", like());
    assert_eq!(floats(&table), [1.0, 0.0, 0.0, 9.0, 1.0, 0.0, 0.0, 8.0]);
    assert_eq!(table.targets, Targets::Classes { labels: vec![2, 1], classes: 3 });
    // A word that it has not is none of the known ones.
    let table = read("sex,age,y\nm,3,a\n\nw,4,b\n", like());
    assert_eq!(floats(&table), [0.0, 1.0, 0.0, 3.0, 0.0, 0.0, 0.0, 4.0]);
    assert_eq!(
        complaint("sex,age,y\nm,3,d\n", like()),
        "`DIR/rows.csv`, line 2, column `y`: got `d`, want one that the training rows have: `a`, `b`, `c`"
    );
    assert_eq!(
        complaint("sex,y\nm,a\n", like()),
        "`DIR/rows.csv` has no column `age`: got `sex`, `y`"
    );
    let numbers = read("x,y\n1,2\n2,10\n", CsvOptions::default());
    let like = CsvOptions { columns: numbers.columns, ..CsvOptions::default() };
    assert_eq!(labels(&read("x,y\n1,10.0\n2,2\n", like)), [1, 0]);
}

#[test]
fn rows_without_a_label_can_be_answered() {
    let first = read(IRIS, CsvOptions::default());
    let preprocessing = Preprocessing::of(&first, 1.0, 4, false);
    let dir = TempDir::new().unwrap();
    let source = csv(&dir, "petal,sepal\n1,2\n", CsvOptions::default());
    let table = load_inputs(&source, &preprocessing).unwrap();
    assert_eq!(floats(&table), [2.0, 1.0]);
    assert_eq!(table.targets, Targets::Classes { labels: vec![0], classes: 3 });
    assert_eq!(
        columns(&table).target,
        TargetColumns::Classes {
            column: "species".to_owned(),
            names: ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec(),
        }
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let plain = |text: &str| complaint(text, CsvOptions::default());
    let cases = [
        ("x,y\n1,a\n\n,b\n", "`DIR/rows.csv`, line 4, column `x`: got nothing, want a number"),
        ("x,y\r\n1,a\r\n\r\n,b", "`DIR/rows.csv`, line 4, column `x`: got nothing, want a number"),
        (
            "x,y\n\n1,a\n\n\n1,2,3\n",
            "`DIR/rows.csv`, line 6: got 3 fields, want 2 fields, as in the lines before",
        ),
        ("x,y\n1,a\nNA,b\n", "`DIR/rows.csv`, line 3, column `x`: got `NA`, want a number"),
        ("x,y\n1,a\ninf,b\n", "`DIR/rows.csv`, line 3, column `x`: got `inf`, want a number"),
        (
            "x,y\n1,a\n1e39,b\n",
            "`DIR/rows.csv`, line 3, column `x`: got `1e39`, want a number that fits a float32",
        ),
        (
            "x,y\nNA,a\n1,b\n",
            "`DIR/rows.csv`, line 2, column `x`: got `NA`, want a number, as later lines have: `1`",
        ),
        ("x,y\n1,a\n1,\n", "`DIR/rows.csv`, line 3, column `y`: got nothing, want a class"),
        (
            "x,y\n1,a\n1,2,3\n",
            "`DIR/rows.csv`, line 3: got 3 fields, want 2 fields, as in the lines before",
        ),
        ("x,x,y\n1,2,a\n", "cannot use `DIR/rows.csv`: it has two columns called `x`"),
        ("x,y\n", "cannot use `DIR/rows.csv`: it has no line below its header"),
        ("", "cannot use `DIR/rows.csv`: it has no line"),
        ("y\na\n", "cannot use `DIR/rows.csv`: got 1 column in use, want a label and an input"),
    ];
    for (text, want) in cases {
        assert_eq!(plain(text), want, "{text}");
    }
    assert_eq!(
        complaint("x,y\n1,a\n", task(Task::Regression)),
        "`DIR/rows.csv`, line 2, column `y`: got `a`, want a number"
    );
    assert_eq!(
        complaint(IRIS, label(&[name("specis")])),
        "`DIR/rows.csv` has no column `specis`: got `sepal`, `petal`, `species`"
    );
    let several =
        CsvOptions { task: Some(Task::Classification), ..label(&[name("sepal"), name("petal")]) };
    assert_eq!(
        complaint(IRIS, several),
        "cannot use `DIR/rows.csv`: classes stand in one column: got several labels"
    );
    let dir = TempDir::new().unwrap();
    write(&dir, "rows.csv", b"x,y\n1,a\n2,\xff\n");
    check_csv(&dir, "`DIR/rows.csv`, line 3: got other bytes, want UTF-8 text");
    let test = load(&csv(&dir, IRIS, CsvOptions::default()), Split::Test).map(drop);
    assert_eq!(message(&dir, test), "`DIR/rows.csv` has no test rows of its own");

    fn check_csv(dir: &TempDir, want: &str) {
        let source = Source::parse("rows.csv", dir.path());
        assert_eq!(message(dir, describe(&source).map(drop)), want);
    }
}
