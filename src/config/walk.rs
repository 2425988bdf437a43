//! Holds a config against the schema and says all that does not fit; it knows what a schema is, and
//! no key by name.

use serde_json::Value as Schema;

use super::keys::key_named;
use super::loose;
use super::nearest::nearest;
use super::problem::{Location, Place, Problem};
use super::schema::{SCHEMA, kinds, resolve, sentence, tag, variant_names, words};
use super::tree::{Entry, Node, Value};
use super::words::{about, list, range, type_help, wanted};

/// Everything in `root` that does not fit the schema; values of the command line that fit in another
/// form get that form.
pub(super) fn walk(root: &mut Node) -> Vec<Problem> {
    let mut walker = Walker { problems: Vec::new(), changes: Some(Vec::new()) };
    walker.value(root, &SCHEMA, &Path::default());
    for (keys, value) in walker.changes.unwrap_or_default() {
        if let Some(node) = root.find_mut(&keys) {
            node.value = value;
        }
    }
    walker.problems
}

/// Everything in the value at `keys` that does not fit its schema.
pub(super) fn walk_at(node: &Node, schema: &Schema, keys: &[&str]) -> Vec<Problem> {
    let mut walker = Walker { problems: Vec::new(), changes: None };
    let said = sentence(schema).zip(keys.last()).map(|(text, key)| about(key, &text, schema));
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    walker.value(node, schema, &Path { keys, about: said, variant: None });
    walker.problems
}

/// Where the walk is: the keys from the root, and what is said of the innermost.
#[derive(Clone, Default)]
struct Path {
    keys: Vec<String>,
    /// The sentence about the key, and its default.
    about: Option<String>,
    /// Which variant of a tagged table this is, such as `sgd`.
    variant: Option<String>,
}

impl Path {
    fn child(&self, key: &str, schema: &Schema) -> Path {
        let keys = self.keys.iter().cloned().chain([key.to_owned()]).collect();
        let about = sentence(schema).map(|text| about(key, &text, schema));
        Path { keys, about, variant: None }
    }

    fn item(&self, index: usize) -> Path {
        let keys = self.keys.iter().cloned().chain([index.to_string()]).collect();
        Path { keys, about: self.about.clone(), variant: None }
    }

    fn dotted(&self) -> String {
        self.keys.join(".")
    }

    /// The dotted path of the list that an item is in.
    fn without_index(&self) -> String {
        let dotted = self.dotted();
        dotted.trim_end_matches(|c: char| c == '.' || c.is_ascii_digit()).to_owned()
    }

    /// This table as a person calls it, such as "`[optimizer]` (sgd)".
    fn table(&self) -> String {
        let indexed = self.keys.iter().any(|key| key.parse::<usize>().is_ok());
        let table = match self.keys.len() {
            0 => "the top level".to_owned(),
            _ if indexed => format!("`{}`", self.dotted()),
            _ => format!("`[{}]`", self.dotted()),
        };
        self.variant.iter().fold(table, |table, variant| format!("{table} ({variant})"))
    }

    /// What the innermost key holds, such as "optimizer" for `optimizer.name`.
    fn noun(&self) -> String {
        let mut keys = self.keys.iter().rev().filter(|key| key.parse::<usize>().is_err());
        match (keys.next().map(String::as_str), keys.next()) {
            (Some("name"), Some(parent)) => parent.replace('_', " "),
            (Some("type"), Some(parent)) => parent.trim_end_matches('s').to_owned(),
            (Some("metrics"), _) => "metric".to_owned(),
            (Some(key), _) => key.replace('_', " "),
            (None, _) => "value".to_owned(),
        }
    }

    /// What can always be said in help of the innermost key.
    fn help(&self) -> String {
        self.about.clone().unwrap_or_else(|| "`runner schema` describes every key".to_owned())
    }
}

struct Walker {
    problems: Vec<Problem>,
    /// The values that are to have another form, by their keys; none where values are used as they
    /// stand.
    changes: Option<Vec<(Vec<String>, Value)>>,
}

