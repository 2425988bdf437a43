//! `--set KEY=VALUE`: an override of one key; several values sweep the key.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::literal;
use super::parse::parse;
use super::spanned::{Entry, Spanned, Value};
use crate::config::diagnostic::{Diagnostic, SourceFile, SourceKind, Span};

/// The prefix of an argument in diagnostics.
const PREFIX: &str = "--set ";

/// One override, parsed.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    /// The keys from the root to the value, each with its place in the argument.
    pub(crate) path: Vec<(String, Span)>,
    /// One value to set, or several to try.
    pub(crate) values: Vec<Spanned>,
}

impl Override {
    /// The dotted path.
    pub(crate) fn key(&self) -> String {
        self.path.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(".")
    }

    /// Whether the key varies.
    pub(crate) fn varies(&self) -> bool {
        1 < self.values.len()
    }
}

/// Reads the argument `KEY=VALUE`; `index` counts the `--set` arguments from 0.
pub(crate) fn parse_override(index: usize, argument: &str) -> Result<Override> {
    let text = format!("{PREFIX}{argument}");
    let source = Arc::new(SourceFile { kind: SourceKind::Argument(index), text });
    let key = argument.find('=').map(|equals| &argument[..equals]);
    let Some(key) = key.filter(|_| !argument.contains('\n')) else {
        let help = "write it as `--set optimizer.learning_rate=0.01`";
        let place = place(&source, PREFIX.len(), source.text.len());
        return Err(Diagnostic::at(&place, "`--set` wants KEY=VALUE", help).into());
    };
    let path = keys(&source, key)?;
    let pieces = pieces(&source.text, PREFIX.len() + key.len() + 1);
    let values = pieces.into_iter().map(|piece| value(&source, piece));
    Ok(Override { path, values: values.collect::<Result<_>>()? })
}

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

fn place(source: &Arc<SourceFile>, start: usize, end: usize) -> Span {
    Span { source: Arc::clone(source), range: start..end }
}

/// The keys of a dotted path, read by TOML's own rules.
fn keys(source: &Arc<SourceFile>, key: &str) -> Result<Vec<(String, Span)>> {
    let bad = |message: String, help: &str| {
        Diagnostic::at(&place(source, PREFIX.len(), PREFIX.len() + key.len()), message, help)
    };
    let no_key = || {
        let help = "a key is a dotted path such as `training.epochs` or `model.layers.0.units`";
        bad(format!("`{key}` is no key"), help)
    };
    // Blanks stand in for the prefix: places in this text are places in the argument.
    let text = format!("{}{key}=0", " ".repeat(PREFIX.len()));
    let mut node = parse(&text, source).map_err(|_| no_key())?;
    let mut path = Vec::new();
    while let Value::Table(mut entries) = node.value {
        let entry = entries.pop().ok_or_else(no_key)?;
        path.push((entry.key, entry.span));
        node = entry.node;
    }
    if path.first().is_some_and(|(key, _)| key == "extends") {
        let help = "write `extends` in the config, or run the other config";
        return Err(bad("`extends` cannot be set by an argument".to_owned(), help).into());
    }
    Ok(path)
}

/// The byte ranges of the values from `start` on, separated by commas outside strings, arrays and
/// tables. An unbalanced text and a path with a comma, such as the folder of a run, are one value.
fn pieces(text: &str, start: usize) -> Vec<Range<usize>> {
    if is_path(&text[start..]) {
        return std::iter::once(start..text.len()).collect();
    }
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    let mut commas = Vec::new();
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => commas.push(at),
            (None, _) => {}
        }
    }
    if quote.is_some() || depth != 0 {
        commas.clear();
    }
    let starts = std::iter::once(start).chain(commas.iter().map(|comma| comma + 1));
    starts.zip(commas.iter().copied().chain([text.len()])).map(|(from, to)| from..to).collect()
}

