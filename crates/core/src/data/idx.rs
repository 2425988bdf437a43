//! Folders of IDX files, the format of MNIST: four files with the usual names, plain or compressed by gzip.
//!
//! A file is a big-endian magic number (two zero bytes, the element type, the rank), one big-endian
//! `u32` per dimension, and the elements. Only unsigned bytes (type 8) are read, which is what the
//! names with `ubyte` promise.

use std::io::{BufRead, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::data::array::{Element, ElementType, Header, MemoryOrder, read_full};
use crate::data::error::ErrorLocation;
use crate::data::files::{ArrayFiles, Role};
use crate::data::packing::{foreign, unpacked_and_size};
use crate::data::{DataError, Split};

/// A folder of IDX files.
pub(super) struct Idx {
    folder: PathBuf,
}

impl Idx {
    pub(super) fn new(folder: &Path) -> Self {
        Idx { folder: folder.to_owned() }
    }
}

impl ArrayFiles for Idx {
    fn open(
        &mut self,
        split: Split,
        role: Role,
    ) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let (path, mut reader, size) = find(&self.folder, split, role)?;
        let header = read_header(&mut reader, ErrorLocation::file(&path), rank(role))?;
        if let Some(size) = size {
            header.check_size(size.saturating_sub(header_size(rank(role))))?;
        }
        Ok((header, reader))
    }
}

fn rank(role: Role) -> usize {
    match role {
        Role::Inputs => 3,
        Role::Targets => 1,
    }
}

/// Bytes before the first element.
fn header_size(rank: usize) -> u64 {
    4 * (1 + rank as u64)
}

/// The path of a file, its content, and its size, if known before reading.
type OpenedFile = (PathBuf, Box<dyn BufRead>, Option<u64>);

/// Opens the first existing file of the usual names.
fn find(folder: &Path, split: Split, role: Role) -> Result<OpenedFile, DataError> {
    let stem = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let (stem, rank) = match role {
        Role::Inputs => (format!("{stem}-images"), rank(role)),
        Role::Targets => (format!("{stem}-labels"), rank(role)),
    };
    for (dash, gz) in [("-", ""), ("-", ".gz"), (".", ""), (".", ".gz")] {
        let path = folder.join(format!("{stem}{dash}idx{rank}-ubyte{gz}"));
        match unpacked_and_size(&path) {
            Ok((file, size)) => return Ok((path, file, size)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(DataError::Io { path, source }),
        }
    }
    let want = format!("{stem}-idx{rank}-ubyte");
    Err(DataError::MissingFile { path: folder.to_owned(), want })
}

fn read_header(
    reader: &mut impl Read,
    location: ErrorLocation,
    rank: usize,
) -> Result<Header, DataError> {
    let mut words = vec![[0; 4]; 1 + rank];
    let got = read_full(reader, words.as_flattened_mut(), &location)?;
    let want_magic = 0x0800 | rank as u32;
    let magic = u32::from_be_bytes(words[0]);
    if let Some((got, help)) = foreign(words.as_flattened()) {
        return Err(DataError::Format { path: location.path, got, want: "an IDX file", help });
    }
    if got >= 4 && magic != want_magic {
        return Err(DataError::Magic { location, got: magic, want: want_magic });
    }
    let want = words.as_flattened().len();
    if got < want {
        return Err(DataError::Header {
            location,
            reason: format!("got {got} bytes, want {want}"),
        });
    }
    let shape = words[1..].iter().map(|&word| u32::from_be_bytes(word) as usize).collect();
    let element = Element { kind: ElementType::U8, big_endian: true };
    Ok(Header { location, element, order: MemoryOrder::C, shape })
}
