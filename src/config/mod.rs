//! TOML in, plan out: the only room that knows TOML; it trains nothing and prints nothing.

mod plan;

pub use plan::{Callbacks, Data, Layout, Model, Plan, TensorBoard, TerminateOnNan, Training};
