//! Pictures for TensorBoard: weights while they are learned, and the predictions for the validation rows
//! at the end. Only the projector's files are written here.

mod canvas;
mod confusion;
mod embeddings;
mod grayscale;
mod mistakes;
mod text;
mod validation;
mod view;
mod weights;

pub(super) use grayscale::in_grays;
pub(super) use validation::{Validation, log_predictions};
pub(super) use weights::weights;
