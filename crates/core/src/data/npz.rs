//! NumPy's archives: finds `x_train`, `y_train`, `x_test` and `y_test`, Keras's names, or else `x` and
//! `y`, or `arr_0` and `arr_1`, for the training rows; stored or deflated. No other array is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ndarray_npy::npy::header;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::data::array::{Element, ElementType, Header, MemoryOrder, read_full};
use crate::data::error::ErrorLocation;
use crate::data::files::{self, ArrayFiles, Role};
use crate::data::limits::{Unpacked, check_expansion};
use crate::data::packing::is_gzip;
use crate::data::{DataError, Inputs, Split, Table, Targets};
use base::system;

/// NumPy's own limit for files without `allow_pickle`.
const MAX_HEADER: usize = 10_000;

/// Characters of the texts of an array: a class has a name, not a page.
const MAX_TEXT: usize = 1000;

/// A header's dictionary holds one tuple; the parser recurses, so depth is limited before it starts.
const MAX_BRACKETS: usize = 16;

/// An open archive.
pub(super) struct Npz {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

impl Npz {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let mut file = BufReader::new(system::open(path).map_err(io)?);
        if is_gzip(file.fill_buf().map_err(io)?) {
            let (path, got, want) = (path.to_owned(), "gzip data", "a zip archive");
            let help = "unpack it: `gzip -dc FILE > unpacked.npz`";
            return Err(DataError::Format { path, got, want, help });
        }
        let archive = ZipArchive::new(file).map_err(|error| archive(path, error))?;
        Ok(Npz { path: path.to_owned(), archive })
    }

    /// Where the array lies in the archive: NumPy adds `.npy` to its name.
    fn index(&self, name: &str) -> Result<usize, DataError> {
        let with_suffix = self.archive.index_for_name(&format!("{name}.npy"));
        with_suffix.or_else(|| self.archive.index_for_name(name)).ok_or_else(|| {
            let names = self.archive.file_names();
            let mut got: Vec<_> =
                names.map(|name| name.strip_suffix(".npy").unwrap_or(name).to_owned()).collect();
            got.sort();
            DataError::MissingArray { path: self.path.clone(), got, want: name.to_owned() }
        })
    }
}

impl Npz {
    /// The inputs `x`, or else `x_test`, with one zero as the target of each row.
    pub(super) fn inputs(&mut self) -> Result<Table, DataError> {
        let name = if self.index("x").is_ok() { "x" } else { "x_test" };
        let (header, reader) = self.array(name)?;
        let (header, values) = files::inputs((header, reader))?;
        let shape = header.shape[1..].to_vec();
        let targets = Targets::Values { values: vec![0.0; header.rows()], width: 1 };
        let inputs = Inputs::new(shape.iter().product(), values);
        Ok(Table::new(inputs, targets, shape))
    }

    fn array(&mut self, name: &str) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let location = ErrorLocation::array(&self.path, name);
        let index = self.index(name)?;
        self.array_at(index, location)
    }

    fn array_at(
        &mut self,
        index: usize,
        location: ErrorLocation,
    ) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let array = self.archive.by_index(index).map_err(|error| archive(&self.path, error))?;
        let (packed, whole) = (array.compressed_size(), array.size());
        let io = |source| DataError::Io { path: self.path.clone(), source };
        check_expansion(packed, whole).map_err(io)?;
        let mut array = Unpacked::new(array, packed);
        let (header, size) = read_header(&mut array, location)?;
        header.check_size(whole.saturating_sub(size))?;
        Ok((header, Box::new(array)))
    }
}

/// An `.npz` file of arrays with any names, such as weights.
pub struct Archive(Npz);

/// An array of float32: shape, and numbers in row order.
pub type Array = (Vec<usize>, Vec<f32>);

impl Archive {
    /// Opens the file at `path`.
    ///
    /// # Errors
    ///
    /// Not an archive, see [`DataError`].
    pub fn open(path: &Path) -> Result<Archive, DataError> {
        Npz::open(path).map(Archive)
    }

    /// Name and shape of every array accepted by `wanted`, from the headers alone.
    ///
    /// # Errors
    ///
    /// An array without a header of NumPy's, see [`DataError`].
    pub fn shapes(
        &mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<usize>)>, DataError> {
        let names = self.names(wanted);
        let shape = |(index, name): (usize, String)| {
            let (header, _) = self.open_entry(index, &name)?;
            Ok((name, header.shape))
        };
        names.into_iter().map(shape).collect()
    }

