//! Work on many files at once, by rayon's global pool where it can be had; the results are in the
//! order of the items.

use std::sync::OnceLock;

use rayon::prelude::*;

/// The result of `work` for each item.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    match has_pool() {
        true => items.par_iter().map(work).collect(),
        false => items.iter().map(work).collect(),
    }
}

/// Whether the global pool runs: rayon panics when it has to start it and the system gives no thread.
fn has_pool() -> bool {
    static STARTED: OnceLock<bool> = OnceLock::new();
    *STARTED.get_or_init(|| rayon::ThreadPoolBuilder::new().build_global().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        assert_eq!(map(&items, |item| item + 1), (1..=1000).collect::<Vec<_>>());
    }
}
