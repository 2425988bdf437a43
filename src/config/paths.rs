//! Paths in configs: relative to a file, errors in words, the nearest file name.

use std::path::{Path, PathBuf};

use super::nearest::nearest;

/// `path` relative to the folder of `file`.
pub(crate) fn relative_to(file: &Path, path: &str) -> PathBuf {
    match file.parent() {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}

/// The message of an I/O error without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// The file in the same folder with the nearest name, among the names that fit.
pub(crate) fn similar(path: &Path, fits: impl Fn(&str) -> bool) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let files = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<_> =
        files.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let known = names.iter().map(String::as_str).filter(|name| fits(name));
    nearest(path.file_name()?.to_str()?, known).map(str::to_owned)
}
