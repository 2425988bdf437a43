//! Progress in several styles, a file for each. All take the same events from any thread.

mod bars;
mod block;
mod keras;
mod plain;
mod renderer;
mod silent;
mod tally;

#[cfg(test)]
pub(crate) mod script;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use self::renderer::Renderer;
use super::console::{self, Stream};
use crate::cli::args;
use crate::sweep::SweepEvent;

/// Which style it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgressStyle {
    /// Keras's line, for one run.
    Keras,
    /// A bar per run.
    Bars,
    /// A line per finished epoch of one run.
    PlainEpochs,
    /// A line per finished run.
    PlainRuns,
    /// Nothing.
    Silent,
}

/// The style that suits: what the user wants, how many runs there are, whether lines can be
/// overwritten.
pub(crate) fn progress_style(
    wanted: args::ProgressArg,
    quiet: bool,
    runs: usize,
    terminal: bool,
) -> ProgressStyle {
    let moving = match wanted {
        _ if quiet => return ProgressStyle::Silent,
        args::ProgressArg::None => return ProgressStyle::Silent,
        args::ProgressArg::Auto => terminal,
        args::ProgressArg::Bar => true,
        args::ProgressArg::Plain => false,
    };
    match (moving, runs) {
        (true, 0..=1) => ProgressStyle::Keras,
        (true, _) => ProgressStyle::Bars,
        (false, 0..=1) => ProgressStyle::PlainEpochs,
        (false, _) => ProgressStyle::PlainRuns,
    }
}

/// A style behind a lock, with the clock: what a sweep tells its notices to.
pub(crate) struct Progress {
    renderer: Mutex<Box<dyn Renderer>>,
    start: Instant,
}

impl Progress {
    /// Shows runs of these names on stderr, from now.
    pub(crate) fn new(
        progress_style: ProgressStyle,
        names: Vec<Arc<str>>,
        stream: Stream,
    ) -> Progress {
        let renderer: Box<dyn Renderer> = match progress_style {
            ProgressStyle::Keras => Box::new(keras::Keras::new(io::stderr(), stderr_width)),
            ProgressStyle::Bars => {
                Box::new(bars::Bars::new(io::stderr(), stderr_size, names, stream))
            }
            ProgressStyle::PlainEpochs => Box::new(plain::Epochs::new(io::stderr())),
            ProgressStyle::PlainRuns => Box::new(plain::Runs::new(io::stderr(), names, stream)),
            ProgressStyle::Silent => Box::new(silent::Silent(io::stderr())),
        };
        Progress { renderer: Mutex::new(renderer), start: Instant::now() }
    }

    /// Shows what happened.
    pub(crate) fn observe(&self, notice: &SweepEvent<'_>) {
        let mut renderer = self.renderer();
        // Read under the lock: a style never sees time run backwards.
        renderer.notice(notice, self.start.elapsed());
    }

    /// Shows a line that stays.
    pub(crate) fn message(&self, text: &str) {
        self.renderer().message(text);
    }

    /// Ends the show.
    pub(crate) fn close(&self) {
        self.renderer().close();
    }

    /// A style that panicked once may show less, but stops no run.
    fn renderer(&self) -> MutexGuard<'_, Box<dyn Renderer>> {
        self.renderer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stderr_width() -> usize {
    stderr_size().0
}

/// Columns and rows of the terminal, or of an ordinary one if it is none.
fn stderr_size() -> (usize, usize) {
    console::stderr_size().unwrap_or((80, 24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use args::ProgressArg as Wanted;

    #[test]
    fn the_style_suits_the_runs_and_the_terminal() {
        assert_eq!(progress_style(Wanted::Auto, false, 1, true), ProgressStyle::Keras);
        assert_eq!(progress_style(Wanted::Auto, false, 2, true), ProgressStyle::Bars);
        assert_eq!(progress_style(Wanted::Auto, false, 1, false), ProgressStyle::PlainEpochs);
        assert_eq!(progress_style(Wanted::Auto, false, 2, false), ProgressStyle::PlainRuns);
    }

    #[test]
    fn the_user_has_the_last_word() {
        assert_eq!(progress_style(Wanted::Bar, false, 1, false), ProgressStyle::Keras);
        assert_eq!(progress_style(Wanted::Bar, false, 2, false), ProgressStyle::Bars);
        assert_eq!(progress_style(Wanted::Plain, false, 1, true), ProgressStyle::PlainEpochs);
        assert_eq!(progress_style(Wanted::None, false, 2, true), ProgressStyle::Silent);
        assert_eq!(progress_style(Wanted::Bar, true, 2, true), ProgressStyle::Silent);
    }
}
