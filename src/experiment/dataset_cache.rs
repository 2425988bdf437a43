//! The data sets in memory. Each data set is read once and shared by all runs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{Data, Plan};
use crate::data::{
    CsvOptions, Labels, Parts, Preprocessing, RowOrder, RowSplit, Source, Split, Table, TableFiles,
    TargetScaling, describe, load,
};
use crate::experiment::pool::on;
use crate::experiment::sharded::{Sharded, both};
use crate::kernels::BlockCsr;
use crate::runs::DataSource;
use crate::train::{Dataset, FitBlocks};

/// Every data set requested by a run.
#[derive(Debug, Default)]
pub struct DatasetCache(Mutex<HashMap<Key, Arc<LoadedDataset>>>);

/// The identity of a data set in memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    validation: Option<Source>,
    /// The order of the rows, if it is not that of the data set.
    rows: Option<RowSplit>,
    /// The bits of the scale.
    scale: u64,
    /// The standardisation of inputs and the scaling of targets.
    standardize: bool,
    target_scaling: Option<TargetScaling>,
    /// The number of rows that either is fitted on, and the number of all rows.
    fitted: Option<(usize, usize)>,
    /// The rows of a block, where rows are read in blocks.
    buffer: Option<usize>,
}

/// A data set in memory.
#[derive(Debug)]
pub struct LoadedDataset {
    /// The scaled rows; a row of their form if they are read in blocks.
    pub dataset: Arc<Dataset>,
    /// Number of rows.
    pub rows: usize,
    /// Training and validation rows that are read in blocks.
    pub(super) sharded: Option<Sharded>,
    /// The preprocessing for all other inputs of the network.
    pub preprocessing: Preprocessing,
    /// The classes of the targets, if any.
    labels: Option<Labels>,
    /// Validation rows from another data set.
    validation: Option<(Source, Dataset)>,
    /// The order of the rows, if it is not that of the data set.
    order: Option<RowOrder>,
    source: Source,
    fingerprint: String,
}

impl DatasetCache {
    /// The training rows of the plan's data set, scaled and standardised as planned, and the
    /// validation rows, if from elsewhere.
    ///
    /// A concurrent caller waits for the reader. The read uses the `threads` of the first caller.
    pub fn get(&self, plan: &Plan, threads: usize) -> anyhow::Result<Arc<LoadedDataset>> {
        let data = &plan.data;
        let source = data.source();
        let scale = match data.scale {
            Some(scale) => scale,
            None => describe(&source)?.default_scale,
        };
        // A panic under the lock leaves the map unchanged, because the insertion follows the read.
        let mut datasets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |rows: Option<usize>| Key {
            source: source.clone(),
            validation: data.validation_source(None),
            rows: (data.split.is_some() || data.fold.is_some()).then(|| data.row_split()),
            scale: scale.to_bits(),
            standardize: data.standardize,
            target_scaling: data.target_scaling,
            fitted: rows.map(|rows| (data.parts(rows).training.len(), rows)),
            buffer: data.shuffle_buffer,
        };
        let is_fitted = data.standardize || data.target_scaling.is_some();
        let known = datasets.iter().find(|(known, _)| {
            let rows = known.fitted.filter(|_| is_fitted).map(|(_, rows)| rows);
            known.fitted.is_some() == is_fitted && **known == key(rows)
        });
        if let Some((_, loaded)) = known {
            return Ok(Arc::clone(loaded));
        }
        let loaded = match &source {
            Source::Csv(files, options) if options.in_shards => {
                LoadedDataset::open((files, options), plan, scale, threads)?
            }
            _ => LoadedDataset::read(data, source.clone(), scale, threads)?,
        };
        let loaded = Arc::new(loaded);
        let rows = loaded.rows;
        datasets.insert(key(is_fitted.then_some(rows)), Arc::clone(&loaded));
        Ok(loaded)
    }
}

impl LoadedDataset {
    fn read(
        data: &Data,
        source: Source,
        scale: f64,
        threads: usize,
    ) -> anyhow::Result<LoadedDataset> {
        let table = load(&source, Split::Train)?;
        let mut fingerprint = source.fingerprint(Split::Train, &table);
        let table = table.arranged(&data.row_split());
        let order = table.order.clone();
        let parts = order.as_ref().map(|order| order.parts.clone());
        let trained = parts.unwrap_or_else(|| data.parts(table.rows())).training.len();
        let preprocessing = Preprocessing::of(&table, scale, trained, data.standardize)
            .with_targets(&table, trained, data.target_scaling);
        let labels = table.labels();
        let validation = match data.validation_source(preprocessing.columns.as_ref()) {
            None => None,
            Some(other) => {
                let mut table = load(&other, Split::Train)?;
                preprocessing.check(&mut table, &other)?;
                fingerprint = both(&fingerprint, &other.fingerprint(Split::Train, &table));
                Some((other, dataset(&preprocessing, table, threads)))
            }
        };
        let dataset = Arc::new(dataset(&preprocessing, table, threads));
        Ok(LoadedDataset {
            rows: dataset.rows(),
            dataset,
            sharded: None,
            preprocessing,
            labels,
            validation,
            order,
            source,
            fingerprint,
        })
    }

