//! Tables of FlatBuffers, the encoding of Arrow's messages: fields are found by offsets, all of which are checked.
//!
//! The layout is that of the [internals](https://flatbuffers.dev/internals/): a table begins with the distance back to
//! its table of fields, which has an offset for each field, 0 for one that is left out.

/// A table within a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlatTable<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> FlatTable<'a> {
    /// The table that a message begins with.
    pub(super) fn root(bytes: &'a [u8]) -> Option<FlatTable<'a>> {
        let at = u32_at(bytes, 0)? as usize;
        u32_at(bytes, at)?;
        Some(FlatTable { bytes, at })
    }

    /// The place of a field's value.
    fn field(&self, index: usize) -> Option<usize> {
        let back = u32_at(self.bytes, self.at)? as i32;
        let fields = usize::try_from(i64::try_from(self.at).ok()? - i64::from(back)).ok()?;
        let size = usize::from(u16_at(self.bytes, fields)?);
        let place = 4 + 2 * index;
        if size < place + 2 {
            return None;
        }
        match u16_at(self.bytes, fields.checked_add(place)?)? {
            0 => None,
            offset => self.at.checked_add(usize::from(offset)),
        }
    }

    /// The place that a field points to.
    fn target(&self, index: usize) -> Option<usize> {
        let place = self.field(index)?;
        place.checked_add(u32_at(self.bytes, place)? as usize)
    }

    pub(super) fn u8(&self, index: usize) -> u8 {
        self.field(index).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    /// A number of 16 bits, or `default` where it is left out.
    pub(super) fn i16(&self, index: usize, default: i16) -> i16 {
        self.field(index).and_then(|at| u16_at(self.bytes, at)).map_or(default, |n| n as i16)
    }

    pub(super) fn i32(&self, index: usize, default: i32) -> i32 {
        self.field(index).and_then(|at| u32_at(self.bytes, at)).map_or(default, |n| n as i32)
    }

    pub(super) fn i64(&self, index: usize) -> i64 {
        self.field(index).and_then(|at| i64_at(self.bytes, at)).unwrap_or(0)
    }

    /// A table.
    pub(super) fn table(&self, index: usize) -> Option<FlatTable<'a>> {
        let at = self.target(index)?;
        u32_at(self.bytes, at)?;
        Some(FlatTable { bytes: self.bytes, at })
    }

    /// A text.
    pub(super) fn text(&self, index: usize) -> Option<&'a str> {
        let at = self.target(index)?;
        let length = u32_at(self.bytes, at)? as usize;
        let start = at.checked_add(4)?;
        std::str::from_utf8(self.bytes.get(start..start.checked_add(length)?)?).ok()
    }

    /// The tables of a list.
    pub(super) fn tables(&self, index: usize) -> Option<Vec<FlatTable<'a>>> {
        let (start, n) = self.list(index, 4)?;
        let table = |i: usize| {
            let place = start + 4 * i;
            let at = place.checked_add(u32_at(self.bytes, place)? as usize)?;
            u32_at(self.bytes, at)?;
            Some(FlatTable { bytes: self.bytes, at })
        };
        (0..n).map(table).collect()
    }

    /// The numbers of 64 bits of a list of structures of `each` of them.
    pub(super) fn numbers(&self, index: usize, each: usize) -> Option<Vec<i64>> {
        let Some((start, n)) = self.list(index, 8 * each) else { return Some(Vec::new()) };
        (0..n * each).map(|i| i64_at(self.bytes, start + 8 * i)).collect()
    }

    /// The place and the number of a list's elements of `size` bytes.
    fn list(&self, index: usize, size: usize) -> Option<(usize, usize)> {
        let at = self.target(index)?;
        let n = u32_at(self.bytes, at)? as usize;
        let start = at.checked_add(4)?;
        let end = start.checked_add(n.checked_mul(size)?)?;
        (end <= self.bytes.len()).then_some((start, n))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn i64_at(bytes: &[u8], at: usize) -> Option<i64> {
    bytes.get(at..)?.first_chunk().map(|bytes| i64::from_le_bytes(*bytes))
}
