//! The errors of a run's files, as text.

use std::io;
use std::path::{Path, PathBuf};

use crate::quote::clip;

/// A file or folder of a run that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// The system refused; another path, or a later attempt, may work.
    #[error("cannot {deed} `{}`: {source}", path.display())]
    Io {
        /// The attempted operation.
        deed: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is no record of a run.
    #[error("cannot read `{}` as the record of a run: {}", path.display(), clip(source))]
    Record {
        /// The file.
        path: PathBuf,
        /// The position and the error.
        source: serde_json::Error,
    },
    /// The file holds no annotations of a run.
    #[error("cannot read `{}` as the name, tags and note of a run: {source}", path.display())]
    Annotations {
        /// The file.
        path: PathBuf,
        /// The position and the error.
        source: serde_json::Error,
    },
    /// The file is no history.
    #[error("cannot read `{}` as a history: line {line}: got {got}, want {want}", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The actual content.
        got: String,
        /// The expected content.
        want: String,
    },
    /// The numbers of an epoch do not fit the columns of the history.
    #[error("cannot write to `{}`: got the columns {got}, want {want}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// The names of the numbers.
        got: String,
        /// The columns.
        want: String,
    },
    /// Another process writes into the folder.
    #[error(
        "cannot write to `{}`: {holder} is at work in it; wait for its end, or end it",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The other process.
        holder: String,
    },
    /// The file is no checkpoint for resuming a run.
    #[error(
        "cannot go on from the checkpoint `{}`: {what}; remove it, and the run starts again from \
         its beginning, to the same numbers",
        path.display()
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The defect.
        what: String,
    },
    /// The file has changed since the write.
    #[error(
        "`{}` has changed since it was written: its SHA-256 is not the one in `{}`; put the old \
         content back, start a changed experiment anew with `runner run`, or remove `{}` to go on \
         with the file as it is",
        path.display(),
        sums.display(),
        sums.display()
    )]
    Edited {
        /// The file.
        path: PathBuf,
        /// The file with the digests.
        sums: PathBuf,
    },
    /// A sweep's plan cannot be expressed in JSON.
    #[error("cannot write the plan `{}`: {}", path.display(), clip(what))]
    Plan {
        /// The file.
        path: PathBuf,
        /// The obstacle.
        what: String,
    },
    /// The file holds no usable weights.
    #[error("cannot read `{}` as weights: {what}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// The defect.
        what: String,
    },
}

impl RunsError {
    /// Adds the operation and the path to an error of the system.
    pub(super) fn io(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunsError {
        move |source| RunsError::Io { deed, path: path.to_owned(), source }
    }
}

impl RunsError {
    /// The same error with the folder `to` in place of `from` in the path.
    pub(super) fn moved(self, from: &Path, to: &Path) -> RunsError {
        match self {
            RunsError::Io { deed, path, source } => {
                let path = path.strip_prefix(from).map_or(path.clone(), |inner| to.join(inner));
                RunsError::Io { deed, path, source }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_path_and_deed() {
        let path = PathBuf::from("logs/a/run.json");
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let cases = [
            (
                RunsError::io("create the folder", &path)(denied),
                "cannot create the folder `logs/a/run.json`: permission denied",
            ),
            (
                RunsError::Record {
                    path: path.clone(),
                    source: serde_json::from_str::<u8>("x").unwrap_err(),
                },
                "cannot read `logs/a/run.json` as the record of a run: \
                 expected value at line 1 column 1",
            ),
            (
                RunsError::History {
                    path: path.clone(),
                    line: 3,
                    got: "`x`".to_owned(),
                    want: "a number".to_owned(),
                },
                "cannot read `logs/a/run.json` as a history: line 3: got `x`, want a number",
            ),
            (
                RunsError::Columns {
                    path: path.clone(),
                    got: "epoch,acc".to_owned(),
                    want: "epoch,loss".to_owned(),
                },
                "cannot write to `logs/a/run.json`: got the columns epoch,acc, want epoch,loss",
            ),
            (
                RunsError::Weights { path, what: "header too small".to_owned() },
                "cannot read `logs/a/run.json` as weights: header too small",
            ),
        ];
        for (error, want) in cases {
            assert_eq!(error.to_string(), want);
        }
    }
}
