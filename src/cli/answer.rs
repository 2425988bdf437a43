//! How a question of the logs ends: its answer is data, a refusal a wrong request, anything else a
//! failure; it finds no answer itself.

use super::console::Console;
use super::exit::Exit;
use crate::report::Refusal;
use crate::system::sentence;

/// Prints the answer, or why there is none.
pub(super) fn answer(found: anyhow::Result<String>, console: &Console) -> anyhow::Result<Exit> {
    match found {
        Ok(text) => {
            console.data(&text)?;
            Ok(Exit::Done)
        }
        Err(error) => {
            console.error(&sentence(&error));
            Ok(if error.is::<Refusal>() { Exit::Request } else { Exit::Failed })
        }
    }
}
