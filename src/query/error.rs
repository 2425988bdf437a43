//! The error of a wrong request, with a suggestion.

use super::names::unique;
use crate::config::nearest;
use crate::quote::{cut, quote};

/// Characters of a help that lists names.
const MAX_HELP: usize = 2000;

/// What is wrong with a question, and a way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  help: {help}")]
pub struct RequestError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl RequestError {
    /// The refusal that says so.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> RequestError {
        RequestError { message: message.into(), help: help.into() }
    }

    /// The refusal of a name that is none of `known`, in which names may stand twice.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> RequestError {
        let known = unique(known);
        // `units` is meant to be some layer's.
        let ends = |other: &&&str| other.rsplit('.').next() == Some(name);
        let meant = nearest(name, known.iter().copied());
        let help = match meant.or_else(|| known.iter().find(ends).copied()) {
            Some(meant) => format!("did you mean {}?", quote(meant)),
            None => cut(choices(name, &known), MAX_HELP),
        };
        RequestError::new(format!("{what} {}", quote(name)), help)
    }
}

/// The names to choose from; of many keys of the config those with the word in them, or some.
fn choices(word: &str, known: &[&str]) -> String {
    const MANY: usize = 16;
    if known.len() <= MANY {
        return format!("want one of {}", known.join(", "));
    }
    let is_key = |name: &&&str| name.contains('.') && !name.starts_with("best.");
    let (keys, numbers): (Vec<&str>, Vec<&str>) = known.iter().partition(|name| is_key(name));
    let like: Vec<_> = keys.iter().filter(|key| key.contains(word)).take(MANY).copied().collect();
    if !(like.is_empty() || word.is_empty()) {
        format!("the keys with `{word}` in them are {}", like.join(", "))
    } else {
        let some: Vec<_> = USUAL.into_iter().filter(|key| keys.contains(key)).collect();
        let some =
            if some.is_empty() { keys[..3.min(keys.len())].join(", ") } else { some.join(", ") };
        format!(
            "want one of {}, or a key of the config such as {some}; `runner show latest` shows \
             all keys",
            numbers.join(", ")
        )
    }
}

/// The keys that runs are most often told apart by.
const USUAL: [&str; 3] = ["optimizer.name", "optimizer.learning_rate", "training.batch_size"];

#[cfg(test)]
mod tests {
    use super::*;

    fn help(word: &str, known: &[&str]) -> String {
        RequestError::unknown("no run has the key", word, known.iter().copied()).help
    }

    #[test]
    fn few_names_are_listed_and_many_keys_are_not() {
        let few = ["loss", "accuracy", "epochs"];
        assert_eq!(help("foo", &few), "want one of loss, accuracy, epochs");
        assert_eq!(help("acc", &few), "did you mean `accuracy`?");
        let keys: Vec<_> = (0..60).map(|n| format!("model.layers.{n}.units")).collect();
        let many = ["status", "loss", "best.loss", "optimizer.name", "optimizer.learning_rate"];
        let many: Vec<_> = many.into_iter().chain(keys.iter().map(String::as_str)).collect();
        assert_eq!(
            help("foo", &many),
            "want one of status, loss, best.loss, or a key of the config such as optimizer.name, \
             optimizer.learning_rate; `runner show latest` shows all keys"
        );
        assert_eq!(help("lr", &many), "did you mean `optimizer.learning_rate`?");
        assert_eq!(help("nin", &many), "the keys with `nin` in them are optimizer.learning_rate");
        assert_eq!(help("units", &many), "did you mean `model.layers.0.units`?");
    }
}
