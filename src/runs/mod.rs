//! What a run leaves on disk: its folder, record, history and weights; it trains nothing, prints
//! nothing and knows nothing of TensorBoard.

mod error;
mod folder;

mod history;
mod record;
mod weights;

mod atomic;
mod decimal;
mod provenance;

pub use atomic::write_atomic;
pub use error::RunsError;
pub use folder::{Folder, safe_name};
pub use history::{History, HistoryWriter};
pub use provenance::{Machine, git_commit};
pub use record::{Best, DataSource, Record, Status};
pub use weights::{Tensor, TensorView, Weights, load_weights, save_weights};