    /// A table that stays in its files.
    fn open(
        (files, options): (&TableFiles, &CsvOptions),
        plan: &Plan,
        scale: f64,
        threads: usize,
    ) -> anyhow::Result<LoadedDataset> {
        let data = &plan.data;
        let sharded = Sharded::open((files, options), data, scale, threads)?;
        let table = &sharded.training.table;
        let labels = table.columns().class_names().map(|names| Labels::from(names.to_vec()));
        Ok(LoadedDataset {
            dataset: Arc::new(sharded.form()),
            rows: table.rows(),
            preprocessing: sharded.training.preprocessing.clone(),
            labels,
            validation: None,
            order: None,
            source: data.source(),
            fingerprint: sharded.fingerprint(),
            sharded: Some(sharded),
        })
    }

    /// The SHA-256 of the rows.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The division of the rows under a plan.
    pub fn parts(&self, plan: &Plan) -> Parts {
        let parts = self.order.as_ref().map(|order| order.parts.clone());
        parts.unwrap_or_else(|| plan.data.parts(self.rows))
    }

    /// The number in the data set of the row at `place`.
    pub(super) fn row_number(&self, place: usize) -> usize {
        let order = self.order.as_ref().and_then(|order| order.rows.get(place));
        order.map_or(place, |row| *row as usize)
    }

    /// The weight of each class under a plan, by number in the feed; empty for equal weights.
    pub(super) fn class_weights(&self, plan: &Plan) -> anyhow::Result<Vec<f32>> {
        let Some(weights) = &plan.training.class_weight else { return Ok(Vec::new()) };
        let no_classes =
            || anyhow::anyhow!("`training.class_weight` weighs classes, the data has none");
        let labels = self.labels.as_ref().ok_or_else(no_classes)?;
        if let Some(sharded) = &self.sharded {
            return Ok(weights.of_classes(labels, sharded.classes()));
        }
        let rows = self.parts(plan).training.map(|row| self.dataset.class_number(row as u32));
        Ok(weights.of_classes(labels, rows))
    }

    /// The rows that are read in blocks, if any.
    pub(super) fn blocks(&self) -> Option<FitBlocks<'_>> {
        self.sharded.as_ref().map(Sharded::blocks)
    }

    /// The validation rows in memory under a plan, from the training set or from another data set.
    pub fn validation(&self, plan: &Plan) -> Option<(&Dataset, Range<usize>)> {
        match &self.validation {
            Some((_, dataset)) => Some((dataset, 0..dataset.rows())),
            None if self.sharded.is_some() => None,
            None => {
                let rows = self.parts(plan).validation;
                (!rows.is_empty()).then_some((&*self.dataset, rows))
            }
        }
    }

    /// The data source in the record of a run under a plan.
    pub(super) fn data_source(&self, plan: &Plan) -> DataSource {
        let Parts { training, validation, test } = self.parts(plan);
        let mut description = format!("{}: {} training", self.source, training.len());
        let other = self.sharded.as_ref().and_then(Sharded::other_validation);
        if self.validation.is_none() && other.is_none() {
            description += &format!(" and {} validation", validation.len());
        }
        description += " rows";
        if !test.is_empty() {
            description += &format!(", {} kept for a test", test.len());
        }
        if let Some((source, dataset)) = &self.validation {
            description += &format!("; {source}: {} validation rows", dataset.rows());
        }
        if let Some((source, rows)) = other {
            description += &format!("; {source}: {rows} validation rows");
        }
        DataSource { description, sha256: self.fingerprint.clone() }
    }
}

/// The rows in the form of the kernels, on at most `threads` threads, each with work.
fn dataset(preprocessing: &Preprocessing, table: Table, threads: usize) -> Dataset {
    let (table, scale) = preprocessing.apply(table);
    on(threads.min(BlockCsr::max_build_threads(table.rows())), || {
        Dataset::new(table, scale).with_target_scaling(&preprocessing.targets)
    })
}
