//! What is drawn for TensorBoard: weights as they are learned, and what the validation rows came to
//! at the end; it draws numbers that others have made, and writes nothing but the projector's files.

mod answers;
mod canvas;
mod confusion;
mod embeddings;
mod mistakes;
mod text;
mod weights;

pub(super) use answers::{Answers, look};
pub(super) use mistakes::in_grays;
pub(super) use weights::weights;
