//! What is said of data sets that cannot be used, word for word.

use super::*;

#[test]
fn about_paths() {
    let dir = TempDir::new().unwrap();
    write(&dir, "rows.txt", b"1,2");
    write(&dir, "junk.npz", b"PK, or is it?");
    check(&dir, "none.npz", "cannot read `DIR/none.npz`: No such file or directory (os error 2)");
    check(
        &dir,
        "rows.txt",
        "`DIR/rows.txt` is no data set: got a file with another ending, \
         want a `.npz`, `.csv`, `.parquet` or `.arrow` file or a folder of IDX files",
    );
    check(
        &dir,
        "junk.npz",
        "cannot read `DIR/junk.npz` as a `.npz` archive: invalid Zip archive: \
         Could not find EOCD",
    );
    check(&dir, ".", "`DIR/.` lacks the file `train-images-idx3-ubyte`, plain or `.gz`");
}

#[test]
fn about_arrays_that_are_not_there() {
    let dir = TempDir::new().unwrap();
    let archive = Npz::new(&dir);
    archive.check("`DIR/data.npz` lacks the array `x_train`: got no array at all");
    let archive = archive.with("a", &ones(2, 3)).with("y", &ints([0, 1]));
    archive.check("`DIR/data.npz` lacks the array `x_train`: got `a`, `y`");
    let dir = TempDir::new().unwrap();
    Npz::new(&dir)
        .with("x", &ones(2, 3))
        .check("`DIR/data.npz` lacks the array `y_train`: got `x`");
}

#[test]
fn about_shapes() {
    check_arrays(
        &ints([1, 2]),
        &ints([0, 1]),
        "`x_train` in `DIR/data.npz` has the wrong shape: got (2,), want (rows, features) or (rows, height, width)",
    );
    check_arrays(
        &ones(0, 3),
        &ints([]),
        "`x_train` in `DIR/data.npz` is empty: got the shape (0, 3), want at least one row and one feature",
    );
    check_arrays(
        &ones(2, 0),
        &ints([0, 1]),
        "`x_train` in `DIR/data.npz` is empty: got the shape (2, 0), want at least one row and one feature",
    );
    check_arrays(
        &ones(2, 3),
        &ones(2, 0),
        "`y_train` in `DIR/data.npz` is empty: got the shape (2, 0), want at least one row and one feature",
    );
    check_arrays(
        &ones(2, 3),
        &ints([0, 1, 2]),
        "`y_train` in `DIR/data.npz` does not match its inputs: got 3 rows, want 2",
    );
    let cube = ones(2, 1).into_shape_with_order((2, 1, 1)).unwrap();
    check_arrays(
        &ones(2, 3),
        &cube,
        "`y_train` in `DIR/data.npz` has the wrong shape: got (2, 1, 1), want (rows,) or (rows, values)",
    );
}

#[test]
fn about_values() {
    let label = "`y_train` in `DIR/data.npz` has a label out of range in row 1: ";
    check_arrays(&ones(2, 3), &ints([0, -1]), &format!("{label}got -1, want 0 to 65535"));
    check_arrays(&ones(2, 3), &ints([0, 65_536]), &format!("{label}got 65536, want 0 to 65535"));
    let value =
        |name| format!("`{name}` in `DIR/data.npz` has a value that is not finite in row 1: ");
    let mut x = ones(2, 3);
    x[[1, 0]] = f64::NAN;
    check_arrays(&x, &ints([0, 1]), &format!("{}got NaN, want a finite float32", value("x_train")));
    check_arrays(&ones(2, 3), &x, &format!("{}got NaN, want a finite float32", value("y_train")));
    x[[1, 0]] = 1e300; // finite, but not as a float32
    check_arrays(&x, &ints([0, 1]), &format!("{}got inf, want a finite float32", value("x_train")));
}

#[test]
fn about_a_test_set_unlike_the_training_set() {
    let train = || ones(2, 3);
    check(
        &ones(2, 4),
        &ints([0, 1]),
        "`x_test` in `DIR/data.npz` has the wrong shape: got (2, 4), want rows of the training set's shape [3]",
    );
    check(
        &train(),
        &ints([0, 2]),
        "`y_test` in `DIR/data.npz` has a label out of range in row 1: got 2, want 0 to 1",
    );
    check(
        &train(),
        &ones(2, 2),
        "`y_test` in `DIR/data.npz` has the wrong shape: got (2, 2), want targets of the same kind and width as in the training set",
    );

    fn check<T: WritableElement, D: Dimension>(x: &Array2<f64>, y: &Array<T, D>, want: &str) {
        let dir = TempDir::new().unwrap();
        let archive = Npz::new(&dir).with("x_train", &ones(2, 3)).with("y_train", &ints([0, 1]));
        let source = archive.with("x_test", x).with("y_test", y).source();
        assert_eq!(message(&dir, load(&source, Split::Test).map(drop)), want);
    }
}

