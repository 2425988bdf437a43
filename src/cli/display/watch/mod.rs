//! The screen of `runner watch`: the user's choices, the view model, the drawing.

pub(crate) mod state;
pub(crate) mod view;
pub(crate) mod view_model;