impl Walker {
    fn value(&mut self, node: &Node, schema: &Schema, path: &Path) {
        let schema = resolve(schema);
        if let Some(branches) = schema["anyOf"].as_array() {
            return match branches.iter().find(|branch| accepts(branch, node)) {
                Some(branch) => self.value(node, branch, path),
                None => self.unfit(node, schema, path),
            };
        }
        if !accepts(schema, node) {
            return self.unfit(node, schema, path);
        }
        if let Some(words) = words(schema) {
            return self.word(node, &words, path);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.tagged(node, variants, path);
        }
        match &node.value {
            Value::Table(entries) => self.table(node, entries, schema, path),
            Value::Array(items) => self.array(node, items, schema, path),
            Value::Integer(integer) => self.integer(*integer, node, schema, path),
            Value::Float(float) => self.number(*float, node, schema, path),
            Value::String(_) | Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }

    /// A value of another type than the schema wants, which may only be written in another form.
    fn unfit(&mut self, node: &Node, schema: &Schema, path: &Path) {
        let branches =
            schema["anyOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice);
        let meant = branches.iter().find_map(|branch| Some((branch, loose::meant(node, branch)?)));
        match (&mut self.changes, meant) {
            (Some(changes), Some((branch, value))) => {
                changes.push((path.keys.clone(), value.clone()));
                self.value(&Node { value, origin: node.origin.clone() }, branch, path);
            }
            _ => self.wrong_type(node, schema, path),
        }
    }

    fn wrong_type(&mut self, node: &Node, schema: &Schema, path: &Path) {
        let want = wanted(schema);
        let message = format!("`{}` must be {want}", path.dotted());
        let help = type_help(node, schema).unwrap_or_else(|| path.help());
        self.problems
            .push(Problem::at(&node.origin, message, help).label(format!("got {}", node.kind())));
    }

    fn word(&mut self, node: &Node, words: &[&str], path: &Path) {
        let Some(word) = node.as_str().filter(|word| !words.contains(word)) else { return };
        let message = format!("unknown {} `{word}`", path.noun());
        let valid = format!("`{}` is {}", path.without_index(), list(words));
        self.problems.push(match nearest(word, words.iter().copied()) {
            Some(near) => {
                Problem::at(&node.origin, message, format!("did you mean `{near}`?")).note(valid)
            }
            None => Problem::at(&node.origin, message, valid),
        });
    }

    /// A table that is one of several kinds, told apart by the value of one key.
    fn tagged(&mut self, node: &Node, variants: &[Schema], path: &Path) {
        let Some(tag) = tag(variants) else { return };
        let names: Vec<_> = variants.iter().flat_map(|v| variant_names(v, tag)).collect();
        let Some(entry) = node.entry(tag) else {
            let message = format!("missing key `{tag}` in {}", path.table());
            let help = format!("`{tag}` is {}", list(&names));
            return self.problems.push(Problem::at(&node.origin, message, help));
        };
        let place = path.child(tag, &Schema::Null);
        let Some(name) = entry.node.as_str() else {
            let strings = serde_json::json!({ "type": "string" });
            return self.wrong_type(&entry.node, &strings, &place);
        };
        match variants.iter().find(|variant| variant_names(variant, tag).contains(&name)) {
            Some(variant) => {
                let path = Path { variant: Some(name.to_owned()), ..path.clone() };
                let others = Others { variants, tag };
                self.keys(node, node.entries(), resolve(variant), &path, Some(&others));
            }
            None => self.word(&entry.node, &names, &place),
        }
    }

    fn table(&mut self, node: &Node, entries: &[Entry], schema: &Schema, path: &Path) {
        self.keys(node, entries, schema, path, None);
    }

    fn keys(
        &mut self,
        node: &Node,
        entries: &[Entry],
        schema: &Schema,
        path: &Path,
        others: Option<&Others<'_>>,
    ) {
        let mut meant = Vec::new();
        for entry in entries {
            match known_key(schema, &entry.key) {
                // The tag has been read already, and may be an alias that its `const` does not list.
                Some(_) if others.is_some_and(|others| others.tag == entry.key) => {}
                Some(known) => self.value(&entry.node, known, &path.child(&entry.key, known)),
                None => meant.extend(self.unknown_key(entry, schema, path, others)),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Schema::as_str).filter(|key| node.entry(key).is_none()) {
            // A key that is there under a wrong name has been spoken of.
            if !meant.contains(&key) {
                self.missing_key(key, node, schema, path);
            }
        }
    }

    /// Says so, and returns the key that was probably meant.
    fn unknown_key<'s>(
        &mut self,
        entry: &Entry,
        schema: &'s Schema,
        path: &Path,
        others: Option<&Others<'_>>,
    ) -> Option<&'s str> {
        let key = entry.key.as_str();
        let keys: Vec<_> = schema["properties"].as_object().into_iter().flatten().collect();
        let keys: Vec<_> = keys.into_iter().map(|(key, _)| key.as_str()).collect();
        let message = match (&entry.node.value, path.keys.is_empty()) {
            (Value::Table(_), true) => format!("unknown section `[{key}]`"),
            (_, true) => format!("unknown key `{key}` at the top level"),
            _ => format!("unknown key `{key}` in {}", path.table()),
        };
        let valid = format!("the keys here are {}", list(&keys).replace(" or ", " and "));
        let meant = nearest(key, keys);
        let help = typed(&entry.node, path, meant)
            .or_else(|| Some(format!("did you mean `{}`?", meant?)))
            .or_else(|| others?.owners(key))
            .or_else(|| home(key).map(|home| format!("`{key}` belongs in `[{home}]`")));
        self.problems.push(match help {
            Some(help) => Problem::at(&entry.origin, message, help).note(valid),
            None => Problem::at(&entry.origin, message, valid),
        });
        meant
    }

    fn missing_key(&mut self, key: &str, node: &Node, schema: &Schema, path: &Path) {
        let property = &schema["properties"][key];
        let first = resolve(property)["required"][0].as_str();
        let help = match first.and_then(|first| Some((first, known_key(resolve(property), first)?)))
        {
            Some((first, needed)) => path.child(first, needed).help(),
            None => path.child(key, property).help(),
        };
        let at_root = path.keys.is_empty();
        let location = match &node.origin.source.place {
            Place::File(file) if at_root => Location::File(file.clone()),
            _ => Location::from(&node.origin),
        };
        let message = match resolve(property)["type"] == "object" && at_root {
            true => format!("missing section `[{key}]`"),
            false => format!("missing key `{key}` in {}", path.table()),
        };
        self.problems.push(Problem::at(location, message, help));
    }

    fn array(&mut self, node: &Node, items: &[Node], schema: &Schema, path: &Path) {
        if let Some(least) = schema["minItems"].as_u64()
            && (items.len() as u64) < least
        {
            let message = match least {
                1 => format!("`{}` is empty", path.dotted()),
                _ => format!("`{}` needs {least} items", path.dotted()),
            };
            self.problems.push(Problem::at(&node.origin, message, path.help()));
        }
        for (index, item) in items.iter().enumerate() {
            self.value(item, &schema["items"], &path.item(index));
        }
    }

    fn integer(&mut self, integer: i128, node: &Node, schema: &Schema, path: &Path) {
        if schema["type"] != "integer" {
            // A whole number where a fraction may stand is held against the range as a fraction.
            return self.number(integer as f64, node, schema, path);
        }
        let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
        let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        match i64::try_from(integer) {
            Ok(integer) if (least..=most).contains(&integer) => {}
            Ok(_) => self.out_of_range(node, &range(schema), path),
            Err(_) => self.out_of_range(node, "an integer of 64 bits", path),
        }
    }

    fn number(&mut self, number: f64, node: &Node, schema: &Schema, path: &Path) {
        let bound = |name: &str| schema[name].as_f64();
        let fits = number.is_finite()
            && bound("minimum").is_none_or(|bound| bound <= number)
            && bound("exclusiveMinimum").is_none_or(|bound| bound < number)
            && bound("maximum").is_none_or(|bound| number <= bound)
            && bound("exclusiveMaximum").is_none_or(|bound| number < bound);
        if !fits {
            let want =
                if number.is_finite() { range(schema) } else { "a finite number".to_owned() };
            self.out_of_range(node, &want, path);
        }
    }

    fn out_of_range(&mut self, node: &Node, want: &str, path: &Path) {
        let message = format!("`{}` is out of range", path.dotted());
        let got = node.origin.source.text.get(node.origin.span.clone()).unwrap_or_default();
        let label = format!("got {got}, want {want}");
        self.problems.push(Problem::at(&node.origin, message, path.help()).label(label));
    }
}

/// The kinds that a tagged table could have been.
struct Others<'a> {
    variants: &'a [Schema],
    tag: &'a str,
}

