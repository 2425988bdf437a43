//! The manual of the config: every key with its type, default, range and sentence, as Markdown;
//! all of it comes from the schema.

use std::fmt::Write as _;

use serde_json::Value as Schema;

use crate::config::schema::{
    SCHEMA, default, kinds, properties, range, resolve, sentence, variant_names, variants, wanted,
    words,
};

/// The Markdown reference of every key.
pub fn reference() -> String {
    let mut manual = Manual { text: HEAD.to_owned(), said: Vec::new() };
    manual.table(&SCHEMA, &[]);
    for (key, section) in properties(&SCHEMA) {
        if has_section(section) {
            manual.section(key, section);
        }
    }
    manual.text
}

const HEAD: &str = "\
# Config reference

Every key of a config, with Keras's names and defaults. An editor that knows JSON Schema completes
and checks them when the config begins with `#:schema`, a space and the path of
`docs/config.schema.json`.

- Only `[model]` has to be there.
- An unknown key, a wrong type or a value out of range is an error.
- Paths are relative to the folder of the config they are written in.
- A table with a `name` and nothing else may be written as that name: `optimizer = \"adam\"`.
- `--set KEY=VALUE` overrides any key: `--set optimizer.learning_rate=0.01`,
  `--set model.layers.0.units=128`. It changes that key and no other. `KEY=VALUE` beside the configs
  does the same.
- Several values sweep: `--set optimizer.learning_rate=0.1,0.01` runs both. A comma within a string,
  an array or a table does not part values: `--set training.metrics='[\"accuracy\"]'` is one.
- `[sweep]` makes several runs of one config. A value of `--set` takes the place of what the sweep
  has for that key; several multiply it, also in a random search.
- `extends` puts a config on top of another: tables are merged key by key; an array, and a table of
  another kind (its `name`, `type` or `schedule` differs), replaces what was there.

<!-- Generated from the types of the config: UPDATE=1 cargo test config -->

## Top level

";

/// The keys that all variants have with the same default and range, if they are worth a word of
/// their own.
pub(crate) fn common<'a>(variants: &'a [Schema], tag: &str) -> Vec<&'a str> {
    let Some((first, others)) = variants.split_first() else { return Vec::new() };
    let everywhere = |key: &str, property: &Schema| {
        others.iter().all(|variant| resolve(variant)["properties"].get(key) == Some(property))
    };
    let keys = properties(first).filter(|(key, property)| *key != tag && everywhere(key, property));
    let keys: Vec<_> = keys.map(|(key, _)| key).collect();
    if others.is_empty() || keys.len() < 3 { Vec::new() } else { keys }
}

/// Whether a key has a section of its own.
fn has_section(schema: &Schema) -> bool {
    variants(schema).is_some() || is_table(schema)
}

/// Whether a key is a table of one kind.
pub(crate) fn is_table(schema: &Schema) -> bool {
    kinds(schema) == ["object"] && properties(schema).next().is_some()
}

/// The words that a key may be, each with its other names and its sentence.
pub(crate) fn choices(schema: &Schema) -> Vec<(Vec<&str>, Option<String>)> {
    let schema = resolve(schema);
    let schema = if schema["type"] == "array" { resolve(&schema["items"]) } else { schema };
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let choice = |choice| Some((words(choice)?, sentence(choice)));
    choices.filter(|choice| choice["const"].is_string()).filter_map(choice).collect()
}

/// The default of a key, in its column.
fn default_cell(schema: &Schema, required: bool) -> String {
    match default(schema) {
        Some(words) if schema["x-default"].is_string() => words,
        Some(default) => format!("`{default}`"),
        None if required => "required".to_owned(),
        None => String::new(),
    }
}

/// The type and the range of a key.
pub(crate) fn kind(schema: &Schema) -> String {
    let resolved = resolve(schema);
    if !choices(resolved).is_empty() {
        let word = "one of the words below";
        return if resolved["type"] == "array" {
            format!("array, each {word}")
        } else {
            word.to_owned()
        };
    }
    if let Some((tag, _)) = variants(resolved) {
        return if resolved["type"] == "array" {
            format!("array of tables, told apart by `{tag}`")
        } else {
            wanted(resolved)
        };
    }
    let bounded = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];
    let bounds = if bounded.iter().any(|bound| resolved.get(bound).is_some()) {
        format!(", {}", range(resolved))
    } else {
        String::new()
    };
    match resolved["type"].as_str() {
        Some("array") => format!("array, each {}", kind(&resolved["items"])),
        _ => format!("{}{bounds}", wanted(resolved)),
    }
}

