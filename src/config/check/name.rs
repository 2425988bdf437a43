//! Checks the name of a run, which names its folder.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;

/// Fills in the stem of the file, or diagnoses a name that no folder can have.
pub(crate) fn check(plan: &mut Plan, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let given = config.span("name").is_some();
    if !given {
        let stem = config.file().file_stem().unwrap_or_default();
        plan.name = stem.to_string_lossy().into_owned();
    }
    let why = bad_folder_name(&plan.name)?;
    let name = plan.name.escape_debug();
    let message = format!("`{name}` cannot be the name of a run's folder: {why}");
    let help = if given {
        "use letters, digits, `-`, `_` and `.`"
    } else {
        "give the run another name than its file: name = \"...\""
    };
    Some(config.diagnostic(&["name"], message, help))
}

/// Why a name cannot be that of a folder on every system that logs are copied to.
fn bad_folder_name(name: &str) -> Option<&'static str> {
    const LONGEST: usize = 100;
    if name.is_empty() {
        return Some("it is empty");
    }
    if LONGEST < name.len() {
        return Some("it is longer than 100 bytes");
    }
    if name.starts_with('.') || name.ends_with('.') {
        return Some("it begins or ends with a dot");
    }
    if name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace) {
        return Some("it begins or ends with a blank");
    }
    let bad = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    name.contains(bad).then_some(r#"it contains one of /\:*?"<>| or a control character"#)
}
