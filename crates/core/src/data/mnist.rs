//! MNIST, built into the program for training offline; `data/README.md` has source and licence.

use crate::data::{DataError, DatasetInfo, Labels, Split, Table, packed};

const TRAIN: &[u8] = include_bytes!("../../data/mnist-train.bin");
const TEST: &[u8] = include_bytes!("../../data/mnist-test.bin");

/// The facts, without a read; a test compares them with the files.
pub(super) fn describe() -> DatasetInfo {
    DatasetInfo {
        rows: 60_000,
        bytes: 60_000 * 28 * 28,
        shape: vec![28, 28],
        classes: Some(10),
        target_width: 1,
        default_scale: 255.0,
        has_test: true,
        columns: None,
        class_rows: None,
        parts: None,
        labels: Some(Labels::counted(10)),
        binary: false,
    }
}

/// Reads a split.
pub(super) fn load(split: Split) -> Result<Table, DataError> {
    match split {
        Split::Train => packed::read(TRAIN),
        Split::Test => packed::read(TEST),
    }
}

/// [`Table::fingerprint`] of a split; a test compares both.
pub(super) fn fingerprint(split: Split) -> &'static str {
    match split {
        Split::Train => "2ca9a9f6ca4597e592856ab0ee3d785f83bc6b6d54d807455e6cbff0531ff291",
        Split::Test => "89f405338d66c8a4cda49351d1ae3fb30fd97f86298f0f6add17d76f98d8b4fe",
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The sums in `data/README.md`: the built-in rows are the packed rows.
    #[test]
    fn the_files_are_the_ones_that_were_packed() {
        let sum =
            |bytes| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(sum(TRAIN), "852971d9329f2c7293eeba2947350e6feab802a967a8fe017a4f1de1325e43a8");
        assert_eq!(sum(TEST), "4f8033b91a848a169f65dbae3f0db6132afe58df4367005f6de6ddbd6fbbc907");
    }
}
