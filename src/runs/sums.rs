//! `SHA256SUMS`: the digests of a folder's immutable files, in the format of `sha256sum --check`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::RunsError;
use crate::system;

/// The name of the file.
const SUMS: &str = "SHA256SUMS";

/// The path of the digests, and their text, for one file with this content.
pub fn sums_of(path: &Path, content: &[u8]) -> (PathBuf, String) {
    sums_text(path, &sha256(content))
}

/// The path of the digests, and their text, for one file with this SHA-256.
pub fn sums_text(path: &Path, sum: &str) -> (PathBuf, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    (path.with_file_name(SUMS), format!("{sum}  {name}\n"))
}

/// Checks the content of the file at `path` against the stored digest.
///
/// Folders of earlier versions have no digests; their files pass.
pub fn check_sum(path: &Path, content: &[u8]) -> Result<(), RunsError> {
    check(path, &sha256(content))
}

/// The same check for an open file, read to the end.
pub fn check_sum_of(path: &Path, file: &mut impl Read) -> Result<(), RunsError> {
    let (mut sum, mut bytes) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut bytes).map_err(RunsError::io("read", path))? {
            0 => return check(path, &hex(&sum.finalize())),
            n => sum.update(&bytes[..n]),
        }
    }
}

fn check(path: &Path, sum: &str) -> Result<(), RunsError> {
    let (sums, line) = sums_text(path, sum);
    match system::read_to_string(&sums) {
        Ok(text) if text.lines().any(|known| known == line.trim_end()) => Ok(()),
        Ok(_) => Err(RunsError::Edited { path: path.to_owned(), sums }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RunsError::io("read", &sums)(error)),
    }
}

/// The SHA-256 of some bytes in hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
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
