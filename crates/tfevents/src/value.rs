//! Decoder of the message fields of a scalar; all other fields are skipped.
//!
//! Field numbers, from [`event.proto`], [`summary.proto`] and [`tensor.proto`]:
//!
//! ```text
//! Event            wall_time 1, step 2, summary 5
//! Summary          value 1
//! Summary.Value    tag 1, simple_value 2, image 4, histo 5, audio 6, tensor 8, metadata 9
//! SummaryMetadata  plugin_data 1 { plugin_name 1 }
//! TensorProto      dtype 1, tensor_shape 2 { dim 2 { size 1 } }, tensor_content 4, float_val 5,
//!                  double_val 6, int_val 7, int64_val 10, bool_val 11
//! ```
//!
//! [`event.proto`]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
//! [`summary.proto`]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/summary.proto
//! [`tensor.proto`]: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/tensor.proto

use super::wire::{Field, Fields, Malformed, varint};

/// An event with its encoded summaries.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Event<'a> {
    /// Seconds since the Unix epoch.
    pub(super) wall_time: f64,
    pub(super) step: i64,
    /// Fragments of the summary; protobuf merges repeated occurrences of a message field.
    pub(super) summary: Vec<&'a [u8]>,
}

/// A tagged value of a summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Value<'a> {
    pub(super) tag: &'a str,
    /// The legacy `simple_value` of TensorFlow 1.
    pub(super) simple: Option<f64>,
    pub(super) tensor: Option<Tensor<'a>>,
    /// Name of the plugin; optional after the first value of a tag.
    pub(super) plugin: Option<&'a str>,
}

/// The fields of a `TensorProto` needed to decode a single number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tensor<'a> {
    dtype: u64,
    /// Whether a dimension differs from 1.
    has_more: bool,
    content: &'a [u8],
    /// The last element of the typed value fields.
    number: Option<f64>,
    /// Number of elements of the typed value fields.
    count: usize,
}

impl<'a> Event<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Event<'a>, Malformed> {
        let mut event = Event::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Fixed64(bytes)) => event.wall_time = f64::from_le_bytes(bytes),
                (2, Field::Varint(step)) => event.step = step.cast_signed(),
                (5, Field::Bytes(summary)) => event.summary.push(summary),
                _ => {}
            }
        }
        Ok(event)
    }
}

impl<'a> Value<'a> {
    /// Iterates over the values of a summary.
    pub(super) fn all(summary: &'a [u8]) -> impl Iterator<Item = Result<Value<'a>, Malformed>> {
        Fields::of(summary).filter_map(|field| match field {
            Ok((1, Field::Bytes(value))) => Some(Value::parse(value)),
            Ok(_) => None,
            Err(malformed) => Some(Err(malformed)),
        })
    }

    fn parse(bytes: &'a [u8]) -> Result<Value<'a>, Malformed> {
        let mut value = Value::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Bytes(tag)) => value.tag = text(tag)?,
                // Fields of a `oneof`: the last occurrence wins.
                (2, Field::Fixed32(bytes)) => {
                    value.simple = Some(f64::from(f32::from_le_bytes(bytes)));
                    value.tensor = None;
                }
                (8, Field::Bytes(tensor)) => {
                    value.simple = None;
                    value.tensor.get_or_insert_default().merge(tensor)?;
                }
                (4..=6, Field::Bytes(_)) => (value.simple, value.tensor) = (None, None),
                (9, Field::Bytes(metadata)) => {
                    value.plugin = plugin_name(metadata)?.or(value.plugin);
                }
                _ => {}
            }
        }
        Ok(value)
    }
}

fn plugin_name(metadata: &[u8]) -> Result<Option<&str>, Malformed> {
    // Metadata without a plugin name marks a value of another kind.
    let mut name = Some("");
    for field in Fields::of(metadata) {
        let (1, Field::Bytes(plugin_data)) = field? else { continue };
        for field in Fields::of(plugin_data) {
            if let (1, Field::Bytes(bytes)) = field? {
                name = Some(text(bytes)?);
            }
        }
    }
    Ok(name)
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

impl<'a> Tensor<'a> {
    /// The number of a tensor with exactly one element.
    pub(super) fn number(&self) -> Option<f64> {
        let stored = match (self.content, self.dtype) {
            ([], _) => self.number.filter(|_| self.count == 1),
            (content, 1) => content.try_into().ok().map(|b| f64::from(f32::from_le_bytes(b))),
            (content, 2) => content.try_into().ok().map(f64::from_le_bytes),
            (content, 3) => content.try_into().ok().map(|b| f64::from(i32::from_le_bytes(b))),
            (content, 9) => content.try_into().ok().map(|b| i64::from_le_bytes(b) as f64),
            _ => None,
        };
        stored.filter(|_| !self.has_more)
    }

    fn merge(&mut self, bytes: &'a [u8]) -> Result<(), Malformed> {
        for field in Fields::of(bytes) {
            match field? {
                (1, Field::Varint(dtype)) => self.dtype = dtype,
                (2, Field::Bytes(shape)) => self.has_more |= !is_of_one(shape)?,
                (4, Field::Bytes(content)) => self.content = content,
                (field @ (5 | 6 | 7 | 10 | 11), numbers) => self.numbers(field, numbers)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Decodes a repeated field, packed or not.
    fn numbers(&mut self, field: u64, numbers: Field<'a>) -> Result<(), Malformed> {
        match (field, numbers) {
            (5, Field::Fixed32(bytes)) => self.add(f64::from(f32::from_le_bytes(bytes))),
            (6, Field::Fixed64(bytes)) => self.add(f64::from_le_bytes(bytes)),
            (7 | 10 | 11, Field::Varint(whole)) => self.add(whole.cast_signed() as f64),
            (5, Field::Bytes(bytes)) => {
                let (chunks, []) = bytes.as_chunks() else { return Err(Malformed) };
                chunks.iter().for_each(|b| self.add(f64::from(f32::from_le_bytes(*b))));
            }
            (6, Field::Bytes(bytes)) => {
                let (chunks, []) = bytes.as_chunks() else { return Err(Malformed) };
                chunks.iter().for_each(|b| self.add(f64::from_le_bytes(*b)));
            }
            (7 | 10 | 11, Field::Bytes(mut bytes)) => {
                while !bytes.is_empty() {
                    let whole = varint(&mut bytes)?;
                    self.add(whole.cast_signed() as f64);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, number: f64) {
        self.number = Some(number);
        self.count += 1;
    }
}

/// Whether all dimensions of a shape are 1.
fn is_of_one(shape: &[u8]) -> Result<bool, Malformed> {
    for field in Fields::of(shape) {
        let (2, Field::Bytes(dim)) = field? else { continue };
        let mut size = 0;
        for field in Fields::of(dim) {
            if let (1, Field::Varint(number)) = field? {
                size = number;
            }
        }
        if size != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}
