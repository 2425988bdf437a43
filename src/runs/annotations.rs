//! `annotations.json`: the user's name, tags and note for a run or a sweep. Annotations are no part
//! of the plan. The file is separate from the record, because a running process replaces the
//! record.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::{Durability, write_atomic};
use super::error::RunsError;
use super::folder::Folder;
use crate::system;

/// The name, the tags and the note of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Annotations {
    /// The name, in place of the plan's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tags for searching, without duplicates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A sentence about the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Annotations {
    /// The annotations of the folder itself, if any.
    pub fn load(folder: &Folder) -> Result<Option<Annotations>, RunsError> {
        let path = folder.annotations();
        let bytes = match system::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunsError::io("read", &path)(error)),
        };
        let annotations = serde_json::from_slice(&bytes);
        annotations.map(Some).map_err(|source| RunsError::Annotations { path, source })
    }

    /// The annotations of a run, or else of the sweep.
    pub fn of_run(dir: &Path, sweep: Option<&Path>) -> Result<Annotations, RunsError> {
        let of = |dir: &Path| Annotations::load(&Folder::at(dir));
        let found = match (of(dir)?, sweep) {
            (None, Some(sweep)) => of(sweep)?,
            (own, _) => own,
        };
        Ok(found.unwrap_or_default())
    }

    /// Writes the annotations into the folder, replacing earlier annotations.
    pub fn save(&self, folder: &Folder) -> Result<(), RunsError> {
        let path = folder.annotations();
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| RunsError::Annotations { path: path.clone(), source })?;
        bytes.push(b'\n');
        write_atomic(&path, &bytes, Durability::ProcessCrash)
    }

    /// Adds tags in order, without duplicates.
    pub fn add_tags<'a>(&mut self, tags: impl IntoIterator<Item = &'a String>) {
        for tag in tags {
            if !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_run_has_its_own_or_those_of_its_sweep() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("0000");
        fs::create_dir(&run).unwrap();
        let of_run = || Annotations::of_run(&run, Some(dir.path())).unwrap();
        assert_eq!(of_run(), Annotations::default());
        let mut all =
            Annotations { note: Some("größe \"x\"".to_owned()), ..Annotations::default() };
        all.add_tags(&["a".to_owned(), "b".to_owned(), "a".to_owned()]);
        all.save(&Folder::at(dir.path())).unwrap();
        assert_eq!((&of_run(), &all.tags[..]), (&all, &["a".to_owned(), "b".to_owned()][..]));
        Annotations::default().save(&Folder::at(&run)).unwrap();
        assert_eq!(of_run(), Annotations::default(), "what was taken from a run stays away");
        fs::write(Folder::at(&run).annotations(), "{").unwrap();
        let error = Annotations::of_run(&run, None).unwrap_err().to_string();
        assert!(error.contains("annotations.json` as the name, tags and note"), "{error}");
    }
}
