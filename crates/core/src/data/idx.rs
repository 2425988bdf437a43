//! Sets of IDX files, the format of MNIST: images and labels for training and test, plain or compressed.
//!
//! A file is a big-endian magic number (two zero bytes, the element type, the rank), one big-endian
//! `u32` per dimension, and the elements. Names are those of MNIST, Fashion-MNIST and EMNIST:
//!
//! ```text
//! [emnist-letters-] train | t10k | test  - images | labels  - idx3 | idx1  - ubyte | byte | short | int | float | double
//! ```

use std::collections::BTreeSet;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use crate::data::array::{Element, ElementType, Header, MemoryOrder, read_full};
use crate::data::error::ErrorLocation;
use crate::data::files::{ArrayFiles, Role};
use crate::data::packing::{foreign, unpacked_and_size};
use crate::data::{DataError, Split};

/// A set of IDX files in a folder.
pub(super) struct Idx {
    folder: PathBuf,
    /// The files of the set.
    files: Vec<IdxName>,
}

/// The name of a file, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IdxName {
    name: String,
    /// What the names of a set begin with.
    set: String,
    split: Split,
    role: Role,
}

impl Idx {
    /// The set in a folder, or the one that a file belongs to.
    pub(super) fn open(path: &Path) -> Result<Idx, DataError> {
        let named = path.file_name().and_then(|name| IdxName::parse(&name.to_string_lossy()));
        let (folder, set) = match (path.is_dir(), named) {
            (false, Some(name)) => (path.parent().unwrap_or(Path::new("")), Some(name.set)),
            _ => (path, None),
        };
        let files = names_in(folder)?;
        let sets: BTreeSet<_> = files.iter().map(|file| file.set.clone()).collect();
        let one = set.or_else(|| sets.first().filter(|_| sets.len() == 1).cloned());
        match one {
            Some(set) => {
                let files = files.into_iter().filter(|file| file.set == set).collect();
                Ok(Idx { folder: folder.to_owned(), files })
            }
            None if sets.is_empty() => Ok(Idx { folder: folder.to_owned(), files }),
            None => Err(DataError::SeveralSets {
                path: folder.to_owned(),
                got: sets.iter().map(|set| set.trim_end_matches(['-', '.']).to_owned()).collect(),
                file: files.into_iter().map(|file| file.name).next().unwrap_or_default(),
            }),
        }
    }
}

/// Whether a path has the name of an IDX file.
pub(super) fn is_idx(path: &Path) -> bool {
    path.file_name().is_some_and(|name| IdxName::parse(&name.to_string_lossy()).is_some())
}

impl IdxName {
    fn parse(name: &str) -> Option<IdxName> {
        let bare = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
        let parts: Vec<&str> = bare.split(['-', '.']).collect();
        let [.., split, role, rank, element] = parts[..] else { return None };
        let split = match split {
            "train" => Split::Train,
            "t10k" | "test" => Split::Test,
            _ => return None,
        };
        let role = match role {
            "images" => Role::Inputs,
            "labels" => Role::Targets,
            _ => return None,
        };
        let known = ["ubyte", "byte", "short", "int", "float", "double"].contains(&element);
        let rank =
            rank.strip_prefix("idx").is_some_and(|rank| matches!(rank.as_bytes(), [b'1'..=b'4']));
        let tail: usize = parts[parts.len() - 4..].iter().map(|part| part.len() + 1).sum();
        let set = bare.get(..(bare.len() + 1).checked_sub(tail)?)?.to_owned();
        (known && rank).then(|| IdxName { name: name.to_owned(), set, split, role })
    }
}

