//! IDX files of every element type, and the names of Fashion-MNIST and EMNIST.

use super::*;

/// An IDX file of elements with a code.
fn idx(code: u8, shape: &[u32], elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements.iter().flatten());
    bytes
}

fn floats(table: &Table) -> Vec<f32> {
    let values = match &table.inputs {
        Inputs::Sparse(rows) => rows.to_dense().values,
        Inputs::Dense(rows) => rows.values.clone(),
    };
    match values {
        Values::Floats(floats) => floats,
        Values::Bytes(bytes) => bytes.iter().map(|byte| f32::from(*byte)).collect(),
    }
}

#[test]
fn every_element_type_is_read() {
    let numbers = [1_i16, -2, 3, 100];
    let all =
        |bytes: &dyn Fn(i16) -> Vec<u8>| numbers.iter().map(|n| bytes(*n)).collect::<Vec<_>>();
    for (code, element, elements) in [
        (0x09, "byte", all(&|n| vec![n as u8])),
        (0x0b, "short", all(&|n| n.to_be_bytes().to_vec())),
        (0x0c, "int", all(&|n| i32::from(n).to_be_bytes().to_vec())),
        (0x0d, "float", all(&|n| f32::from(n).to_be_bytes().to_vec())),
        (0x0e, "double", all(&|n| f64::from(n).to_be_bytes().to_vec())),
        (0x0d, "ubyte", all(&|n| f32::from(n).to_be_bytes().to_vec())),
    ] {
        let dir = TempDir::new().unwrap();
        let classes = idx(0x0c, &[2], &[vec![0, 0, 0, 1], vec![0, 0, 0, 0]]);
        write(&dir, "train-labels-idx1-int", &classes);
        write(&dir, &format!("train-images-idx2-{element}"), &idx(code, &[2, 2], &elements));
        let table = load(&here(&dir), Split::Train).unwrap();
        assert_eq!(floats(&table), numbers.map(f32::from), "{element}");
        assert_eq!((labels(&table), &table.shape[..]), (&[1, 0][..], &[2][..]));
    }
    let dir = TempDir::new().unwrap();
    write(&dir, "train-labels-idx1-ubyte", &idx(8, &[1], &[vec![0]]));
    write(&dir, "train-images-idx3-ubyte", &idx(0x0a, &[1, 1, 1], &[vec![0]]));
    let said = load(&here(&dir), Split::Train).unwrap_err().to_string();
    assert!(said.contains("wrong magic number: got 0x00000a03"), "{said}");
}

#[test]
fn sets_of_emnist_are_told_apart() {
    let dir = TempDir::new().unwrap();
    let set = |name: &str, pixel: u8| {
        for (split, pixel) in [("train", pixel), ("test", pixel + 1)] {
            let images = idx(8, &[2, 1, 1], &[vec![pixel], vec![pixel]]);
            let labels = idx(8, &[2], &[vec![0], vec![1]]);
            write(&dir, &format!("{name}-{split}-images-idx3-ubyte.gz"), &gzip(&images));
            write(&dir, &format!("{name}-{split}-labels-idx1-ubyte.gz"), &gzip(&labels));
        }
    };
    set("emnist-letters", 5);
    assert_eq!(bytes(&load(&here(&dir), Split::Test).unwrap()), [6, 6]);
    set("emnist-digits", 50);
    let error = load(&here(&dir), Split::Train).unwrap_err();
    assert!(
        error.to_string().contains("several sets of IDX files: `emnist-digits`, `emnist-letters`")
    );
    let help = error.help().unwrap();
    assert!(help.contains("emnist-digits-test-images-idx3-ubyte.gz"), "{help}");
    let file = dir.path().join("emnist-digits-train-images-idx3-ubyte.gz");
    let source = Source::parse(file.to_str().unwrap(), Path::new(""));
    assert_eq!(bytes(&load(&source, Split::Train).unwrap()), [50, 50]);
    assert_eq!(bytes(&load(&source, Split::Test).unwrap()), [51, 51]);
}