#[test]
fn about_headers() {
    let npy = |header: &str, data: &[u8]| {
        let len = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\0", &len[..], header.as_bytes(), data].concat()
    };
    let header = |descr: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
    };
    let x = "`x_train` in `DIR/data.npz`";
    let check = |bytes: &[u8], want: &str| {
        let dir = TempDir::new().unwrap();
        Npz::new(&dir).with_bytes("x_train", bytes).with("y_train", &ints([0, 1])).check(want);
    };
    check(b"", &format!("{x} has a damaged header: got 0 bytes, want 10"));
    check(b"\x93NUMPY\x01\0\x50\0{", &format!("{x} has a damaged header: got 11 bytes, want 90"));
    check(
        b"\x93NUMPY\x02\0\0\0\0\x10",
        &format!("{x} has a damaged header: got a length of 268435456 bytes, want at most 10000"),
    );
    check(
        &npy(&"(".repeat(9000), b""),
        &format!(
            "{x} has a damaged header: got 9000 brackets, want one pair of braces and one tuple"
        ),
    );
    check(
        b"\x93NUMPZ\x01\0\x01\0\n",
        &format!(
            "{x} has a damaged header: error parsing header: start does not match magic string"
        ),
    );
    check(
        &npy(&header("'<c16'", "(2, 3)"), b""),
        &format!(
            "{x} has the wrong element type: got '<c16', want booleans, integers, float16, float32 or float64"
        ),
    );
    check(
        &npy(&header("'|u1'", "(2, 3)"), b"12345"),
        &format!("{x} ends too early: got 5 bytes of data, want 6"),
    );
    check(
        &npy(&header("'|u1'", "(2, 3)"), b"1234567"),
        &format!("{x} is too long: got more than 6 bytes of data, want 6"),
    );
    check(
        &npy(&header("'<f8'", "(2, 999999999999)"), b"12345"),
        &format!("{x} ends too early: got 5 bytes of data, want 15999999999984"),
    );
    check(
        &npy(&header("'<f8'", "(2, 9223372036854775807)"), b""),
        &format!(
            "{x} has the wrong shape: got (2, 9223372036854775807), want an array that fits into memory"
        ),
    );
}

#[test]
fn about_idx_files() {
    let images = |rows: u8, data: &[u8]| {
        [&[0, 0, 8, 3, 0, 0, 0, rows, 0, 0, 0, 1, 0, 0, 0, 2], data].concat()
    };
    let labels = |rows: u8, data: &[u8]| [&[0, 0, 8, 1, 0, 0, 0, rows], data].concat();
    let good = labels(2, &[0, 1]);
    let x = "`DIR/train-images-idx3-ubyte`";
    let y = "`DIR/train-labels-idx1-ubyte`";
    check(
        &images(2, &[1, 2, 3]),
        &good,
        &format!("{x} ends too early: got 3 bytes of data, want 4"),
    );
    check(
        &images(2, &[1, 2, 3, 4, 5]),
        &good,
        &format!("{x} is too long: got more than 4 bytes of data, want 4"),
    );
    check(
        &images(0, &[]),
        &good,
        &format!("{x} is empty: got the shape (0, 1, 2), want at least one row and one feature"),
    );
    check(
        &good,
        &good,
        &format!("{x} has the wrong magic number: got 0x00000801, want 0x00000803"),
    );
    check(&good[..3], &good, &format!("{x} has a damaged header: got 3 bytes, want 16"));
    check(
        &images(2, &[1, 2, 3, 4])[..9],
        &good,
        &format!("{x} has a damaged header: got 9 bytes, want 16"),
    );
    check(
        &images(2, &[1, 2, 3, 4]),
        &labels(3, &[0, 1, 2]),
        &format!("{y} does not match its inputs: got 3 rows, want 2"),
    );
    check(
        &images(2, &[1, 2, 3, 4]),
        &labels(2, &[0]),
        &format!("{y} ends too early: got 1 bytes of data, want 2"),
    );

    fn check(images: &[u8], labels: &[u8], want: &str) {
        let dir = TempDir::new().unwrap();
        write(&dir, "train-images-idx3-ubyte", images);
        write(&dir, "train-labels-idx1-ubyte", labels);
        assert_eq!(message(&dir, load(&here(&dir), Split::Train).map(drop)), want);
    }
}

#[test]
fn about_compressed_idx_files() {
    let images = gzip(&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4]);
    let x = "`DIR/train-images-idx3-ubyte.gz`";
    let without = |n: usize| &images[..images.len() - n];
    let dir = TempDir::new().unwrap();
    write(&dir, "train-images-idx3-ubyte", &images);
    write(&dir, "train-labels-idx1-ubyte", &gzip(&[0, 0, 8, 1, 0, 0, 0, 2, 0, 1]));
    assert_eq!(bytes(&load(&here(&dir), Split::Train).unwrap()), [1, 2, 3, 4]);
    check(without(10), &format!("{x} ends too early: got 3 bytes of data, want 4"));
    check(without(8), &format!("cannot read {x}: unexpected end of file"));
    check(without(4), &format!("cannot read {x}: unexpected end of file"));
    check(b"no gzip at all", &format!("cannot read {x}: invalid gzip header"));

    fn check(images: &[u8], want: &str) {
        let dir = TempDir::new().unwrap();
        write(&dir, "train-images-idx3-ubyte.gz", images);
        assert_eq!(message(&dir, load(&here(&dir), Split::Train).map(drop)), want);
    }
}

fn check_arrays<T, U, D, E>(x: &Array<T, D>, y: &Array<U, E>, want: &str)
where
    T: WritableElement,
    U: WritableElement,
    D: Dimension,
    E: Dimension,
{
    let dir = TempDir::new().unwrap();
    Npz::new(&dir).with("x_train", x).with("y_train", y).check(want);
}
