//! The schema of an Arrow file: the columns' types, and how many buffers each has in a batch.
//!
//! Numbers of fields and types are those of [Schema.fbs](https://github.com/apache/arrow/blob/main/format/Schema.fbs).

use super::column_info::ColumnInfo;
use super::flat_table::FlatTable;
use super::value_type::ValueType;

/// A column as a file stores it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IpcColumn {
    pub(super) info: ColumnInfo,
    /// The layout of the values, or of the words of a dictionary.
    pub(super) layout: Layout,
    /// The number of the dictionary that the values are indices of, and the layout of the indices.
    pub(super) dictionary: Option<(i64, Layout)>,
    /// Nodes and buffers of the columns within this one.
    pub(super) inner: Skipped,
}

/// Nodes and buffers that are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) nodes: usize,
    pub(super) buffers: usize,
    pub(super) views: usize,
}

/// The buffers of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// No buffer: all values are missing.
    Null,
    /// A bit of validity and a bit of value a row.
    Bits,
    /// Values of equally many bytes; integers with a sign or without, or floats.
    Fixed { size: usize, signed: bool, float: bool },
    /// Offsets of 32 or 64 bits into text.
    Text { wide: bool },
    /// Structures of 16 bytes that hold or point to a text.
    Views,
    /// As many buffers, of no use.
    Other(usize),
}

impl Layout {
    /// Buffers aside from those with the text of views.
    pub(super) fn buffers(self) -> usize {
        match self {
            Layout::Null => 0,
            Layout::Bits | Layout::Fixed { .. } | Layout::Views => 2,
            Layout::Text { .. } => 3,
            Layout::Other(buffers) => buffers,
        }
    }
}

/// The columns of a schema.
pub(super) fn columns(schema: FlatTable<'_>) -> Option<Vec<IpcColumn>> {
    schema.tables(1)?.into_iter().map(|field| column(field, 0)).collect()
}

/// Columns nested deeper than this are damaged.
const MAX_DEPTH: usize = 32;

fn column(field: FlatTable<'_>, depth: usize) -> Option<IpcColumn> {
    let mut inner = Skipped::default();
    let children = match field.tables(5) {
        Some(children) if depth < MAX_DEPTH => children,
        Some(children) if !children.is_empty() => return None,
        _ => Vec::new(),
    };
    for child in children {
        let child = column(child, depth + 1)?;
        let layout = child.dictionary.map_or(child.layout, |(_, indices)| indices);
        inner.nodes += 1 + child.inner.nodes;
        inner.buffers += layout.buffers() + child.inner.buffers;
        inner.views += usize::from(layout == Layout::Views) + child.inner.views;
    }
    let (layout, value_type, found) = types(field.u8(2), field.table(3));
    let dictionary = field.table(4).map(|of| {
        let index =
            of.table(1).map_or((Layout::Fixed { size: 4, signed: true, float: false }, None), int);
        (of.i64(0), index.0)
    });
    let value_type = value_type.filter(|_| inner.nodes == 0);
    let info = ColumnInfo { name: field.text(0).unwrap_or("").to_owned(), value_type, found };
    Some(IpcColumn { info, layout, dictionary, inner })
}

fn int(of: FlatTable<'_>) -> (Layout, Option<ValueType>) {
    let (bits, signed) = (of.i32(0, 0), of.u8(1) != 0);
    let known = matches!(bits, 8 | 16 | 32 | 64);
    let layout = Layout::Fixed { size: bits as usize / 8, signed, float: false };
    (if known { layout } else { Layout::Other(2) }, known.then_some(ValueType::Integer { signed }))
}

/// The layout of a type, its meaning, and its name.
fn types(kind: u8, of: Option<FlatTable<'_>>) -> (Layout, Option<ValueType>, String) {
    let (layout, value_type, name) = match kind {
        1 => (Layout::Null, Some(ValueType::Null), "null"),
        2 => {
            let (layout, value_type) = of.map_or((Layout::Other(2), None), int);
            (layout, value_type, "int")
        }
        3 => float(of),
        5 => (Layout::Text { wide: false }, Some(ValueType::Text), "utf8"),
        6 => (Layout::Bits, Some(ValueType::Bool), "bool"),
        7 => decimal(of),
        8 | 10 => date(kind, of),
        20 => (Layout::Text { wide: true }, Some(ValueType::Text), "utf8"),
        24 => (Layout::Views, Some(ValueType::Text), "utf8"),
        kind => {
            let (layout, name) = useless(kind);
            (layout, None, name)
        }
    };
    (layout, value_type, name.to_owned())
}

type NamedType = (Layout, Option<ValueType>, &'static str);

fn fixed(size: usize) -> Layout {
    Layout::Fixed { size, signed: true, float: false }
}

fn float(of: Option<FlatTable<'_>>) -> NamedType {
    let (size, value_type) = match of.map_or(0, |of| of.i16(0, 0)) {
        0 => (2, ValueType::Float16),
        1 => (4, ValueType::Float32),
        _ => (8, ValueType::Float64),
    };
    (Layout::Fixed { size, signed: true, float: true }, Some(value_type), "float")
}

fn decimal(of: Option<FlatTable<'_>>) -> NamedType {
    let (scale, bits) = of.map_or((0, 128), |of| (of.i32(1, 0), of.i32(2, 128)));
    match bits {
        32 | 64 | 128 => (fixed(bits as usize / 8), Some(ValueType::Decimal { scale }), "decimal"),
        _ => (Layout::Other(2), None, "decimal of 256 bits"),
    }
}

/// Dates in days or milliseconds, and timestamps in powers of 1000 of a second.
fn date(kind: u8, of: Option<FlatTable<'_>>) -> NamedType {
    let unit = of.map_or(i16::from(kind == 8), |of| of.i16(0, i16::from(kind == 8)));
    let (size, per_second) = match (kind, unit) {
        (8, 0) => (4, None),
        (8, _) => (8, Some(1000)),
        (_, unit) => (8, Some(1000_i64.pow(u32::try_from(unit).unwrap_or(0).min(3)))),
    };
    (fixed(size), Some(ValueType::Date { per_second }), "date")
}

/// Types that no input can be made of.
fn useless(kind: u8) -> (Layout, &'static str) {
    match kind {
        4 => (Layout::Text { wide: false }, "binary"),
        19 => (Layout::Text { wide: true }, "binary"),
        23 => (Layout::Views, "binary"),
        9 | 11 | 15 | 18 => (Layout::Other(2), "time"),
        12 | 17 | 21 => (Layout::Other(2), "list"),
        25 | 26 => (Layout::Other(3), "list"),
        13 | 16 => (Layout::Other(1), "structure"),
        22 => (Layout::Other(0), "run"),
        _ => (Layout::Other(2), "other"),
    }
}
