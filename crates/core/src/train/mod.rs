//! Training: fit, evaluation and prediction, with events for observers. No file, no clock, no printing.

mod callbacks;
mod dataset;
mod engine;
mod evaluate;
mod event;
mod executor;
mod fit;
mod footprint;
mod gradient;
mod head;
mod input;
mod metric_sums;
mod objective;
mod predict;
pub mod reference_step;
mod row_blocks;
mod samples;
mod state;
mod update;
mod workspace;

pub use callbacks::{
    Direction, EarlyStopping, EarlyStoppingState, LearningRateScheduler, ReduceLrOnPlateau,
    ReduceLrState,
};
pub use dataset::Dataset;
pub use engine::{Engine, RunningMetrics};
pub use evaluate::evaluate;
pub use event::{FitEvent, Flow, Logs};
pub use fit::{Diverged, FitError, FitOptions, FitOutcome, FitState};
pub use footprint::{Footprint, RunShape};
pub use objective::Objective;
pub use predict::{predict, predict_probabilities};
pub use row_blocks::{FitBlocks, Pass, RowBlocks, SeeBlock};
pub use state::OptimizerState;
