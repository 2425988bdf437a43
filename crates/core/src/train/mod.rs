//! Training: fit, evaluate, and the events they tell their observers; no file, no clock, no
//! printing.

mod callbacks;
mod engine;
mod evaluate;
mod event;
mod feed;
mod fit;
mod footprint;
mod goal;
mod gradient;
mod head;
mod input;
mod page;
mod pass;
mod predict;
pub mod reference;
mod rows;
mod state;
mod tally;
mod update;

pub use callbacks::{
    Direction, EarlyStopping, LearningRateScheduler, Plateau, ReduceLrOnPlateau, Watch,
};
pub use engine::{Engine, Score};
pub use evaluate::evaluate;
pub use event::{Event, Flow, Logs};
pub use feed::Feed;
pub use fit::{Diverged, Ended, State, Task};
pub use footprint::{Footprint, Shape};
pub use goal::Goal;
pub use predict::{predict, predict_probabilities};
pub use state::OptimizerState;
