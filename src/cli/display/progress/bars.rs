//! Progress of several runs on a terminal: a bar for each active run, and a line for all.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::block::Block;
use super::keras::filled;
use super::plain::outcome;
use super::renderer::{Renderer, is_due};
use super::tally::FinishedRuns;
use crate::cli::display::console::Stream;
use crate::cli::display::format::{count, eta, number};
use crate::cli::display::labels::Labels;
use crate::cli::display::shorten::shorten_all;
use crate::cli::display::width::{elide_middle, pad_right, text_width};
use crate::sweep::{RunResult, Status, SweepEvent};
use crate::train::FitEvent;

/// The characters of a bar beside which both losses are shown.
const SHORTEST_BAR: usize = 10;
const LONGEST_BAR: usize = 30;
/// The least characters of the best run's name.
const LEAST_NAME: usize = 12;

/// The bars, and what they show.
pub(crate) struct Bars<W> {
    block: Block<W>,
    stream: Stream,
    labels: Labels,
    tally: FinishedRuns,
    active: Vec<Active>,
    start: Option<Duration>,
    drawn: Option<Duration>,
}

/// A run that trains.
struct Active {
    run: usize,
    label: String,
    start: Duration,
    epochs: usize,
    steps_per_epoch: usize,
    /// Counted from 1; 0 before the first.
    epoch: usize,
    /// Steps trained in all epochs.
    steps: usize,
    loss: Option<f64>,
    val_loss: Option<f64>,
}

impl<W: Write> Bars<W> {
    /// Shows runs of these names on a terminal of `size` columns and rows.
    pub(crate) fn new(
        out: W,
        size: fn() -> (usize, usize),
        names: Vec<Arc<str>>,
        stream: Stream,
    ) -> Bars<W> {
        let labels = Labels::new(names);
        let tally = FinishedRuns::new(labels.len());
        let block = Block::new(out, size);
        Bars { block, stream, labels, tally, active: Vec::new(), start: None, drawn: None }
    }

    fn finished(&mut self, run: usize, result: &RunResult) {
        self.active.retain(|active| active.run != run);
        let label = self.labels.get(run, result.dir.as_deref());
        self.tally.count(&label, result);
        if let Status::Failed(_) = result.status {
            let line = outcome(&label, result, self.stream);
            line.iter().for_each(|line| self.block.print(line));
        }
    }

    /// The line for all is always there; if the terminal is too low, some bars are not.
    fn draw(&mut self, now: Duration) {
        let labels: Vec<_> = self.active.iter().map(|active| active.label.clone()).collect();
        let labels = shorten_all(&labels, self.label_room());
        let label_width = labels.iter().map(|label| text_width(label)).max().unwrap_or(0);
        let room = self.block.width().saturating_sub(label_width);
        let bars = self.active.iter().zip(&labels).take(self.block.height() - 1);
        let bar = |(active, label): (&Active, &String)| {
            format!("{} {}", pad_right(label, label_width), active.line(room.saturating_sub(1)))
        };
        let mut lines: Vec<_> = bars.map(bar).collect();
        lines.push(self.line(now));
        self.block.draw(lines);
        self.drawn = Some(now);
    }

    /// A name may take a third of a line.
    fn label_room(&self) -> usize {
        (self.block.width() / 3).max(8)
    }

    /// `3/12 runs, 4 running, 1 failed - 12s, 36s left, 15.0/min - best val_loss 0.1182: adam`
    ///
    /// Where that is too long, the pace is left out, then the name of the number, then that of the run.
    fn line(&self, now: Duration) -> String {
        let elapsed = (now - self.start.unwrap_or(now)).as_secs_f64();
        let mut counts = format!("{} runs, {} running", self.tally.fraction(), self.active.len());
        if 0 < self.tally.failed {
            counts += &format!(", {} failed", self.tally.failed);
        }
        counts += &format!(" - {}", eta(elapsed));
        if let Some(left) = self.left(now, elapsed) {
            counts += &format!(", {} left", eta(left));
        }
        let pace = if 0 < self.tally.done && 0.0 < elapsed {
            format!(", {:.1}/min", self.tally.done as f64 / elapsed * 60.0)
        } else {
            String::new()
        };
        let Some((label, name, value)) = &self.tally.best else { return counts + &pace };
        let best = format!(" - best {name} {}: ", number(*value));
        let width = self.block.width();
        let room = |line: &String| width.saturating_sub(text_width(line));
        let label = shorten_all(std::slice::from_ref(label), self.label_room()).concat();
        let lines = [
            format!("{counts}{pace}{best}"),
            format!("{counts}{best}"),
            format!("{counts} - best {}: ", number(*value)),
        ];
        let fits = |line: &&String| text_width(&label).min(LEAST_NAME) <= room(line);
        match lines.iter().find(fits) {
            Some(line) => format!("{line}{}", elide_middle(&label, room(line))),
            None => format!("{counts} - best {}", number(*value)),
        }
    }

