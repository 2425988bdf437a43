//! No progress; only messages.

use std::io::Write;
use std::time::Duration;

use super::renderer::{Renderer, write_escaped};
use crate::sweep::SweepEvent;

/// Shows messages on its writer, and nothing else.
pub(crate) struct Silent<W>(pub(crate) W);

impl<W: Write + Send> Renderer for Silent<W> {
    fn notice(&mut self, _: &SweepEvent<'_>, _: Duration) {}

    fn message(&mut self, text: &str) {
        write_escaped(&mut self.0, &format!("{text}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script;

    #[test]
    fn nothing_is_shown_but_messages() {
        let mut silent = Silent(Vec::new());
        script::two_epochs(&mut silent);
        assert_eq!(silent.0, b"");
        silent.message("stopping");
        assert_eq!(silent.0, b"stopping\n");
    }
}
