//! Sweeps on a cluster: a frozen sweep is submitted as one array of workers to an engine that is there
//! already. The module asks the engine and writes the folder of a submission; it prints nothing.
//!
//! No server and no state besides the folder: what is done stands in the runs' folders.

mod engine;
mod hyperqueue;
mod script;
mod slurm;
mod status;
mod submission;
mod task;
mod tool;

pub use engine::Engine;
pub use script::Script;
pub use slurm::requeue_this_task;
pub use status::{QueueStatus, RunTask};
pub use submission::Submission;
pub use task::{Limits, QueuedTask};
pub use tool::ToolError;
