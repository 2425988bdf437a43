//! The fingerprint of a table: a SHA-256 of its content, independent of the file; it
//! never looks at a path or a clock.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::data::{Inputs, Table, Targets, Values};

/// The first hashed line. After it: numbers little-endian, sizes as `u64`, the rest as stored, each kind of content
/// after its name and a line feed. A new format needs a new line.
const VERSION: &[u8] = b"runner table 1\n";

impl Table {
    /// The SHA-256 of the table's shape, inputs, targets and weights in hexadecimal digits.
    ///
    /// Whether the inputs are sparse follows from their values, so the same values have the same
    /// fingerprint, be they read from an archive, a folder or the program itself.
    pub fn fingerprint(&self) -> String {
        let mut hash = Hash(Sha256::new_with_prefix(VERSION));
        hash.sizes(&[self.rows(), self.shape.len()]);
        hash.sizes(&self.shape);
        hash.inputs(&self.inputs);
        hash.targets(&self.targets);
        if let Some(weights) = &self.weights {
            hash.0.update(b"weights\n");
            hash.words(weights, |weight| weight.to_le_bytes());
        }
        if let Some(names) = &self.class_names {
            hash.0.update(b"names\n");
            hash.texts(names);
        }
        hash.hex()
    }
}

/// The hash of rows in shards, piece by piece, in the values of their columns.
pub(super) struct RowsHash(Hash);

impl RowsHash {
    pub(super) fn new() -> RowsHash {
        RowsHash(Hash(Sha256::new_with_prefix(b"runner shards 1\n")))
    }

    /// Begins a shard.
    pub(super) fn begin(&mut self, rows: usize) {
        self.0.sizes(&[rows]);
    }

    pub(super) fn numbers(&mut self, numbers: &[f32]) {
        self.0.words(numbers, |number| number.to_le_bytes());
    }

    /// The places of words among the words of their column.
    pub(super) fn places(&mut self, places: &[u32]) {
        self.0.words(places, |place| place.to_le_bytes());
    }

    pub(super) fn texts(&mut self, texts: &[String]) {
        self.0.texts(texts);
    }

    /// Seconds since 1970.
    pub(super) fn dates(&mut self, dates: &[Option<i64>]) {
        self.0.words(dates, |date| date.unwrap_or(i64::MIN).to_le_bytes());
    }

    /// The SHA-256 in hexadecimal digits.
    pub(super) fn finish(self) -> String {
        self.0.hex()
    }
}

struct Hash(Sha256);

impl Hash {
    fn hex(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}"); // writing to a string cannot fail
            hex
        })
    }

    fn inputs(&mut self, inputs: &Inputs) {
        match inputs {
            Inputs::Sparse(rows) => {
                self.0.update(b"sparse\n");
                self.words(rows.offsets(), |offset| (offset as u32).to_le_bytes());
                let indices = (0..rows.mask.rows()).flat_map(|r| rows.mask.row_indices(r));
                self.words(indices, |index| (index as u16).to_le_bytes());
                self.values(&rows.values);
            }
            Inputs::Dense(rows) => {
                self.0.update(b"dense\n");
                self.values(&rows.values);
            }
        }
    }

    fn targets(&mut self, targets: &Targets) {
        match targets {
            Targets::Classes { labels, classes } => {
                self.0.update(b"classes\n");
                self.sizes(&[*classes]);
                self.words(labels, |label| label.to_le_bytes());
            }
            Targets::Values { values, width } => {
                self.0.update(b"values\n");
                self.sizes(&[*width]);
                self.words(values, |value| value.to_le_bytes());
            }
        }
    }

    fn values(&mut self, values: &Values) {
        match values {
            Values::Bytes(bytes) => {
                self.0.update(b"bytes\n");
                self.0.update(bytes);
            }
            Values::Floats(floats) => {
                self.0.update(b"floats\n");
                self.words(floats, |value| value.to_le_bytes());
            }
        }
    }

    /// Each text after its length.
    fn texts(&mut self, texts: &[String]) {
        for text in texts {
            self.sizes(&[text.len()]);
            self.0.update(text);
        }
    }

    fn sizes(&mut self, sizes: &[usize]) {
        self.words(sizes, |size| (*size as u64).to_le_bytes());
    }

    /// Feeds the hash a buffer at a time: byte by byte would take several times as long.
    fn words<T, const N: usize>(
        &mut self,
        words: impl IntoIterator<Item = T>,
        bytes: impl Fn(T) -> [u8; N],
    ) {
        let mut words = words.into_iter().map(bytes);
        let mut buffer = Vec::with_capacity(4096 * N);
        while let Some(word) = words.next() {
            buffer.clear();
            buffer.extend(word);
            words.by_ref().take(4095).for_each(|word| buffer.extend(word));
            self.0.update(&buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let inputs = Inputs::new(2, Values::Floats(vec![0.5, 1.0, 1.5, 2.0]));
        let targets = Targets::Classes { labels: vec![0, 1], classes: 2 };
        Table::new(inputs, targets, vec![2])
    }

    /// Computed with Python's hashlib over the same bytes, packed with struct.
    #[test]
    fn is_the_sum_of_the_documented_bytes() {
        assert_eq!(
            table().fingerprint(),
            "71b24b8e58468bd36f3ccf9cb4f03b8ba921d3882abfbdc083b2d62975467b02"
        );
    }

    #[test]
    fn differs_when_anything_does() {
        let mut tables = vec![table(); 8];
        tables[1].shape = vec![2, 1];
        tables[2].inputs = Inputs::new(2, Values::Floats(vec![0.5, 1.0, 1.5, 2.5]));
        tables[3].inputs = Inputs::new(2, Values::Bytes(vec![1, 1, 1, 2].into()));
        tables[4].targets = Targets::Classes { labels: vec![0, 1], classes: 3 };
        tables[5].targets = Targets::Values { values: vec![0.0, 1.0], width: 1 };
        tables[6].weights = Some(vec![1.0, 2.0]);
        tables[7].class_names = Some(["a", "b"].map(str::to_owned).to_vec());
        let mut sums: Vec<_> = tables.iter().map(Table::fingerprint).collect();
        sums.sort();
        sums.dedup();
        assert_eq!(sums.len(), 8);
    }
}
