//! The pruner of a search as the config writes it, with its place.

use crate::config::diagnostic::Span;
use crate::config::document::Spanned;
use crate::config::plan::PrunerTable;

/// The pruner of a search, and the place of its table.
#[derive(Clone, Debug)]
pub(crate) struct PrunerOption {
    /// What the config says.
    pub(crate) table: PrunerTable,
    /// The table in the config.
    node: Spanned,
}

impl PrunerOption {
    /// The pruner of `table` at `node`.
    pub(crate) fn new(table: PrunerTable, node: &Spanned) -> PrunerOption {
        PrunerOption { table, node: node.clone() }
    }

    /// Whether the number of trials follows from the pruner.
    pub(crate) fn is_hyperband(&self) -> bool {
        matches!(self.table, PrunerTable::Hyperband { .. })
    }

    /// The place of a key of the table, or of the table.
    pub(crate) fn place(&self, key: &str) -> &Span {
        self.node.entry(key).map_or(&self.node.span, |entry| &entry.node.span)
    }
}
