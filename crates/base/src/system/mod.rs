//! Operating system services: safe opening of files, one-line error messages, and classification of
//! system failures.

mod displaced;
mod fault;
mod files;

pub use displaced::{Displaced, check_in_place};
pub use fault::{is_machine_fault, sentence};
pub use files::{is_folder, make_below, open, open_own, read, read_to_string};
