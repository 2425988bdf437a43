//! Reads the config and the settings of a finished run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::diagnostic::{Diagnostic, SourceFile, SourceKind};
use super::document::{parse, shorthand};
use super::experiment::SearchText;
use super::load::load;
use super::plan::Plan;
use super::render::render;
use super::schema::validate;
use super::sweep::Change;
use crate::quote::clip;

/// The plan in the text of a run's `config.toml`, or what is wrong with it.
///
/// The config is validated against the schema, not against the data, which may be gone.
pub fn saved_plan(text: &str) -> Result<Plan, String> {
    let kind = SourceKind::File(PathBuf::from("config.toml"));
    let source = Arc::new(SourceFile { kind, text: text.to_owned() });
    let parsed = parse(text, &source).and_then(|mut root| match validate(&mut root, &[]) {
        diagnostics if diagnostics.is_empty() => Ok(root),
        diagnostics => Err(diagnostics),
    });
    let root = parsed.map_err(|diagnostics| diagnostics.first().map_or(String::new(), summary))?;
    Plan::deserialize(root.to_toml()).map_err(|error| clip(error.message()))
}

/// The plan of the run that has its config at `path`, checked like any config.
///
/// # Errors
///
/// The diagnostics as text.
pub fn reload_plan(path: &Path) -> Result<Plan, String> {
    let experiments = load(&[path.to_owned()], &[]).map_err(|diagnostics| {
        let texts = diagnostics.0.iter().map(|diagnostic| render(diagnostic, false));
        texts.collect::<Vec<_>>().join("\n")
    })?;
    let run = experiments.iter().flat_map(|experiment| experiment.runs.iter()).next();
    run.map(|run| run.plan).ok_or_else(|| "the config has no run".to_owned())
}

/// The message of a diagnostic on one line.
fn summary(diagnostic: &Diagnostic) -> String {
    let label = diagnostic.label.as_ref().map_or(String::new(), |label| format!(", {label}"));
    clip(format!("{}{label}", diagnostic.message))
}

/// The keys of a run's `config.toml` by their dotted paths, with their values, in the order of the
/// plan: `optimizer.name`, `model.layers.0.units`. A list of plain values is one value.
///
/// New defaults are filled in; a file that is no valid plan is flattened unchanged.
pub fn settings(text: &str) -> Result<Vec<(String, Value)>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| clip(error.message()))?;
    let plan = Plan::deserialize(table.clone()).ok();
    let value = plan.and_then(|plan| serde_json::to_value(plan).ok());
    let value = value.map_or_else(|| serde_json::to_value(table), Ok);
    let mut settings = Vec::new();
    flatten("", &value.map_err(|error| error.to_string())?, &mut settings);
    // They follow from `data.columns`.
    settings.retain(|(key, _)| !key.starts_with("model.embeddings."));
    Ok(settings)
}

/// The changes of every run in a sweep's `plan.json`, after the name of its folder.
pub fn swept(plan: &str) -> Option<Vec<(String, Vec<Change>)>> {
    #[derive(Deserialize)]
    struct File {
        keys: Vec<String>,
        runs: Vec<Line>,
    }
    #[derive(Deserialize)]
    struct Line {
        label: String,
        values: Vec<toml::Value>,
    }
    let File { keys, runs } = serde_json::from_str(plan).ok()?;
    let change = |(key, value): (&String, toml::Value)| Change { key: key.clone(), value };
    let changes = |line: Line| (line.label, keys.iter().zip(line.values).map(change).collect());
    Some(runs.into_iter().map(changes).collect())
}

/// The search in the text of a sweep's `plan.json`, if it is one.
pub fn search_of(plan: &str) -> Option<SearchText> {
    #[derive(Deserialize)]
    struct File {
        search: Option<SearchText>,
    }
    serde_json::from_str::<File>(plan).ok()?.search
}

fn flatten(path: &str, value: &Value, settings: &mut Vec<(String, Value)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(table) => {
            table.iter().for_each(|(key, value)| flatten(&below(key), value, settings));
        }
        Value::Array(items) if items.iter().all(|item| plain_value(item).is_some()) => {
            settings.push((path.to_owned(), items.iter().filter_map(plain_value).collect()));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(i, value)| flatten(&below(&i.to_string()), value, settings));
        }
        plain => settings.push((path.to_owned(), plain.clone())),
    }
}

