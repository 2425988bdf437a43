//! A team of threads, and the division of work among its workers.

mod partition;
mod schedule;
mod team;
mod tuner;

pub use partition::{ByCols, ByRows, Partition, chunk_range};
pub use schedule::{Chunk, WorkSchedule};
pub use team::{Parallelism, Team};
