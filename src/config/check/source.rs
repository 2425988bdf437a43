//! The config as it was written: spans and paths for the diagnostics of a check.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::diagnostic::{Diagnostic, Location, SourceKind, Span};
use crate::config::document::Spanned;
use crate::config::paths::relative_to;
use crate::data::{DataError, DatasetInfo, Source};

/// Describes a data set; [`crate::data::describe`] outside tests.
pub type DescribeDataset<'a> = dyn Fn(&Source) -> Result<DatasetInfo, DataError> + 'a;

/// A cached [`DescribeDataset`].
pub(crate) type DatasetLookup<'a> = dyn FnMut(&Source) -> Result<DatasetInfo, Arc<DataError>> + 'a;

/// A config as it was written, to find the places of what is wrong.
pub(crate) struct ConfigSource<'a> {
    root: &'a Spanned,
    file: &'a Path,
}

impl<'a> ConfigSource<'a> {
    /// The config in `file`, parsed as `root`.
    pub(crate) fn new(root: &'a Spanned, file: &'a Path) -> Self {
        ConfigSource { root, file }
    }

    /// The file of the config.
    pub(crate) fn file(&self) -> &Path {
        self.file
    }

    /// The span of the value at a dotted path.
    pub(crate) fn span(&self, path: &str) -> Option<&Span> {
        self.root.find(path).map(|node| &node.span)
    }

    /// A diagnostic at the first of some dotted paths that was written, else with the file.
    pub(crate) fn diagnostic(
        &self,
        paths: &[&str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        let found = paths.iter().find_map(|path| self.span(path));
        let location = found.map_or_else(|| Location::File(self.file.to_owned()), Location::from);
        Diagnostic::at(location, message, help)
    }

    /// The absolute form of the path at `key`: a config's paths start from the folder of the file
    /// that they were written in, an argument's from the current folder.
    pub(crate) fn absolute(&self, key: &str, path: &str) -> Result<String, Box<Diagnostic>> {
        let from = match self.span(key).map(|span| &span.source.kind) {
            Some(SourceKind::File(file)) => relative_to(file, path),
            Some(SourceKind::Argument(_)) => PathBuf::from(path),
            None => relative_to(self.file, path),
        };
        let tidy = std::path::absolute(from).map(|path| path.components().collect::<PathBuf>());
        let text = tidy.ok().and_then(|path| path.into_os_string().into_string().ok());
        text.ok_or_else(|| {
            let message = "the path is empty, or its folder has a name that is not UTF-8";
            self.diagnostic(&[key], message, "write another path").into()
        })
    }
}
