//! Progress of one run on a terminal: the progress line of Keras 2.2 to 2.15.
//!
//! The rules are those of its `Progbar`: the first step is left out of the time per step, as it
//! pays for the warm-up; the time of a finished epoch includes its validation.

use std::io::Write;
use std::time::Duration;

use super::renderer::{Renderer, is_due, write_escaped};
use crate::cli::display::escape::mark_ansi;
use crate::cli::display::format::{eta, is_class_score, keras_number, per_step};
use crate::sweep::SweepEvent;
use crate::train::{FitEvent, Logs};

/// The line, on a writer whose width may change.
pub(crate) struct Keras<W> {
    out: W,
    width: fn() -> usize,
    epochs: usize,
    epoch: EpochProgress,
    /// Characters of the line that the cursor stands in.
    open: usize,
    drawn: Option<Duration>,
}

/// How far the current epoch has got.
#[derive(Clone, Copy, Default)]
struct EpochProgress {
    steps: usize,
    start: Duration,
    first_step: Option<Duration>,
}

impl<W: Write> Keras<W> {
    pub(crate) fn new(out: W, width: fn() -> usize) -> Keras<W> {
        Keras { out, width, epochs: 0, epoch: EpochProgress::default(), open: 0, drawn: None }
    }

    fn training(&mut self, event: &FitEvent<'_>, now: Duration) {
        match *event {
            FitEvent::TrainBegin { epochs, steps_per_epoch } => {
                self.epochs = epochs;
                self.epoch.steps = steps_per_epoch;
            }
            FitEvent::EpochBegin { epoch } => self.begin(epoch, now),
            FitEvent::BatchEnd { done, steps_per_epoch, logs, .. } => {
                self.epoch.steps = steps_per_epoch;
                self.batch(done, logs, now);
            }
            FitEvent::EpochEnd { logs, .. } => self.end(logs, now),
        }
    }

    fn begin(&mut self, epoch: usize, now: Duration) {
        self.epoch = EpochProgress { steps: self.epoch.steps, start: now, first_step: None };
        self.drawn = None;
        if 1 < self.epochs {
            write_escaped(&mut self.out, &format!("Epoch {}/{}\n", epoch + 1, self.epochs));
        }
    }

    fn batch(&mut self, done: usize, logs: &Logs, now: Duration) {
        let epoch = self.epoch;
        if done == 1 {
            self.epoch.first_step = Some(now);
        }
        if !is_due(self.drawn, now) {
            return;
        }
        self.drawn = Some(now);
        let line = running(done, epoch.steps, epoch.per_step(done, now), logs);
        // The last column stays free, as a terminal may wrap as soon as it is written to; the two
        // before it are for the `^C` of a user who wants to stop.
        let room = (self.width)().saturating_sub(3);
        let line: String = line.chars().take(room).collect();
        self.redraw(&line);
    }

    fn end(&mut self, logs: &Logs, now: Duration) {
        let EpochProgress { steps, start, .. } = self.epoch;
        let elapsed = (now - start).as_secs_f64();
        self.redraw(&finished(steps, elapsed, self.epoch.per_step(steps, now), logs));
        self.end_line();
    }

    /// Puts `line` in the place of the open one; spaces cover what was longer.
    fn redraw(&mut self, line: &str) {
        let length = line.chars().count();
        write_escaped(
            &mut self.out,
            &format!(
                "{}{line}{:pad$}",
                mark_ansi("\r"),
                "",
                pad = self.open.saturating_sub(length)
            ),
        );
        self.open = length.max(1);
    }

    fn end_line(&mut self) {
        if 0 < self.open {
            write_escaped(&mut self.out, "\n");
        }
        self.open = 0;
    }
}

