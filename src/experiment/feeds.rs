//! The data sets that are in memory: each is read once, whoever asks for it, and shared by all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Plan;
use crate::data::{Part, Source, describe, load};
use crate::runs::DataSource;
use crate::train::Feed;

/// Every data set that some run has asked for.
#[derive(Debug, Default)]
pub struct Feeds(Mutex<HashMap<(Source, u64), Arc<Loaded>>>);

/// A data set in memory.
#[derive(Debug)]
pub struct Loaded {
    /// Its rows, scaled.
    pub feed: Arc<Feed>,
    source: Source,
    fingerprint: String,
}

impl Feeds {
    /// The training rows of the plan's data set, scaled as the plan wants.
    ///
    /// Who comes while another run is reading waits for it.
    pub fn get(&self, plan: &Plan) -> anyhow::Result<Arc<Loaded>> {
        let source = plan.data.source();
        let scale = match plan.data.scale {
            Some(scale) => scale,
            None => describe(&source)?.default_scale,
        };
        // A panic while the lock was held left the map as it was: it is filled after reading.
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.clone(), scale.to_bits());
        if let Some(loaded) = feeds.get(&key) {
            return Ok(Arc::clone(loaded));
        }
        let table = load(&source, Part::Train)?;
        let fingerprint = source.fingerprint(Part::Train, &table);
        let loaded =
            Arc::new(Loaded { feed: Arc::new(Feed::new(table, scale)), source, fingerprint });
        feeds.insert(key, Arc::clone(&loaded));
        Ok(loaded)
    }
}

impl Loaded {
    /// The SHA-256 of the rows.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What a run that trains on `training` and validates on `validation` rows records of its data.
    pub(super) fn data_source(&self, training: usize, validation: usize) -> DataSource {
        DataSource {
            description: format!(
                "{}: {training} training and {validation} validation rows",
                self.source
            ),
            sha256: self.fingerprint.clone(),
        }
    }
}
