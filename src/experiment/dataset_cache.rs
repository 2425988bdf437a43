//! The data sets that are in memory: each is read once, whoever asks for it, and shared by all.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{Data, Parts, Plan};
use crate::data::{Labels, Preprocessing, Source, Split, Table, describe, load};
use crate::kernels::BlockCsr;
use crate::runs::{DataSource, sha256};
use crate::train::Feed;

/// Every data set that some run has asked for.
#[derive(Debug, Default)]
pub struct DatasetCache(Mutex<HashMap<Key, Arc<LoadedDataset>>>);

/// What makes one data set in memory another than the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    validation: Option<Source>,
    /// The bits of the scale.
    scale: u64,
    /// How many rows the inputs are standardised on, and out of how many.
    standardized: Option<(usize, usize)>,
}

/// A data set in memory.
#[derive(Debug)]
pub struct LoadedDataset {
    /// Its rows, scaled.
    pub feed: Arc<Feed>,
    /// What else is to be put to the network has to be made so.
    pub preprocessing: Preprocessing,
    /// The classes of its targets, if they are any.
    labels: Option<Labels>,
    /// Rows of another data set that validate.
    validation: Option<(Source, Feed)>,
    source: Source,
    fingerprint: String,
}

impl DatasetCache {
    /// The training rows of the plan's data set, scaled and standardised as the plan wants, and what
    /// validates if that is elsewhere.
    ///
    /// Who comes while another run is reading waits for it; it is read on as many threads as that
    /// one has.
    pub fn get(&self, plan: &Plan, threads: usize) -> anyhow::Result<Arc<LoadedDataset>> {
        let data = &plan.data;
        let source = data.source();
        let scale = match data.scale {
            Some(scale) => scale,
            None => describe(&source)?.default_scale,
        };
        // A panic while the lock was held left the map as it was: it is filled after reading.
        let mut datasets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |rows: Option<usize>| Key {
            source: source.clone(),
            validation: data.validation_source(None),
            scale: scale.to_bits(),
            standardized: rows.map(|rows| (parts(data, rows).training.len(), rows)),
        };
        let known = datasets.iter().find(|(known, _)| {
            let rows = known.standardized.filter(|_| data.standardize).map(|(_, rows)| rows);
            known.standardized.is_some() == data.standardize && **known == key(rows)
        });
        if let Some((_, loaded)) = known {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(LoadedDataset::read(data, source.clone(), scale, threads)?);
        let rows = loaded.feed.rows();
        datasets.insert(key(data.standardize.then_some(rows)), Arc::clone(&loaded));
        Ok(loaded)
    }
}

/// Does the work in a pool of so many threads; without one where they cannot be had.
fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok();
    match (1 < threads).then(pool).flatten() {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// How the rows of a data set of `rows` rows are divided, its limit kept.
fn parts(data: &Data, rows: usize) -> Parts {
    data.parts(data.limit.unwrap_or(usize::MAX).min(rows))
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
        let trained = parts(data, table.rows()).training.len();
        let preprocessing = Preprocessing::of(&table, scale, trained, data.standardize);
        let labels = Labels::of(&table.targets, table.columns.as_ref());
        let validation = match data.validation_source(preprocessing.columns.as_ref()) {
            None => None,
            Some(other) => {
                let mut table = load(&other, Split::Train)?;
                preprocessing.check(&mut table, &other)?;
                fingerprint = both(&fingerprint, &other.fingerprint(Split::Train, &table));
                Some((other, feed(&preprocessing, table, threads)))
            }
        };
        let feed = Arc::new(feed(&preprocessing, table, threads));
        Ok(LoadedDataset { feed, preprocessing, labels, validation, source, fingerprint })
    }

    /// The SHA-256 of the rows.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How the rows are divided under a plan.
    pub fn parts(&self, plan: &Plan) -> Parts {
        parts(&plan.data, self.feed.rows())
    }

    /// How much each class counts under a plan, by its number in the feed; evenly, if there are none.
    pub(super) fn class_weights(&self, plan: &Plan) -> anyhow::Result<Vec<f32>> {
        let Some(weights) = &plan.training.class_weight else { return Ok(Vec::new()) };
        let no_classes =
            || anyhow::anyhow!("`training.class_weight` weighs classes, the data has none");
        let labels = self.labels.as_ref().ok_or_else(no_classes)?;
        let rows = self.parts(plan).training.map(|row| self.feed.class_number(row as u32));
        Ok(weights.of_classes(labels, rows))
    }

    /// What validates under a plan: rows of the training set, or of another.
    pub fn validation(&self, plan: &Plan) -> Option<(&Feed, Range<usize>)> {
        match &self.validation {
            Some((_, feed)) => Some((feed, 0..feed.rows())),
            None => {
                let rows = self.parts(plan).validation;
                (!rows.is_empty()).then_some((&*self.feed, rows))
            }
        }
    }

    /// What a run under a plan records of its data.
    pub(super) fn data_source(&self, plan: &Plan) -> DataSource {
        let Parts { training, validation, test } = self.parts(plan);
        let mut description = format!("{}: {} training", self.source, training.len());
        if self.validation.is_none() {
            description += &format!(" and {} validation", validation.len());
        }
        description += " rows";
        if !test.is_empty() {
            description += &format!(", {} kept for a test", test.len());
        }
        if let Some((source, feed)) = &self.validation {
            description += &format!("; {source}: {} validation rows", feed.rows());
        }
        DataSource { description, sha256: self.fingerprint.clone() }
    }
}

/// The rows in the form of the kernels, on at most `threads` threads, none without work.
fn feed(preprocessing: &Preprocessing, table: Table, threads: usize) -> Feed {
    let (table, scale) = preprocessing.apply(table);
    on(threads.min(BlockCsr::max_build_threads(table.rows())), || Feed::new(table, scale))
}

/// One fingerprint of two.
fn both(first: &str, second: &str) -> String {
    sha256(format!("{first}\n{second}\n"))
}
