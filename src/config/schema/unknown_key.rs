//! The diagnostic of a key that a table does not have: the nearest key, or the owner of the key.

use serde_json::Value as Schema;

use super::generate::SCHEMA;
use super::key_path::KeyPath;
use super::keys::key_named;
use super::query::{known_key, properties, resolve, variant_names};
use super::wording::list;
use crate::config::diagnostic::{Diagnostic, SourceKind};
use crate::config::document::{Entry, Spanned, Value};
use crate::config::nearest::nearest;

/// The diagnostic of an unknown key, and the key that is probably meant.
pub(crate) fn unknown_key<'s>(
    entry: &Entry,
    schema: &'s Schema,
    path: &KeyPath<'_>,
    variants: Option<&Variants<'_>>,
) -> (Diagnostic, Option<&'s str>) {
    let key = entry.key.as_str();
    let keys: Vec<_> = properties(schema).map(|(key, _)| key).collect();
    let message = match (&entry.node.value, path.keys.is_empty()) {
        (Value::Table(_), true) => format!("unknown section `[{key}]`"),
        (_, true) => format!("unknown key `{key}` at the top level"),
        _ => format!("unknown key `{key}` in {}", path.table()),
    };
    let valid = format!("the keys here are {}", list(&keys).replace(" or ", " and "));
    let meant = nearest(key, keys);
    let help = suggested_argument(&entry.node, path, meant)
        .or_else(|| Some(format!("did you mean `{}`?", meant?)))
        .or_else(|| variants?.variants_with(key))
        .or_else(|| section_of(key).map(|section| format!("`{key}` belongs in `[{section}]`")));
    let diagnostic = match help {
        Some(help) => Diagnostic::at(&entry.span, message, help).note(valid),
        None => Diagnostic::at(&entry.span, message, valid),
    };
    (diagnostic, meant)
}

/// The variants of a tagged table.
pub(crate) struct Variants<'a> {
    pub(crate) variants: &'a [Schema],
    pub(crate) tag: &'a str,
}

impl Variants<'_> {
    /// The variants that have a key, in words.
    fn variants_with(&self, key: &str) -> Option<String> {
        let names: Vec<_> = self
            .variants
            .iter()
            .filter(|variant| known_key(resolve(variant), key).is_some())
            .filter_map(|variant| variant_names(variant, self.tag).first().copied())
            .collect();
        (!names.is_empty()).then(|| format!("`{key}` is a key of {}", list(&names)))
    }
}

/// The corrected argument, if an argument of the command line sets the unknown key; `meant` is the
/// nearest key of this table.
fn suggested_argument(node: &Spanned, path: &KeyPath<'_>, meant: Option<&str>) -> Option<String> {
    let source = &node.span.source;
    let (typed, value) = source.text.split_once('=')?;
    let (option, typed) = typed.split_once(' ')?;
    let SourceKind::Argument(_) = source.kind else { return None };
    let is_last = typed.split('.').count() == path.keys.len() + 1;
    let here = |meant| path.keys.iter().map(String::as_str).chain([meant]).collect::<Vec<_>>();
    let key = match meant.filter(|_| is_last) {
        Some(meant) => here(meant).join("."),
        None => key_named(typed).or_else(|| key_named(typed.rsplit('.').next()?))?.to_owned(),
    };
    (key != typed).then(|| format!("write `{option} {key}={value}`"))
}

/// The only section with a key.
fn section_of(key: &str) -> Option<&'static str> {
    let sections = SCHEMA["properties"].as_object()?;
    let mut owners = sections.iter().filter(|(_, section)| {
        let section = resolve(section);
        let variants = section["anyOf"].as_array().into_iter().flatten().map(resolve);
        let kinds = variants.flat_map(|v| v["oneOf"].as_array().into_iter().flatten());
        known_key(section, key).is_some() || kinds.map(resolve).any(|k| known_key(k, key).is_some())
    });
    let (section, _) = owners.next()?;
    owners.next().is_none().then_some(section)
}
