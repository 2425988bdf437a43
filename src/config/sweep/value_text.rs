//! Text of the value of a swept key.

use toml::Value;

use super::variant::Change;
use crate::config::document::TAGS;

impl Change {
    /// The value as a person says it: `0.01`, `relu`, `sgd momentum=0.9`.
    pub fn text(&self) -> String {
        text(&self.value)
    }
}

/// A value as a person says it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(float) => number(*float),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) => {
            let is_tag = |key: &str| TAGS.contains(&key);
            let tag = table.iter().filter(|(key, _)| is_tag(key)).map(|(_, value)| text(value));
            let others = table.iter().filter(|(key, _)| !is_tag(key));
            let others = others.map(|(key, value)| format!("{key}={}", text(value)));
            tag.chain(others).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// The shortest decimal that reads as the number, with an exponent where that is shorter.
fn number(float: f64) -> String {
    if float == 0.0 || (1e-4..1e7).contains(&float.abs()) {
        float.to_string()
    } else {
        format!("{float:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        let table: Value = toml::from_str::<toml::Table>(
            "v = [{ name = 'sgd', momentum = 0.9 }, 'adam', [1, 2.0], 5e-5, 1e-4, true, 0.0]",
        )
        .unwrap()["v"]
            .clone();
        let texts: Vec<_> = table.as_array().unwrap().iter().map(text).collect();
        assert_eq!(texts, ["sgd momentum=0.9", "adam", "[1, 2]", "5e-5", "0.0001", "true", "0"]);
    }
}
