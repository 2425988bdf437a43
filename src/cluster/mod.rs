//! Sweeps on a cluster: a frozen sweep is submitted as one array of workers to an engine that is there
//! already. The module asks the engine and writes the folder of a submission; it prints nothing.
//!
//! No server and no state besides the folder: what is done stands in the runs' folders.

mod mounts;
mod script;
mod slurm;
mod status;
mod submission;

pub use mounts::lock_warning;
pub use script::Script;
pub use slurm::{Limits, QueuedTask, cancel, limits, queued_tasks, requeue_this_task};
pub use status::queue_notes;
pub use submission::{Submission, tasks_for};
