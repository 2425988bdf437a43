//! Reproducible search of hyperparameters: a proposal is a pure function of a space, the known trials and a
//! stream of random numbers, and a pruner's decision is one of known results.
//!
//! The crate knows parameters and numbers; it reads no file, keeps no state and uses only arithmetic that has the
//! same bits on every platform (`libm`).
//!
//! ```
//! use search::{Domain, Outcome, Parameter, Space, Tpe, Trial};
//!
//! // The minimum of (x − 0.3)² over [0, 1].
//! let space = Space::new(vec![Parameter::new(Domain::Real { min: 0.0, max: 1.0, log: false })]);
//! let mut state = 1_u64;
//! let mut unit = || {
//!     state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
//!     (state >> 11) as f64 / (1_u64 << 53) as f64
//! };
//! let mut trials = Vec::new();
//! for _ in 0..50 {
//!     let point = Tpe::default().propose(&space, &trials, &mut unit);
//!     let x = point[0].unwrap();
//!     trials.push(Trial { point, outcome: Outcome::Value((x - 0.3) * (x - 0.3)) });
//! }
//! let best = trials.iter().map(|trial| trial.outcome.value()).fold(f64::INFINITY, f64::min);
//! assert!(best < 1e-3);
//! ```

#![forbid(unsafe_code)]

mod bohb;
mod hyperband;
mod importance;
mod kernels;
mod median;
mod normal;
mod parzen;
mod space;
mod split;
mod tpe;
mod trial;

pub use bohb::{Proposal, known_in_brackets};
pub use hyperband::{Hyperband, Next, Rung, Standing, halve};
pub use median::Median;
pub use space::{Condition, Domain, Parameter, Point, Space};
pub use tpe::Tpe;
pub use trial::{Outcome, Trial};
