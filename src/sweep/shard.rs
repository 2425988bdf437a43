//! A shard: the share of one of several workers in the runs of a sweep, or in the trials of a search.

use std::str::FromStr;

/// The runs, or trials, i with i mod `count` = `index`. Neighbours in a grid take similar times, so each worker gets
/// runs of all kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The shard `index` of `count`; `None` unless `index` < `count`.
    pub fn new(index: usize, count: usize) -> Option<Shard> {
        (index < count).then_some(Shard { index, count })
    }

    /// Whether other workers train the rest of the sweep.
    pub(super) fn is_part(self) -> bool {
        1 < self.count
    }

    /// Whether the run or trial of this number belongs to the shard.
    pub fn has(self, number: usize) -> bool {
        number % self.count == self.index
    }

    /// The shard of a run or trial, as `I/N`.
    pub(super) fn of(self, number: usize) -> String {
        format!("{}/{}", number % self.count, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    /// `I/N`, with I from 0.
    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        let shard = numbers.and_then(|(index, count)| Shard::new(index, count));
        shard.ok_or_else(|| "want I/N with I from 0 to N - 1, such as 0/4".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_belongs_to_one_shard() {
        let shards: Vec<Shard> = (0..4).map(|index| Shard::new(index, 4).unwrap()).collect();
        for run in 0..100 {
            assert_eq!(shards.iter().filter(|shard| shard.has(run)).count(), 1);
        }
    }

    #[test]
    fn the_last_of_four_is_three() {
        assert_eq!("3/4".parse(), Ok(Shard { index: 3, count: 4 }));
        for wrong in ["4/4", "0/0", "1", "-1/4", "a/b", "1/4/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