/// The value of an item that is no list and no table, or the short form of a table.
fn plain_value(item: &Value) -> Option<Value> {
    match item {
        Value::Object(_) | Value::Array(_) => shorthand(item).map(Value::from),
        plain => Some(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::config::document::write;
    use crate::config::schema::{SCHEMA, kinds, resolve, words};

    #[test]
    fn keys_are_dotted_and_defaults_filled_in() {
        let text = "name = \"a\"\noptimizer = \"adam\"\n[model]\nlayers = [{ type = \"dense\", \
                    units = 3 }]\n";
        let settings = settings(text).unwrap();
        let get = |key: &str| settings.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        assert_eq!(get("optimizer.name"), Some(json!("adam")));
        assert_eq!(get("optimizer.beta_1"), Some(json!(0.9)));
        assert_eq!(get("model.layers.0.units"), Some(json!(3)));
        assert_eq!(get("training.metrics"), Some(json!(["accuracy"])));
    }

    #[test]
    fn what_is_no_plan_of_ours_is_told_as_it_stands() {
        let settings = settings("[data]\nthing = [1, 2]\n").unwrap();
        assert_eq!(settings, [("data.thing".to_owned(), json!([1, 2]))]);
        assert!(super::settings("name =").is_err());
    }

    /// Makes a value that fits a schema out of a few random numbers.
    struct Maker {
        tape: Vec<u32>,
        read: usize,
    }

    impl Maker {
        fn next(&mut self, below: usize) -> usize {
            self.read += 1;
            self.tape[self.read % self.tape.len()] as usize % below.max(1)
        }

        fn value(&mut self, schema: &Value) -> Value {
            let schema = resolve(schema);
            if let Some(words) = words(schema) {
                return json!(words[self.next(words.len())]);
            }
            if let Some(variants) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
                let chosen = self.next(variants.len());
                return self.value(&variants[chosen]);
            }
            match kinds(schema)[0] {
                "object" => self.table(schema),
                "array" => (0..1 + self.next(3)).map(|_| self.value(&schema["items"])).collect(),
                "integer" => {
                    let least = schema["minimum"].as_i64().unwrap_or(0);
                    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
                    let range = most.saturating_sub(least).saturating_add(1).min(1000);
                    json!(least + self.next(range as usize) as i64)
                }
                "number" => json!(self.number(schema)),
                "boolean" => json!(self.next(2) == 0),
                _ => json!(["plain", "a \"b\" 'c' \\d", "é\n\t\u{7f}", ""][self.next(4)]),
            }
        }

        fn number(&mut self, schema: &Value) -> f64 {
            let least = schema["minimum"].as_f64().or(schema["exclusiveMinimum"].as_f64());
            let most = schema["maximum"].as_f64().or(schema["exclusiveMaximum"].as_f64());
            let share = (1 + self.next(997)) as f64 / 999.0;
            match (least, most) {
                (Some(least), Some(most)) => least + share * (most - least),
                (Some(least), None) => least + share * 10f64.powi(self.next(40) as i32 - 20),
                (None, Some(most)) => most - share * 1e3,
                _ => (share - 0.5) * 1e3,
            }
        }

        fn table(&mut self, schema: &Value) -> Value {
            let mut table = Map::new();
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                let required =
                    schema["required"].as_array().is_some_and(|r| r.contains(&json!(key)));
                if !["extends", "sweep"].contains(&key.as_str()) && (required || self.next(2) == 0)
                {
                    table.insert(key.clone(), self.value(property));
                }
            }
            Value::Object(table)
        }
    }

    proptest! {
        /// Holds for every key and every kind of layer, optimizer and callback.
        #[test]
        fn plan_of_any_valid_config_is_the_plan_of_its_toml(
            tape in prop::collection::vec(any::<u32>(), 1..200),
        ) {
            let config = Maker { tape, read: 0 }.value(&SCHEMA);
            let plan = saved_plan(&write(&config)).unwrap();
            prop_assert_eq!(saved_plan(&plan.to_toml()), Ok(plan));
        }
    }
}
