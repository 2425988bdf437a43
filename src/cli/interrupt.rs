//! Ctrl-C and its relatives (SIGTERM, SIGHUP): the first asks the runs to stop, the second ends the
//! program; it saves nothing itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use super::exit::Exit;

/// What is said after the first signal.
pub(super) const STOPPING: &str = "stopping after this step; Ctrl-C again to abort";

/// Sets `stop` and calls `say` on the first signal; on the second, the program ends at once.
///
/// The handler runs on a thread of its own, so `say` may take locks and print.
pub(super) fn listen(
    stop: Arc<AtomicBool>,
    say: impl Fn(&str) + Send + 'static,
) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Aborted.code().into());
        }
        say(STOPPING);
    })
    .context("cannot listen for Ctrl-C")
}