    /// Seconds left, if the other runs take as long as those done, which counts unfinished ones by
    /// their steps; but not less than any of them needs for itself.
    fn left(&self, now: Duration, elapsed: f64) -> Option<f64> {
        let underway: f64 = self.active.iter().map(Active::share).sum();
        let done = self.tally.done as f64 + underway;
        let all = elapsed / done * (self.tally.total as f64 - done).max(0.0);
        let longest = self.active.iter().filter_map(|active| active.left(now)).reduce(f64::max);
        (0.0 < done).then(|| longest.map_or(all, |longest| longest.max(all)))
    }
}

impl<W: Write + Send> Renderer for Bars<W> {
    fn notice(&mut self, notice: &SweepEvent<'_>, now: Duration) {
        self.start.get_or_insert(now);
        match *notice {
            SweepEvent::Started { run, dir } => {
                self.active.push(Active::new(run, self.labels.get(run, Some(dir)), now));
            }
            SweepEvent::Training { run, event } => {
                let active = self.active.iter_mut().find(|active| active.run == run);
                active.into_iter().for_each(|active| active.update(&event));
                if !is_due(self.drawn, now) {
                    return;
                }
            }
            SweepEvent::Paused { run } => self.active.retain(|active| active.run != run),
            SweepEvent::Finished { run, result } => self.finished(run, result),
            SweepEvent::Waiting { .. } => {}
        }
        self.draw(now);
    }

    fn message(&mut self, text: &str) {
        self.block.print(text);
    }

    fn close(&mut self) {
        self.block.draw(Vec::new());
    }
}

impl Active {
    fn new(run: usize, label: String, start: Duration) -> Active {
        Active {
            run,
            label,
            start,
            epochs: 0,
            steps_per_epoch: 0,
            epoch: 0,
            steps: 0,
            loss: None,
            val_loss: None,
        }
    }

    fn update(&mut self, event: &FitEvent<'_>) {
        match *event {
            FitEvent::TrainBegin { epochs, steps_per_epoch } => {
                (self.epochs, self.steps_per_epoch) = (epochs, steps_per_epoch);
            }
            FitEvent::EpochBegin { epoch } => {
                self.epoch = epoch + 1;
                self.steps = epoch * self.steps_per_epoch;
            }
            FitEvent::BatchEnd { epoch, done, logs, .. } => {
                self.steps = epoch * self.steps_per_epoch + done;
                self.loss = logs.get("loss");
            }
            FitEvent::EpochEnd { logs, .. } => {
                self.loss = logs.get("loss");
                self.val_loss = logs.get("val_loss");
            }
        }
    }

    /// How much of the run is done, from 0 to 1.
    fn share(&self) -> f64 {
        self.steps as f64 / (self.epochs * self.steps_per_epoch).max(1) as f64
    }

    /// Seconds until its end, at its pace so far.
    fn left(&self, now: Duration) -> Option<f64> {
        let share = self.share();
        let elapsed = (now - self.start).as_secs_f64();
        (0.0 < share).then(|| elapsed / share * (1.0 - share))
    }

