//! Reads the scalars of any event file, our own, Keras's or PyTorch's: whatever the bytes are, it ends
//! with what was whole before the first that is not. It keeps no file in memory.
//!
//! The messages are taken apart by hand, for the crate that writes them can be made to recurse
//! without end. A value is a scalar by TensorBoard's own rule (`data_compat.py`): a `simple_value`,
//! or a tensor of one number under a tag whose first metadata names the plugin `scalars`.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::path::Path;

use tensorboard_rs::masked_crc32c::masked_crc32c;

use super::error::EventError;
use super::value::{Event, Value};
use super::wire::Malformed;
use base::system;

/// The longest record that is read, in bytes; a protocol buffer ends at twice that.
const LONGEST: u64 = 1 << 30;
/// The plugin that shows scalars.
const PLUGIN: &str = "scalars";

/// A number under its tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar<'a> {
    /// What it is called.
    pub tag: &'a str,
    /// Its step, such as the epoch from 0.
    pub step: i64,
    /// When it was logged, in seconds since 1970.
    pub wall_time: f64,
    /// The number.
    pub value: f64,
}

/// What tags of a run are, which only their first values say; the files of a run share one.
#[derive(Clone, Debug, Default)]
pub struct Tags(HashMap<String, bool>);

/// Where a file is no longer one, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The end of the last whole record, in bytes.
    pub offset: u64,
    /// What is wrong with the next.
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "read up to byte {}: {}", self.offset, self.what)
    }
}

/// Hands every scalar of the event file at `path` to `each`, in the order of the file; says where it
/// ends before its end.
///
/// # Errors
///
/// A file that cannot be read.
pub fn read_scalars(
    path: &Path,
    tags: &mut Tags,
    each: &mut dyn FnMut(Scalar<'_>),
) -> Result<Option<Damage>, EventError> {
    let file = system::open(path).map_err(EventError::io("open", path))?;
    scalars_in(BufReader::with_capacity(1 << 16, file), tags, each)
        .map_err(EventError::io("read", path))
}

/// The same, of bytes from anywhere.
pub fn scalars_in(
    mut input: impl Read,
    tags: &mut Tags,
    each: &mut dyn FnMut(Scalar<'_>),
) -> io::Result<Option<Damage>> {
    let (mut offset, mut record) = (0, Vec::new());
    loop {
        let damage = |what| Ok(Some(Damage { offset, what }));
        match next_record(&mut input, &mut record)? {
            Next::End => return Ok(None),
            Next::Record => {}
            Next::Broken(what) => return damage(what),
        }
        if scalars_of(&record, tags, each).is_err() {
            return damage("a record is no event, though its checksum is right");
        }
        offset += record.len() as u64 + 16;
    }
}

enum Next {
    Record,
    End,
    Broken(&'static str),
}

/// Reads the data of the next record into `record`.
fn next_record(input: &mut impl Read, record: &mut Vec<u8>) -> io::Result<Next> {
    const TORN: Next = Next::Broken("the last record is not whole");
    record.clear();
    input.take(12).read_to_end(record)?;
    let Some((length, crc)) = record.split_first_chunk::<8>() else {
        return Ok(if record.is_empty() { Next::End } else { TORN });
    };
    if crc.len() < 4 {
        return Ok(TORN);
    }
    if masked_crc32c(length).to_le_bytes() != crc {
        return Ok(Next::Broken("the checksum of a record's length is wrong"));
    }
    let length = u64::from_le_bytes(*length);
    if LONGEST < length {
        return Ok(Next::Broken("a record is longer than a gigabyte"));
    }
    record.clear();
    // The memory grows with what is there, not with what the length says.
    input.take(length + 4).read_to_end(record)?;
    if (record.len() as u64) < length + 4 {
        return Ok(TORN);
    }
    let crc = record.split_off(length as usize);
    if masked_crc32c(record).to_le_bytes() != crc[..] {
        return Ok(Next::Broken("the checksum of a record is wrong"));
    }
    Ok(Next::Record)
}

/// Hands on the scalars of an event, if all of it is well-formed.
fn scalars_of(
    event: &[u8],
    tags: &mut Tags,
    each: &mut dyn FnMut(Scalar<'_>),
) -> Result<(), Malformed> {
    let event = Event::parse(event)?;
    let values = || event.summary.iter().flat_map(|summary| Value::all(summary));
    if values().any(|value| value.is_err()) {
        return Err(Malformed);
    }
    for value in values().flatten() {
        if let Some(number) = tags.scalar(&value) {
            let (step, wall_time) = (event.step, event.wall_time);
            each(Scalar { tag: value.tag, step, wall_time, value: number });
        }
    }
    Ok(())
}

impl Tags {
    /// The number that the value is, if it is a scalar.
    fn scalar(&mut self, value: &Value<'_>) -> Option<f64> {
        if let Some(number) = value.simple {
            return Some(number);
        }
        let known = self.0.get(value.tag).copied();
        let is_scalar = known.or_else(|| {
            let is_scalar = value.plugin? == PLUGIN;
            self.0.insert(value.tag.to_owned(), is_scalar);
            Some(is_scalar)
        })?;
        value.tensor.as_ref().filter(|_| is_scalar)?.number()
    }
}
