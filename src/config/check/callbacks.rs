//! `[callbacks]`: what watches over the training, and whether it can; it watches nothing itself.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::nearest::nearest;
use crate::config::plan::{Callbacks, LEARNING_RATE, ModelCheckpoint, Plan};
use crate::config::schema::list;
use crate::train::{Direction, LearningRateScheduler, Logs};

/// The diagnostics of the callbacks.
pub(crate) fn callbacks(plan: &Plan, config: &ConfigSource<'_>) -> Vec<Diagnostic> {
    let Callbacks {
        early_stopping: stopping,
        reduce_lr_on_plateau: plateau,
        learning_rate_scheduler: table,
        model_checkpoint: checkpoint,
        csv_logger: csv,
        terminate_on_nan: _,
    } = &plan.callbacks;
    let watch = |key, monitor: &str, mode| monitored(plan, config, key, (monitor, mode));
    let stopping = stopping.as_ref().and_then(|c| watch("early_stopping", &c.monitor, c.mode));
    let reducing = plateau.as_ref().and_then(|c| watch("reduce_lr_on_plateau", &c.monitor, c.mode));
    let best = checkpoint.as_ref().filter(|c| c.save_best_only);
    let keeping = best.and_then(|c| watch("model_checkpoint", &c.monitor, c.mode));
    let table = table.as_ref().and_then(|table| pieces(table, config));
    let file = |key: &str, path: &str, end| outside(config, key, path, end);
    let path = checkpoint
        .as_ref()
        .and_then(|c| file("model_checkpoint.filepath", &c.filepath, ".safetensors"));
    let names = checkpoint.as_ref().and_then(|c| template(plan, config, c));
    let separator = csv.as_ref().and_then(|c| separator(config, &c.separator));
    let csv = csv.as_ref().and_then(|c| file("csv_logger.filename", &c.filename, ".csv"));
    let found = [stopping, reducing, keeping, table, path, names, csv, separator];
    let found = found.into_iter().chain([scheduled(plan, config)]);
    found.flatten().collect()
}

/// Checks that the monitored number exists and has a direction.
fn monitored(
    plan: &Plan,
    config: &ConfigSource<'_>,
    key: &str,
    (monitor, mode): (&str, Direction),
) -> Option<Diagnostic> {
    let numbers = plan.logged_numbers();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    let table = format!("callbacks.{key}");
    let paths = [&*format!("{table}.monitor"), &table];
    if numbers.contains(&monitor) {
        return (mode == Direction::Auto && monitor == LEARNING_RATE).then(|| {
            let message =
                format!("`{LEARNING_RATE}` does not say whether less or more of it is better");
            config.diagnostic(&paths, message, "add `mode = \"min\"` or `mode = \"max\"`")
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
    Some(config.diagnostic(&paths, message, help))
}

/// The conflict of a callback and a schedule that both set the learning rate.
fn scheduled(plan: &Plan, config: &ConfigSource<'_>) -> Option<Diagnostic> {
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
    let diagnostic = config.diagnostic(&[&table, "callbacks"], message, help);
    Some(diagnostic.related(config.span("optimizer.learning_rate"), "the schedule"))
}

fn pieces(table: &LearningRateScheduler, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let at = |key: &str| format!("callbacks.learning_rate_scheduler.{key}");
    let LearningRateScheduler { epochs, learning_rates } = table;
    if epochs.len() != learning_rates.len() {
        let message = "each epoch of the table needs one learning rate";
        let help = "write as many `learning_rates` as `epochs`";
        let label = format!("got {}, want {}", learning_rates.len(), epochs.len());
        let diagnostic = config.diagnostic(&[&at("learning_rates")], message, help).label(label);
        return Some(diagnostic.related(config.span(&at("epochs")), "the epochs"));
    }
    let (before, after) = epochs.iter().zip(&epochs[1..]).find(|(a, b)| a >= b)?;
    let message = "the epochs of the table do not ascend";
    let help = "write each epoch after the ones before it, and none twice";
    let label = format!("got {after} after {before}");
    Some(config.diagnostic(&[&at("epochs")], message, help).label(label))
}

/// Checks that a path is in the folder of the run and is no reserved file.
fn outside(config: &ConfigSource<'_>, key: &str, path: &str, end: &str) -> Option<Diagnostic> {
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
    Some(config.diagnostic(&[&key, "callbacks"], message, help))
}

fn separator(config: &ConfigSource<'_>, separator: &str) -> Option<Diagnostic> {
    let fits = |c: char| !c.is_alphanumeric() && !"\r\n.-+\"".contains(c);
    let mut chars = separator.chars();
    if chars.next().is_some_and(fits) && chars.next().is_none() {
        return None;
    }
    let message = format!("`{}` cannot stand between two numbers", separator.escape_debug());
    let help = r#"write one character, such as "," or ";" or "\t""#;
    Some(config.diagnostic(&["callbacks.csv_logger.separator"], message, help))
}

/// The diagnostic of an unknown placeholder in a path.
fn template(plan: &Plan, config: &ConfigSource<'_>, rule: &ModelCheckpoint) -> Option<Diagnostic> {
    let mut names = plan.logged_numbers();
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
    Some(config.diagnostic(&["callbacks.model_checkpoint.filepath"], message, help))
}
