//! A column of a typed file: its name, its type, and the form that it is read in.

use super::cells::ColumnKind;
use super::value_type::ValueType;

/// A column of a file.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) struct ColumnInfo {
    /// Its name.
    pub(in crate::data) name: String,
    pub(super) value_type: Option<ValueType>,
    /// The file's own name of the type.
    pub(super) found: String,
}

impl ColumnInfo {
    /// The form that suits the values, or the type that has none.
    pub(in crate::data) fn kind(&self) -> Result<ColumnKind, &str> {
        self.value_type.map(ValueType::kind).ok_or(&self.found)
    }

    /// The file's own name of the type.
    pub(in crate::data) fn found(&self) -> &str {
        &self.found
    }
}

/// The place of a column, and the form that its values are wanted in: the one that suits them, or words.
pub(in crate::data) type Wanted = (usize, ColumnKind);
