//! Parses TOML text into a tree with spans; the error names the line and a valid value.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::literal;
use super::spanned::{Entry, Spanned, Value};
use crate::config::diagnostic::{Diagnostic, SourceFile, Span};

/// Parses a text, or returns all syntax errors; spans refer to `source`.
pub(crate) fn parse(text: &str, source: &Arc<SourceFile>) -> Result<Spanned, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let value = Value::Table(entries(table.get_ref(), source));
        return Ok(Spanned { value, span: span(source, table.span()) });
    }
    // A mistake confuses the rest of its line: only the first there is one for sure.
    let mut diagnostics = Vec::new();
    let mut lines = Vec::new();
    for error in errors {
        let range = error.span().unwrap_or(text.len()..text.len());
        let line = text.get(..range.start).unwrap_or(text).matches('\n').count();
        if !lines.contains(&line) {
            lines.push(line);
            diagnostics.push(syntax_problem(error.message(), &span(source, range)));
        }
    }
    Err(diagnostics)
}

fn syntax_problem(message: &str, at: &Span) -> Diagnostic {
    let rest = at.source.text.get(at.range.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let word: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let (label, help) = if let Some(value) = meant_in(at) {
        ("this is no value of TOML".to_owned(), format!("write it as {value}"))
    } else if message.contains("must be quoted") && word.is_empty() {
        ("there is no value".to_owned(), "write one after the `=`".to_owned())
    } else if message.contains("must be quoted") {
        (format!("got the bare word {word}"), format!("write it in quotes: \"{word}\""))
    } else if message == "duplicate key" {
        ("this key has a value already".to_owned(), "keep one of the two".to_owned())
    } else {
        let help = "a line is `key = value` or `[section]`; a value is a \"quoted string\", a \
                    number, true, false, an [array] or a { table }";
        (message.lines().collect::<Vec<_>>().join(", "), help.to_owned())
    };
    Diagnostic::at(at, "this is not TOML", help).label(label)
}

/// The intended value of an invalid line, such as 0.1 for `.1` and true for `True`.
fn meant_in(at: &Span) -> Option<String> {
    let (before, rest) = at.source.text.split_at_checked(at.range.start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = format!("{}{}", &before[start..], rest.lines().next().unwrap_or_default());
    let value = line.split_once('=')?.1.split('#').next()?.trim();
    let word = value.to_lowercase();
    let is_word = matches!(word.as_str(), "true" | "false") && word != value;
    let is_toml = DeTable::parse(&format!("v={value}")).is_ok();
    literal::number_text(value).or(is_word.then_some(word)).filter(|_| !is_toml)
}

fn span(source: &Arc<SourceFile>, range: std::ops::Range<usize>) -> Span {
    Span { source: Arc::clone(source), range }
}

fn entries(table: &DeTable<'_>, source: &Arc<SourceFile>) -> Vec<Entry> {
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| Entry {
        key: String::from(AsRef::<str>::as_ref(key.get_ref())),
        span: span(source, key.span()),
        node: node(value, source),
    };
    table.iter().map(entry).collect()
}

fn node(value: &toml::Spanned<DeValue<'_>>, source: &Arc<SourceFile>) -> Spanned {
    let inner = match value.get_ref() {
        DeValue::String(string) => Value::String(string.to_string()),
        DeValue::Integer(integer) => Value::Integer(
            i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i128::MAX),
        ),
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| node(item, source)).collect())
        }
        DeValue::Table(table) => Value::Table(entries(table, source)),
    };
    Spanned { value: inner, span: span(source, value.span()) }
}
