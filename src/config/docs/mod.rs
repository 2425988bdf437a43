//! Documents that are generated from the schema.

mod editor;
mod hover;
mod reference;
mod reference_config;

pub use editor::schema;
pub use reference::reference;
pub use reference_config::reference_config;
