//! Training: fit, evaluate, and the events they tell their observers; no file, no clock, no
//! printing.

mod early_stopping;
mod engine;
mod event;
mod feed;
mod fit;
mod page;
mod state;
mod update;

pub use early_stopping::{Direction, EarlyStopping, Watch};
pub use engine::{Engine, Score};
pub use event::{Event, Flow, Logs};
pub use feed::Feed;
pub use fit::{Diverged, Ended, State, Task};
pub use state::OptimizerState;