/// Whether the text is a path with a comma whose prefix up to the comma exists.
fn is_path(text: &str) -> bool {
    let has_comma = |path: &&Path| path.to_string_lossy().contains(',');
    Path::new(text).ancestors().take_while(has_comma).any(Path::exists)
}

/// Parses a range of the text as TOML, else as a bare number or string.
fn value(source: &Arc<SourceFile>, bytes: Range<usize>) -> Result<Spanned> {
    const KEY: &str = "v=";
    let start = bytes.start;
    let rest = &source.text[bytes.clone()];
    let text = format!("{}{KEY}{rest}", " ".repeat(start - KEY.len()));
    let word = rest.trim();
    match parse(&text, source).map(|mut table| table.take("v")) {
        Ok(Some(entry)) => Ok(entry.node),
        Err(mut diagnostics) if word.starts_with(['[', '{', '"', '\'']) => {
            let place = place(source, start, bytes.end);
            unquoted(word, &place).ok_or_else(|| diagnostics.swap_remove(0).into())
        }
        _ if word.is_empty() => {
            let alone = bytes.end == source.text.len() && source.text[..start].ends_with('=');
            let (message, help) = if alone {
                (
                    "`--set` has no value",
                    "write the value after the `=`; `\"\"` is the empty string",
                )
            } else {
                (
                    "there is no value beside this comma",
                    "several values are `a,b,c`; a text with a comma is `'\"a,b\"'`",
                )
            };
            let place = if alone {
                place(source, PREFIX.len(), source.text.len())
            } else {
                place(source, start - 1, bytes.end)
            };
            Err(Diagnostic::at(&place, message, help).into())
        }
        _ => Ok(Spanned {
            value: literal::number(word).unwrap_or_else(|| Value::String(word.to_owned())),
            span: place(source, start, bytes.end),
        }),
    }
}

/// An array or a table whose quotes were removed by the shell; all spans are `place`.
fn unquoted(word: &str, place: &Span) -> Option<Spanned> {
    let text =
        Arc::new(SourceFile { kind: place.source.kind.clone(), text: literal::quoted(word) });
    let entry = parse(&format!("v={}", text.text), &text).ok()?.take("v")?;
    let mut node = entry.node;
    node.move_to(place);
    Some(node)
}

/// Assigns a value at a path and creates missing tables.
pub(crate) fn assign(root: &mut Spanned, path: &[(String, Span)], value: &Spanned) -> Result<()> {
    let mut node = root;
    let mut seen = String::new();
    for (key, span) in path {
        node.expand_shorthand();
        node = match &mut node.value {
            Value::Array(items) => item(items, key, span, &seen)?,
            Value::Table(entries) => child(entries, key, span),
            _ => {
                let message = format!("`{seen}` has no keys, so it has no `{key}`");
                let help = format!("set `{seen}` itself, or leave it out");
                return Err(Diagnostic::at(span, message, help).into());
            }
        };
        seen = if seen.is_empty() { key.clone() } else { format!("{seen}.{key}") };
    }
    *node = value.clone();
    Ok(())
}

fn item<'a>(
    items: &'a mut [Spanned],
    key: &str,
    span: &Span,
    seen: &str,
) -> Result<&'a mut Spanned> {
    let n_items = items.len();
    let index = key.parse::<usize>().ok().filter(|index| *index < n_items);
    index.and_then(|index| items.get_mut(index)).ok_or_else(|| {
        let message = format!("`{seen}` has no item `{key}`");
        let help = match n_items {
            0 => format!("`{seen}` is empty; set it as a whole"),
            _ => format!("its items are 0 to {}", n_items - 1),
        };
        Diagnostic::at(span, message, help).into()
    })
}

fn child<'a>(entries: &'a mut Vec<Entry>, key: &str, span: &Span) -> &'a mut Spanned {
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let node = Spanned { value: Value::Table(Vec::new()), span: span.clone() };
        entries.push(Entry { key: key.to_owned(), span: span.clone(), node });
        entries.len() - 1
    });
    entries[index].span = span.clone();
    &mut entries[index].node
}
