//! Data: CSV, Parquet, Arrow, npz, IDX and PNG files.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use runner::data::{
    ColumnOptions, ColumnType, CsvOptions, DatasetInfo, Encoding, Preprocessing, Source, Spelling,
    Split, describe, describe_and_verify, load, load_inputs, load_picture,
};

use super::*;

/// Reads a data set in every way that there is.
fn read_all(source: &Source, preprocessing: &Preprocessing) {
    let described = answered(describe(source));
    let verified = answered(describe_and_verify(source));
    let loaded = answered(load(source, Split::Train));
    // What is said to be whole is, unless it is more than fits into memory, which is said elsewhere.
    let size = |shape: &[usize]| shape.iter().fold(1_usize, |n, size| n.saturating_mul(*size));
    let is_small = |d: &&DatasetInfo| size(&d.shape).saturating_mul(d.rows) < 1 << 20;
    if let (Some(described), Some(_)) = (described.as_ref().filter(is_small), verified) {
        let loaded = loaded.expect("verified data can be loaded");
        assert_eq!((described.rows, &described.shape), (loaded.rows(), &loaded.shape));
    }
    answered(load(source, Split::Test));
    answered(load_inputs(source, preprocessing));
}

fn preprocessing(shape: &[usize]) -> Preprocessing {
    Preprocessing {
        shape: shape.to_vec(),
        classes: Some(3),
        target_width: 1,
        scale: 255.0,
        numbers: Vec::new(),
        standardization: None,
        targets: Vec::new(),
        class_names: None,
        columns: None,
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const CSV: &str = "petal,colour,sepal,kind\n1.5,red,2,iris\n-3e2,\"bl,ue\",0.25,rose\n\
                   2,red,7,\"as\"\"ter\"\n1,blue,9,iris\n";

/// Files of all codecs and encodings.
const TYPED: [&str; 9] = [
    "pyarrow.parquet",
    "polars.parquet",
    "gzip.parquet",
    "lz4.parquet",
    "delta.parquet",
    "int96.parquet",
    "pyarrow.feather",
    "polars.arrow",
    "pyarrow.arrows",
];

proptest! {
    #![proptest_config(budget())]

    #[test]
    fn csv_files(edits in edits(), packed: bool) {
        let whole = if packed { gzip(CSV.as_bytes()) } else { CSV.as_bytes().to_vec() };
        let name = if packed { "rows.csv.gz" } else { "rows.csv" };
        let (_dir, path) = folder(name, &damaged(&whole, &edits));
        let text = path.to_str().unwrap();
        let (_other, sound) = folder("sound.csv", CSV.as_bytes());
        let taught = load(&Source::parse(sound.to_str().unwrap(), Path::new("")), Split::Train);
        let columns = taught.unwrap().columns.unwrap();
        let taught = Preprocessing { columns: Some(columns.clone()), ..preprocessing(&[4]) };
        let source = Source::parse(text, Path::new(""));
        read_all(&source, &taught);
        answered(load(&source.like(Some(&columns)), Split::Train));
    }

    /// Packed by zstd, in other encodings, and with columns of all kinds.
    #[test]
    fn csv_files_of_other_forms(edits in edits(), form in 0..3_u8, dates: bool) {
        let text = "day;size;tree;kind\n2024-01-31;1,5;oak;\u{e9}\nNA;2,5;elm;a\n2024-02-01;NA;NA;a\n";
        let (name, whole) = match form {
            0 => ("rows.csv.zst", fixture("rows.csv.zst")),
            1 => ("rows.csv", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            _ => ("rows.csv", text.chars().map(|c| c as u8).collect()),
        };
        let encoding = [None, Some(Encoding::Utf16), Some(Encoding::Windows1252)][usize::from(form)];
        let column = |kind| ColumnOptions { kind, ..ColumnOptions::default() };
        let date = column(dates.then_some(ColumnType::Date));
        let tree = ColumnOptions { hash: Some(3), indicator: true, ..column(None) };
        let columns = vec![("day".to_owned(), date), ("tree".to_owned(), tree)];
        let options = CsvOptions {
            encoding,
            missing: vec!["NA".to_owned()],
            spelling: Spelling { decimal: Some(','), ..Spelling::default() },
            column_options: if form == 0 { Vec::new() } else { columns },
            ..CsvOptions::default()
        };
        let (_dir, path) = folder(name, &damaged(&whole, &edits));
        read_all(&Source::Csv(path.into(), options), &preprocessing(&[4]));
    }

    #[test]
    fn parquet_and_arrow_files(edits in edits(), file in 0..TYPED.len()) {
        let folder_of = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/typed");
        let whole = fs::read(folder_of.join(TYPED[file])).unwrap();
        let (_dir, path) = folder(TYPED[file], &damaged(&whole, &edits));
        let sound = Source::parse(folder_of.join(TYPED[file]).to_str().unwrap(), Path::new(""));
        let columns = load(&sound, Split::Train).unwrap().columns;
        let taught = Preprocessing { columns, ..preprocessing(&[18]) };
        let source = Source::parse(path.to_str().unwrap(), Path::new(""));
        read_all(&source, &taught);
        answered(load(&source.like(taught.columns.as_ref()), Split::Train));
    }

    #[test]
    fn npz_archives(edits in edits(), fortran: bool) {
        let whole = fixture(if fortran { "fortran.npz" } else { "bytes.npz" });
        let (_dir, path) = folder("rows.npz", &damaged(&whole, &edits));
        read_all(&Source::Path(path, None), &preprocessing(&[2, 3]));
    }

    /// The bytes of the array, in an archive that is whole.
    #[test]
    fn npy_headers(edits in edits()) {
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((header.len() as u16).to_le_bytes());
        array.extend(header.as_bytes());
        array.extend([0.5_f64; 6].map(f64::to_le_bytes).as_flattened());
        let (_dir, path) = folder("rows.npz", &[]);
        let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, array) in [("x_train", damaged(&array, &edits)), ("y_train", array)] {
            archive.start_file(format!("{name}.npy"), options).unwrap();
            archive.write_all(&array).unwrap();
        }
        archive.finish().unwrap();
        read_all(&Source::Path(path, None), &preprocessing(&[3]));
    }

    #[test]
    fn idx_files(edits in edits(), of_labels: bool, packed: bool) {
        let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4];
        let labels = [0, 0, 8, 1, 0, 0, 0, 2, 0, 1];
        let pack = |bytes: &[u8]| if packed { gzip(bytes) } else { bytes.to_vec() };
        let (mut images, mut labels) = (pack(&images), pack(&labels));
        let hurt = if of_labels { &mut labels } else { &mut images };
        *hurt = damaged(hurt, &edits);
        let end = if packed { ".gz" } else { "" };
        let (dir, _) = folder(&format!("train-images-idx3-ubyte{end}"), &images);
        fs::write(dir.path().join(format!("train-labels-idx1-ubyte{end}")), &labels).unwrap();
        read_all(&Source::Path(dir.path().to_owned(), None), &preprocessing(&[1, 2]));
    }

    #[test]
    fn png_pictures(edits in edits()) {
        let mut whole = Vec::new();
        let mut encoder = png::Encoder::new(&mut whole, 3, 2);
        encoder.set_color(png::ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(&[77; 24]).unwrap();
        let (_dir, path) = folder("picture.png", &damaged(&whole, &edits));
        answered(load_picture(&path, &preprocessing(&[28, 28])));
    }
}
