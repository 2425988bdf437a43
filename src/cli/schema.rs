//! `runner schema`: what a config may say, for editors or for readers; it reads no config.

use super::args::SchemaArgs;
use super::console::Console;
use super::exit::Exit;
use crate::config;

/// Prints the JSON Schema, or the reference.
pub(super) fn schema(args: &SchemaArgs, console: &Console) -> anyhow::Result<Exit> {
    let text = if args.reference {
        config::reference()
    } else {
        serde_json::to_string_pretty(&config::schema())? + "\n"
    };
    console.data(&text)?;
    Ok(Exit::Done)
}
