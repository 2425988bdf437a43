//! The files of one table: a path, several, or patterns with `*` for any characters of a name.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::data::DataError;

/// The paths and patterns that name a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableFiles(Vec<PathBuf>);

impl TableFiles {
    /// Of paths and patterns, at least one.
    pub fn new(given: Vec<PathBuf>) -> TableFiles {
        TableFiles(given)
    }

    /// The paths and patterns as they were given.
    pub fn given(&self) -> &[PathBuf] {
        &self.0
    }

    /// The paths, those of a pattern sorted.
    ///
    /// # Errors
    ///
    /// A pattern that fits no file, or a folder that cannot be read.
    pub fn paths(&self) -> Result<Vec<PathBuf>, DataError> {
        let mut paths = Vec::new();
        for given in &self.0 {
            if is_pattern(given) && !given.exists() {
                paths.extend(matches(given)?);
            } else {
                paths.push(given.clone());
            }
        }
        if paths.is_empty() {
            Err(DataError::NoFile { path: self.0.first().cloned().unwrap_or_default() })
        } else {
            Ok(paths)
        }
    }
}

impl From<PathBuf> for TableFiles {
    fn from(path: PathBuf) -> TableFiles {
        TableFiles(vec![path])
    }
}

/// The paths with commas.
impl fmt::Display for TableFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.0.iter().map(|path| path.display().to_string()).collect();
        f.write_str(&paths.join(", "))
    }
}

/// Whether a path has a `*`.
pub fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains('*')
}

/// The files that fit a pattern, sorted by their names.
fn matches(pattern: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str().to_string_lossy();
        match component {
            Component::Normal(_) if name.contains('*') => {
                let mut next = Vec::new();
                for folder in &found {
                    next.extend(entries(folder, &name)?);
                }
                found = next;
            }
            other => found.iter_mut().for_each(|path| path.push(other)),
        }
    }
    found.retain(|path| path.is_file());
    if found.is_empty() { Err(DataError::NoFile { path: pattern.to_owned() }) } else { Ok(found) }
}

/// The entries of a folder whose names fit a pattern, sorted; hidden ones only if the pattern says so.
fn entries(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, DataError> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if !here.is_dir() {
        return Ok(Vec::new());
    }
    let io = |source| DataError::Io { path: here.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(here).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        let text = name.to_string_lossy();
        if fits(pattern, &text) && (pattern.starts_with('.') || !text.starts_with('.')) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Whether a name fits a pattern, in which `*` stands for any characters.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((end, middle)) = parts.split_last() else { return true };
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_sorted_files() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["b", "a"] {
            std::fs::create_dir(at(folder)).unwrap();
            for name in ["2.csv", "10.csv", ".hidden.csv", "other.txt"] {
                std::fs::write(at(folder).join(name), "").unwrap();
            }
        }
        let paths = |pattern: &str| TableFiles::from(at(pattern)).paths();
        assert_eq!(paths("a/*.csv").unwrap(), [at("a/10.csv"), at("a/2.csv")]);
        let all = [at("a/10.csv"), at("a/2.csv"), at("b/10.csv"), at("b/2.csv")];
        assert_eq!(paths("*/*.csv").unwrap(), all);
        assert_eq!(paths("a/other.txt").unwrap(), [at("a/other.txt")]);
        let error = paths("a/*.parquet").unwrap_err();
        assert!(matches!(error, DataError::NoFile { .. }), "{error}");
        std::fs::write(at("a/1*.csv"), "").unwrap();
        assert_eq!(paths("a/1*.csv").unwrap(), [at("a/1*.csv")]);
    }
}
