//! The rows of open tables: lines of text, or typed columns.

use std::path::PathBuf;

use super::block::Unusual;
use super::columns::CsvOptions;
use super::head::{Head, Place};
use super::lines::CsvLines;
use super::read_blocks::read_blocks;
use super::read_lines::read_lines;
use super::roles::Roles;
use super::sheet::Sheet;
use super::typed::TypedRows;
use crate::data::{DataError, columnar};

/// Open files of one kind.
pub(super) enum TableRows {
    Lines(Box<CsvLines>),
    Typed(Box<TypedRows>),
}

impl TableRows {
    pub(super) fn open(files: &[PathBuf], options: &CsvOptions) -> Result<TableRows, DataError> {
        let typed = files.first().is_some_and(|file| columnar::is_columnar(file));
        Ok(if typed {
            TableRows::Typed(Box::new(TypedRows::open(files)?))
        } else {
            TableRows::Lines(Box::new(CsvLines::open(files, options)?))
        })
    }

    pub(super) fn head(&self) -> &Head {
        match self {
            TableRows::Lines(lines) => &lines.head,
            TableRows::Typed(rows) => &rows.head,
        }
    }

    /// The place of a row, as its cells name it.
    pub(super) fn place(&self, begin: u64) -> Place {
        match self {
            TableRows::Lines(lines) => lines.place(begin),
            TableRows::Typed(rows) => rows.place(begin),
        }
    }

    /// Reads all rows.
    pub(super) fn read(&mut self, roles: Roles, options: &CsvOptions) -> Result<Sheet, DataError> {
        match self {
            TableRows::Lines(lines) => match read_blocks(lines.files(), roles.clone(), options) {
                Ok(sheet) => Ok(sheet),
                Err(Unusual) => read_lines(lines, roles, options),
            },
            TableRows::Typed(rows) => rows.read(roles, options),
        }
    }
}
