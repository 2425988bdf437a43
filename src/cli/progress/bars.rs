//! Several runs on a terminal: a bar for each that trains, and one line for all; what stays on the
//! screen afterwards is only what failed.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::labels::Labels;
use super::plain::outcome;
use super::tally::Tally;
use super::{Style, due};
use crate::cli::console::Stream;
use crate::cli::format::{count, eta, number, truncate};
use crate::sweep::{Notice, RunResult, Status};
use crate::train::Event;

/// The bars, drawn by indicatif; when to draw and what is ours.
pub(super) struct Bars {
    multi: MultiProgress,
    overall: ProgressBar,
    /// As many bars as the screen has room for, beside the line for all.
    room: usize,
    label_room: usize,
    stream: Stream,
    labels: Labels,
    tally: Tally,
    active: Vec<Active>,
    start: Option<Duration>,
    drawn: Option<Duration>,
}

/// A run that trains.
struct Active {
    run: usize,
    label: String,
    epochs: usize,
    steps_per_epoch: usize,
    epoch: usize,
    /// Steps trained in all epochs.
    steps: usize,
    loss: Option<f64>,
    val_loss: Option<f64>,
    /// None while the screen has no room.
    bar: Option<ProgressBar>,
}

impl Bars {
    pub(super) fn new(screen: Box<dyn TermLike>, names: Vec<String>, stream: Stream) -> Bars {
        let room = usize::from(screen.height()).saturating_sub(2).max(1);
        let label_room = usize::from(screen.width() / 3).max(8);
        // We draw seldom enough ourselves; a drawing that we ask for is not to be dropped.
        let target = ProgressDrawTarget::term_like_with_hz(screen, u8::MAX);
        let multi = MultiProgress::with_draw_target(target);
        let overall = multi.add(ProgressBar::new(0).with_style(template("{wide_msg}")));
        let labels = Labels::new(names);
        let tally = Tally::new(labels.len());
        Bars {
            multi,
            overall,
            room,
            label_room,
            stream,
            labels,
            tally,
            active: Vec::new(),
            start: None,
            drawn: None,
        }
    }

    fn finished(&mut self, run: usize, result: &RunResult) {
        if let Some(index) = self.active.iter().position(|active| active.run == run) {
            let active = self.active.remove(index);
            if let Some(bar) = active.bar {
                bar.finish_and_clear();
                self.multi.remove(&bar);
            }
        }
        let label = self.labels.get(run, result.dir.as_deref());
        self.tally.count(&label, result);
        if let Status::Failed(_) = result.status {
            outcome(&label, result, self.stream).iter().for_each(|line| self.message(line));
        }
    }

    /// Gives bars to the first active runs, and draws all.
    fn draw(&mut self, now: Duration) {
        let label_width = self.active.iter().map(|active| active.label.chars().count()).max();
        let label_width = label_width.unwrap_or(0).min(self.label_room);
        let shown = self.active.iter().filter(|active| active.bar.is_some()).count();
        let waiting = self.active.iter_mut().filter(|active| active.bar.is_none());
        for active in waiting.take(self.room.saturating_sub(shown)) {
            let bar = ProgressBar::new(1).with_style(template("{prefix} [{bar:20}] {wide_msg}"));
            active.bar = Some(self.multi.insert_before(&self.overall, bar));
        }
        for active in &self.active {
            active.draw(label_width);
        }
        self.overall.set_message(self.line(now));
        self.drawn = Some(now);
    }

    /// `3/12 runs, 4 running, 1 failed - 12s, 0:36 left, 15.0 runs/min - best: adam, val_loss 0.1182`
    fn line(&self, now: Duration) -> String {
        let elapsed = (now - self.start.unwrap_or(now)).as_secs_f64();
        let mut line = format!("{} runs, {} running", self.tally.fraction(), self.active.len());
        if 0 < self.tally.failed {
            line += &format!(", {} failed", self.tally.failed);
        }
        line += &format!(" - {}", eta(elapsed));
        if let Some(left) = self.left(elapsed) {
            line += &format!(", {} left", eta(left));
        }
        if 0 < self.tally.done && 0.0 < elapsed {
            let per_minute = self.tally.done as f64 / elapsed * 60.0;
            line += &format!(", {per_minute:.1} runs/min");
        }
        if let Some((label, name, value)) = &self.tally.best {
            let label = truncate(label, self.label_room);
            line += &format!(" - best: {label}, {name} {}", number(*value));
        }
        line
    }

    /// Seconds left, if the rest takes as long as what is done, which counts unfinished runs by
    /// their steps.
    fn left(&self, elapsed: f64) -> Option<f64> {
        let underway: f64 = self.active.iter().map(Active::share).sum();
        let done = self.tally.done as f64 + underway;
        (0.0 < done).then(|| elapsed / done * (self.tally.total as f64 - done).max(0.0))
    }
}