impl<W: Write + Send> Renderer for Keras<W> {
    fn notice(&mut self, notice: &SweepEvent<'_>, now: Duration) {
        match notice {
            SweepEvent::Started { .. } | SweepEvent::Paused { .. } | SweepEvent::Waiting { .. } => {
            }
            SweepEvent::Training { event, .. } => self.training(event, now),
            // A run that ends within an epoch leaves its line as it was.
            SweepEvent::Finished { .. } => self.end_line(),
        }
    }

    fn message(&mut self, text: &str) {
        self.end_line();
        write_escaped(&mut self.out, &format!("{text}\n"));
    }

    fn close(&mut self) {
        self.end_line();
    }
}

impl EpochProgress {
    /// Seconds per step at the end of step `done`, from 1.
    fn per_step(&self, done: usize, now: Duration) -> f64 {
        match self.first_step {
            Some(first) if 1 < done => (now - first).as_secs_f64() / (done - 1) as f64,
            _ => (now - self.start).as_secs_f64() / done.max(1) as f64,
        }
    }
}

/// The line after step `done` of `steps`.
fn running(done: usize, steps: usize, per_step: f64, logs: &Logs) -> String {
    let left = per_step * steps.saturating_sub(done) as f64;
    format!("{} - ETA: {}{}", bar(done, steps), eta(left), metrics(logs))
}

/// The line of an epoch that took `elapsed` seconds, validation included.
fn finished(steps: usize, elapsed: f64, seconds: f64, logs: &Logs) -> String {
    format!("{} - {elapsed:.0}s {}{}", bar(steps, steps), per_step(seconds), metrics(logs))
}

/// `  45/1500 [>.............................]`
fn bar(done: usize, steps: usize) -> String {
    let digits = steps.to_string().len();
    format!("{done:>digits$}/{steps} [{}]", filled(done, steps, 30))
}

/// `=====>..............`, `width` characters wide.
pub(crate) fn filled(done: usize, steps: usize, width: usize) -> String {
    let filled = (width as f64 * (done as f64 / steps.max(1) as f64)) as usize;
    let filled = filled.min(width);
    let head = match filled {
        0 => "",
        _ if done < steps => ">",
        _ => "=",
    };
    let tail = "=".repeat(filled.saturating_sub(1)) + head;
    format!("{tail:.<width$}")
}

