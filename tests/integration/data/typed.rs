//! Parquet and Arrow files of pyarrow, pandas and polars, against the CSV file of the same rows.

use runner::data::{
    Column, ColumnOptions, ColumnType, CsvOptions, RowSplit, SplitMethod, TableFiles,
};

use super::*;
use crate::sandbox::Sandbox;

fn typed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/typed").join(name)
}

fn read(file: &str, options: CsvOptions) -> Table {
    let table = load(&Source::Csv(typed(file).into(), options), Split::Train);
    table.unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The keys that read the CSV file as its types say.
fn csv_options() -> CsvOptions {
    let date = ColumnOptions { kind: Some(ColumnType::Date), ..ColumnOptions::default() };
    CsvOptions {
        missing: vec![String::new()],
        column_options: vec![("day".to_owned(), date.clone()), ("when".to_owned(), date)],
        ..CsvOptions::default()
    }
}

/// Inputs with the bits of missing values, for comparison.
fn bits(table: &Table) -> Vec<u32> {
    let values = match &table.inputs {
        Inputs::Sparse(rows) => rows.to_dense().values,
        Inputs::Dense(rows) => rows.values.clone(),
    };
    match values {
        Values::Floats(floats) => floats.iter().map(|x| x.to_bits()).collect(),
        Values::Bytes(_) => panic!("got bytes, want floats"),
    }
}

#[test]
fn every_file_has_the_rows_of_the_csv_file() {
    let want = read("rows.csv", csv_options());
    assert_eq!((want.rows(), want.features()), (40, 18));
    let names = |table: &Table| table.columns.as_ref().unwrap().feature_names();
    let mut seen = 0;
    for entry in fs::read_dir(typed("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".csv") || name.ends_with(".py") {
            continue;
        }
        let got = read(&name, CsvOptions::default());
        assert_eq!(names(&got), names(&want), "{name}");
        assert_eq!(bits(&got), bits(&want), "{name}");
        assert_eq!(got.targets, want.targets, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 16);
}

/// Groups of words, of which some are missing, and of numbers with more digits than a float32 has.
#[test]
fn weights_and_groups_are_those_of_the_csv_file() {
    for (weight, group) in [("count", "tree"), ("price", "long"), ("single", "kind")] {
        let with_keys = |options: CsvOptions| {
            let column = Column::Name(group.to_owned());
            let method = SplitMethod::Group { column, seed: 3 };
            let sample_weight = Some(Column::Name(weight.to_owned()));
            CsvOptions { sample_weight, rows: RowSplit::new(None, 0.3, 0.3, method), ..options }
        };
        let want = read("rows.csv", with_keys(csv_options()));
        assert!(0 < want.features() && want.features() < 18, "{}", want.features());
        let parts = &want.order.as_ref().unwrap().parts;
        assert!(!parts.validation.is_empty() && !parts.test.is_empty(), "{group}");
        for name in ["pyarrow.parquet", "polars.parquet", "delta.parquet", "pandas.feather"] {
            let got = read(name, with_keys(CsvOptions::default()));
            assert_eq!((&got.order, &got.weights), (&want.order, &want.weights), "{name}");
            assert_eq!((bits(&got), &got.targets), (bits(&want), &want.targets), "{name}");
        }
    }
    for (weight, said) in [
        ("small", "row 3, column `small`: got nothing, want a weight: a number from 0 on"),
        ("double", "row 3, column `double`: got nothing, want a weight"),
        ("kind", "row 0, column `kind`: got `oak`, want a weight"),
    ] {
        let sample_weight = Some(Column::Name(weight.to_owned()));
        let options = CsvOptions { sample_weight, ..CsvOptions::default() };
        let source = Source::Csv(typed("pyarrow.parquet").into(), options);
        let error = load(&source, Split::Train).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn any_number_of_threads_reads_the_same_bits() {
    let on = |threads: usize, file: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| read(file, CsvOptions::default()))
    };
    for file in ["pyarrow.parquet", "polars.arrow", "pyarrow.arrows"] {
        let (one, three) = (on(1, file), on(3, file));
        assert_eq!((bits(&one), one.targets), (bits(&three), three.targets), "{file}");
    }
}

#[test]
fn several_files_are_one_table() {
    let one = read("zstd.parquet", CsvOptions::default());
    let twice = TableFiles::new(vec![typed("pyarrow.parquet"), typed("polars.arrow")]);
    let two = load(&Source::Csv(twice, CsvOptions::default()), Split::Train).unwrap();
    assert_eq!(bits(&two), [bits(&one), bits(&one)].concat());
    let dir = TempDir::new().unwrap();
    write(&dir, "b.csv", b"x,s,y\n3,u,1\n");
    write(&dir, "a.csv", b"x,s,y\n1,v,0\n2,u,1\n");
    let pattern = Source::parse("*.csv", dir.path());
    let table = load(&pattern, Split::Train).unwrap();
    write(&dir, "all.txt", b"");
    write(&dir, "whole.tsv", b"x\ts\ty\n1\tv\t0\n2\tu\t1\n3\tu\t1\n");
    assert_eq!(table, load(&Source::parse("whole.tsv", dir.path()), Split::Train).unwrap());
    let error = |pattern: &str| {
        load(&Source::parse(pattern, dir.path()), Split::Train).unwrap_err().to_string()
    };
    write(&dir, "c.csv", b"x,s,y\n3,u,1\nz,w,0\n");
    let said = error("*.csv");
    assert!(said.contains("c.csv`, line 3, column `x`: got `z`, want a number"), "{said}");
    write(&dir, "c.csv", b"x,t,y\n3,u,1\n");
    let said = error("*.csv");
    assert!(said.contains("c.csv` has other columns than"), "{said}");
    assert!(said.contains("got `t` as column 1, want `s` as column 1"), "{said}");
    assert!(error("d*.csv").contains("no file fits"), "{said}");
}

#[test]
fn lists_and_patterns_are_read_by_a_config() {
    let sandbox = Sandbox::new();
    for name in ["pyarrow.parquet", "pandas.parquet", "pyarrow.feather"] {
        fs::copy(typed(name), sandbox.path().join(name)).unwrap();
    }
    let config = |keys: &str| {
        let layers = "layers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]";
        sandbox.file("run.toml", &format!("[data]\n{keys}\n[model]\n{layers}\n"));
    };
    let rows = |keys: &str| {
        config(keys);
        sandbox.runner("data run.toml").exits(0).stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(rows("dataset = \"*.parquet\""), "80 rows, 18 inputs");
    assert_eq!(rows("dataset = [\"*.parquet\", \"pyarrow.feather\"]"), "120 rows, 18 inputs");
    config("dataset = \"*.parquet\"\nvalidation_data = [\"pyarrow.feather\"]");
    let said = sandbox.runner("run run.toml --set training.epochs=2 --json").exits(0).stdout;
    assert!(said.contains("val_loss"), "{said}");
    let said = sandbox.runner("predict run pyarrow.parquet -o out.csv").exits(0);
    assert!(said.stderr.contains("wrote out.csv, 40 rows"), "{}", said.stderr);
    let text = fs::read_to_string(sandbox.path().join("out.csv")).unwrap();
    assert!(text.starts_with("small,count,long,") && text.contains(",predicted,probability=no"));
    sandbox.runner("evaluate run --data pandas.parquet").exits(0);
    for (keys, want, help) in [
        ("dataset = []", "`data.dataset` names no file", "name at least one"),
        ("dataset = [\"a.npz\", \"b.npz\"]", "`a.npz` is no table", "CSV, Parquet or Arrow"),
        ("dataset = [\"a.csv\", \"b.arrow\"]", "`b.arrow` is of another kind", "one kind"),
        ("dataset = \"x*.parquet\"", "no file fits", "`*` stands for any characters"),
        (
            "dataset = \"pyarrow.parquet\"\nseparator = \";\"",
            "`data.separator` is for text",
            "take it out",
        ),
    ] {
        config(keys);
        let said = sandbox.runner("check run.toml").exits(2).stderr;
        assert!(said.contains(want) && said.contains(help), "{keys}\n{said}");
    }
}

#[test]
fn damaged_files_name_the_column_and_the_row_group() {
    let bytes = fs::read(typed("none.parquet")).unwrap();
    let dir = TempDir::new().unwrap();
    let mut checksums = 0;
    for at in (4..bytes.len() / 2).step_by(37) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        write(&dir, "rows.parquet", &damaged);
        let source = Source::parse("rows.parquet", dir.path());
        let Err(error) = load(&source, Split::Train) else { continue };
        let said = error.to_string();
        assert!(said.contains("column `") && said.contains("row group 0: "), "{said}");
        checksums += usize::from(said.contains("checksum"));
    }
    assert!(10 < checksums, "{checksums}");
    for (name, bytes, want) in [
        ("rows.parquet", &b"x,y\n1,a\n"[..], "got other bytes, want a Parquet or Arrow file"),
        ("rows.feather", b"FEA1 and more", "got Feather of version 1"),
        ("rows.arrow", b"ARROW1\0\0", "it is no Arrow file"),
    ] {
        write(&dir, name, bytes);
        let said = load(&Source::parse(name, dir.path()), Split::Train).unwrap_err().to_string();
        assert!(said.contains(want), "{said}");
    }
}
