//! Answers from what runs have left: collects them, chooses among them, compares and draws; it trains
//! nothing, changes nothing and prints nothing.

mod collect;
mod parallel;
mod refusal;
mod run;

mod choose;
mod filter;
mod named;
mod order;
mod pick;
mod weights_file;

mod chart;
mod compare;
mod live;
mod scalars;
mod schedule;
mod scores;
mod spread;
mod swept;
mod words;

mod page;

pub use choose::{Chooser, Chosen, Kind, Purpose};
pub use collect::Collection;
pub use refusal::Refusal;
pub use run::{Run, State, read_settings};

pub use filter::Filter;
pub use order::{rises, sort};

pub use chart::{Cell, Chart, Ink, Series};
pub use compare::{Comparison, Group, metric_names};
pub use live::{Followed, Live};
pub use page::{Judged, Mistake, Page};
pub use scalars::{ReadLogs, logged_scalars};
pub use schedule::learning_rates;
pub use scores::ClassScores;
pub use spread::Spread;
pub use swept::Swept;
pub use words::{count, duration, eta, number};
