//! Maps over items on rayon's global pool, or serially if the pool cannot start.

use std::sync::OnceLock;

use rayon::prelude::*;

/// The result of `work` for each item.
pub(super) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if has_pool() { items.par_iter().map(work).collect() } else { items.iter().map(work).collect() }
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
