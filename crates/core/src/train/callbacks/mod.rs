//! Callbacks with Keras's arguments that change a fit by its logs.

mod direction;
mod early_stopping;
mod learning_rate_scheduler;
mod reduce_lr_on_plateau;

pub use direction::Direction;
pub use early_stopping::{EarlyStopping, EarlyStoppingState};
pub use learning_rate_scheduler::LearningRateScheduler;
pub use reduce_lr_on_plateau::{ReduceLrOnPlateau, ReduceLrState};
