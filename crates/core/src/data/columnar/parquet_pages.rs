//! The pages of a column in a Parquet file: headers, checksums and compression. The crate `parquet` decodes
//! what is in them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};

use super::codec::{Codec, unpack};
use super::thrift::{Fault, Value, structure};

/// Bytes that are read for a header at first.
const HEADER: u64 = 1 << 10;

/// A header longer than this is damaged.
const MAX_HEADER: u64 = 16 << 20;

/// The pages of a column chunk, read as they are wanted.
pub(super) struct Pages {
    file: Arc<Mutex<File>>,
    codec: Codec,
    at: u64,
    end: u64,
    /// Values that the data pages may still have.
    values: u64,
    buffer: Vec<u8>,
    has_dictionary: bool,
}

impl Pages {
    /// The pages of `values` values in the bytes from `at` to `end`.
    pub(super) fn new(
        file: Arc<Mutex<File>>,
        codec: Codec,
        (at, end): (u64, u64),
        values: u64,
    ) -> Pages {
        Pages { file, codec, at, end, values, buffer: Vec::new(), has_dictionary: false }
    }

    /// Fills the buffer with the next bytes.
    fn fill(&mut self, n: u64) -> Result<()> {
        if self.end - self.at < n {
            return Err(damaged("it ends within a page"));
        }
        self.buffer.clear();
        self.buffer.reserve_exact(n as usize);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        // Unlike `read_exact`, this fills no memory with zeros before.
        if (&mut *file).take(n).read_to_end(&mut self.buffer)? as u64 != n {
            return Err(damaged("the file ends within it"));
        }
        Ok(())
    }

    fn header(&mut self) -> Result<Value> {
        let left = self.end - self.at;
        let mut wanted = HEADER;
        loop {
            self.fill(wanted.min(left))?;
            match structure(&self.buffer) {
                Ok((header, n)) => {
                    self.at += n as u64;
                    return Ok(header);
                }
                Err(Fault::Short) if wanted < left.min(MAX_HEADER) => wanted *= 16,
                Err(_) => return Err(damaged("a page has no header")),
            }
        }
    }

    fn page(&mut self) -> Result<Option<Page>> {
        let header = self.header()?;
        let size = |field| {
            let size = header.integer(field).and_then(|size| u64::try_from(size).ok());
            size.ok_or_else(|| damaged("a page has no size"))
        };
        let (unpacked, packed) = (size(2)? as usize, size(3)?);
        self.fill(packed)?;
        self.at += packed;
        if let Some(crc) = header.integer(4)
            && crc as u32 != crc32fast::hash(&self.buffer)
        {
            return Err(damaged("a page has another checksum"));
        }
        match header.integer(1) {
            Some(0) => self.data_page(inner(&header, 5)?, unpacked).map(Some),
            Some(2) => self.dictionary(inner(&header, 7)?, unpacked).map(Some),
            Some(3) => self.data_page_v2(inner(&header, 8)?, unpacked).map(Some),
            // An index page, which no writer makes.
            Some(1) => Ok(None),
            _ => Err(damaged("a page is of no known type")),
        }
    }

    fn data_page(&mut self, header: &Value, size: usize) -> Result<Page> {
        Ok(Page::DataPage {
            num_values: self.values_of(header, 1)?,
            encoding: self.encoding_of(header.integer(2))?,
            def_level_encoding: encoding(header.integer(3))?,
            rep_level_encoding: encoding(header.integer(4))?,
            buf: self.unpack(0, size)?.into(),
            statistics: None,
        })
    }

    fn dictionary(&mut self, header: &Value, size: usize) -> Result<Page> {
        self.has_dictionary = true;
        let buf = self.unpack(0, size)?;
        let num_values = count(header, 1)?;
        // A value takes a byte, or the eighth of one if it is a truth.
        if (buf.len() as u64).saturating_mul(8) < u64::from(num_values) {
            return Err(damaged("a dictionary has more values than bytes"));
        }
        Ok(Page::DictionaryPage {
            num_values,
            encoding: encoding(header.integer(2))?,
            is_sorted: header.truth(3).unwrap_or(false),
            buf: buf.into(),
        })
    }

