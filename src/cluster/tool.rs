//! The commands of an engine: their output, or the reason of a refusal in the engine's own words.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::quote::clip;

/// The standard output of a command that succeeds. `help` ends the message when the command is missing.
pub(super) fn output(command: &mut Command, help: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start `{name}`; {help}"))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let words = if stderr.trim().is_empty() { stdout } else { stderr };
    // The commands begin their lines with their own names.
    let words = words.trim().trim_start_matches(&format!("{name}: "));
    bail!("{name}: {}", clip(words));
}