    /// Every array accepted by `wanted`, by name.
    ///
    /// # Errors
    ///
    /// A damaged array, elements other than float32 or float64, or too little memory, see
    /// [`DataError`].
    pub fn read(
        &mut self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, Array>, DataError> {
        let mut arrays = BTreeMap::new();
        for (index, name) in self.names(wanted) {
            let (header, reader) = self.open_entry(index, &name)?;
            // Numbers of 64 bits, NumPy's default, are rounded as Keras's `set_weights` does.
            if !matches!(header.element.kind, ElementType::F32 | ElementType::F64) {
                return Err(header.wrong_element());
            }
            header.check_memory()?;
            let values = header.floats(reader)?;
            arrays.insert(name, (header.shape, values));
        }
        Ok(arrays)
    }

    /// Index and name of the arrays accepted by `wanted`.
    fn names(&self, wanted: impl Fn(&str) -> bool) -> Vec<(usize, String)> {
        let name = |index| {
            let name = self.0.archive.name_for_index(index).unwrap_or_default();
            (index, name.strip_suffix(".npy").unwrap_or(name).to_owned())
        };
        (0..self.0.archive.len()).map(name).filter(|(_, name)| wanted(name)).collect()
    }

    fn open_entry(
        &mut self,
        index: usize,
        name: &str,
    ) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let location = ErrorLocation::array(&self.0.path, name);
        self.0.array_at(index, location)
    }
}

impl ArrayFiles for Npz {
    fn open(
        &mut self,
        split: Split,
        role: Role,
    ) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let names = names(split, role);
        let there = names.iter().find(|name| self.index(name).is_ok());
        self.array(there.unwrap_or(&names[0]))
    }
}

/// The names that an array may have, the first of which is asked for.
fn names(split: Split, role: Role) -> &'static [&'static str] {
    match (split, role) {
        (Split::Train, Role::Inputs) => &["x_train", "x", "X", "arr_0"],
        (Split::Train, Role::Targets) => &["y_train", "y", "Y", "arr_1"],
        (Split::Test, Role::Inputs) => &["x_test"],
        (Split::Test, Role::Targets) => &["y_test"],
    }
}

/// The header and its length in bytes.
fn read_header(array: &mut impl Read, location: ErrorLocation) -> Result<(Header, u64), DataError> {
    let bytes = match header_bytes(array, &location)? {
        Ok(bytes) => bytes,
        Err(reason) => return Err(DataError::Header { location, reason }),
    };
    let parsed = match header::Header::from_reader(&mut bytes.as_slice()) {
        Ok(parsed) => parsed,
        Err(error) => return Err(DataError::Header { location, reason: error.to_string() }),
    };
    let order = if parsed.layout.is_fortran() { MemoryOrder::Fortran } else { MemoryOrder::C };
    match parsed.type_descriptor.as_string().and_then(|name| element(name)) {
        Some(element) => {
            let header = Header { location, element, order, shape: parsed.shape };
            Ok((header, bytes.len() as u64))
        }
        None => Err(DataError::Element { location, got: parsed.type_descriptor.to_string() }),
    }
}

/// The bytes of the header; the length is checked before the read.
fn header_bytes(
    array: &mut impl Read,
    location: &ErrorLocation,
) -> Result<Result<Vec<u8>, String>, DataError> {
    let mut bytes = vec![0; 10];
    let mut got = read_full(array, &mut bytes, location)?;
    let mut len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if bytes[6] > 1 {
        bytes.resize(12, 0);
        got += read_full(array, &mut bytes[10..], location)?;
        len |= usize::from(u16::from_le_bytes([bytes[10], bytes[11]])) << 16;
    }
    let start = bytes.len();
    if got == start && len > MAX_HEADER {
        return Ok(Err(format!("got a length of {len} bytes, want at most {MAX_HEADER}")));
    }
    bytes.resize(start + len, 0);
    got += read_full(array, &mut bytes[start..], location)?;
    if got < bytes.len() {
        return Ok(Err(format!("got {got} bytes, want {}", bytes.len())));
    }
    let n_brackets = bytes[start..].iter().filter(|byte| b"([{".contains(byte)).count();
    if n_brackets > MAX_BRACKETS {
        return Ok(Err(format!(
            "got {n_brackets} brackets, want one pair of braces and one tuple"
        )));
    }
    Ok(Ok(bytes))
}

/// From NumPy's name of the type: order of bytes, letter, size.
fn element(name: &str) -> Option<Element> {
    let length = |size: &str| size.parse().ok().filter(|n| (1..=MAX_TEXT).contains(n));
    let kind = match name.get(1..)? {
        kind if kind.starts_with('S') => ElementType::Bytes(length(&kind[1..])?),
        kind if kind.starts_with('U') => ElementType::Text(length(&kind[1..])?),
        "b1" => ElementType::Bool,
        "u1" => ElementType::U8,
        "i1" => ElementType::I8,
        "u2" => ElementType::U16,
        "i2" => ElementType::I16,
        "u4" => ElementType::U32,
        "i4" => ElementType::I32,
        "u8" => ElementType::U64,
        "i8" => ElementType::I64,
        "f2" => ElementType::F16,
        "f4" => ElementType::F32,
        "f8" => ElementType::F64,
        _ => return None,
    };
    match name.as_bytes()[0] {
        b'<' | b'|' => Some(Element { kind, big_endian: false }),
        b'>' => Some(Element { kind, big_endian: true }),
        _ => None,
    }
}

fn archive(path: &Path, error: ZipError) -> DataError {
    match error {
        ZipError::Io(source) => DataError::Io { path: path.to_owned(), source },
        error => DataError::Archive { path: path.to_owned(), source: error.into() },
    }
}
