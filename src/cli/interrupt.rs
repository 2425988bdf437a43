//! Ctrl-C and its relatives (SIGTERM, SIGHUP): the first asks the runs to stop, the second ends the
//! program; it saves nothing itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;

use super::exit::Exit;

/// What is said after the first signal.
pub(super) const STOPPING: &str = "stopping after this step; Ctrl-C again to abort";

/// What the signals have asked for.
#[derive(Default)]
pub(super) struct Interrupt {
    /// Set by the first signal, and by nobody else.
    asked: AtomicBool,
    /// What the runs look at. A sweep may set it for reasons of its own, such as `--fail-fast`.
    pub(super) stop: AtomicBool,
}

impl Interrupt {
    /// Whether the user wants it all to stop.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Stops the runs and calls `say` on the first signal; on the second, the program ends at once.
    ///
    /// The handler runs on a thread of its own, so `say` may take locks and print.
    pub(super) fn listen(
        self: &Arc<Self>,
        say: impl Fn(&str) + Send + 'static,
    ) -> anyhow::Result<()> {
        let this = Arc::clone(self);
        ctrlc::set_handler(move || {
            if this.asked.swap(true, Ordering::Relaxed) {
                std::process::exit(Exit::Aborted.code().into());
            }
            this.stop.store(true, Ordering::Relaxed);
            say(STOPPING);
        })
        .context("cannot listen for Ctrl-C")
    }
}
