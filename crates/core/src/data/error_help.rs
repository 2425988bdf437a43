//! The ways out of errors of data sets.

use crate::data::csv::WEIGHT;
use crate::data::{DataError, RowPlace, is_missing, looks_like_number, reading_keys};

impl DataError {
    /// The way out, where there is a better one than other data.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            DataError::Cell { got, want, .. } if lacks_weight(got, want) => {
                "give the row a weight, 0 to leave it out, or take out the line"
            }
            DataError::Cell { row: RowPlace::Row(_), got, label: false, .. }
                if got == "nothing" =>
            {
                "give the row a value, or train with `fill` for the column in `data.columns`"
            }
            DataError::Cell { got, label: false, .. } if got == "nothing" => {
                "`missing = [\"\"]` fills empty fields; or take out the line, or `ignore` the column"
            }
            DataError::Cell { got, want, label: false, .. }
                if is_missing(got.trim_matches('`')) && !want.starts_with("one ") =>
            {
                let word = got.trim_matches('`');
                return Some(format!(
                    "`missing = [\"{word}\"]` fills such fields; or take out the line, or `ignore` the \
                     column"
                ));
            }
            DataError::Cell { got, .. } if looks_like_number(got.trim_matches('`')) => {
                return Some(number_help(got.trim_matches('`')));
            }
            DataError::Cell { label: true, .. } => "give the row a label, or take out the line",
            DataError::Cell { .. } => "mend the field, take out the line, or `ignore` the column",
            DataError::Line { help, .. } => help,
            DataError::Sheet { help, .. } | DataError::NoColumn { help, .. } => {
                return help.clone();
            }
            DataError::Format { help, .. } => help,
            DataError::Label { .. } => {
                "count classes from 0; numbers to be estimated want `task = \"regression\"`, or a \
                 loss between numbers with one output"
            }
            DataError::TooLarge { .. } | DataError::Memory { .. } => {
                "take fewer rows or columns; for a machine with more memory set RUNNER_MEMORY, as to \
                 `64GB`"
            }
            other => return other.file_help(),
        };
        Some(help.to_owned())
    }

    /// The way out of errors of whole files.
    fn file_help(&self) -> Option<String> {
        let help = match self {
            DataError::Chunk { .. } => "write the file again, or `ignore` the column",
            DataError::OtherColumns { .. } => {
                "give all files the same columns in the same order, or name the others apart"
            }
            DataError::Element { got, .. } if got.contains('U') || got.contains('S') => {
                "only classes may be texts, in an array of one text for each row"
            }
            DataError::SeveralSets { file, .. } => {
                return Some(format!(
                    "name a file of one, such as `{file}`, in place of the folder"
                ));
            }
            DataError::NoFile { .. } => {
                "`*` stands for any characters of a name; a folder has none"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

/// Whether a weight is expected in a field without a number.
fn lacks_weight(got: &str, want: &str) -> bool {
    want == WEIGHT && !looks_like_number(got.trim_matches('`'))
}

/// The way out for a field that looks like a number.
fn number_help(text: &str) -> String {
    let plain = "write numbers as `1200` or `1.5`: digits and a decimal point, nothing else";
    match reading_keys(std::iter::once(text)) {
        // `1,200` may be 1200 or 1.2.
        Some(keys) if keys == "`thousands = \",\"`" && text.matches(',').count() == 1 => {
            format!("{keys} reads it with thousands, `decimal = \",\"` as a fraction; or {plain}")
        }
        Some(keys) => format!("{keys} reads it; or {plain}"),
        None => plain.to_owned(),
    }
}
