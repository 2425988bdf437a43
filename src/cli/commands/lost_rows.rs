//! Suggests a command line where the requested rows of a run do not exist.

use std::path::Path;

use crate::cli::args::{EvaluateArgs, SplitArg};
use crate::cli::display::format::shell_word;
use crate::config::Plan;
use crate::data::{Source, describe, is_pattern};
use crate::query::RequestError;

/// Makes sure that the rows that are asked for are there.
pub(crate) fn check(plan: &Plan, args: &EvaluateArgs, split: SplitArg) -> Result<(), RequestError> {
    if args.path().is_some() {
        return Ok(());
    }
    let data = &plan.data;
    let other = data.validation_data.as_ref().filter(|_| split == SplitArg::Validation);
    let dataset = other.unwrap_or(&data.dataset);
    let command = format!("runner evaluate {}", shell_word(Path::new(&args.run)));
    let lost = |path: &&String| {
        let path = Path::new(path);
        data.read(&path.to_string_lossy()) != Source::Mnist && !path.exists() && !is_pattern(path)
    };
    if let Some(dataset) = dataset.paths().iter().find(lost) {
        let message = format!("the data of the run are no longer at `{dataset}`");
        let place = shell_word(Path::new(dataset));
        let help = format!(
            "put them back, or a link in their place: `ln -s NEW {place}`; \
             `{command} --data NEW` judges all rows of the file NEW"
        );
        return Err(RequestError::new(message, help));
    }
    let validation = data.validates().then_some("--split validation");
    match split {
        SplitArg::Test if data.test_split == 0.0 => {
            // A data set that cannot be described is an error of its own later.
            let has_test = describe(&data.source()).is_ok_and(|data| data.has_test);
            let other = validation.unwrap_or("--data FILE");
            refuse_unless(has_test, "test", "data.test_split", &format!("{command} {other}"))
        }
        SplitArg::Validation => {
            let has = data.validates();
            let other = format!("{command} --split train");
            refuse_unless(has, "validation", "data.validation_split", &other)
        }
        _ => Ok(()),
    }
}

fn refuse_unless(has: bool, rows: &str, key: &str, other: &str) -> Result<(), RequestError> {
    let message = format!("the run has no {rows} rows");
    let help =
        format!("`{other}` judges others; `--set {key}=0.2` keeps some in the next training");
    if has { Ok(()) } else { Err(RequestError::new(message, help)) }
}
