//! `[sweep]`: several runs from one config; it says what varies and in which order, and checks no
//! run itself.

mod axis;
mod draw;
mod expand;
mod label;
mod layers;
mod pick;
mod table;

pub(super) use expand::expand;
pub use label::short_keys;
pub use layers::ShortTexts;
pub(super) use pick::Space;
pub(super) use table::Table;
