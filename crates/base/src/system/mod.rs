//! The side of the operating system: how files are opened safely, how an error is said once, and
//! which failures are the machine's; it knows no format and no run.

mod displaced;
mod fault;
mod files;

pub use displaced::{Displaced, check_in_place};
pub use fault::{is_machine_fault, sentence};
pub use files::{is_folder, make_below, open, open_own, read, read_to_string};
