//! Progress, one file per style, all fed by the same notices from any thread; a style knows neither
//! the clock nor the terminal but through what it is given, and never touches stdout.

mod bars;
mod block;
mod keras;
mod plain;
mod silent;
mod tally;

#[cfg(test)]
pub(super) mod script;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::args;
use super::console::{self, Stream};
use super::escape::shown;
use crate::sweep::Notice;

/// A way of showing progress.
trait Style: Send {
    /// Takes note of what happened, `now` after the start of the invocation.
    fn notice(&mut self, notice: &Notice<'_>, now: Duration);

    /// Shows a line that stays, above whatever moves.
    fn message(&mut self, text: &str);

    /// Ends the show: the next one to write finds the cursor at the start of a line.
    fn close(&mut self) {}
}

/// Which style it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) fn kind(wanted: args::Progress, quiet: bool, runs: usize, terminal: bool) -> Kind {
    let moving = match wanted {
        _ if quiet => return Kind::Silent,
        args::Progress::None => return Kind::Silent,
        args::Progress::Auto => terminal,
        args::Progress::Bar => true,
        args::Progress::Plain => false,
    };
    match (moving, runs) {
        (true, 0..=1) => Kind::Keras,
        (true, _) => Kind::Bars,
        (false, 0..=1) => Kind::PlainEpochs,
        (false, _) => Kind::PlainRuns,
    }
}

/// A style behind a lock, with the clock: what a sweep tells its notices to.
pub(super) struct Progress {
    style: Mutex<Box<dyn Style>>,
    start: Instant,
}

impl Progress {
    /// Shows runs of these names on stderr, from now.
    pub(super) fn new(kind: Kind, names: Vec<Arc<str>>, stream: Stream) -> Progress {
        let style: Box<dyn Style> = match kind {
            Kind::Keras => Box::new(keras::Keras::new(io::stderr(), stderr_width)),
            Kind::Bars => Box::new(bars::Bars::new(io::stderr(), stderr_size, names, stream)),
            Kind::PlainEpochs => Box::new(plain::Epochs::new(io::stderr())),
            Kind::PlainRuns => Box::new(plain::Runs::new(io::stderr(), names, stream)),
            Kind::Silent => Box::new(silent::Silent(io::stderr())),
        };
        Progress { style: Mutex::new(style), start: Instant::now() }
    }

    /// Shows what happened.
    pub(super) fn observe(&self, notice: &Notice<'_>) {
        let mut style = self.style();
        // Read under the lock: a style never sees time run backwards.
        style.notice(notice, self.start.elapsed());
    }

    /// Shows a line that stays.
    pub(super) fn message(&self, text: &str) {
        self.style().message(text);
    }

    /// Ends the show.
    pub(super) fn close(&self) {
        self.style().close();
    }

    /// A style that panicked once may show less, but stops no run.
    fn style(&self) -> MutexGuard<'_, Box<dyn Style>> {
        self.style.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is time to draw again. Keras's interval is also the fastest that is worth reading.
fn due(last: Option<Duration>, now: Duration) -> bool {
    const INTERVAL: Duration = Duration::from_millis(50);
    last.is_none_or(|last| INTERVAL <= now.saturating_sub(last))
}

/// Writes a piece of a display. A run goes on when nobody can see it: errors end here.
fn show(out: &mut impl Write, text: &str) {
    let _ = out.write_all(shown(text).as_bytes()).and_then(|()| out.flush());
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
    use args::Progress as Wanted;

    #[test]
    fn the_style_suits_the_runs_and_the_terminal() {
        assert_eq!(kind(Wanted::Auto, false, 1, true), Kind::Keras);
        assert_eq!(kind(Wanted::Auto, false, 2, true), Kind::Bars);
        assert_eq!(kind(Wanted::Auto, false, 1, false), Kind::PlainEpochs);
        assert_eq!(kind(Wanted::Auto, false, 2, false), Kind::PlainRuns);
    }

    #[test]
    fn the_user_has_the_last_word() {
        assert_eq!(kind(Wanted::Bar, false, 1, false), Kind::Keras);
        assert_eq!(kind(Wanted::Bar, false, 2, false), Kind::Bars);
        assert_eq!(kind(Wanted::Plain, false, 1, true), Kind::PlainEpochs);
        assert_eq!(kind(Wanted::None, false, 2, true), Kind::Silent);
        assert_eq!(kind(Wanted::Bar, true, 2, true), Kind::Silent);
    }

    #[test]
    fn drawing_waits_a_twentieth_of_a_second() {
        let ms = Duration::from_millis;
        assert!(due(None, ms(0)));
        assert!(!due(Some(ms(100)), ms(149)));
        assert!(due(Some(ms(100)), ms(150)));
    }
}
