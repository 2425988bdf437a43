//! `runner watch`: a live view of the runs below a folder. The terminal is restored at any end.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::cli::args::WatchArgs;
use crate::cli::display::console::Console;
use crate::cli::display::watch::state::{Action, State};
use crate::cli::display::watch::view;
use crate::cli::display::watch::view_model::ViewModel;
use crate::cli::exit::Exit;
use crate::cluster::QueueStatus;
use crate::query::{LiveRuns, RequestError};

/// How often the folders are looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How soon a signal is heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// Shows the runs until the user has seen enough.
pub(crate) fn watch(args: &WatchArgs, console: &Console) -> Result<Exit> {
    let mut live = LiveRuns::of(&args.dir);
    let refusal = live.refresh().err().or_else(|| {
        let terminal = io::stdin().is_terminal() && console.out.terminal;
        let help = "`runner list` prints the same once";
        (!terminal).then(|| RequestError::new("a live view needs a terminal", help))
    });
    if let Some(refusal) = refusal {
        console.error(&refusal.to_string());
        return Ok(Exit::BadRequest);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        asked.store(true, Ordering::Relaxed);
        // Waiting for a key never ends once the terminal is closed.
        std::thread::sleep(10 * PATIENCE);
        let _ = ratatui::try_restore();
        std::process::exit(i32::from(Exit::Done.code()));
    })
    .context("cannot listen for signals")?;
    let mut screen = Screen::open()?;
    let ended = follow(&mut live, &mut screen.0, console.out.color, &stop);
    if !io::stdin().is_terminal() {
        // A closed terminal refuses input and output, sometimes before the signal arrives. Dropping the
        // screen would report that to standard error, which is closed too.
        std::mem::forget(screen);
        return Ok(Exit::Done);
    }
    drop(screen);
    ended.map(|()| Exit::Done)
}

/// Draws, waits for a key or for time to pass, and looks again. The engine of submitted sweeps is asked at the
/// beginning and by a key: a question every second would be a load for a cluster.
fn follow(
    live: &mut LiveRuns,
    terminal: &mut DefaultTerminal,
    color: bool,
    stop: &AtomicBool,
) -> Result<()> {
    let mut state = State::default();
    let mut queue = ask(live);
    let mut looked = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let model = ViewModel::of(live, queue.tasks().as_deref(), &mut state);
        terminal.draw(|frame| view::draw(frame, &model, color)).context("cannot draw")?;
        let mut changed = false;
        while !changed && !stop.load(Ordering::Relaxed) {
            match wait_for_key(&mut state)? {
                Some(Action::Quit) => return Ok(()),
                Some(Action::AskEngine) => (queue, changed) = (ask(live), true),
                Some(Action::Continue) => changed = true,
                None => {}
            }
            if EVERY <= looked.elapsed() {
                live.refresh()?;
                mark(live, &queue);
                looked = Instant::now();
                changed = true;
            }
        }
    }
    Ok(())
}

/// Waits a moment for a key, and does what it asks for.
fn wait_for_key(state: &mut State) -> Result<Option<Action>> {
    if !event::poll(PATIENCE.min(EVERY)).context("cannot read the keyboard")? {
        return Ok(None);
    }
    Ok(match event::read().context("cannot read the keyboard")? {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(state.press(key)),
        Event::Resize(..) => Some(Action::Continue),
        _ => None,
    })
}

/// Asks the engines of the submitted sweeps.
fn ask(live: &mut LiveRuns) -> QueueStatus {
    let queue = QueueStatus::of(live.sweeps.iter().map(PathBuf::as_path));
    mark(live, &queue);
    queue
}

fn mark(live: &mut LiveRuns, queue: &QueueStatus) {
    live.runs.iter_mut().for_each(|followed| queue.mark(&mut followed.run));
}

/// The terminal while it is ours: another page of it, and keys that come at once. A panic too gives it
/// back, before its message is shown.
struct Screen(DefaultTerminal);

impl Screen {
    fn open() -> Result<Screen> {
        ratatui::try_init().map(Screen).context("cannot take the terminal")
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is closed cannot be told, nor can an error be shown on it.
        let _ = ratatui::try_restore();
    }
}
