//! `runner schema`: prints the JSON Schema or the reference of the config.

use crate::cli::args::SchemaArgs;
use crate::cli::display::console::Console;
use crate::cli::exit::Exit;
use crate::config;

/// Prints the JSON Schema, or the reference.
pub(crate) fn schema(args: &SchemaArgs, console: &Console) -> anyhow::Result<Exit> {
    let text = if args.reference {
        config::reference()
    } else {
        serde_json::to_string_pretty(&config::schema())? + "\n"
    };
    console.data(&text)?;
    Ok(Exit::Done)
}