    fn data_page_v2(&mut self, header: &Value, size: usize) -> Result<Page> {
        let (levels, repetition) = (count(header, 5)?, count(header, 6)?);
        let start = (levels as usize).saturating_add(repetition as usize);
        if self.buffer.len() < start || size < start {
            return Err(damaged("a page is shorter than its levels"));
        }
        let buf = match header.truth(7) {
            Some(false) => std::mem::take(&mut self.buffer),
            _ => {
                let mut whole = self.buffer[..start].to_vec();
                whole.extend(self.unpack(start, size - start)?);
                whole
            }
        };
        Ok(Page::DataPageV2 {
            num_values: self.values_of(header, 1)?,
            num_nulls: count(header, 2)?,
            num_rows: count(header, 3)?,
            encoding: self.encoding_of(header.integer(4))?,
            def_levels_byte_len: levels,
            rep_levels_byte_len: repetition,
            is_compressed: false,
            buf: buf.into(),
            statistics: None,
        })
    }

    /// The encoding of a data page; indices of a dictionary need one.
    fn encoding_of(&self, number: Option<i64>) -> Result<Encoding> {
        let encoding = encoding(number)?;
        let indices = [Encoding::PLAIN_DICTIONARY, Encoding::RLE_DICTIONARY].contains(&encoding);
        if indices && !self.has_dictionary {
            Err(damaged("a page has indices of a dictionary, and there is none"))
        } else {
            Ok(encoding)
        }
    }

    /// The number of values of a data page, of those that are left.
    fn values_of(&mut self, header: &Value, field: i64) -> Result<u32> {
        let n = count(header, field)?;
        let left = self.values.checked_sub(u64::from(n));
        self.values = left.ok_or_else(|| damaged("its pages have too many values"))?;
        Ok(n)
    }

    /// The page's bytes from `start`, unpacked.
    fn unpack(&mut self, start: usize, size: usize) -> Result<Vec<u8>> {
        match (self.codec, start) {
            (Codec::Plain, 0) => Ok(std::mem::take(&mut self.buffer)),
            // Bytes that are none have no frame.
            _ if size == 0 => Ok(Vec::new()),
            (codec, start) => unpack(codec, &self.buffer[start..], size).map_err(damaged),
        }
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        while self.values != 0 && self.at < self.end {
            if let Some(page) = self.page()? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Err(ParquetError::NYI("pages are read in their order".to_owned()))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.get_next_page().map(|_| ())
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

fn damaged(what: impl Into<String>) -> ParquetError {
    ParquetError::General(what.into())
}

fn inner(header: &Value, field: i64) -> Result<&Value> {
    header.field(field).ok_or_else(|| damaged("a page lacks a part of its header"))
}

fn count(header: &Value, field: i64) -> Result<u32> {
    let n = header.integer(field).and_then(|n| u32::try_from(n).ok());
    n.filter(|n| *n <= i32::MAX as u32).ok_or_else(|| damaged("a page has a count out of range"))
}

fn encoding(number: Option<i64>) -> Result<Encoding> {
    Ok(match number {
        Some(0) => Encoding::PLAIN,
        Some(2) => Encoding::PLAIN_DICTIONARY,
        Some(3) => Encoding::RLE,
        Some(5) => Encoding::DELTA_BINARY_PACKED,
        Some(6) => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        Some(7) => Encoding::DELTA_BYTE_ARRAY,
        Some(8) => Encoding::RLE_DICTIONARY,
        Some(9) => Encoding::BYTE_STREAM_SPLIT,
        other => return Err(damaged(format!("a page has the encoding {other:?}"))),
    })
}
