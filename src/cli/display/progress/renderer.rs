//! The interface of the progress styles, and their throttle.

use std::io::Write;
use std::time::Duration;

use crate::cli::display::escape::escape_controls;
use crate::sweep::SweepEvent;

/// A way of showing progress.
pub(crate) trait Renderer: Send {
    /// Takes note of what happened, `now` after the start of the invocation.
    fn notice(&mut self, notice: &SweepEvent<'_>, now: Duration);

    /// Shows a line that stays, above whatever moves.
    fn message(&mut self, text: &str);

    /// Ends the show: the next one to write finds the cursor at the start of a line.
    fn close(&mut self) {}
}

/// Whether it is time to draw again. Keras's interval is also the fastest that is worth reading.
pub(crate) fn is_due(last: Option<Duration>, now: Duration) -> bool {
    const INTERVAL: Duration = Duration::from_millis(50);
    last.is_none_or(|last| INTERVAL <= now.saturating_sub(last))
}

/// Writes a piece of a display. Errors are ignored, because a run continues without its display.
pub(crate) fn write_escaped(out: &mut impl Write, text: &str) {
    let _ = out.write_all(escape_controls(text).as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_waits_a_twentieth_of_a_second() {
        let ms = Duration::from_millis;
        assert!(is_due(None, ms(0)));
        assert!(!is_due(Some(ms(100)), ms(149)));
        assert!(is_due(Some(ms(100)), ms(150)));
    }
}
