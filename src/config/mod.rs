//! TOML in, plan out: the only room that knows TOML; it trains nothing and prints nothing.

mod check;
mod fit;
mod load;
mod picture;
mod plan;
mod problem;
mod schema;
mod set;
mod toml_text;
mod tree;
mod walk;

pub use check::Describe;
pub use load::{load, load_with};
pub use picture::render;
pub use plan::{Callbacks, Data, Layout, Model, Plan, TensorBoard, TerminateOnNan, Training};
pub use problem::{Location, Origin, Place, Problem, Problems, Source};
pub use schema::schema;
