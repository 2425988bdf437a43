//! The difference of two JSON values; the keys are JSON pointers
//! ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Turns one JSON value into another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// Pointers with a new value.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    set: Map<String, Value>,
    /// Removed pointers.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    unset: Vec<String>,
}

impl Difference {
    pub(crate) fn between(base: &Value, other: &Value) -> Difference {
        let mut found = Difference::default();
        found.compare(base, other, &mut String::new());
        found
    }

    fn compare(&mut self, base: &Value, other: &Value, path: &mut String) {
        let end = path.len();
        let mut below = |this: &mut Self, key: &str, base: Option<&Value>, other| {
            // Most of two plans is the same: no path is made for it.
            if base.zip(other).is_some_and(|(base, other)| is_same(base, other)) {
                return;
            }
            path.push('/');
            path.push_str(&key.replace('~', "~0").replace('/', "~1"));
            match (base, other) {
                (Some(base), Some(other)) => this.compare(base, other, path),
                (None, Some(other)) => drop(this.set.insert(path.clone(), Value::clone(other))),
                (_, None) => this.unset.push(path.clone()),
            }
            path.truncate(end);
        };
        match (base, other) {
            (Value::Object(base), Value::Object(other)) => {
                for key in base.keys().filter(|key| !other.contains_key(*key)) {
                    below(self, key, base.get(key), None);
                }
                for (key, value) in other {
                    below(self, key, base.get(key), Some(value));
                }
            }
            (Value::Array(base), Value::Array(other)) if base.len() == other.len() => {
                for (index, (base, other)) in base.iter().zip(other).enumerate() {
                    below(self, &index.to_string(), Some(base), Some(other));
                }
            }
            _ if is_same(base, other) => {}
            _ => drop(self.set.insert(path.clone(), other.clone())),
        }
    }

    /// Applies the difference to the first value.
    pub(crate) fn apply(self, mut value: Value) -> Result<Value, String> {
        let wrong = |pointer: &str| format!("the plan has no place `{pointer}`");
        for pointer in &self.unset {
            match place(&mut value, pointer) {
                Some((Value::Object(table), key)) => drop(table.shift_remove(&key)),
                _ => return Err(wrong(pointer)),
            }
        }
        for (pointer, new) in self.set {
            if pointer.is_empty() {
                value = new;
                continue;
            }
            match place(&mut value, &pointer) {
                Some((Value::Object(table), key)) => drop(table.insert(key, new)),
                Some((Value::Array(items), key)) => {
                    let item = key.parse().ok().and_then(|index: usize| items.get_mut(index));
                    *item.ok_or_else(|| wrong(&pointer))? = new;
                }
                _ => return Err(wrong(&pointer)),
            }
        }
        Ok(value)
    }

    /// The part of the difference at a pointer or below.
    pub(crate) fn within(mut self, pointer: &str) -> Difference {
        let is_within = |path: &str| {
            path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.set.retain(|path, _| is_within(path));
        self.unset.retain(|path| is_within(path));
        self
    }
}

/// The parent of a pointer, and the last key.
fn place<'a>(value: &'a mut Value, pointer: &str) -> Option<(&'a mut Value, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((value.pointer_mut(parent)?, key.replace("~1", "/").replace("~0", "~")))
}

/// Whether two values are the same to the bit: `0.0` and `-0.0` are equal as numbers.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.as_f64() == Some(0.0) => {
            one.to_string() == other.to_string()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same =
                |(key, value): (_, &Value)| other.get(key).is_some_and(|o| is_same(value, o));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-3_i64..3).prop_map(Value::from),
            prop_oneof![Just(0.0), Just(-0.0), Just(0.1)].prop_map(Value::from),
            "[a~/]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[ab~/]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn difference_applied_to_the_base_is_the_other_value(
            base in any_json(),
            other in any_json(),
        ) {
            let text = serde_json::to_string(&Difference::between(&base, &other)).unwrap();
            let found: Difference = serde_json::from_str(&text).unwrap();
            let made = found.apply(base.clone()).unwrap();
            prop_assert_eq!(made.to_string().len(), other.to_string().len());
            prop_assert_eq!(made, other);
            prop_assert_eq!(Difference::between(&base, &base), Difference::default());
        }
    }

    #[test]
    fn difference_without_a_place_in_the_base_is_an_error() {
        for text in [r#"{"set":{"/a/b":1}}"#, r#"{"unset":["/a/b"]}"#, r#"{"set":{"/c/7":1}}"#] {
            let found: Difference = serde_json::from_str(text).unwrap();
            let error = found.apply(json!({"c": [1]})).unwrap_err();
            assert!(error.starts_with("the plan has no place `/"), "{error}");
        }
    }
}
