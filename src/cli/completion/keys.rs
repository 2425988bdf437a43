//! Candidates for keys of a config, and for their values.

use clap_complete::engine::CompletionCandidate;

use crate::config::{Key, all_keys};

/// Keys that begin with `word`.
pub(super) fn keys(word: &str) -> Vec<CompletionCandidate> {
    matching(word).map(|key| candidate(key.path.clone(), key)).collect()
}

/// `key=` for keys that begin with `word`, or the values of the key before its `=`.
///
/// Values are separated by commas, since several of them make a sweep.
pub(super) fn assignments(word: &str) -> Vec<CompletionCandidate> {
    let Some((path, value)) = word.split_once('=') else {
        return matching(word).map(|key| candidate(format!("{}=", key.path), key)).collect();
    };
    let typed = value.rfind(',').map_or("", |comma| &value[..=comma]);
    let last = &value[typed.len()..];
    let key = all_keys().find(|key| key.path == path);
    let values = key.map(Key::values).unwrap_or_default();
    let values = values.into_iter().filter(|value| value.starts_with(last));
    values.map(|value| CompletionCandidate::new(format!("{path}={typed}{value}"))).collect()
}

fn matching(word: &str) -> impl Iterator<Item = &'static Key> {
    all_keys().filter(move |key| key.path.starts_with(word))
}

fn candidate(text: String, key: &Key) -> CompletionCandidate {
    CompletionCandidate::new(text).help(key.sentence().map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: Vec<CompletionCandidate>) -> Vec<String> {
        found.iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn keys_have_their_sentence() {
        let found = assignments("training.ep");
        assert_eq!(found[0].get_value(), "training.epochs=");
        assert!(found[0].get_help().is_some());
        assert_eq!(texts(keys("data.val")), ["data.validation_split", "data.validation_data"]);
    }

    #[test]
    fn values_are_those_of_the_schema() {
        assert!(texts(assignments("optimizer.name=ad")).contains(&"optimizer.name=adam".into()));
        assert!(texts(assignments("optimizer=ad")).contains(&"optimizer=adam".into()));
        let flags = ["data.standardize=true", "data.standardize=false"];
        assert_eq!(texts(assignments("data.standardize=")), flags);
        assert!(
            texts(assignments("training.metrics=acc"))
                .contains(&"training.metrics=accuracy".into())
        );
        let second = texts(assignments("optimizer.name=sgd,lam"));
        assert_eq!(second, ["optimizer.name=sgd,lamb"]);
        assert_eq!(texts(assignments("training.epochs=")), [""; 0]);
        assert_eq!(texts(assignments("nonsense=")), [""; 0]);
    }
}
