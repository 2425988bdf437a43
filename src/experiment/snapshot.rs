//! The state of a fit in a checkpoint: tensors by name and metadata for the rest, restored bit for
//! bit. The `runs` module chooses the location of the file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{NamedParam, Network};
use crate::quote::{clip, quote};
use crate::runs::{Checkpoint, Durability, RunsError, Tensor, TensorView};
use crate::train::{EarlyStoppingState, FitState, OptimizerState, ReduceLrState, RunningMetrics};

/// The format version; changes with the names and meanings below.
const FORMAT: u64 = 2;

/// The name prefixes of all tensors except the current weights of the network.
const BEST: &str = "best.";
const OPTIMIZER: &str = "optimizer.";

/// The metadata beside the tensors. 64-bit numbers are stored as bits, because JSON might change
/// them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CheckpointMeta {
    format: u64,
    /// The fingerprint of the state's plan.
    pub(super) plan: String,
    pub(super) epoch: usize,
    pub(super) batch: usize,
    iterations: u64,
    /// The step size set by a callback.
    rate: Option<u32>,
    /// Loss, correct rows and rows of the current epoch, then the sums of the metrics.
    totals: Vec<u64>,
    wait: usize,
    best: Option<(u64, usize)>,
    stopped: bool,
    /// Wait, cooldown and best value of the reduction of the learning rate.
    plateau: (usize, usize, Option<u64>),
    /// Training time in seconds, without interruptions.
    pub(super) seconds: f64,
    /// The event files, relative to the run's folder, and their lengths in bytes.
    pub(super) events: BTreeMap<String, u64>,
    /// The SHA-256 of the history's epochs; absent in checkpoints of earlier versions.
    #[serde(default)]
    pub(super) history: Option<String>,
}

/// A loaded checkpoint.
pub(super) struct Snapshot {
    checkpoint: Checkpoint,
    tensors: Vec<Tensor>,
    pub(super) meta: CheckpointMeta,
}

/// The recorder's additions to the state.
pub(super) struct Logged<'a> {
    pub(super) plan: &'a str,
    pub(super) seconds: f64,
    pub(super) events: BTreeMap<String, u64>,
    pub(super) history: String,
}

/// Writes the state, replacing the earlier checkpoint.
pub(super) fn save(
    checkpoint: &Checkpoint,
    state: &FitState,
    logged: Logged<'_>,
    durability: Durability,
) -> Result<(), RunsError> {
    // Destructured by name: every new field of a state must be handled here.
    let FitState { network, optimizer, epoch, batch, totals, early_stopping, reduce_lr } = state;
    let EarlyStoppingState { wait, best, weights, stopped } = early_stopping;
    let mut tensors = network.weights();
    let names = kept(optimizer, network).into_iter();
    tensors.extend(names.zip(optimizer.matrices()).map(|((name, shape), values)| NamedParam {
        name: format!("{OPTIMIZER}{name}"),
        shape,
        values,
    }));
    tensors.extend(weights.iter().flat_map(Network::weights).map(|weight| {
        let name = format!("{BEST}{}", weight.name);
        NamedParam { name, ..weight }
    }));
    let numbers: Vec<_> = tensors.iter().map(numbers).collect();
    let views = tensors.iter().zip(&numbers);
    let views = views.map(|(w, data)| TensorView { name: &w.name, shape: &w.shape, data });
    let meta = CheckpointMeta {
        format: FORMAT,
        plan: logged.plan.to_owned(),
        epoch: *epoch,
        batch: *batch,
        iterations: optimizer.iterations,
        rate: optimizer.rate.map(f32::to_bits),
        totals: numbers_of(totals).map(f64::to_bits).collect(),
        wait: *wait,
        best: best.map(|(value, epoch)| (value.to_bits(), epoch)),
        stopped: *stopped,
        plateau: (reduce_lr.wait, reduce_lr.cooldown, reduce_lr.best.map(f64::to_bits)),
        seconds: logged.seconds,
        events: logged.events,
        history: Some(logged.history),
    };
    let meta = serde_json::to_string(&meta).map_err(|e| checkpoint.unusable(e.to_string()))?;
    checkpoint.save(&views.collect::<Vec<_>>(), &meta, durability)
}

/// Loss, correct rows, rows and sums.
fn numbers_of(metrics: &RunningMetrics) -> impl Iterator<Item = f64> {
    // Destructured by name, as above.
    let RunningMetrics { loss, correct, rows, sums } = metrics;
    [*loss, *correct, *rows].into_iter().chain(sums.iter().copied())
}

/// The metrics with these numbers.
fn metrics(bits: &[u64]) -> Result<RunningMetrics, String> {
    let mut numbers = bits.iter().map(|bits| f64::from_bits(*bits));
    let mut next = || numbers.next().ok_or("its totals are cut short");
    let (loss, correct, rows) = (next()?, next()?, next()?);
    Ok(RunningMetrics { loss, correct, rows, sums: numbers.collect() })
}