impl Others<'_> {
    /// Which kinds have the key that this one has not.
    fn owners(&self, key: &str) -> Option<String> {
        let owners: Vec<_> = self
            .variants
            .iter()
            .filter(|variant| known_key(resolve(variant), key).is_some())
            .filter_map(|variant| variant_names(variant, self.tag).first().copied())
            .collect();
        (!owners.is_empty()).then(|| format!("`{key}` is a key of {}", list(&owners)))
    }
}

/// The schema of a table's key: its own, or that of all keys when the table is a map.
fn known_key<'a>(schema: &'a Schema, key: &str) -> Option<&'a Schema> {
    let any = Some(&schema["additionalProperties"]).filter(|schema| schema.is_object());
    schema["properties"].get(key).or(any)
}

/// The argument that sets the key that was meant, if an argument gave the value of the unknown one;
/// `meant` is the near key of this table.
fn typed(node: &Node, path: &Path, meant: Option<&str>) -> Option<String> {
    let source = &node.origin.source;
    let (typed, value) = source.text.split_once('=')?;
    let (option, typed) = typed.split_once(' ')?;
    let Place::Argument(_) = source.place else { return None };
    let is_last = typed.split('.').count() == path.keys.len() + 1;
    let here = |meant| path.keys.iter().map(String::as_str).chain([meant]).collect::<Vec<_>>();
    let key = match meant.filter(|_| is_last) {
        Some(meant) => here(meant).join("."),
        None => key_named(typed).or_else(|| key_named(typed.rsplit('.').next()?))?.to_owned(),
    };
    (key != typed).then(|| format!("write `{option} {key}={value}`"))
}

