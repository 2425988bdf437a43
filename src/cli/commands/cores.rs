//! The number of threads and of concurrent runs for the cores of this machine.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Runs at a time per core, at most: more gain nothing and only take memory and files.
const JOBS_PER_CORE: usize = 4;

/// The cores that this process may use: those of its affinity mask and of its control group.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Threads to use and runs at a time, and a note for each number that was asked for and is too high.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Concurrency {
    pub(crate) threads: usize,
    pub(crate) jobs: usize,
    pub(crate) notes: Vec<String>,
}

impl Concurrency {
    /// The parallelism of a machine with `cores` cores when `--threads` and `--jobs` are as given.
    pub(crate) fn new(cores: usize, threads: Option<usize>, jobs: Option<usize>) -> Concurrency {
        let mut notes = Vec::new();
        let plural = if cores == 1 { "" } else { "s" };
        let mut cap = |flag: &str, asked: usize, most: usize| {
            if most < asked {
                notes.push(format!(
                    "`{flag} {asked}`: this machine has {cores} core{plural}; uses {most}"
                ));
            }
            asked.min(most)
        };
        let threads = cap("--threads", threads.unwrap_or(cores), cores);
        let jobs = cap("--jobs", jobs.unwrap_or(threads), JOBS_PER_CORE * cores);
        Concurrency { threads, jobs, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(threads: Option<usize>, jobs: Option<usize>) -> (usize, usize, usize) {
        let Concurrency { threads, jobs, notes } = Concurrency::new(2, threads, jobs);
        (threads, jobs, notes.len())
    }

    #[test]
    fn threads_and_jobs_end_at_what_the_cores_are_worth() {
        assert_eq!(numbers(None, None), (2, 2, 0));
        assert_eq!(numbers(Some(1), None), (1, 1, 0));
        assert_eq!(numbers(Some(2), Some(8)), (2, 8, 0));
        assert_eq!(numbers(Some(20_000), None), (2, 2, 1));
        assert_eq!(numbers(Some(3), Some(20_000)), (2, 8, 2));
        let told = Concurrency::new(2, Some(20_000), Some(20_000)).notes;
        assert_eq!(
            told,
            [
                "`--threads 20000`: this machine has 2 cores; uses 2",
                "`--jobs 20000`: this machine has 2 cores; uses 8",
            ]
        );
    }
}
