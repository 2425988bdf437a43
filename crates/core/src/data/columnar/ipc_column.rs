//! The columns of a batch in an Arrow file: buffers of validity, values, offsets and text become cells.

use super::cells::{Cells, ColumnKind, WordCells};
use super::codec::{Codec, unpack};
use super::flat_table::FlatTable;
use super::ipc_schema::{IpcColumn, Layout};
use super::value_type::{Scalar, ValueType};
use crate::data::array::half;

/// A batch of rows.
pub(super) struct Batch<'a> {
    body: &'a [u8],
    codec: Codec,
    rows: usize,
    /// Rows and missing values of each node.
    nodes: Vec<i64>,
    /// Offset and length of each buffer.
    buffers: Vec<i64>,
    /// Buffers of text of each column of views.
    views: Vec<i64>,
}

/// The first buffer of a column, its rows, and its buffers of text.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnPlace {
    buffer: usize,
    rows: usize,
    texts: usize,
}

/// The values of a column.
type Values = Vec<Option<Scalar>>;

impl<'a> Batch<'a> {
    pub(super) fn new(batch: FlatTable<'_>, body: &'a [u8]) -> Result<Batch<'a>, &'static str> {
        let codec = match batch.table(3).map(|compression| compression.u8(0)) {
            None => Codec::Plain,
            Some(0) => Codec::Lz4Frame,
            Some(_) => Codec::Zstd,
        };
        let rows = usize::try_from(batch.i64(0)).ok();
        let lists = batch.numbers(1, 2).zip(batch.numbers(2, 2)).zip(batch.numbers(4, 1));
        let (rows, ((nodes, buffers), views)) =
            rows.zip(lists).ok_or("a batch has a damaged description")?;
        Ok(Batch { body, codec, rows, nodes, buffers, views })
    }

    /// The place of the column with a node, a first buffer, and a place among columns of views.
    pub(super) fn place(
        &self,
        node: usize,
        buffer: usize,
        view: usize,
    ) -> Result<ColumnPlace, String> {
        let rows = self.nodes.get(2 * node).and_then(|rows| usize::try_from(*rows).ok());
        let texts = self.views.get(view).and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
        let rows = rows.ok_or("a batch has too few nodes")?;
        Ok(ColumnPlace { buffer, rows, texts })
    }

    /// The places of all columns, which have equally many rows.
    pub(super) fn places(&self, columns: &[IpcColumn]) -> Result<Vec<ColumnPlace>, &'static str> {
        let (mut node, mut buffer, mut view) = (0, 0, 0_usize);
        let mut places = Vec::new();
        for column in columns {
            let layout = column.dictionary.map_or(column.layout, |(_, indices)| indices);
            let place = self.place(node, buffer, view).map_err(|_| "a batch has too few nodes")?;
            if place.rows != self.rows {
                return Err("the columns of a batch have different numbers of rows");
            }
            places.push(place);
            let own = usize::from(layout == Layout::Views);
            let seen = self.views.iter().skip(view).take(own + column.inner.views);
            let texts: usize = seen.map(|n| usize::try_from(*n).unwrap_or(0)).sum();
            view += own + column.inner.views;
            node += 1 + column.inner.nodes;
            buffer += layout.buffers() + column.inner.buffers + texts;
        }
        Ok(places)
    }

    /// The bytes of a buffer, unpacked.
    fn buffer(&self, index: usize) -> Result<std::borrow::Cow<'a, [u8]>, String> {
        let part =
            |i: usize| self.buffers.get(2 * index + i).and_then(|n| usize::try_from(*n).ok());
        let (start, length) = part(0).zip(part(1)).ok_or("it lacks a buffer")?;
        let end = start.checked_add(length).filter(|end| *end <= self.body.len());
        let bytes = &self.body[start..end.ok_or("a buffer is outside of its batch")?.max(start)];
        if self.codec == Codec::Plain || bytes.is_empty() {
            return Ok(bytes.into());
        }
        let (size, packed) = bytes.split_first_chunk().ok_or("a buffer has no size")?;
        match i64::from_le_bytes(*size) {
            -1 => Ok(packed.into()),
            size => {
                let size = usize::try_from(size).map_err(|_| "a buffer has a size below 0")?;
                unpack(self.codec, packed, size).map(Into::into)
            }
        }
    }

    /// Whether each row has a value.
    fn validity(&self, place: ColumnPlace) -> Result<Option<Vec<u8>>, String> {
        let bits = self.buffer(place.buffer)?;
        match (bits.len(), place.rows.div_ceil(8)) {
            (0, _) => Ok(None),
            (got, want) if got < want => Err("its bits of validity are too few".to_owned()),
            _ => Ok(Some(bits.into_owned())),
        }
    }

    /// The words of a dictionary, or of a column of text.
    pub(super) fn words(
        &self,
        column: &IpcColumn,
        place: ColumnPlace,
    ) -> Result<Vec<Option<String>>, String> {
        let Cells::Words(words) = decode(self, column, place, ColumnKind::Word)? else {
            return Err("its dictionary has no words".to_owned());
        };
        let word = |id: &u32| words.words.get(*id as usize).cloned();
        Ok(words.ids.iter().map(word).collect())
    }
}

/// The values of a column without a dictionary.
pub(super) fn decode(
    batch: &Batch<'_>,
    column: &IpcColumn,
    place: ColumnPlace,
    kind: ColumnKind,
) -> Result<Cells, String> {
    let of = column.info.value_type.ok_or("its type is of no use")?;
    match column.layout {
        Layout::Text { wide } => text(batch, place, wide).map(Cells::Words),
        Layout::Views => views(batch, place).map(Cells::Words),
        Layout::Fixed { size: 4, float: true, .. } if kind == ColumnKind::Number => {
            floats(batch, place)
        }
        layout => Ok(of.cells(kind, scalars(batch, (layout, of), place)?.into_iter())),
    }
}