struct Manual {
    text: String,
    /// Printed texts with their sections, so that each text is printed once.
    said: Vec<(String, String)>,
}

impl Manual {
    fn section(&mut self, path: &str, schema: &Schema) {
        let title = sentence(schema).unwrap_or_default();
        match variants(schema) {
            Some((tag, variants)) => {
                self.line(&format!("\n## `{path}`\n\n{title}.\n"));
                self.variants(path, tag, variants);
            }
            None => {
                self.line(&format!("\n## `[{path}]`\n\n{title}.\n"));
                self.table(schema, &[]);
            }
        }
        self.inner_sections(path, schema);
    }

    fn variants(&mut self, path: &str, tag: &str, variants: &[Schema]) {
        let schema = Schema::from(variants).to_string();
        if let Some((_, place)) = self.said.iter().find(|(said, _)| *said == schema) {
            let same = format!("The same as `{place}`.");
            return self.line(&same);
        }
        self.said.push((schema, path.to_owned()));
        let before = std::mem::take(&mut self.text);
        let common = common(variants, tag);
        for variant in variants {
            self.variant(tag, variant, &common);
        }
        if let [first, ..] = variants
            && !common.is_empty()
        {
            self.line(&format!("### Every `{tag}`\n\nThe keys that all of them have.\n"));
            let own = properties(first).map(|(key, _)| key).filter(|key| !common.contains(key));
            self.table(first, &own.collect::<Vec<_>>());
        }
        let body = std::mem::replace(&mut self.text, before);
        match self.said.iter().find(|(said, _)| *said == body) {
            Some((_, place)) => self.line(&format!("The same as `{place}`.")),
            None => {
                self.text.push_str(&body);
                self.said.push((body, path.to_owned()));
            }
        }
    }

    /// The tables within a table, each with a section of its own.
    fn inner_sections(&mut self, path: &str, schema: &Schema) {
        for (key, property) in properties(schema).filter(|(_, property)| has_section(property)) {
            self.section(&format!("{path}.{key}"), property);
        }
        for (key, property) in properties(schema) {
            let named = &resolve(property)["additionalProperties"];
            if is_table(named) {
                self.section(&format!("{path}.{key}.NAME"), named);
            }
        }
        for variant in variants(schema).into_iter().flat_map(|(_, variants)| variants) {
            for (key, property) in properties(variant).filter(|(_, property)| has_section(property))
            {
                let section = format!("\n## `{key}`\n");
                if !self.text.contains(&section) {
                    self.section(key, property);
                }
            }
        }
    }

    fn variant(&mut self, tag: &str, variant: &Schema, common: &[&str]) {
        let names = variant_names(variant, tag);
        let names: Vec<_> = names.iter().map(|name| format!("`{tag} = \"{name}\"`")).collect();
        let title = sentence(variant).unwrap_or_default();
        self.line(&format!("### {}\n\n{title}.\n", names.join(", also ")));
        self.table(variant, &[&[tag], common].concat());
    }

    /// The keys of a table but for those left out, then the words that they may be.
    fn table(&mut self, schema: &Schema, but: &[&str]) {
        let required = resolve(schema)["required"].as_array().cloned().unwrap_or_default();
        let keys: Vec<_> = properties(schema)
            .filter(|(key, property)| !but.contains(key) && !is_table(property))
            .collect();
        if keys.is_empty() {
            return;
        }
        self.line("| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |");
        for (key, property) in &keys {
            let required = required.iter().any(|name| name == key);
            let meaning = sentence(property).unwrap_or_default();
            let row = [kind(property), default_cell(property, required), meaning];
            self.line(&format!(
                "| `{key}` | {} |",
                row.map(|cell| cell.replace('|', "\\|")).join(" | ")
            ));
        }
        self.line("");
        for (key, property) in keys {
            self.choices(key, property);
        }
    }

    fn choices(&mut self, key: &str, schema: &Schema) {
        let mut list = format!("The words for `{key}`:\n\n");
        let choices = choices(schema);
        for (words, sentence) in &choices {
            let sentence = sentence.as_ref().map_or(String::new(), |text| format!(": {text}"));
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            let _ = writeln!(list, "- {}{sentence}", words.join(", also "));
        }
        if !choices.is_empty() && self.said.iter().all(|(said, _)| *said != list) {
            self.line(&list);
            self.said.push((list, key.to_owned()));
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }
}
