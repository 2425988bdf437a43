//! Streaming reader of scalars from event files of `runner`, Keras or PyTorch.
//!
//! Reading stops at the first damaged record and keeps all scalars before. Memory use is bounded by
//! the longest record. Messages are decoded by hand, because crafted input makes the `protobuf` crate
//! recurse without bound.
//!
//! The definition of a scalar is TensorBoard's ([`data_compat.py`]): a `simple_value`, or a tensor of
//! a single number under a tag with the plugin `scalars` in the first metadata.
//!
//! [`data_compat.py`]: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/data_compat.py

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::path::Path;

use tensorboard_rs::masked_crc32c::masked_crc32c;

use super::error::EventError;
use super::value::{Event, Value};
use super::wire::Malformed;
use base::system;

/// Limit of the record length in bytes; the limit of protobuf is 2 GiB.
const LONGEST: u64 = 1 << 30;
/// Name of TensorBoard's scalar plugin.
const PLUGIN: &str = "scalars";

/// A logged scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar<'a> {
    /// Tag, such as `epoch_loss`.
    pub tag: &'a str,
    /// Step, such as the epoch from 0.
    pub step: i64,
    /// Time of logging in seconds since the Unix epoch.
    pub wall_time: f64,
    /// The logged number.
    pub value: f64,
}

/// Kinds of the tags of a run, known from the first value of each tag. Share a `Tags` between all
/// files of a run.
#[derive(Clone, Debug, Default)]
pub struct Tags(HashMap<String, bool>);

/// Position and reason of the first damaged record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// End of the last whole record in bytes.
    pub offset: u64,
    /// Description of the defect of the next record.
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "read up to byte {}: {}", self.offset, self.what)
    }
}

/// Calls `each` for every scalar of the event file at `path`, in file order. Returns the first damage
/// of the file, or `None` for an intact file.
///
/// # Errors
///
/// [`EventError::Io`] if the file cannot be opened or read.
///
/// # Examples
///
/// ```
/// use tfevents::{Clock, EventWriter, Tags, read_scalars, scalar};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let mut writer = EventWriter::create(dir.path(), 0, Clock::Fixed(1500.5))?;
/// writer.add(0, scalar("epoch_loss", 0.5));
/// writer.add(1, scalar("epoch_loss", 0.25));
/// writer.flush()?;
///
/// let mut losses = Vec::new();
/// let damage = read_scalars(writer.path(), &mut Tags::default(), &mut |scalar| {
///     losses.push((scalar.tag.to_owned(), scalar.step, scalar.value));
/// })?;
/// assert_eq!(damage, None);
/// assert_eq!(losses, [("epoch_loss".to_owned(), 0, 0.5), ("epoch_loss".to_owned(), 1, 0.25)]);
/// # Ok(())
/// # }
/// ```
pub fn read_scalars(
    path: &Path,
    tags: &mut Tags,
    each: &mut dyn FnMut(Scalar<'_>),
) -> Result<Option<Damage>, EventError> {
    let file = system::open(path).map_err(EventError::io("open", path))?;
    scalars_in(BufReader::with_capacity(1 << 16, file), tags, each)
        .map_err(EventError::io("read", path))
}

/// Like [`read_scalars`], for an arbitrary byte stream.
///
/// # Errors
///
/// An I/O error of `input`.
///
/// # Examples
///
/// ```
/// use tfevents::{Damage, Tags, scalars_in};
///
/// let truncated: &[u8] = &[0; 7];
/// let damage = scalars_in(truncated, &mut Tags::default(), &mut |_| {}).unwrap();
/// assert_eq!(damage, Some(Damage { offset: 0, what: "the last record is not whole" }));
/// ```
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
    // Allocation grows with the bytes read, not with an untrusted length.
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

/// Calls `each` for the scalars of a well-formed event.
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
    /// The number of a scalar; `None` for other kinds of values.
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
