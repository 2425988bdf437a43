//! Lets a table that has a `name` be written as just that name, as Keras does (`loss = "mse"`
//! beside `loss = { name = "categorical_crossentropy", label_smoothing = 0.1 }`); it knows no
//! particular table.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Reads `"name"` as `{ name = "name" }` and any table as itself.
///
/// For `#[serde(deserialize_with = "crate::shorthand::name_or_table")]`.
pub fn name_or_table<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(NameOrTable(PhantomData))
}

/// The same for a key that may be left out.
///
/// For `#[serde(default, deserialize_with = "crate::shorthand::optional_name_or_table")]`.
pub fn optional_name_or_table<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    name_or_table(deserializer).map(Some)
}

/// The same for each item of a list.
///
/// For `#[serde(deserialize_with = "crate::shorthand::names_or_tables")]`, its schema being that of
/// `Vec<Shorthand<T>>`.
pub fn names_or_tables<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Item<T>(T);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Item<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            name_or_table(deserializer).map(Item)
        }
    }

    let items: Vec<Item<T>> = Vec::deserialize(deserializer)?;
    Ok(items.into_iter().map(|item| item.0).collect())
}

/// The schema twin of [`name_or_table`]: one of `T`'s names, or the table itself. A table with other required
/// keys has no short form.
///
/// For `#[schemars(with = "crate::shorthand::Shorthand<T>")]`.
pub struct Shorthand<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Shorthand<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}OrName", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        let names: Vec<_> = T::json_schema(generator)
            .get("oneOf")
            .and_then(|variants| variants.as_array())
            .into_iter()
            .flatten()
            .filter(|variant| has_short_form(variant))
            .flat_map(|variant| {
                let name = variant.pointer("/properties/name/const").cloned();
                let aliases = variant.get("x-aliases").and_then(|a| a.as_array()).cloned();
                name.into_iter().chain(aliases.unwrap_or_default())
            })
            .collect();
        schemars::json_schema!({ "anyOf": [{ "enum": names }, table] })
    }
}

/// Whether a table needs no key but its name.
fn has_short_form(variant: &serde_json::Value) -> bool {
    let required = variant.get("required").and_then(|required| required.as_array());
    required.is_none_or(|keys| keys.iter().all(|key| key == "name"))
}

struct NameOrTable<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NameOrTable<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name, or a table with a `name`")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<T, E> {
        T::deserialize(MapDeserializer::new(std::iter::once(("name", name))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