impl Style for Bars {
    fn notice(&mut self, notice: &Notice<'_>, now: Duration) {
        self.start.get_or_insert(now);
        match *notice {
            Notice::Started { run, dir } => {
                self.active.push(Active::new(run, self.labels.get(run, Some(dir))));
            }
            Notice::Training { run, event } => {
                let active = self.active.iter_mut().find(|active| active.run == run);
                active.into_iter().for_each(|active| active.update(&event));
                if !due(self.drawn, now) {
                    return;
                }
            }
            Notice::Finished { run, result } => self.finished(run, result),
        }
        self.draw(now);
    }

    fn message(&mut self, text: &str) {
        // As in `show`: a display that cannot be written to stops nothing.
        let _ = self.multi.println(text);
    }

    fn close(&mut self) {
        for active in self.active.drain(..) {
            active.bar.iter().for_each(ProgressBar::finish_and_clear);
        }
        self.overall.finish_and_clear();
    }
}

impl Active {
    fn new(run: usize, label: String) -> Active {
        Active {
            run,
            label,
            epochs: 0,
            steps_per_epoch: 0,
            epoch: 0,
            steps: 0,
            loss: None,
            val_loss: None,
            bar: None,
        }
    }

    fn update(&mut self, event: &Event<'_>) {
        match *event {
            Event::TrainBegin { epochs, steps_per_epoch } => {
                (self.epochs, self.steps_per_epoch) = (epochs, steps_per_epoch);
            }
            Event::EpochBegin { epoch } => {
                self.epoch = epoch + 1;
                self.steps = epoch * self.steps_per_epoch;
            }
            Event::BatchEnd { epoch, done, logs, .. } => {
                self.steps = epoch * self.steps_per_epoch + done;
                self.loss = logs.get("loss");
            }
            Event::EpochEnd { logs, .. } => {
                self.loss = logs.get("loss");
                self.val_loss = logs.get("val_loss");
            }
        }
    }

    /// How much of the run is done, from 0 to 1.
    fn share(&self) -> f64 {
        self.steps as f64 / (self.epochs * self.steps_per_epoch).max(1) as f64
    }

    fn draw(&self, label_width: usize) {
        let Some(bar) = &self.bar else { return };
        bar.set_length((self.epochs * self.steps_per_epoch).max(1) as u64);
        bar.set_position(self.steps as u64);
        bar.set_prefix(format!("{:<label_width$}", truncate(&self.label, label_width)));
        bar.set_message(self.numbers());
    }

    /// ` 3/20 epochs - loss: 0.0353 - val_loss: 0.1182`
    fn numbers(&self) -> String {
        let width = self.epochs.to_string().len();
        let mut text = format!("{:>width$}/{}", self.epoch, count(self.epochs, "epoch"));
        for (name, value) in [("loss", self.loss), ("val_loss", self.val_loss)] {
            if let Some(value) = value {
                text += &format!(" - {name}: {}", number(value));
            }
        }
        text
    }
}

/// A template of ours is a constant; if indicatif cannot read it, its own bar will do.
fn template(text: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(text);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=>.")
}

#[cfg(test)]
mod tests {
    use super::super::script::{self, TestScreen};
    use super::*;

    fn bars(width: u16, height: u16) -> (Bars, TestScreen) {
        let screen = TestScreen::new(width, height);
        let target = Box::new(screen.clone());
        (Bars::new(target, script::names(), Stream::default()), screen)
    }

    #[test]
    fn a_bar_per_run_and_a_line_for_all() {
        let (mut bars, screen) = bars(100, 24);
        script::four_runs_until_the_middle(&mut bars);
        insta::assert_snapshot!(screen.text(), @"");
    }

    #[test]
    fn only_failures_stay() {
        let (mut bars, screen) = bars(100, 24);
        script::four_runs(&mut bars);
        bars.close();
        insta::assert_snapshot!(screen.text(), @"");
    }

    #[test]
    fn more_runs_than_rows_leave_room_for_the_line() {
        let (mut bars, screen) = bars(100, 3);
        script::four_runs_until_the_middle(&mut bars);
        insta::assert_snapshot!(screen.text(), @"");
    }

    #[test]
    fn no_line_is_longer_than_the_terminal() {
        let (mut bars, screen) = bars(40, 24);
        script::four_runs_until_the_middle(&mut bars);
        for line in screen.text().lines().filter(|line| !line.contains("failed:")) {
            assert!(line.chars().count() <= 40, "{line:?}");
        }
    }

    #[test]
    fn a_message_stands_above_the_bars() {
        let (mut bars, screen) = bars(100, 24);
        script::four_runs_until_the_middle(&mut bars);
        bars.message("stopping after this step");
        let text = screen.text();
        let place = |what| text.lines().position(|line| line.starts_with(what));
        assert!(place("stopping") < place("rmsprop"), "{text}");
    }
}
