//! Training: fit, evaluate, and the events they tell their observers; no file, no clock, no
//! printing.

mod early_stopping;
mod event;

pub use early_stopping::{Direction, EarlyStopping};
pub use event::{Event, Flow, Logs};
