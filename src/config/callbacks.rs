//! `[callbacks]`: what watches over the training, and whether it can; it watches nothing itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Written;
use super::nearest::nearest;
use super::plan::Plan;
use super::problem::Problem;
use super::words::list;
use crate::train::{Direction, EarlyStopping, LearningRateScheduler, Logs, ReduceLrOnPlateau};

/// `[callbacks]`: what watches over the training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Callbacks {
    /// Stops when a number no longer improves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Makes the learning rate smaller when a number no longer improves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reduce_lr_on_plateau: Option<ReduceLrOnPlateau>,
    /// Sets the learning rate at the beginning of certain epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate_scheduler: Option<LearningRateScheduler>,
    /// Keeps the weights of epochs in files of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_checkpoint: Option<ModelCheckpoint>,
    /// Writes the numbers of each epoch as Keras's CSVLogger does, beside history.csv.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv_logger: Option<CsvLogger>,
    /// Ends the run as failed when the loss is no longer a finite number.
    pub terminate_on_nan: TerminateOnNan,
}

/// The arguments of Keras's `ModelCheckpoint`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelCheckpoint {
    /// The file within the run's folder; `{epoch}`, from 1, and numbers such as `{val_loss:.2f}` are
    /// filled in.
    pub filepath: String,
    /// The number to watch.
    pub monitor: String,
    /// Write only when it is better than ever before.
    pub save_best_only: bool,
    /// Whether less or more is better; `auto` decides by the name.
    pub mode: Direction,
    /// What the first epoch must improve on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "anything is better than nothing"))]
    pub initial_value_threshold: Option<f64>,
}

/// The arguments of Keras's `CSVLogger`; the run's folder is always new, and a resumed run goes on
/// with the file, so there is nothing to append to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CsvLogger {
    /// The file within the run's folder.
    pub filename: String,
    /// What stands between two numbers: one character.
    pub separator: String,
}

/// `[callbacks.terminate_on_nan]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TerminateOnNan {
    /// `false` trains on, whatever the loss.
    pub enabled: bool,
}

impl Default for ModelCheckpoint {
    fn default() -> ModelCheckpoint {
        ModelCheckpoint {
            filepath: "checkpoints/epoch-{epoch:04d}.safetensors".to_owned(),
            monitor: "val_loss".to_owned(),
            save_best_only: false,
            mode: Direction::Auto,
            initial_value_threshold: None,
        }
    }
}

impl Default for CsvLogger {
    fn default() -> CsvLogger {
        CsvLogger { filename: "training.csv".to_owned(), separator: ",".to_owned() }
    }
}

impl Default for TerminateOnNan {
    fn default() -> TerminateOnNan {
        TerminateOnNan { enabled: true }
    }
}

/// The one number of an epoch whose name does not tell what is better.
const RATE: &str = "learning_rate";

/// What the callbacks cannot do.
pub(super) fn callbacks(plan: &Plan, written: &Written<'_>) -> Vec<Problem> {
    let Callbacks {
        early_stopping: stopping,
        reduce_lr_on_plateau: plateau,
        learning_rate_scheduler: table,
        model_checkpoint: checkpoint,
        csv_logger: csv,
        terminate_on_nan: _,
    } = &plan.callbacks;
    let watch = |key, monitor: &str, mode| monitored(plan, written, key, (monitor, mode));
    let stopping = stopping.as_ref().and_then(|c| watch("early_stopping", &c.monitor, c.mode));
    let reducing = plateau.as_ref().and_then(|c| watch("reduce_lr_on_plateau", &c.monitor, c.mode));
    let best = checkpoint.as_ref().filter(|c| c.save_best_only);
    let keeping = best.and_then(|c| watch("model_checkpoint", &c.monitor, c.mode));
    let table = table.as_ref().and_then(|table| pieces(table, written));
    let file = |key: &str, path: &str, end| outside(written, key, path, end);
    let path = checkpoint
        .as_ref()
        .and_then(|c| file("model_checkpoint.filepath", &c.filepath, ".safetensors"));
    let names = checkpoint.as_ref().and_then(|c| template(plan, written, c));
    let separator = csv.as_ref().and_then(|c| separator(written, &c.separator));
    let csv = csv.as_ref().and_then(|c| file("csv_logger.filename", &c.filename, ".csv"));
    let found = [stopping, reducing, keeping, table, path, names, csv, separator];
    let found = found.into_iter().chain([scheduled(plan, written)]);
    found.flatten().collect()
}

