//! Semantic checks: whether the parts of a plan fit each other and the data set.
//!
//! The checks fill in defaults that depend on the data. They read the description of the data set,
//! never its rows.

mod callbacks;
mod classes;
mod dataset;
mod embeddings;
mod folds;
mod initial_weights;
mod memory;
mod name;
mod notes;
mod optimizer;
mod row_order;
mod shapes;
mod sharded;
mod source;
mod targets;
mod task;
mod tensorboard;

use std::path::Path;

pub(crate) use initial_weights::KnownWeights;
pub(crate) use notes::notes;
pub(crate) use source::DatasetLookup;
pub use source::DescribeDataset;

use self::source::ConfigSource;
use super::diagnostic::Diagnostic;
use super::document::Spanned;
use super::plan::Plan;
use crate::memory::{Bytes, machine};

/// Makes the paths of a plan absolute, fills in what follows from its file and its data, and says
/// all that does not fit; else the memory that the run takes, and notes on its rows.
pub(crate) fn resolve(
    plan: &mut Plan,
    root: &Spanned,
    file: &Path,
    describe: &mut DatasetLookup<'_>,
    known: &mut KnownWeights,
) -> Result<(Bytes, Vec<String>), Vec<Diagnostic>> {
    let config = ConfigSource::new(root, file);
    let mut diagnostics = Vec::new();
    let (mut needs, mut notes) = (Bytes::default(), Vec::new());
    diagnostics.extend(name::check(plan, &config));
    let lost_weights = initial_weights::path(plan, &config);
    let has_weights = lost_weights.is_none();
    diagnostics.extend(lost_weights);
    match dataset::dataset(plan, &config, describe) {
        Ok(data) => {
            diagnostics.extend(embeddings::embeddings(plan, &config, &data));
            dataset::fill(plan, &config, &data);
            diagnostics.extend(dataset::validation(plan, &config, &data, describe));
            diagnostics.extend(dataset::rows(plan, &config, &data));
            diagnostics.extend(folds::fold(plan, &config, &data));
            diagnostics.extend(shapes::network(plan, &config, &data));
            diagnostics.extend(classes::classes(plan, &config, &data));
            diagnostics.extend(targets::targets(plan, &config, &data));
            diagnostics.extend(tensorboard::tensorboard(plan, &config, &data));
            if diagnostics.is_empty() {
                notes = row_order::row_order(plan, &data);
            }
            match memory::memory(plan, &config, &data, machine()) {
                Ok(found) => needs = found,
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
            if has_weights && diagnostics.is_empty() {
                diagnostics.extend(initial_weights::content(plan, &config, known));
            }
        }
        Err(diagnostic) => diagnostics.push(*diagnostic),
    }
    diagnostics.extend(shapes::activations(plan, &config));
    diagnostics.extend(optimizer::arguments(plan, &config));
    diagnostics.extend(callbacks::callbacks(plan, &config));
    if diagnostics.is_empty() { Ok((needs, notes)) } else { Err(diagnostics) }
}