/// The section that a key belongs in, when there is just one.
fn home(key: &str) -> Option<&'static str> {
    let sections = SCHEMA["properties"].as_object()?;
    let mut homes = sections.iter().filter(|(_, section)| {
        let section = resolve(section);
        let variants = section["anyOf"].as_array().into_iter().flatten().map(resolve);
        let kinds = variants.flat_map(|v| v["oneOf"].as_array().into_iter().flatten());
        known_key(section, key).is_some() || kinds.map(resolve).any(|k| known_key(k, key).is_some())
    });
    let (home, _) = homes.next()?;
    homes.next().is_none().then_some(home)
}

/// Whether a value is of a kind that the schema allows, whatever it is.
fn accepts(schema: &Schema, node: &Node) -> bool {
    let kinds = kinds(schema);
    match node.value {
        Value::String(_) => kinds.contains(&"string"),
        Value::Integer(_) => kinds.contains(&"integer") || kinds.contains(&"number"),
        Value::Float(_) => kinds.contains(&"number"),
        Value::Boolean(_) => kinds.contains(&"boolean"),
        Value::Array(_) => kinds.contains(&"array"),
        Value::Table(_) => kinds.contains(&"object"),
        Value::Datetime(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a schema may say that needs no looking at: for people, or said by the type as well.
    const FOR_READERS: [&str; 10] = [
        "$schema",
        "title",
        "description",
        "format",
        "default",
        "examples",
        "definitions",
        "x-default",
        "x-optional",
        "x-aliases",
    ];
    const LOOKED_AT: [&str; 16] = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "const",
        "enum",
        "type",
        "properties",
        "additionalProperties",
        "required",
        "items",
        "minItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
    ];

    fn keywords(schema: &Schema, found: &mut Vec<String>) {
        match schema {
            Schema::Object(map) => {
                for (keyword, value) in map {
                    found.push(keyword.clone());
                    match keyword.as_str() {
                        "properties" | "definitions" => {
                            let named = value.as_object().into_iter().flatten();
                            named.for_each(|(_, schema)| keywords(schema, found));
                        }
                        "default" | "examples" | "const" | "enum" => {}
                        _ => keywords(value, found),
                    }
                }
            }
            Schema::Array(items) => items.iter().for_each(|item| keywords(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_schema_says_nothing_that_the_walk_does_not_hear() {
        let mut found = Vec::new();
        keywords(&SCHEMA, &mut found);
        let known = |word: &&String| {
            FOR_READERS.contains(&word.as_str()) || LOOKED_AT.contains(&word.as_str())
        };
        let unheard: Vec<_> = found.iter().filter(|word| !known(word)).collect();
        assert!(unheard.is_empty(), "teach `Walker` these keywords first: {unheard:?}");
    }
}
