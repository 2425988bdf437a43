//! The name that a mistyped or abbreviated word probably means; it knows no name itself.

/// Bytes of the longest word that is compared with names, which takes time for each letter.
const LONGEST: usize = 200;

/// The name that `word` means among `names`, if one is near enough: the name itself but for case and
/// underscores, the only one that the word abbreviates (`acc`, `lr`), the one a few letters away, or
/// the one that the word begins with (`IdentityInitializer`).
///
/// Names may be dotted paths: `lr` abbreviates `optimizer.learning_rate`, and so does `optimizer.lr`.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.dedup();
    let word = word.to_lowercase();
    if word.is_empty() || LONGEST < word.len() {
        return None;
    }
    let same = names.iter().find(|name| folded(name) == folded(&word));
    let found = same.or_else(|| only(&names, |name| abbreviates(&word, name)));
    found.copied().or_else(|| misspelt(&word, &names)).or_else(|| {
        let begun = names.iter().filter(|name| {
            const SHORTEST: usize = 4;
            SHORTEST <= name.len()
                && !word.contains('.')
                && folded(&word).starts_with(&folded(name))
        });
        begun.copied().max_by_key(|name| name.len())
    })
}

/// The name that a few letters less, more, changed or exchanged make of the word.
fn misspelt<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    let near = names.iter().filter_map(|name| Some((letters(word, name)?, *name)));
    near.min_by_key(|(letters, _)| *letters).map(|(_, name)| name)
}

/// The number of letters in which the word differs from the name, if no part differs in too many.
fn letters(word: &str, name: &str) -> Option<usize> {
    let part = |(word, name): (&str, &str)| {
        let letters = strsim::damerau_levenshtein(word, &name.to_lowercase());
        let most = match word.chars().count() {
            0..=4 => 1,
            5 => 2,
            n => n / 3,
        };
        (letters <= most).then_some(letters)
    };
    aligned(word, name)?.map(part).sum()
}

/// The parts of two dotted paths from the last to the first of the word.
fn aligned<'a>(word: &'a str, name: &'a str) -> Option<impl Iterator<Item = (&'a str, &'a str)>> {
    let fits = word.matches('.').count() <= name.matches('.').count();
    fits.then(|| word.rsplit('.').zip(name.rsplit('.')))
}

/// The only name of which this is true; of dotted paths the only one with the fewest parts.
fn only<'a, 'n>(names: &'n [&'a str], is: impl Fn(&str) -> bool) -> Option<&'n &'a str> {
    let parts = |name: &&&str| name.matches('.').count();
    let mut found: Vec<_> = names.iter().filter(|name| is(name)).collect();
    found.sort_by_key(parts);
    match &found[..] {
        [name] => Some(name),
        [name, next, ..] if parts(name) < parts(next) => Some(name),
        _ => None,
    }
}

/// A name without the differences between Keras's classes and functions.
fn folded(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], "")
}

/// Whether the word is a beginning of the name, or its initials; of a dotted path part by part.
fn abbreviates(word: &str, name: &str) -> bool {
    let fits = |(word, part)| word == part || abbreviates_part(word, part);
    aligned(word, name).is_some_and(|mut parts| parts.all(fits))
}

fn abbreviates_part(word: &str, part: &str) -> bool {
    let initials: String = part.split('_').filter_map(|piece| piece.chars().next()).collect();
    let word = word.replace('-', "_");
    3 <= word.len() && part.starts_with(&word) || 2 <= word.len() && initials == word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_could_have_been_meant() {
        let names = ["momentum", "nesterov", "name"];
        assert_eq!(nearest("momentun", names), Some("momentum"));
        assert_eq!(nearest("MOMENTUM", names), Some("momentum"));
        assert_eq!(nearest("nmae", names), Some("name"));
        assert_eq!(nearest("epoks", ["epochs", "loss"]), Some("epochs"));
        assert_eq!(nearest("rho", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest("", [""]), None);
    }

    #[test]
    fn abbreviations_mean_the_only_name_that_fits() {
        let names = ["loss", "accuracy", "auc", "val_loss", "val_accuracy", "val_auc"];
        assert_eq!(nearest("acc", names), Some("accuracy"));
        assert_eq!(nearest("val_acc", names), Some("val_accuracy"));
        assert_eq!(nearest("lr", ["learning_rate", "rho"]), Some("learning_rate"));
        assert_eq!(nearest("wd", ["weight_decay", "rho"]), Some("weight_decay"));
        assert_eq!(nearest("glorot", ["glorot_uniform", "glorot_normal"]), None, "two fit");
    }

    #[test]
    fn class_names_mean_the_functions() {
        let names = ["kl_divergence", "identity", "auc", "mean_squared_error", "log_cosh"];
        assert_eq!(nearest("KLDivergence", names), Some("kl_divergence"));
        assert_eq!(nearest("AUC", names), Some("auc"));
        assert_eq!(nearest("MeanSquaredError", names), Some("mean_squared_error"));
        assert_eq!(nearest("IdentityInitializer", names), Some("identity"));
        assert_eq!(nearest("LogCoshError", names), Some("log_cosh"));
    }

    #[test]
    fn dotted_paths_are_abbreviated_part_by_part() {
        let names = ["optimizer.learning_rate", "optimizer.name", "training.batch_size"];
        assert_eq!(nearest("lr", names), Some("optimizer.learning_rate"));
        assert_eq!(nearest("optimizer.lr", names), Some("optimizer.learning_rate"));
        assert_eq!(nearest("lr", [&names[..], &["learning_rate"]].concat()), Some("learning_rate"));
        assert_eq!(nearest("optimizer.epochs", ["optimizer"]), None);
        assert_eq!(nearest("opt.learning_rate", names), Some("optimizer.learning_rate"));
        assert_eq!(nearest("batch-size", names), Some("training.batch_size"));
        assert_eq!(nearest("optimzer.learning_rat", names), Some("optimizer.learning_rate"));
        assert_eq!(nearest("training.lr", names), None);
        assert_eq!(nearest("optimizer.epochs", ["optimizer.epsilon"]), None, "no part is near");
    }
}
