//! Conditions of parameters: `when = { "optimizer.name" = "sgd" }`.

use super::axis::Axis;
use super::short_texts::ShortTexts;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned, Value};
use crate::config::schema::list;
use crate::search::Condition;

/// The parameters whose condition may hold, each after the parameter that its condition names, with the
/// conditions. A condition on a key that does not vary holds always or never.
pub(crate) fn ordered(
    axes: Vec<Axis>,
    root: &Spanned,
) -> Result<Vec<(Axis, Option<Condition>)>, Vec<Diagnostic>> {
    let (mut placed, mut diagnostics): (Vec<(Axis, Option<Condition>)>, _) = (vec![], vec![]);
    let mut left = axes;
    while !left.is_empty() {
        let before = left.len();
        let mut later = Vec::new();
        let names: Vec<String> = left.iter().map(Axis::key).collect();
        for axis in std::mem::take(&mut left) {
            match condition(&axis, &placed, &names, root) {
                Found::Always => placed.push((axis, None)),
                Found::When(when) => placed.push((axis, Some(when))),
                Found::Never => {}
                Found::Later => later.push(axis),
                Found::Wrong(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        if later.len() == before {
            diagnostics.extend(later.iter().map(in_a_circle));
            break;
        }
        left = later;
    }
    if diagnostics.is_empty() { Ok(placed) } else { Err(diagnostics) }
}

/// What is known of the condition of a parameter.
enum Found {
    Always,
    Never,
    When(Condition),
    /// The parameter that it names has no place yet.
    Later,
    Wrong(Box<Diagnostic>),
}

fn condition(
    axis: &Axis,
    placed: &[(Axis, Option<Condition>)],
    names: &[String],
    root: &Spanned,
) -> Found {
    let Some(when) = &axis.when else { return Found::Always };
    let Some((key, span, value)) = only(when) else {
        let help = "write `when = { \"optimizer.name\" = \"sgd\" }`; a condition of that parameter \
                    holds too";
        let message = "a condition names one other parameter";
        return Found::Wrong(Diagnostic::at(&when.span, message, help).into());
    };
    if let Some(at) = placed.iter().position(|(other, _)| other.key() == key) {
        return match options(&placed[at].0, value) {
            Ok(options) => Found::When(Condition { parameter: at, options }),
            Err(diagnostic) => Found::Wrong(diagnostic),
        };
    }
    if names.contains(&key) {
        return Found::Later;
    }
    match root.find(&key) {
        Some(found) if wanted(value).iter().any(|want| equal(found, want)) => Found::Always,
        Some(_) => Found::Never,
        None => {
            let message = format!("`{key}` does not vary, and the config has no such key");
            let help = format!("add `\"{key}\" = [...]` to `[sweep.parameters]`");
            Found::Wrong(Diagnostic::at(span, message, help).into())
        }
    }
}

/// The only key of a condition, with its place and its value. It may be written without quotes, which
/// is a table in a table.
fn only(when: &Entry) -> Option<(String, &Span, &Spanned)> {
    let (mut path, mut node, mut span) = (Vec::new(), &when.node, &when.span);
    while let Value::Table(entries) = &node.value {
        let [entry] = entries.as_slice() else { return None };
        path.push(entry.key.as_str());
        (node, span) = (&entry.node, &entry.span);
    }
    (!path.is_empty()).then(|| (path.join("."), span, node))
}

/// The values that a condition lists, or its only one.
fn wanted(value: &Spanned) -> &[Spanned] {
    match &value.value {
        Value::Array(items) => items,
        _ => std::slice::from_ref(value),
    }
}

/// The options of a list that a condition names: by the value, or by the text that tables show.
fn options(axis: &Axis, value: &Spanned) -> Result<Vec<usize>, Box<Diagnostic>> {
    let values: Vec<_> = axis.list().iter().map(Spanned::to_toml).collect();
    if values.is_empty() {
        let message = format!("`{}` is drawn from a range, not from a list", axis.key());
        let help = "a condition is on a parameter with a list of values";
        return Err(Diagnostic::at(&value.span, message, help).into());
    }
    let texts = ShortTexts::of(&values);
    let texts: Vec<_> = values.iter().map(|value| texts.get(value)).collect();
    let place = |want: &Spanned| {
        let named = |at: &usize| want.as_str() == Some(&texts[*at]);
        let found = axis.list().iter().position(|option| equal(option, want));
        found.or_else(|| (0..texts.len()).find(named)).ok_or_else(|| {
            let shown: Vec<_> = texts.iter().map(String::as_str).collect();
            let message = format!("`{}` has no such value", axis.key());
            Box::new(Diagnostic::at(&want.span, message, format!("it is {}", list(&shown))))
        })
    };
    wanted(value).iter().map(place).collect()
}

/// Whether two values are the same; `"sgd"` is the same as `{ name = "sgd" }`.
fn equal(option: &Spanned, want: &Spanned) -> bool {
    let same_number = match (&option.value, &want.value) {
        (Value::Integer(whole), Value::Float(float))
        | (Value::Float(float), Value::Integer(whole)) => *whole as f64 == *float,
        _ => false,
    };
    let tag = option.tag().map(|(_, tag)| tag);
    same_number || option.to_toml() == want.to_toml() || tag.is_some() && tag == want.as_str()
}

fn in_a_circle(axis: &Axis) -> Diagnostic {
    let span = axis.when.as_ref().map_or(&axis.path[0].1, |when| &when.span);
    Diagnostic::at(span, "the conditions go round in a circle", "take one of them out")
}
