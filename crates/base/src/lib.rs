//! Basic services of the workspace: fallible memory, the file system, and quoted text.

#![forbid(unsafe_code)]

pub mod memory;
pub mod quote;
pub mod system;
