//! The checkpoint: one file with the complete state of a run, replaced whole. The module interprets
//! neither the tensors nor the text beside them.
//!
//! `checkpoint/state.safetensors` holds the tensors, and a JSON text as `state` in the metadata.
//! The file has the checksum of all weight files. Checkpoints of earlier versions have `crc32`
//! instead, the checksum of the text followed by all numbers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::atomic::{Durability, write_atomic};
use super::error::RunsError;
use super::leftovers::remove_leftovers;
use super::weights::{Decoded, Tensor, TensorView, Weights, append, decode, encode};
use crate::system;

const STATE: &str = "state";
const CRC32: &str = "crc32";

/// The place of a run's checkpoint.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    folder: PathBuf,
}

impl Checkpoint {
    /// The checkpoint in `folder`, not necessarily existing.
    pub fn at(folder: PathBuf) -> Checkpoint {
        Checkpoint { folder }
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        self.folder.join("state.safetensors")
    }

    /// Writes the checkpoint, replacing the earlier checkpoint.
    pub fn save(
        &self,
        tensors: &[TensorView<'_>],
        state: &str,
        durability: Durability,
    ) -> Result<(), RunsError> {
        // Never create the run's own folder: a missing folder means a removed run.
        let root = self.folder.parent().unwrap_or(&self.folder);
        system::make_below(root, &self.folder)
            .map_err(RunsError::io("create the folder", &self.folder))?;
        let metadata = [(STATE.to_owned(), state.to_owned())].into();
        write_atomic(&self.path(), &encode(tensors, &metadata), durability)
    }

    /// The tensors and the text of the last [`Checkpoint::save`], if any.
    ///
    /// A torn file or any changed bit is an error.
    pub fn load(&self) -> Result<Option<(Vec<Tensor>, String)>, RunsError> {
        let path = self.path();
        let bytes = match system::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunsError::io("read", &path)(error)),
        };
        let loaded = decode(&bytes).and_then(|Decoded { weights, is_sealed }| {
            let Weights { tensors, mut metadata } = weights;
            let state = metadata.remove(STATE).ok_or("it notes no state")?;
            let crc = || checksum(&state, tensors.iter().map(|tensor| &tensor.data[..]));
            if is_sealed || metadata.get(CRC32).is_some_and(|noted| *noted == crc()) {
                Ok((tensors, state))
            } else {
                Err("it is damaged: its checksum is not that of its content".to_owned())
            }
        });
        loaded.map(Some).map_err(|what| self.unusable(what))
    }

    /// Removes the checkpoint and the leftovers of killed processes beside it.
    pub fn remove(&self) -> Result<(), RunsError> {
        let removed = system::is_folder(&self.folder)
            .and_then(|is_there| if is_there { fs::remove_dir_all(&self.folder) } else { Ok(()) });
        removed.map_err(RunsError::io("remove", &self.folder))
    }

    /// Removes the leftovers of killed processes beside the checkpoint.
    pub fn tidy(&self) -> Result<(), RunsError> {
        remove_leftovers(&self.folder)
    }

    /// The error of an intact checkpoint of another run or program.
    pub fn unusable(&self, what: impl Into<String>) -> RunsError {
        RunsError::Checkpoint { path: self.path(), what: what.into() }
    }

    /// The folder of the checkpoint.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The CRC-32 of the text and the numbers, in hexadecimal digits.
fn checksum<'a>(state: &str, numbers: impl Iterator<Item = &'a [f32]>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(state.as_bytes());
    let mut buffer = Vec::new();
    for piece in numbers.flat_map(|numbers| numbers.chunks(4096)) {
        buffer.clear();
        append(&mut buffer, piece);
        hasher.update(&buffer);
    }
    format!("{:08x}", hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(dir: &Path) -> Checkpoint {
        let checkpoint = Checkpoint::at(dir.join("checkpoint"));
        let tensors = [
            TensorView { name: "b", shape: &[2, 2], data: &[1.0, -0.0, f32::NAN, 4.0] },
            TensorView { name: "a", shape: &[1], data: &[f32::MIN_POSITIVE] },
        ];
        checkpoint.save(&tensors, "{\"epoch\":3}", Durability::PowerLoss).unwrap();
        checkpoint
    }

    #[test]
    fn what_was_saved_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = saved(dir.path());
        let (tensors, state) = checkpoint.load().unwrap().unwrap();
        assert_eq!(state, "{\"epoch\":3}");
        assert_eq!((&*tensors[0].name, &tensors[0].shape[..]), ("b", &[2, 2][..]));
        let bits: Vec<u32> = tensors[0].data.iter().map(|number| number.to_bits()).collect();
        assert_eq!(bits, [1.0, -0.0, f32::NAN, 4.0].map(f32::to_bits));
        assert_eq!(tensors[1].data, [f32::MIN_POSITIVE]);

        checkpoint.remove().unwrap();
        assert!(checkpoint.load().unwrap().is_none());
        checkpoint.remove().unwrap();
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_an_error_with_a_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = saved(dir.path());
        let whole = fs::read(checkpoint.path()).unwrap();
        let error = |bytes: &[u8]| {
            fs::write(checkpoint.path(), bytes).unwrap();
            checkpoint.load().unwrap_err().to_string()
        };
        for length in 0..whole.len() {
            let text = error(&whole[..length]);
            assert!(text.starts_with("cannot go on from the checkpoint `"), "{text}");
            assert!(text.ends_with(
                "; remove it, and the run starts again from its beginning, to the same numbers"
            ));
        }
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[place] ^= 1 << bit;
                let text = error(&changed);
                assert!(text.starts_with("cannot go on"), "byte {place}: {text}");
                let start = whole.len() - 5 * size_of::<f32>();
                assert!(place < start || text.contains("its checksum"), "byte {place}: {text}");
            }
        }
    }

    #[test]
    fn checkpoint_of_an_earlier_version_is_read_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = saved(dir.path());
        let whole = fs::read(checkpoint.path()).unwrap();
        let (tensors, state) = checkpoint.load().unwrap().unwrap();
        let crc = checksum(&state, tensors.iter().map(|tensor| &tensor.data[..]));
        // The names have as many letters as the digits and the other name: no offset moves.
        let text = String::from_utf8_lossy(&whole[8..]).into_owned();
        let at = 8 + text.find("\"file_crc32\":\"").unwrap();
        let entry = format!("\"crc32\":     \"{crc}\"");
        let mut older = whole.clone();
        older[at..at + entry.len()].copy_from_slice(entry.as_bytes());
        fs::write(checkpoint.path(), &older).unwrap();
        assert_eq!(checkpoint.load().unwrap().unwrap().1, state);
        let last = older.len() - 1;
        older[last] ^= 1;
        fs::write(checkpoint.path(), &older).unwrap();
        assert!(checkpoint.load().unwrap_err().to_string().contains("its checksum"));
    }
}
