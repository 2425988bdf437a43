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

    /// The refusal of a name that is none of `known`.
    pub fn unknown(what: &str, name: &str, known: &[&str]) -> Refusal {
        let near = known
            .iter()
            .map(|other| (strsim::damerau_levenshtein(name, other), other))
            .min()
            .filter(|(distance, other)| {
                *distance <= name.chars().count().max(3) / 3
                    || other.rsplit('.').next() == Some(name)
            })
            .or_else(|| {
                let ends = |other: &&&str| other.rsplit('.').next() == Some(name);
                known.iter().find(ends).map(|other| (0, other))
            });
        let help = match near {
            Some((_, near)) => format!("did you mean `{near}`?"),
            None => format!("want one of {}", known.join(", ")),
        };
        Refusal::new(format!("{what} `{name}`"), help)
    }
}
