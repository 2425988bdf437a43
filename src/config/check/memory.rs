//! The memory that a run takes by its plan, held against that of the machine; nothing is allocated
//! for it.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::DatasetInfo;
use crate::memory::{Bytes, Machine, VARIABLE};
use crate::train::Footprint;

/// The memory of a run with its data, or the diagnostic that the machine has less.
pub(crate) fn memory(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
    machine: Option<Machine>,
) -> Result<Bytes, Box<Diagnostic>> {
    let footprint = plan.footprint(data.rows);
    let data = data_bytes(plan, data);
    let needs = Bytes(footprint.total().saturating_add(data));
    match machine {
        Some(machine) if machine.total < needs => {
            let embedded = usize::from(!plan.model.embeddings.is_empty());
            Err(too_large(config, &footprint, data, (machine, embedded)).into())
        }
        _ => Ok(needs),
    }
}

/// Rows of a file that are read at a time.
const PIECE: u64 = 1 << 16;

/// The data as they are read, and once more where they are scaled.
fn data_bytes(plan: &Plan, data: &DatasetInfo) -> u64 {
    let width = data.shape.iter().fold(4_u64, |all, size| all.saturating_mul(*size as u64));
    if !plan.data.in_memory {
        let features = data.shape.iter().product();
        let rows = plan.data.buffer_rows(features).max(plan.training.batch_size).min(data.rows);
        // The block that trains, the next one, and the piece that is read into it.
        return width.saturating_mul(2 * rows as u64 + PIECE).saturating_add(8 * rows as u64);
    }
    let columns = data.columns.iter().flat_map(|columns| &columns.features);
    let filled = columns.filter(|feature| feature.number.is_some()).count() != 0;
    let standardized =
        if plan.data.standardize || filled { width.saturating_mul(data.rows as u64) } else { 0 };
    data.bytes.saturating_add(standardized)
}

fn too_large(
    config: &ConfigSource<'_>,
    footprint: &Footprint,
    data: u64,
    (machine, embedded): (Machine, usize),
) -> Diagnostic {
    let needs = Bytes(footprint.total().saturating_add(data));
    let message = format!("the run needs {needs} of memory, this machine has {}", machine.total);
    let half = needs.0 / 2;
    let (layer, bytes) = footprint.greatest_layer().unwrap_or_default();
    // The tables of embedded columns are a layer of their own, below those of the config.
    let layer = layer.saturating_sub(embedded);
    let units = format!("model.layers.{layer}.units");
    let whole = format!("model.layers.{layer}");
    let (paths, takes, less) = if half < data {
        (vec!["data.dataset", "data"], format!("the data take {}", Bytes(data)), "fewer rows")
    } else if half < footprint.activations && config.span("training.batch_size").is_some() {
        let takes = format!("a batch takes {}", Bytes(footprint.activations));
        (vec!["training.batch_size"], takes, "a smaller batch")
    } else {
        let takes = format!("layer {layer} takes {}", Bytes(bytes));
        (vec![&*units, &*whole, "model.layers", "model"], takes, "fewer units")
    };
    let help = format!("take {less}; for a machine with more memory set {VARIABLE}, as to `64GB`");
    let parts = [
        (footprint.weights, "weights"),
        (footprint.state, "the optimizer's state"),
        (footprint.gradients, "gradients"),
        (footprint.activations, "activations"),
        (footprint.checkpoint, "a checkpoint"),
        (data, "data"),
    ];
    let parts = parts.iter().filter(|(bytes, _)| 0 < *bytes);
    let parts: Vec<_> = parts.map(|(bytes, what)| format!("{} {what}", Bytes(*bytes))).collect();
    config.diagnostic(&paths, message, help).label(takes).note(parts.join(", "))
}
