//! The output of the commands: both streams, tables that fit a terminal, progress, live view.

pub(crate) mod cells;
pub(crate) mod color;
pub(crate) mod console;
pub(crate) mod escape;
pub(crate) mod format;

pub(crate) mod fit;
pub(crate) mod shorten;
pub(crate) mod table;
pub(crate) mod width;

pub(crate) mod compare_table;
pub(crate) mod curve;
pub(crate) mod digest;
pub(crate) mod json;
pub(crate) mod labels;
pub(crate) mod result_groups;
pub(crate) mod result_table;
pub(crate) mod run_details;
pub(crate) mod search_details;
pub(crate) mod summary;

pub(crate) mod progress;
pub(crate) mod watch;
