//! What can be wrong with a config, and where; nothing here draws or prints.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::quote::{MAX_MESSAGE, cut};

/// Characters of a help or a note, which may list all keys of a table.
const MAX_TEXT: usize = 2000;

/// Everything that is wrong with a request, in the order of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

/// One thing that is wrong; every text is a lower-case phrase without a final full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What stands there and what is wanted, when the message does not say it.
    pub label: Option<String>,
    /// Other places that the diagnostic is about, each with its part in it.
    pub related: Vec<(Span, String)>,
    /// What to do.
    pub help: String,
    /// What else is worth knowing.
    pub note: Option<String>,
}

/// The place that a diagnostic is shown at.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A piece of a text that can be shown.
    Text(Span),
    /// A file of which there is nothing to show: it cannot be read, or the diagnostic is what it lacks.
    File(PathBuf),
}

/// Where a key or a value was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The text it was written in.
    pub source: Arc<SourceFile>,
    /// The bytes of it, within `source.text`.
    pub range: Range<usize>,
}

/// A text with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFile {
    /// What the text is.
    pub kind: SourceKind,
    /// The whole text.
    pub text: String,
}

/// What a text is.
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

    /// The same, with what was got and what is wanted.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(cut(label.into(), MAX_MESSAGE));
        self
    }

    /// The same, with another place.
    pub fn related(mut self, span: Option<&Span>, part: impl Into<String>) -> Diagnostic {
        self.related.extend(span.map(|span| (span.clone(), cut(part.into(), MAX_MESSAGE))));
        self
    }

    /// The same, with a note.
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
    /// Adds a diagnostic unless it is known already, as one in a base of several configs would be.
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
