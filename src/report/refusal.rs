//! A question that has no answer as it was put, and how to put it better.

/// What is wrong with a question, and a way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n  help: {help}")]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Refusal {
    /// The refusal that says so.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), help: help.into() }
    }

    /// The refusal of a name that is none of `known`, in which names may stand twice.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Refusal {
        let known = unique(known);
        let most = name.chars().count().max(3) / 3;
        let distance = |other: &str| strsim::damerau_levenshtein(name, other);
        let near = known.iter().map(|other| (distance(other), *other)).min();
        // `units` is meant to be some layer's.
        let ends = |other: &&&str| other.rsplit('.').next() == Some(name);
        let meant = near.filter(|(distance, _)| *distance <= most).map(|(_, other)| other);
        let help = match meant.or_else(|| known.iter().find(ends).copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("want one of {}", known.join(", ")),
        };
        Refusal::new(format!("{what} `{name}`"), help)
    }
}

/// Each name once, in the order in which they come first.
pub(super) fn unique<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}
