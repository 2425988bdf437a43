//! Filters of runs: `KEY=VALUE` and the other comparisons.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::RequestError;
use super::run::{Run, State};

/// A condition on runs, such as `status=failed`, `optimizer.name=adam` or `val_accuracy>0.97`.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    key: String,
    operator: Operator,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// How operators are written; where one begins like another, the longer is first.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Equal),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Contains),
];

const SUCH: &str =
    "such as status=failed, tag=baseline, optimizer.name!=adam or 'val_accuracy>0.97'";

/// Keys that are no part of the config.
const OWN_KEYS: [&str; 4] = ["status", "name", TAG, NOTE];
const TAG: &str = "tag";
const NOTE: &str = "note";

impl Filter {
    /// The condition that `text` says.
    pub fn parse(text: &str) -> Result<Filter, RequestError> {
        let refuse = |what: &str| {
            Err(RequestError::new(
                format!("--filter `{text}`: {what}"),
                format!("want a condition {SUCH}"),
            ))
        };
        let Some(place) = text.find(['=', '<', '>', '!', '~']) else {
            return refuse("got no =, !=, ~, <, <=, > or >=");
        };
        let (key, rest) = (text[..place].trim(), &text[place..]);
        let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign))
        else {
            return refuse("got `!` without `=`");
        };
        let value = rest[sign.len()..].trim().trim_matches('"');
        let filter = Filter { key: key.to_owned(), operator: *operator, value: value.to_owned() };
        if key.is_empty() {
            return refuse("got no key");
        }
        if filter.is_of_order() && filter.value.parse::<f64>().is_err() {
            return refuse(&format!("got `{value}`, want a number to compare with"));
        }
        let words = State::ALL.map(State::word);
        if key == "status" && (filter.is_of_order() || !words.contains(&value)) {
            return Err(RequestError::unknown("no run has the status", value, words));
        }
        Ok(filter)
    }

    /// Whether it asks for what only the config of a run tells; its settings must then be read.
    pub fn needs_settings(&self, runs: &[Run]) -> bool {
        !OWN_KEYS.contains(&self.key.as_str())
            && runs.iter().all(|run| run.number(&self.key).is_none())
    }

    /// Leaves of the runs those that it is true of.
    ///
    /// That no run knows its key is an error; one that does not have it does not count, but for `!=`.
    pub fn retain(&self, runs: &mut Vec<Run>) -> Result<(), RequestError> {
        let is_known = OWN_KEYS.contains(&self.key.as_str());
        if !is_known && !runs.is_empty() && runs.iter().all(|run| self.found(run).is_none()) {
            let numbers: Vec<String> = runs.iter().flat_map(Run::numbers).collect();
            let keys = runs.iter().flat_map(Run::settings).map(|(key, _)| key.as_str());
            let known = OWN_KEYS.into_iter();
            let known = known.chain(numbers.iter().map(String::as_str)).chain(keys);
            return Err(RequestError::unknown("no run has the key", &self.key, known));
        }
        runs.retain(|run| self.holds(run));
        Ok(())
    }

    fn holds(&self, run: &Run) -> bool {
        if self.key == TAG {
            let mut tags = run.annotations.tags.iter().map(|tag| tag.as_str().into());
            return match self.operator {
                Operator::Unequal => tags.all(|tag| self.compare(&tag)),
                _ => tags.any(|tag| self.compare(&tag)),
            };
        }
        match self.found(run) {
            Some(found) => self.compare(&found),
            None => self.operator == Operator::Unequal,
        }
    }

    fn found(&self, run: &Run) -> Option<Value> {
        match self.key.as_str() {
            "status" => Some(run.state.word().into()),
            "name" => Some(run.record.name.clone().into()),
            NOTE => run.annotations.note.clone().map(Value::from),
            key => match run.number(key) {
                // An infinite number is none in JSON, and yet greater than all others.
                Some(number) => Some(match serde_json::Number::from_f64(number) {
                    Some(number) => number.into(),
                    None => number.to_string().into(),
                }),
                None => run.setting(key).cloned(),
            },
        }
    }

    fn compare(&self, found: &Value) -> bool {
        let text = match found {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let numbers = text.parse::<f64>().ok().zip(self.value.parse::<f64>().ok());
        let order = match numbers {
            // Numbers are kept with 32 bits: 0.1 is meant to be equal to what was written as 0.1.
            Some((a, b)) if a as f32 == b as f32 => Some(Ordering::Equal),
            Some((a, b)) => a.partial_cmp(&b),
            None => (text == self.value).then_some(Ordering::Equal),
        };
        match self.operator {
            Operator::Contains => text.contains(&self.value),
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::Unequal => order != Some(Ordering::Equal),
            Operator::Less => numbers.is_some() && order == Some(Ordering::Less),
            Operator::LessOrEqual => numbers.is_some() && order.is_some_and(Ordering::is_le),
            Operator::Greater => numbers.is_some() && order == Some(Ordering::Greater),
            Operator::GreaterOrEqual => numbers.is_some() && order.is_some_and(Ordering::is_ge),
        }
    }

    fn is_of_order(&self) -> bool {
        !matches!(self.operator, Operator::Equal | Operator::Unequal | Operator::Contains)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(text: &str, found: Value) -> bool {
        Filter::parse(text).unwrap().compare(&found)
    }

    #[test]
    fn numbers_compare_as_numbers_and_words_as_words() {
        assert!(holds("a=0.10", json!(0.1)));
        assert!(holds("a = 0.1", json!(f64::from(0.1f32))));
        assert!(holds("a==adam", json!("adam")));
        assert!(holds("a=\"adam\"", json!("adam")));
        assert!(!holds("a=adam", json!("adamw")));
        assert!(holds("a!=adam", json!("sgd")));
        assert!(holds("a<10", json!(9)));
        assert!(!holds("a<10", json!(10)));
        assert!(holds("a<=10", json!(10)));
        assert!(holds("a>=1e1", json!(10)));
        assert!(holds("a>9", json!(10)));
        assert!(!holds("a>9", json!("many")));
        assert!(holds("a>9", json!("inf")));
        assert!(!holds("a>9", json!("NaN")) && !holds("a<=9", json!("NaN")));
        assert!(holds("a=true", json!(true)));
        assert!(holds("a~dam", json!("adamw")) && !holds("a~sgd", json!("adam")));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_way_out() {
        let refused = |text: &str| Filter::parse(text).unwrap_err().to_string();
        assert!(refused("adam").starts_with("--filter `adam`: got no =, !=, ~, <, <=, > or >="));
        assert!(refused("=adam").contains("got no key"));
        assert!(refused("a!b").contains("got `!` without `=`"));
        assert!(refused("a<b").contains("got `b`, want a number"));
        assert_eq!(
            refused("status=complete"),
            "no run has the status `complete`\n  help: did you mean `completed`?"
        );
    }
}