/// The names and shapes of the optimizer's tensors, in the order of the matrices.
fn kept(optimizer: &OptimizerState, network: &Network) -> Vec<(String, Vec<usize>)> {
    // Destructured by name, as above.
    let OptimizerState { iterations: _, rate: _, slots, averages, accumulated } = optimizer;
    let weights = network.trainable();
    let slots = weights.iter().zip(slots).flat_map(|(weight, slots)| {
        slots.iter().enumerate().map(move |(slot, m)| (slot.to_string(), weight, m))
    });
    let beside = |name: &'static str, matrices| {
        weights.iter().zip::<&Vec<_>>(matrices).map(move |(weight, m)| (name.to_owned(), weight, m))
    };
    let all = slots.chain(beside("average", averages)).chain(beside("gradient", accumulated));
    all.map(|(group, weight, m)| {
        (format!("{group}.{}", weight.name), shape(weight, (m.rows(), m.cols())))
    })
    .collect()
}

/// The weight's shape for tensors with the weight's rows and columns; other tensors are matrices.
fn shape(weight: &NamedParam<'_>, (rows, cols): (usize, usize)) -> Vec<usize> {
    if (rows, cols) == (weight.values.rows(), weight.values.cols()) {
        weight.shape.clone()
    } else {
        vec![rows, cols]
    }
}

/// The numbers in row order, copied only if there is padding between the rows.
fn numbers<'a>(weights: &NamedParam<'a>) -> Cow<'a, [f32]> {
    if weights.values.stride() == weights.values.cols() {
        Cow::Borrowed(weights.values.as_slice())
    } else {
        Cow::Owned(weights.values.to_rows())
    }
}

impl Snapshot {
    /// The run's checkpoint, if any.
    pub(super) fn load(checkpoint: Checkpoint) -> Result<Option<Snapshot>, RunsError> {
        let Some((tensors, text)) = checkpoint.load()? else { return Ok(None) };
        let value: Value = serde_json::from_str(&text).map_err(|e| checkpoint.unusable(clip(e)))?;
        if value["format"] != FORMAT {
            let what = format!(
                "got format {}, want {FORMAT}: another version of this program wrote it",
                clip(&value["format"])
            );
            return Err(checkpoint.unusable(what));
        }
        let meta = CheckpointMeta::deserialize(value).map_err(|e| checkpoint.unusable(clip(e)))?;
        Ok(Some(Snapshot { checkpoint, tensors, meta }))
    }

    /// The state, based on the start state of the fit.
    pub(super) fn restore(self, start: FitState) -> Result<(FitState, CheckpointMeta), RunsError> {
        let Snapshot { checkpoint, tensors, meta } = self;
        match restore(tensors, &meta, start) {
            Ok(state) => Ok((state, meta)),
            Err(what) => Err(checkpoint.unusable(what)),
        }
    }
}

fn restore(
    tensors: Vec<Tensor>,
    meta: &CheckpointMeta,
    start: FitState,
) -> Result<FitState, String> {
    let (mut weights, mut best, mut slots) = (Given::new(), Given::new(), Given::new());
    for Tensor { name, shape, data } in tensors {
        let (group, name) = match (name.strip_prefix(BEST), name.strip_prefix(OPTIMIZER)) {
            (Some(name), _) => (&mut best, name),
            (_, Some(name)) => (&mut slots, name),
            _ => (&mut weights, &*name),
        };
        group.insert(name.to_owned(), (shape, data));
    }
    let FitState { mut network, mut optimizer, mut early_stopping, .. } = start;
    network.load(&weights).map_err(|error| error.to_string())?;
    if !best.is_empty() {
        let mut kept = network.clone();
        kept.load(&best).map_err(|error| error.to_string())?;
        early_stopping.weights = Some(kept);
    }
    optimizer.iterations = meta.iterations;
    load_kept(&mut optimizer, &network, slots)?;
    early_stopping.wait = meta.wait;
    early_stopping.best = meta.best.map(|(bits, epoch)| (f64::from_bits(bits), epoch));
    early_stopping.stopped = meta.stopped;
    optimizer.rate = meta.rate.map(f32::from_bits);
    let (wait, cooldown, best) = meta.plateau;
    let reduce_lr = ReduceLrState { wait, cooldown, best: best.map(f64::from_bits) };
    let totals = metrics(&meta.totals)?;
    let (epoch, batch) = (meta.epoch, meta.batch);
    Ok(FitState { network, optimizer, epoch, batch, totals, early_stopping, reduce_lr })
}

/// Tensors by name: shape, and numbers in row order.
type Given = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Every matrix of the optimizer must be present with the right shape, and no other tensor.
fn load_kept(
    optimizer: &mut OptimizerState,
    network: &Network,
    mut given: Given,
) -> Result<(), String> {
    let names = kept(optimizer, network).into_iter();
    for ((name, want), place) in names.zip(optimizer.matrices_mut()) {
        let Some((shape, data)) = given.remove(&name) else {
            return Err(format!("`{OPTIMIZER}{name}` is missing"));
        };
        if shape != want {
            return Err(format!("`{OPTIMIZER}{name}`: got shape {shape:?}, want {want:?}"));
        }
        let columns = place.cols();
        for (r, row) in data.chunks_exact(columns.max(1)).enumerate() {
            place.row_mut(r)[..columns].copy_from_slice(row);
        }
    }
    match given.keys().next() {
        None => Ok(()),
        Some(name) => {
            let name = quote(&format!("{OPTIMIZER}{name}"));
            Err(format!("{name} is nothing that this optimizer keeps"))
        }
    }
}
