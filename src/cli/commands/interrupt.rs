//! Ctrl-C and its relatives (SIGTERM, SIGHUP): the first asks the runs to stop, the second ends the
//! program; it saves nothing itself. For a worker, the second changes nothing: engines send SIGTERM twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context;

use crate::cli::exit::Exit;

/// What is said after the first signal.
pub(crate) const STOPPING: &str = "stopping after this step; Ctrl-C again to abort";

/// The same, where a second signal changes nothing.
const STOPPING_FOR_GOOD: &str = "stopping after this step";

/// What the signals have asked for.
#[derive(Default)]
pub(crate) struct Interrupt {
    /// Set by the first signal alone.
    asked: AtomicBool,
    /// What the runs look at. A sweep may set it for reasons of its own, such as `--fail-fast`.
    pub(crate) stop: AtomicBool,
    /// Whether a second signal changes nothing.
    is_idempotent: bool,
    /// Tells the user that the first signal has arrived.
    teller: Mutex<Option<JoinHandle<()>>>,
}

impl Interrupt {
    /// An interrupt of which a second signal changes nothing.
    pub(crate) fn idempotent() -> Interrupt {
        Interrupt { is_idempotent: true, ..Interrupt::default() }
    }

    /// Whether the user wants it all to stop.
    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Stops the runs and calls `say` on the first signal; on the second, the program ends at once.
    ///
    /// `say` has a thread of its own: while stderr is stuck, as with `2>&1 | less`, it waits, but
    /// the second signal is still heard.
    pub(crate) fn listen(
        self: &Arc<Self>,
        say: impl Fn(&str) + Clone + Send + 'static,
    ) -> anyhow::Result<()> {
        let this = Arc::clone(self);
        ctrlc::set_handler(move || {
            let (is_second, is_idempotent) =
                (this.asked.swap(true, Ordering::Relaxed), this.is_idempotent);
            if is_second && is_idempotent {
                return;
            }
            if is_second {
                std::process::exit(Exit::Aborted.code().into());
            }
            let text = if is_idempotent { STOPPING_FOR_GOOD } else { STOPPING };
            let say = say.clone();
            // Without a thread nothing is said, and the runs stop all the same.
            let teller = std::thread::Builder::new().name("interrupt".to_owned());
            *this.teller() = teller.spawn(move || say(text)).ok();
            this.stop.store(true, Ordering::Relaxed);
        })
        .context("cannot listen for Ctrl-C")
    }

    /// Waits until what there was to say is said.
    pub(crate) fn finish(&self) {
        let teller = self.teller().take();
        // A teller that panicked has said so itself.
        let _ = teller.map(JoinHandle::join);
    }

    fn teller(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.teller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
