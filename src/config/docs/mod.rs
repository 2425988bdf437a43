//! Documents that are generated from the schema.

mod reference;
mod reference_config;

pub use reference::reference;
pub use reference_config::reference_config;