/// The words that indices pick from a dictionary.
pub(super) fn pick(
    batch: &Batch<'_>,
    (indices, place): (Layout, ColumnPlace),
    words: &[Option<String>],
) -> Result<Cells, String> {
    let of = ValueType::Integer { signed: true };
    let mut cells = WordCells::default();
    for index in scalars(batch, (indices, of), place)? {
        let Some(Scalar::Integer(index)) = index else {
            cells.push_missing();
            continue;
        };
        let word = usize::try_from(index).ok().and_then(|index| words.get(index));
        match word.ok_or("it has an index outside of its dictionary")? {
            Some(word) => cells.push(word),
            None => cells.push_missing(),
        }
    }
    Ok(Cells::Words(cells))
}

fn floats(batch: &Batch<'_>, place: ColumnPlace) -> Result<Cells, String> {
    let (validity, bytes) = (batch.validity(place)?, batch.buffer(place.buffer + 1)?);
    let values = bytes.as_chunks::<4>().0.get(..place.rows).ok_or("its values are too few")?;
    let mut numbers: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if let Some(bits) = validity {
        let missing = |row: &usize| !bit(&bits, *row);
        (0..place.rows).filter(missing).for_each(|row| numbers[row] = f32::NAN);
    }
    Ok(Cells::Numbers(numbers))
}

fn scalars(
    batch: &Batch<'_>,
    (layout, of): (Layout, ValueType),
    place: ColumnPlace,
) -> Result<Values, String> {
    let rows = place.rows;
    if layout == Layout::Null {
        // Rows without a buffer take no byte of the file, so their number is not to be trusted.
        return if rows <= batch.body.len().max(1 << 20) {
            Ok(vec![None; rows])
        } else {
            Err("it has too many missing values".to_owned())
        };
    }
    let (validity, bytes) = (batch.validity(place)?, batch.buffer(place.buffer + 1)?);
    let there = |row: usize| validity.as_ref().is_none_or(|bits| bit(bits, row));
    let few = || "its values are too few".to_owned();
    match layout {
        Layout::Bits if rows.div_ceil(8) <= bytes.len() => {
            let value = |row| there(row).then(|| Scalar::Integer(i128::from(bit(&bytes, row))));
            Ok((0..rows).map(value).collect())
        }
        Layout::Fixed { size, signed, float } if size != 0 => {
            let values = bytes.chunks_exact(size).take(rows);
            if values.len() < rows {
                return Err(few());
            }
            let scalar = |bytes: &[u8]| {
                if float {
                    Scalar::Float(float_of(bytes))
                } else {
                    Scalar::Integer(integer(bytes, signed))
                }
            };
            let value = |(row, bytes)| there(row).then(|| scalar(bytes));
            Ok(values.enumerate().map(value).collect())
        }
        _ => Err(format!("its values cannot be read as {of:?}")),
    }
}

fn text(batch: &Batch<'_>, place: ColumnPlace, wide: bool) -> Result<WordCells, String> {
    let validity = batch.validity(place)?;
    let (offsets, text) = (batch.buffer(place.buffer + 1)?, batch.buffer(place.buffer + 2)?);
    let size = if wide { 8 } else { 4 };
    let offset = |at: usize| {
        let bytes = offsets.get(at * size..(at + 1) * size)?;
        usize::try_from(integer(bytes, true)).ok()
    };
    let mut words = WordCells::default();
    for row in 0..place.rows {
        if validity.as_ref().is_some_and(|bits| !bit(bits, row)) {
            words.push_missing();
            continue;
        }
        let range = offset(row).zip(offset(row + 1));
        let bytes = range.and_then(|(start, end)| text.get(start..end));
        words.push(utf8(bytes.ok_or("a text is outside of its buffer")?)?);
    }
    Ok(words)
}

/// Texts of at most 12 bytes stand in their view, others in a buffer that it names.
fn views(batch: &Batch<'_>, place: ColumnPlace) -> Result<WordCells, String> {
    let (validity, views) = (batch.validity(place)?, batch.buffer(place.buffer + 1)?);
    let texts: Vec<_> = (0..place.texts.min(batch.buffers.len()))
        .map(|i| batch.buffer(place.buffer + 2 + i))
        .collect::<Result<_, _>>()?;
    let views = views.as_chunks::<16>().0.get(..place.rows).ok_or("its values are too few")?;
    let number = |view: &[u8; 16], at: usize| integer(&view[at..at + 4], false) as usize;
    let mut words = WordCells::default();
    for (row, view) in views.iter().enumerate() {
        if validity.as_ref().is_some_and(|bits| !bit(bits, row)) {
            words.push_missing();
            continue;
        }
        let length = number(view, 0);
        let bytes = match length {
            ..=12 => Some(&view[4..4 + length]),
            _ => {
                let start = number(view, 12);
                texts.get(number(view, 8)).and_then(|text| text.get(start..start + length))
            }
        };
        words.push(utf8(bytes.ok_or("a text is outside of its buffer")?)?);
    }
    Ok(words)
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it has bytes that are no UTF-8 text".to_owned())
}

fn bit(bits: &[u8], at: usize) -> bool {
    bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
}

/// A little-endian integer of at most 16 bytes.
fn integer(bytes: &[u8], signed: bool) -> i128 {
    let negative = signed && bytes.last().is_some_and(|byte| 0x80 <= *byte);
    let start = if negative { -1 } else { 0 };
    bytes.iter().rev().fold(start, |n, byte| n << 8 | i128::from(*byte))
}

fn float_of(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b] => f64::from(half(u16::from_le_bytes([a, b]))),
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    }
}