/// The IDX files of a folder, by name: plain files before compressed ones.
fn names_in(folder: &Path) -> Result<Vec<IdxName>, DataError> {
    let io = |source| DataError::Io { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        files.extend(IdxName::parse(&name.to_string_lossy()));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

impl ArrayFiles for Idx {
    fn open(
        &mut self,
        split: Split,
        role: Role,
    ) -> Result<(Header, Box<dyn Read + '_>), DataError> {
        let (path, mut reader, size) = self.find(split, role)?;
        let header = read_header(&mut reader, ErrorLocation::file(&path), role)?;
        if let Some(size) = size {
            header.check_size(size.saturating_sub(4 * (1 + header.shape.len() as u64)))?;
        }
        Ok((header, reader))
    }
}

/// The path of a file, its content, and its size, if known before reading.
type OpenedFile = (PathBuf, Box<dyn BufRead>, Option<u64>);

impl Idx {
    /// Opens the file of the set for a split and a role.
    fn find(&self, split: Split, role: Role) -> Result<OpenedFile, DataError> {
        let found = self.files.iter().find(|file| file.split == split && file.role == role);
        let Some(file) = found else {
            let set = self.files.first().map_or("", |file| &file.set);
            let split = match split {
                Split::Train => "train",
                Split::Test => "t10k",
            };
            let (role, rank) = match role {
                Role::Inputs => ("images", 3),
                Role::Targets => ("labels", 1),
            };
            let want = format!("{set}{split}-{role}-idx{rank}-ubyte");
            return Err(DataError::MissingFile { path: self.folder.clone(), want });
        };
        let path = self.folder.join(&file.name);
        match unpacked_and_size(&path) {
            Ok((file, size)) => Ok((path, file, size)),
            Err(source) => Err(DataError::Io { path, source }),
        }
    }
}

fn read_header(
    reader: &mut impl Read,
    location: ErrorLocation,
    role: Role,
) -> Result<Header, DataError> {
    let mut magic = [0; 4];
    let got = read_full(reader, &mut magic, &location)?;
    if let Some((got, help)) = foreign(&magic) {
        return Err(DataError::Format { path: location.path, got, want: "an IDX file", help });
    }
    let (usual, ranks) = match role {
        Role::Inputs => (3, 2..=4),
        Role::Targets => (1, 1..=2),
    };
    let rank = usize::from(magic[3]);
    let kind = element(magic[2]).filter(|_| magic[..2] == [0, 0] && ranks.contains(&rank));
    let Some(kind) = kind.filter(|_| got == 4) else {
        if got < 4 {
            let reason = format!("got {got} bytes, want {}", 4 * (1 + usual));
            return Err(DataError::Header { location, reason });
        }
        let (got, want) = (u32::from_be_bytes(magic), 0x0800 | usual as u32);
        return Err(DataError::Magic { location, got, want });
    };
    let mut words = vec![[0; 4]; rank];
    let got = read_full(reader, words.as_flattened_mut(), &location)?;
    let want = words.as_flattened().len();
    if got < want {
        let reason = format!("got {} bytes, want {}", 4 + got, 4 + want);
        return Err(DataError::Header { location, reason });
    }
    let shape = words.iter().map(|&word| u32::from_be_bytes(word) as usize).collect();
    let element = Element { kind, big_endian: true };
    Ok(Header { location, element, order: MemoryOrder::C, shape })
}

fn element(code: u8) -> Option<ElementType> {
    Some(match code {
        0x08 => ElementType::U8,
        0x09 => ElementType::I8,
        0x0b => ElementType::I16,
        0x0c => ElementType::I32,
        0x0d => ElementType::F32,
        0x0e => ElementType::F64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_sets_are_known() {
        for (name, set, split, role) in [
            ("train-images-idx3-ubyte", "", Split::Train, Role::Inputs),
            ("t10k-labels.idx1-ubyte.gz", "", Split::Test, Role::Targets),
            (
                "emnist-letters-test-images-idx3-ubyte.gz",
                "emnist-letters-",
                Split::Test,
                Role::Inputs,
            ),
            ("x.train-labels-idx1-int", "x.", Split::Train, Role::Targets),
        ] {
            let found = IdxName::parse(name).unwrap();
            assert_eq!((&*found.set, found.split, found.role), (set, split, role), "{name}");
        }
        for name in ["train-images", "train-images-idx9-ubyte", "-idx3-ubyte", "train-x-idx3-int"] {
            assert_eq!(IdxName::parse(name), None, "{name}");
        }
    }
}
