//! Prints the answer of a query, or its error, and chooses the exit status.

use crate::cli::display::console::Console;
use crate::cli::exit::Exit;
use crate::query::RequestError;
use crate::system::sentence;

/// Prints the answer, or why there is none.
pub(crate) fn answer(found: anyhow::Result<String>, console: &Console) -> anyhow::Result<Exit> {
    match found {
        Ok(text) => {
            console.data(&text)?;
            Ok(Exit::Done)
        }
        Err(error) => {
            console.error(&sentence(&error));
            Ok(if error.is::<RequestError>() { Exit::BadRequest } else { Exit::Failed })
        }
    }
}