/// ` - loss: 0.3353 - accuracy: 0.9063`; Keras 2 shows no learning rate, and scores of single classes are too many for a line.
pub(crate) fn metrics(logs: &Logs) -> String {
    let is_shown = |name: &str| name != "learning_rate" && !is_class_score(name);
    let shown = logs.0.iter().filter(|(name, _)| is_shown(name));
    shown.map(|(name, value)| format!(" - {name}: {}", keras_number(*value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script::{self, logs};

    fn keras(width: fn() -> usize) -> Keras<Vec<u8>> {
        Keras::new(Vec::new(), width)
    }

    /// Every drawing on a line of its own.
    fn escape_controls(keras: &Keras<Vec<u8>>) -> String {
        String::from_utf8_lossy(&keras.out).replace('\r', "\n⏎ ")
    }

    #[test]
    fn the_tutorials_first_epoch_ends_as_in_keras() {
        let end = logs(&[
            ("loss", 0.33532),
            ("accuracy", 0.90631),
            ("val_loss", 0.19112),
            ("val_accuracy", 0.94517),
            ("learning_rate", 0.001),
        ]);
        let want = "1500/1500 [==============================] - 0s 60us/step - loss: 0.3353 - \
                    accuracy: 0.9063 - val_loss: 0.1911 - val_accuracy: 0.9452";
        assert_eq!(finished(1500, 0.09, 60e-6, &end), want);
    }

    #[test]
    fn the_bar_grows_as_in_keras() {
        // From Keras 2's rule: int(30 · done / steps) characters, the last one a head.
        assert_eq!(bar(1, 1500), "   1/1500 [..............................]");
        assert_eq!(bar(49, 1500), "  49/1500 [..............................]");
        assert_eq!(bar(50, 1500), "  50/1500 [>.............................]");
        assert_eq!(bar(750, 1500), " 750/1500 [==============>...............]");
        assert_eq!(bar(1499, 1500), "1499/1500 [============================>.]");
        assert_eq!(bar(1500, 1500), "1500/1500 [==============================]");
        assert_eq!(bar(1, 1), "1/1 [==============================]");
        assert_eq!(bar(10, 10), "10/10 [==============================]");
    }

    #[test]
    fn the_first_step_is_left_out_of_the_time_per_step() {
        let at = Duration::from_millis;
        let mut epoch = EpochProgress { steps: 10, start: at(1000), first_step: None };
        assert_eq!(epoch.per_step(1, at(1500)), 0.5);
        epoch.first_step = Some(at(1500));
        assert_eq!(epoch.per_step(1, at(1500)), 0.5);
        assert_eq!(epoch.per_step(5, at(1900)), 0.1);
    }

    #[test]
    fn two_epochs_with_a_clock() {
        let mut keras = keras(|| 120);
        script::two_epochs(&mut keras);
        insta::assert_snapshot!(escape_controls(&keras), @r"
        Epoch 1/2

        ⏎  1/20 [>.............................] - ETA: 0s - loss: 0.9800 - accuracy: 0.5100
        ⏎  6/20 [========>.....................] - ETA: 0s - loss: 0.8800 - accuracy: 0.5600
        ⏎ 11/20 [===============>..............] - ETA: 0s - loss: 0.7800 - accuracy: 0.6100
        ⏎ 16/20 [=======================>......] - ETA: 0s - loss: 0.6800 - accuracy: 0.6600
        ⏎ 20/20 [==============================] - 0s 13ms/step - loss: 0.6000 - accuracy: 0.9000 - val_loss: 0.5000 - val_accuracy: 0.9375
        Epoch 2/2

        ⏎  1/20 [>.............................] - ETA: 0s - loss: 0.5800 - accuracy: 0.7100
        ⏎  6/20 [========>.....................] - ETA: 0s - loss: 0.4800 - accuracy: 0.7600
        ⏎ 11/20 [===============>..............] - ETA: 0s - loss: 0.3800 - accuracy: 0.8100
        ⏎ 16/20 [=======================>......] - ETA: 0s - loss: 0.2800 - accuracy: 0.8600
        ⏎ 20/20 [==============================] - 2s 78ms/step - loss: 0.2000 - accuracy: 0.9000 - val_loss: 9.0000e-04 - val_accuracy: 0.9375
        ");
    }

    #[test]
    fn one_epoch_has_no_header() {
        let mut keras = keras(|| 80);
        let event = FitEvent::TrainBegin { epochs: 1, steps_per_epoch: 3 };
        keras.training(&event, Duration::ZERO);
        keras.training(&FitEvent::EpochBegin { epoch: 0 }, Duration::ZERO);
        assert_eq!(escape_controls(&keras), "");
    }

    #[test]
    fn a_narrow_terminal_cuts_what_moves_and_keeps_what_stays() {
        let mut keras = keras(|| 40);
        script::two_epochs(&mut keras);
        let text = String::from_utf8_lossy(&keras.out).into_owned();
        for line in text.lines() {
            let (moving, staying) = line.rsplit_once('\r').unwrap_or(("", line));
            assert!(moving.split('\r').all(|drawn| drawn.len() <= 37), "{moving:?}");
            assert!(
                staying.starts_with("Epoch") || staying.contains("val_accuracy"),
                "{staying:?}"
            );
        }
    }

    #[test]
    fn a_message_does_not_land_in_the_line() {
        let mut keras = keras(|| 80);
        script::half_an_epoch(&mut keras);
        keras.message("stopping");
        keras.message("really");
        keras.close();
        assert!(
            escape_controls(&keras).ends_with("accuracy: 0\nstopping\nreally\n"),
            "{}",
            escape_controls(&keras)
        );
    }
}