    /// `[==>.........]  3/20 epochs, loss 0.0353, val_loss 0.1182`
    ///
    /// In a narrow terminal the bar is shorter, then the loss gives way to that of validation.
    fn line(&self, room: usize) -> String {
        let width = self.epochs.to_string().len();
        let epochs = format!("{:>width$}/{}", self.epoch, count(self.epochs, "epoch"));
        let numbers = |names: &[(&str, Option<f64>)]| -> String {
            let told = names.iter().filter_map(|(name, value)| Some((name, (*value)?)));
            told.map(|(name, value)| format!(", {name} {}", number(value))).collect()
        };
        let all = numbers(&[("loss", self.loss), ("val_loss", self.val_loss)]);
        let judge = match self.val_loss {
            Some(_) => numbers(&[("val_loss", self.val_loss)]),
            None => numbers(&[("loss", self.loss)]),
        };
        // A bar has brackets and a space after it.
        let left = |text: &str| (room + 1).saturating_sub(text_width(text) + 4);
        // The numbers to come have their place from the beginning, so that a bar keeps its length.
        let whole = ", loss 0.1234, val_loss 0.1234".len();
        let long = format!("{epochs}{all:<whole$}");
        let short = format!("{epochs}{judge:<0$}", ", val_loss 0.1234".len());
        let (text, space) = if SHORTEST_BAR <= left(&long) {
            (format!("{epochs}{all}"), left(&long))
        } else {
            (format!("{epochs}{judge}"), left(&short))
        };
        let bar =
            filled(self.steps, self.epochs * self.steps_per_epoch, space.clamp(4, LONGEST_BAR));
        format!("[{bar}] {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script;

    fn bars(size: fn() -> (usize, usize)) -> Bars<Vec<u8>> {
        Bars::new(Vec::new(), size, script::names(), Stream::default())
    }

    fn screen(bars: Bars<Vec<u8>>) -> String {
        script::screen(&bars.block.into_inner())
    }

    #[test]
    fn a_bar_per_run_and_a_line_for_all() {
        let mut bars = bars(|| (100, 24));
        script::four_runs_until_the_middle(&mut bars);
        insta::assert_snapshot!(screen(bars), @r"
        sgd: failed: loss is nan at step 12 - logs/sgd/20261123-210800
        rmsprop                           [===============>......] 2/2 epochs, loss 0.4000, val_loss 0.2500
        adam-with-a…-that-says-everything [=>....................] 1/2 epochs, loss 0.9000
        2/4 runs, 2 running, 1 failed - 2s, 6s left, 50.0/min - best val_loss 0.1182: adam
        ");
    }

    #[test]
    fn only_failures_stay() {
        let mut bars = bars(|| (100, 24));
        script::four_runs(&mut bars);
        bars.close();
        insta::assert_snapshot!(screen(bars), @r"sgd: failed: loss is nan at step 12 - logs/sgd/20261123-210800");
    }

    #[test]
    fn more_runs_than_rows_leave_room_for_the_line() {
        let mut bars = bars(|| (100, 3));
        script::four_runs_until_the_middle(&mut bars);
        insta::assert_snapshot!(screen(bars), @r"
        sgd: failed: loss is nan at step 12 - logs/sgd/20261123-210800
        rmsprop                           [===============>......] 2/2 epochs, loss 0.4000, val_loss 0.2500
        2/4 runs, 2 running, 1 failed - 2s, 6s left, 50.0/min - best val_loss 0.1182: adam
        ");
    }

    #[test]
    fn no_line_is_longer_than_the_terminal() {
        let mut bars = bars(|| (40, 24));
        script::four_runs_until_the_middle(&mut bars);
        let screen = screen(bars);
        let moving: Vec<_> = screen.lines().filter(|line| !line.contains("failed:")).collect();
        assert_eq!(moving.len(), 3);
        assert!(moving.iter().all(|line| line.chars().count() < 40), "{screen}");
    }

    #[test]
    fn lines_fit_usual_terminals() {
        let at = |size: fn() -> (usize, usize)| {
            let mut bars = bars(size);
            script::four_runs_until_the_middle(&mut bars);
            screen(bars)
        };
        insta::assert_snapshot!([at(|| (60, 24)), at(|| (80, 24)), at(|| (120, 24))].join("\n\n"));
    }

    #[test]
    fn a_message_stands_above_the_bars() {
        let mut bars = bars(|| (100, 24));
        script::four_runs_until_the_middle(&mut bars);
        bars.message("stopping after this step");
        let screen = screen(bars);
        let place = |what| screen.lines().position(|line| line.starts_with(what));
        assert!(place("stopping").is_some() && place("stopping") < place("rmsprop"), "{screen}");
    }
}
