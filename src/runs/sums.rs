//! `SHA256SUMS`: the digests of the files of a folder that are not to change, in the lines of
//! `sha256sum --check`.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::RunsError;
use crate::system;

/// The name of the file.
const SUMS: &str = "SHA256SUMS";

/// The path of the digests, and their text, for one file with this content.
pub fn sums_of(path: &Path, content: &[u8]) -> (PathBuf, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    (path.with_file_name(SUMS), format!("{}  {name}\n", hex_digest(content)))
}

/// Makes sure that the file at `path` has the content that it was written with.
///
/// Folders of earlier versions have no digests; their files pass.
pub fn check_sum(path: &Path, content: &[u8]) -> Result<(), RunsError> {
    let (sums, line) = sums_of(path, content);
    match system::read_to_string(&sums) {
        Ok(text) if text.lines().any(|known| known == line.trim_end()) => Ok(()),
        Ok(_) => Err(RunsError::Edited { path: path.to_owned(), sums }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RunsError::io("read", &sums)(error)),
    }
}

/// The SHA-256 of the bytes in hexadecimal digits.
fn hex_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changed_content_is_told_from_the_written_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.json");
        check_sum(&path, b"abc").unwrap();
        let (sums, text) = sums_of(&path, b"abc");
        assert_eq!(
            text,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  plan.json\n"
        );
        fs::write(&sums, text).unwrap();
        check_sum(&path, b"abc").unwrap();
        let error = check_sum(&path, b"abd").unwrap_err().to_string();
        assert!(error.contains("plan.json` has changed since it was written"), "{error}");
        assert!(error.contains("or remove `"), "{error}");
        fs::write(&sums, [0xff]).unwrap();
        assert!(check_sum(&path, b"abc").unwrap_err().to_string().contains("SHA256SUMS"));
    }
}