/// The numbers of each epoch.
fn numbers(plan: &Plan) -> Vec<String> {
    let metrics = plan.training.metrics.iter().map(|metric| metric.name().to_owned());
    let mut numbers: Vec<_> = std::iter::once("loss".to_owned()).chain(metrics).collect();
    if plan.data.validates() {
        let validated: Vec<_> = numbers.iter().map(|name| format!("val_{name}")).collect();
        numbers.extend(validated);
    }
    numbers.push(RATE.to_owned());
    numbers
}

/// Whether the number that a callback watches will exist, and which way it gets better.
fn monitored(
    plan: &Plan,
    written: &Written<'_>,
    key: &str,
    (monitor, mode): (&str, Direction),
) -> Option<Problem> {
    let numbers = numbers(plan);
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    let table = format!("callbacks.{key}");
    let paths = [&*format!("{table}.monitor"), &table];
    if numbers.contains(&monitor) {
        return (mode == Direction::Auto && monitor == RATE).then(|| {
            let message = format!("`{RATE}` does not say whether less or more of it is better");
            written.problem(&paths, message, "add `mode = \"min\"` or `mode = \"max\"`")
        });
    }
    let who = key.replace('_', " ");
    let message = format!("{who} watches `{monitor}`, which will not exist");
    let trained = monitor.strip_prefix("val_").is_some_and(|name| numbers.contains(&name));
    let help = match nearest(monitor, numbers.iter().copied()) {
        _ if trained => {
            "set `data.validation_split` or `data.validation_data`, or watch `loss`".to_owned()
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`monitor` is {}", list(&numbers)),
    };
    Some(written.problem(&paths, message, help))
}

/// A callback that sets the learning rate, beside a schedule that does so as well.
fn scheduled(plan: &Plan, written: &Written<'_>) -> Option<Problem> {
    plan.optimizer.schedule()?;
    let callbacks = &plan.callbacks;
    let key = match (&callbacks.reduce_lr_on_plateau, &callbacks.learning_rate_scheduler) {
        (Some(_), _) => "reduce_lr_on_plateau",
        (_, Some(_)) => "learning_rate_scheduler",
        _ => return None,
    };
    let message = format!("`{key}` cannot change a learning rate that follows a schedule");
    let help = "write `learning_rate` as a number, or take the callback out";
    let table = format!("callbacks.{key}");
    let problem = written.problem(&[&table, "callbacks"], message, help);
    Some(problem.related(written.origin("optimizer.learning_rate"), "the schedule"))
}

fn pieces(table: &LearningRateScheduler, written: &Written<'_>) -> Option<Problem> {
    let at = |key: &str| format!("callbacks.learning_rate_scheduler.{key}");
    let LearningRateScheduler { epochs, learning_rates } = table;
    if epochs.len() != learning_rates.len() {
        let message = "each epoch of the table needs one learning rate";
        let help = "write as many `learning_rates` as `epochs`";
        let label = format!("got {}, want {}", learning_rates.len(), epochs.len());
        let problem = written.problem(&[&at("learning_rates")], message, help).label(label);
        return Some(problem.related(written.origin(&at("epochs")), "the epochs"));
    }
    let (before, after) = epochs.iter().zip(&epochs[1..]).find(|(a, b)| a >= b)?;
    let message = "the epochs of the table do not ascend";
    let help = "write each epoch after the ones before it, and none twice";
    let label = format!("got {after} after {before}");
    Some(written.problem(&[&at("epochs")], message, help).label(label))
}

/// A path that leads out of the run's folder, or to one of the run's own files.
fn outside(written: &Written<'_>, key: &str, path: &str, end: &str) -> Option<Problem> {
    const OWN: [&str; 6] =
        ["train", "validation", "checkpoint", "history.csv", "model.safetensors", "run.json"];
    let inside = |part| matches!(part, std::path::Component::Normal(_));
    let parts = || std::path::Path::new(path).components();
    let first = parts().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let why = match first {
        None => "it is empty".to_owned(),
        Some(_) if !parts().all(inside) => "it leads out of the run's folder".to_owned(),
        Some(first) if OWN.contains(&&*first) => format!("`{first}` is the run's own"),
        Some(_) if !path.ends_with(end) => format!("it does not end in `{end}`"),
        Some(_) => return None,
    };
    let key = format!("callbacks.{key}");
    let message = format!("`{key}` cannot be `{path}`: {why}");
    let help = format!("write a path within the run's folder, such as \"kept/best{end}\"");
    Some(written.problem(&[&key, "callbacks"], message, help))
}

fn separator(written: &Written<'_>, separator: &str) -> Option<Problem> {
    let fits = |c: char| !c.is_alphanumeric() && !"\r\n.-+\"".contains(c);
    let mut chars = separator.chars();
    if chars.next().is_some_and(fits) && chars.next().is_none() {
        return None;
    }
    let message = format!("`{}` cannot stand between two numbers", separator.escape_debug());
    let help = r#"write one character, such as "," or ";" or "\t""#;
    Some(written.problem(&["callbacks.csv_logger.separator"], message, help))
}

/// A place in a path that nothing can be put into.
fn template(plan: &Plan, written: &Written<'_>, rule: &ModelCheckpoint) -> Option<Problem> {
    let mut names = numbers(plan);
    let logs = Logs(names.iter().map(|name| (name.clone(), 0.0)).collect());
    if rule.path(0, &logs).is_some() {
        return None;
    }
    names.push("epoch".to_owned());
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let message = format!("nothing can be put into a place of the path `{}`", rule.filepath);
    let help = format!(
        "write `{{epoch:04d}}`, `{{val_loss:.2f}}` or the like; there are {}",
        list(&names)
    );
    Some(written.problem(&["callbacks.model_checkpoint.filepath"], message, help))
}

impl ModelCheckpoint {
    /// The path for the weights after `epoch`, counted from 0; `None` if a number is missing, or is
    /// to be written in a way that is not known.
    pub fn path(&self, epoch: usize, logs: &Logs) -> Option<String> {
        let mut path = String::new();
        let mut rest = self.filepath.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}')?;
            let (name, form) = place.split_once(':').unwrap_or((place, ""));
            path.push_str(before);
            path.push_str(&match name {
                "epoch" => whole(epoch + 1, form)?,
                name => fraction(logs.get(name)?, form)?,
            });
            rest = after;
        }
        Some(path + rest)
    }
}

