//! Diagnostics: message, span and help.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::quote::{MAX_MESSAGE, cut};

/// Characters of a help or a note, which may list all keys of a table.
const MAX_TEXT: usize = 2000;

/// All diagnostics of a request, in the order of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

/// An error in a config; every text is a lower-case phrase without a final full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The error.
    pub message: String,
    /// The place of the error.
    pub location: Location,
    /// The value found and the value expected.
    pub label: Option<String>,
    /// Related spans, each with its label.
    pub related: Vec<(Span, String)>,
    /// The correction.
    pub help: String,
    /// Further information.
    pub note: Option<String>,
}

/// The place of a diagnostic.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A span of a text.
    Text(Span),
    /// A file without a span: it is unreadable, or lacks a key.
    File(PathBuf),
}

/// The byte range of a key or a value in its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The text.
    pub source: Arc<SourceFile>,
    /// The byte range in `source.text`.
    pub range: Range<usize>,
}

/// A text with its source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFile {
    /// The source of the text.
    pub kind: SourceKind,
    /// The whole text.
    pub text: String,
}

/// The source of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// A config, by its path as the user would write it.
    File(PathBuf),
    /// The text `--set KEY=VALUE` of that `--set` argument, counted from 0.
    Argument(usize),
}

impl Diagnostic {
    /// A diagnostic at a place, with what to do about it.
    pub fn at(
        at: impl Into<Location>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Diagnostic {
            message: cut(message.into(), MAX_MESSAGE),
            location: at.into(),
            label: None,
            related: Vec::new(),
            help: cut(help.into(), MAX_TEXT),
            note: None,
        }
    }

    /// Adds a label to the primary span.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(cut(label.into(), MAX_MESSAGE));
        self
    }

    /// Adds a related span.
    pub fn related(mut self, span: Option<&Span>, part: impl Into<String>) -> Diagnostic {
        self.related.extend(span.map(|span| (span.clone(), cut(part.into(), MAX_MESSAGE))));
        self
    }

    /// Adds a note.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.note = Some(cut(note.into(), MAX_TEXT));
        self
    }
}

impl From<&Span> for Location {
    fn from(span: &Span) -> Location {
        Location::Text(span.clone())
    }
}

impl Diagnostics {
    /// Adds a diagnostic, unless a config with the same base already reported it.
    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(&one.message),
            many => write!(f, "{} problems in the request", many.len()),
        }
    }
}

impl std::error::Error for Diagnostics {}
