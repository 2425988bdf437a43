//! The commands of an engine: their output, or the reason of a refusal in the engine's own words.

use std::io;
use std::process::Command;

use thiserror::Error;

use crate::quote::clip;

/// A command that cannot be started or refuses.
#[derive(Debug, Error)]
pub enum ToolError {
    /// No such command, or no permission to start the file.
    #[error("cannot start `{name}`")]
    Missing {
        /// The command.
        name: String,
        /// A way out for the user.
        help: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// An exit status other than 0.
    #[error("{name}: {words}")]
    Refused {
        /// The command.
        name: String,
        /// Its message.
        words: String,
        /// A way out for the user.
        help: &'static str,
    },
}

impl ToolError {
    /// A way out for the user.
    pub fn help(&self) -> &'static str {
        let (ToolError::Missing { help, .. } | ToolError::Refused { help, .. }) = self;
        help
    }
}

/// The standard output of a command that succeeds.
pub(super) fn output(command: &mut Command, help: &'static str) -> Result<String, ToolError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Ok(output) => output,
        Err(source) => return Err(ToolError::Missing { name, help, source }),
    };
    let stdout = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(stdout.into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let words = if stderr.trim().is_empty() { stdout } else { stderr };
    // The commands begin their lines with their own names.
    let words = clip(words.trim().trim_start_matches(&format!("{name}: ")));
    Err(ToolError::Refused { name, words, help })
}
