//! Queries about runs on disk: selection, comparison, charts, the HTML report. Nothing is written here.

mod collection;
mod error;
mod parallel;
mod run;

mod filter;
mod named;
mod order;
mod pick;
mod selection;
mod selector;
mod weights_file;

mod chart;
mod class_scores;
mod comparison;
mod format;
mod group;
mod live;
mod mean_std;
mod names;
mod rank;
mod scalars;
mod schedule;
mod search_progress;
mod search_trials;
mod slices;
mod swept;

mod html;

pub use collection::Collection;
pub use error::RequestError;
pub use run::{Run, State, read_settings};
pub use selection::{FolderKind, Purpose, Selection};
pub use selector::RunSelector;

pub use filter::Filter;
pub use order::{higher_is_better, sort};

pub use chart::{Cell, Chart, PlotStyle, Series};
pub use class_scores::ClassScores;
pub use comparison::Comparison;
pub use format::{count, duration, eta, keras_number, number, short_reason};
pub use group::{Completion, Replicate, ResultGroup, group_by_key};
pub use html::{CalibrationCurve, MistakeRow, Page, TestEvaluation};
pub use live::{LiveRun, LiveRuns};
pub use mean_std::MeanStd;
pub use names::metric_names;
pub use rank::rank;
pub use scalars::{ScalarReadSummary, logged_scalars};
pub use schedule::learning_rates;
pub use search_progress::SearchProgress;
pub use search_trials::{SearchTrial, SearchTrials};
pub use slices::{Slice, SliceGroup};
pub use swept::Swept;
