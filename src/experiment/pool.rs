//! A pool of threads for one piece of work.

/// Runs `work` in a pool of `threads` threads, or without a pool if the threads are unavailable.
pub(super) fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    match rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