/// A whole number as Python writes it: `""`, `"d"`, `"4d"`, `"04d"`.
fn whole(n: usize, form: &str) -> Option<String> {
    let digits = form.strip_suffix('d').unwrap_or(form);
    if digits.is_empty() {
        return Some(n.to_string());
    }
    let width: usize = digits.parse().ok().filter(|width| *width <= 20)?;
    Some(if digits.starts_with('0') { format!("{n:0width$}") } else { format!("{n:width$}") })
}

/// A fraction as Python writes it: `""`, `".2f"`.
fn fraction(x: f64, form: &str) -> Option<String> {
    if form.is_empty() {
        return Some(x.to_string());
    }
    let digits = form.strip_prefix('.')?.strip_suffix('f')?;
    let digits: usize = digits.parse().ok().filter(|digits| *digits <= 20)?;
    Some(format!("{x:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_as_python_fills_them() {
        let path = |filepath: &str| {
            let rule =
                ModelCheckpoint { filepath: filepath.to_owned(), ..ModelCheckpoint::default() };
            rule.path(4, &Logs(vec![("val_loss".to_owned(), 0.12578)]))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(path("a"), text("a"));
        assert_eq!(path("{epoch}-{epoch:02d}-{epoch:3d}"), text("5-05-  5"));
        assert_eq!(path("w.{epoch:02d}-{val_loss:.2f}.x"), text("w.05-0.13.x"));
        assert_eq!(path("{val_loss}"), text("0.12578"));
        assert_eq!(
            [path("{loss}"), path("{epoch"), path("{epoch:x}"), path("{val_loss:2f}")],
            [const { None }; 4]
        );
    }
}
