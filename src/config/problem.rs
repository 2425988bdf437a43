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
pub struct Problems(pub Vec<Problem>);

/// One thing that is wrong; every text is a lower-case phrase without a final full stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub location: Location,
    /// What stands there and what is wanted, when the message does not say it.
    pub label: Option<String>,
    /// Other places that the problem is about, each with its part in it.
    pub related: Vec<(Origin, String)>,
    /// What to do.
    pub help: String,
    /// What else is worth knowing.
    pub note: Option<String>,
}

/// The place that a problem is shown at.
#[derive(Clone, Debug, PartialEq)]
pub enum Location {
    /// A piece of a text that can be shown.
    Text(Origin),
    /// A file of which there is nothing to show: it cannot be read, or the problem is what it lacks.
    File(PathBuf),
}

/// Where a key or a value was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The text it was written in.
    pub source: Arc<Source>,
    /// The bytes of it, within `source.text`.
    pub span: Range<usize>,
}

/// A text with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What the text is.
    pub place: Place,
    /// The whole text.
    pub text: String,
}

/// What a text is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A config, by its path as the user would write it.
    File(PathBuf),
    /// The text `--set KEY=VALUE` of that `--set` argument, counted from 0.
    Argument(usize),
}

impl Problem {
    /// A problem at a place, with what to do about it.
    pub fn at(
        at: impl Into<Location>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Problem {
            message: cut(message.into(), MAX_MESSAGE),
            location: at.into(),
            label: None,
            related: Vec::new(),
            help: cut(help.into(), MAX_TEXT),
            note: None,
        }
    }

    /// The same, with what was got and what is wanted.
    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = Some(cut(label.into(), MAX_MESSAGE));
        self
    }

    /// The same, with another place.
    pub fn related(mut self, origin: Option<&Origin>, part: impl Into<String>) -> Problem {
        self.related.extend(origin.map(|origin| (origin.clone(), cut(part.into(), MAX_MESSAGE))));
        self
    }

    /// The same, with a note.
    pub fn note(mut self, note: impl Into<String>) -> Problem {
        self.note = Some(cut(note.into(), MAX_TEXT));
        self
    }
}

impl From<&Origin> for Location {
    fn from(origin: &Origin) -> Location {
        Location::Text(origin.clone())
    }
}

impl Problems {
    /// Adds a problem unless it is known already, as one in a base of several configs would be.
    pub(super) fn add(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(&one.message),
            many => write!(f, "{} problems in the request", many.len()),
        }
    }
}

impl std::error::Error for Problems {}
