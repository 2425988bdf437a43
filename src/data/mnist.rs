//! MNIST, built into the program so that it trains offline; where the pictures come from and under
//! what licence is said in `data/README.md`. It never touches a file when the program runs.

use crate::data::{DataError, Description, Part, Table, packed};

const TRAIN: &[u8] = include_bytes!("../../data/mnist-train.bin");
const TEST: &[u8] = include_bytes!("../../data/mnist-test.bin");

/// Known without opening the files; a test holds it against them.
pub(super) fn describe() -> Description {
    Description {
        rows: 60_000,
        shape: vec![28, 28],
        classes: Some(10),
        target_width: 1,
        default_scale: 255.0,
    }
}

/// Unpacks one part and leaves the other alone.
pub(super) fn load(part: Part) -> Result<Table, DataError> {
    match part {
        Part::Train => packed::read(TRAIN),
        Part::Test => packed::read(TEST),
    }
}

/// What [`Table::fingerprint`] says of a part; a test holds it against the part.
pub(super) fn fingerprint(part: Part) -> &'static str {
    match part {
        Part::Train => "",
        Part::Test => "",
    }
}
