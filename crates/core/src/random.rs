//! Named streams of random numbers, each a pure function of the experiment's seed; no stream ever
//! disturbs another, and none reads the clock or the machine.
//!
//! A stream's ChaCha8 key is the SHA-256 of the seed, the purpose and an index, so that adding an
//! epoch or a layer leaves every other stream as it was. Both are specified algorithms: the numbers
//! are the same on every machine and with every version of the crates that compute them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What a stream is for; its name is part of the stream's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamPurpose {
    /// The initial kernel of layer `index`.
    Kernel,
    /// The initial bias of layer `index`.
    Bias,
    /// The order of the training rows in epoch `index`.
    Shuffle,
    /// The order of the rows in a block of rows, counted over the blocks of all epochs.
    Block,
    /// The draw of the rows that validate, of class `index` if classes are drawn from.
    Split,
    /// The permutation of a column in repeat `index`, counted over all columns.
    Permutation,
    /// The random numbers of a layer of this kind above `index` others.
    Layer(&'static str),
}

impl StreamPurpose {
    fn name(self) -> &'static str {
        match self {
            StreamPurpose::Kernel => "kernel",
            StreamPurpose::Bias => "bias",
            StreamPurpose::Shuffle => "shuffle",
            StreamPurpose::Block => "block",
            StreamPurpose::Split => "split",
            StreamPurpose::Permutation => "permutation",
            StreamPurpose::Layer(kind) => kind,
        }
    }
}

/// One stream of random numbers.
pub struct RandomStream(ChaCha8Rng);

impl RandomStream {
    /// The stream of `seed` for the `index`th use of `purpose`.
    pub fn new(seed: u64, purpose: StreamPurpose, index: u64) -> RandomStream {
        RandomStream(generator(seed, purpose, index))
    }

    /// The stream of parameter `key` in the `trial`th draw of a sweep with this seed.
    pub fn trial(seed: u64, key: &str, trial: u64) -> RandomStream {
        let digest = Sha256::new()
            .chain_update(seed.to_le_bytes())
            .chain_update(trial.to_le_bytes())
            .chain_update("trial/")
            .chain_update(key)
            .finalize();
        RandomStream(ChaCha8Rng::from_seed(digest.into()))
    }

    /// A number of 32 random bits.
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number of the 2^53 evenly spaced ones in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number evenly from [`low`, `high`).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number from the standard normal distribution, by the polar method of Marsaglia and Bray.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (self.uniform(-1.0, 1.0), self.uniform(-1.0, 1.0));
            let s = u * u + v * v;
            if 0.0 < s && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// A number evenly from 0..`n`, without the bias of a remainder (Lemire 2019).
    ///
    /// `n` must not be 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let mut product = u64::from(self.0.next_u32()) * u64::from(n);
        if (product as u32) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u32) < threshold {
                product = u64::from(self.0.next_u32()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    /// Brings `items` into a uniformly chosen order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

/// Streams for the rows of the steps of a training, of one purpose: each a place of its own in the
/// numbers of one key, so that it is found at once whatever was drawn before.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise(ChaCha8Rng);

/// Numbers of 32 bits between the streams of two rows: more than a row has.
const ROW: u128 = 1 << 32;

impl Noise {
    /// The streams of `seed` for the `index`th use of `purpose`.
    pub fn new(seed: u64, purpose: StreamPurpose, index: u64) -> Noise {
        Noise(generator(seed, purpose, index))
    }

    /// The stream of row `row` of the batch in step `step`, both from 0.
    pub fn stream(&self, step: u64, row: usize) -> RandomStream {
        let mut generator = self.0.clone();
        generator.set_stream(step);
        generator.set_word_pos(row as u128 * ROW);
        RandomStream(generator)
    }
}

fn generator(seed: u64, purpose: StreamPurpose, index: u64) -> ChaCha8Rng {
    let key = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(index.to_le_bytes())
        .chain_update(purpose.name())
        .finalize();
    ChaCha8Rng::from_seed(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_give_equal_streams_and_others_do_not() {
        let draw = |seed, purpose, index| RandomStream::new(seed, purpose, index).0.next_u64();
        assert_eq!(draw(1, StreamPurpose::Shuffle, 2), draw(1, StreamPurpose::Shuffle, 2));
        assert_ne!(draw(1, StreamPurpose::Shuffle, 2), draw(2, StreamPurpose::Shuffle, 2));
        assert_ne!(draw(1, StreamPurpose::Shuffle, 2), draw(1, StreamPurpose::Shuffle, 1));
        assert_ne!(draw(1, StreamPurpose::Shuffle, 2), draw(1, StreamPurpose::Kernel, 2));
    }

    #[test]
    fn every_row_of_every_step_has_a_stream_of_its_own() {
        let noise = Noise::new(1, StreamPurpose::Layer("dropout"), 0);
        let draw = |step, row| noise.stream(step, row).word();
        assert_eq!(draw(3, 5), draw(3, 5));
        let all: std::collections::HashSet<u32> = (0..20)
            .flat_map(|step| (0..20).map(move |row| (step, row)))
            .map(|(s, r)| draw(s, r))
            .collect();
        assert_eq!(all.len(), 400);
    }

    #[test]
    fn shuffle_is_a_permutation() {
        let mut rows: Vec<u32> = (0..1000).collect();
        RandomStream::new(7, StreamPurpose::Shuffle, 0).shuffle(&mut rows);
        assert_ne!(rows[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        rows.sort_unstable();
        assert!(rows.iter().copied().eq(0..1000));
    }

    #[test]
    fn normal_has_its_mean_and_deviation() {
        let mut stream = RandomStream::new(3, StreamPurpose::Kernel, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
