//! The user's choices in `watch`, and the effect of each key on them.

use std::path::PathBuf;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What the user has chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// The run whose curves are drawn; the first until a key chooses.
    pub(crate) run: Option<PathBuf>,
    /// Where that run is to move in the list, once the list is known.
    pub(crate) steps: isize,
    /// Which number is drawn, counted from the first; it goes round.
    pub(crate) metric: usize,
    /// In which order the runs come.
    pub(crate) order: Order,
    /// Whether the keys are explained.
    pub(crate) help: bool,
}

/// An order of the runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// What trains comes first, then the youngest.
    #[default]
    Time,
    /// The best by the number that runs are judged by.
    Best,
    /// By their folders' names.
    Name,
}

/// What follows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The show goes on.
    Continue,
    /// It ends.
    Quit,
    /// The engine of submitted sweeps is asked again.
    AskEngine,
}

impl State {
    /// Does what a key asks for.
    pub(crate) fn press(&mut self, key: KeyEvent) -> Action {
        let page = 10;
        match key.code {
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Action::Quit;
            }
            KeyCode::Char('q') => return Action::Quit,
            KeyCode::Char('r') => return Action::AskEngine,
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Esc => return Action::Quit,
            KeyCode::Up | KeyCode::Char('k') => self.steps -= 1,
            KeyCode::Down | KeyCode::Char('j') => self.steps += 1,
            KeyCode::PageUp => self.steps -= page,
            KeyCode::PageDown => self.steps += page,
            KeyCode::Home | KeyCode::Char('g') => self.steps = isize::MIN / 2,
            KeyCode::End | KeyCode::Char('G') => self.steps = isize::MAX / 2,
            KeyCode::Right | KeyCode::Tab | KeyCode::Char('l') => self.metric += 1,
            // Far from 0, so that it can go round in both directions.
            KeyCode::Left | KeyCode::BackTab | KeyCode::Char('h') => {
                self.metric = self.metric.wrapping_sub(1);
            }
            KeyCode::Char('s') => self.order = self.order.next(),
            KeyCode::Char('?') => self.help = !self.help,
            _ => {}
        }
        Action::Continue
    }

    /// The name of the number that is drawn.
    pub(crate) fn metric<'a>(&mut self, names: &'a [String]) -> Option<&'a str> {
        let n = names.len();
        if n == 0 {
            return None;
        }
        if usize::MAX / 2 < self.metric {
            self.metric = self.metric.wrapping_add(n);
        }
        self.metric %= n;
        Some(&names[self.metric])
    }
}

impl Order {
    fn next(self) -> Order {
        match self {
            Order::Time => Order::Best,
            Order::Best => Order::Name,
            Order::Name => Order::Time,
        }
    }

    /// What the order is by.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Order::Time => "time",
            Order::Best => "best",
            Order::Name => "name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(state: &mut State, code: KeyCode) -> Action {
        state.press(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn keys_choose_and_leave() {
        let mut state = State::default();
        for code in [KeyCode::Down, KeyCode::Char('j'), KeyCode::Up, KeyCode::Char('s')] {
            assert_eq!(press(&mut state, code), Action::Continue);
        }
        assert_eq!((state.steps, state.order), (1, Order::Best));
        assert_eq!(press(&mut state, KeyCode::Char('r')), Action::AskEngine);
        press(&mut state, KeyCode::Char('?'));
        assert_eq!((press(&mut state, KeyCode::Esc), state.help), (Action::Continue, false));
        assert_eq!(press(&mut state, KeyCode::Esc), Action::Quit);
        assert_eq!(press(&mut state, KeyCode::Char('q')), Action::Quit);
        assert_eq!(press(&mut state, KeyCode::Char('c')), Action::Continue);
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(state.press(ctrl_c), Action::Quit);
    }

    #[test]
    fn numbers_go_round_both_ways() {
        let names = ["loss", "accuracy", "mae"].map(str::to_owned);
        let mut state = State::default();
        for want in ["mae", "accuracy", "loss", "mae"] {
            press(&mut state, KeyCode::Left);
            assert_eq!(state.metric(&names), Some(want));
        }
        press(&mut state, KeyCode::Tab);
        assert_eq!(state.metric(&names), Some("loss"));
        assert_eq!(state.metric(&[]), None);
    }
}
