//! The two streams of the program, their abilities, and all writes outside of a progress display.

use std::io::{self, BufWriter, IsTerminal, Write};

use terminal_size::terminal_size_of;

use super::color::{Color, colored};
use super::escape::{Escaping, escape_controls, mark_ansi};

/// Stdout for data, stderr for everything that is said about it.
pub(crate) struct Console {
    /// Stdout.
    pub(crate) out: Stream,
    /// Stderr.
    pub(crate) err: Stream,
}

/// What a stream can show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stream {
    /// Whether it understands colours, and they are wanted.
    pub(crate) color: bool,
    /// Whether it is a terminal on which a line can be overwritten.
    pub(crate) terminal: bool,
}

/// The few ways in which text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// What heads a table.
    Head,
    /// What is wrong.
    Bad,
    /// What is best.
    Good,
    /// The first of two curves.
    First,
    /// The second.
    Second,
}

impl Console {
    /// The process's streams, coloured as `color` and the environment want.
    pub(crate) fn new(color: Color) -> Console {
        Console {
            out: Stream::new(color, io::stdout().is_terminal()),
            err: Stream::new(color, io::stderr().is_terminal()),
        }
    }

    /// Writes text to stdout, escaped as [`escape_controls`] does.
    ///
    /// A reader that has seen enough and closed the pipe (`runner schema | head`) is no error.
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        self.bytes(escape_controls(text).as_bytes())
    }

    /// Writes data to stdout as they are: what other programs read is not for the eye.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        written(&mut io::stdout().lock(), |out| out.write_all(bytes))
    }

    /// Writes text to stdout piece by piece, escaped line by line.
    pub(crate) fn stream(
        &self,
        write: impl FnOnce(&mut Escaping<BufWriter<io::StdoutLock<'static>>>) -> io::Result<()>,
    ) -> io::Result<()> {
        written(&mut Escaping::new(BufWriter::new(io::stdout().lock())), write)
    }

    /// Writes a line to stderr. A failure to do so has no place left to be reported.
    pub(crate) fn say(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", escape_controls(text));
    }

    /// Writes a question to stderr; the answer is to stand on the same line.
    pub(crate) fn ask(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = write!(err, "{}", escape_controls(text)).and_then(|()| err.flush());
    }

    /// Says what went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say(&format!("{} {text}", self.err.paint(Style::Bad, "error:")));
    }
}

/// Writes to stdout, to which a reader that has seen enough is no error.
fn written<W: Write>(out: &mut W, write: impl FnOnce(&mut W) -> io::Result<()>) -> io::Result<()> {
    match write(out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("cannot write to stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Columns of stdout, if it is a terminal.
pub(crate) fn stdout_width() -> Option<usize> {
    let (width, _) = terminal_size_of(io::stdout())?;
    Some(width.0.into())
}

/// Columns and rows of stderr, if it is a terminal.
pub(crate) fn stderr_size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size_of(io::stderr())?;
    Some((width.0.into(), height.0.into()))
}

/// The text of a library with its codes as the program's own; every character of it must be trusted.
pub(crate) fn mark_all_ansi(text: &str) -> String {
    text.replace("\x1b[", &mark_ansi("\x1b["))
}

impl Stream {
    fn new(color: Color, terminal: bool) -> Stream {
        let env = |name: &str| std::env::var_os(name);
        let dumb = env("TERM").is_some_and(|term| term == "dumb");
        Stream { color: colored(color, terminal, env), terminal: terminal && !dumb }
    }

    /// `text`, in the tone if this stream has colours.
    pub(crate) fn paint(self, tone: Style, text: &str) -> String {
        let code = match tone {
            Style::Head => "1",
            Style::Bad => "1;31",
            Style::Good => "32",
            Style::First => "36",
            Style::Second => "33",
        };
        if self.color {
            format!("{}{text}{}", mark_ansi(&format!("\x1b[{code}m")), mark_ansi("\x1b[0m"))
        } else {
            text.to_owned()
        }
    }

    /// What clap rendered, with its styles if this stream has colours and nothing in the text but clap
    /// can have made them.
    pub(crate) fn styled(self, text: clap::builder::StyledStr, trusted: bool) -> String {
        if self.color && trusted {
            mark_all_ansi(&text.ansi().to_string())
        } else {
            text.to_string()
        }
    }
}
