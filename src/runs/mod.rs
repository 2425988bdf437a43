//! The files of a run on disk: folder, record, history, weights and checkpoint. The module trains
//! nothing, prints nothing and is independent of TensorBoard.

mod error;
mod folder;
mod lock;
mod mounts;
mod objective;
mod owner;

mod annotations;
mod checkpoint;
mod early_stop;
mod history;
mod index;
mod record;
mod weights;

mod atomic;
mod decimal;
mod leftovers;
mod provenance;
mod remove;
mod sums;

pub use annotations::Annotations;
pub use atomic::{Durability, write_atomic, write_frozen};
pub use checkpoint::Checkpoint;
pub use early_stop::EarlyStop;
pub use error::RunsError;
pub use folder::{Folder, check_writable, safe_name};
pub use history::{History, HistoryWriter};
pub use index::{IndexEntry, RunIndex, Stamp};
pub use leftovers::{remove_abandoned, remove_files, remove_leftovers};
pub use lock::Lock;
pub use mounts::lock_trouble;
pub use objective::Objective;
pub use owner::Owner;
pub use provenance::{MachineInfo, git_commit};
pub use record::{
    Best, Cause, DataSource, Outcome, Record, Resumed, RungNote, Status, TrialNote, monitored,
};
pub use remove::{remove_empty, remove_folder};
pub use sums::{check_sum, check_sum_of, sha256, sums_of, sums_text};
pub use weights::{Tensor, TensorView, Weights, load_weights, parse_weights, save_weights};
