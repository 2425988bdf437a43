//! Merges a config into the config that it extends.

use super::spanned::{Spanned, Value};

/// Merges `over` into `base`, table by table. Other values, and a table with another discriminant (a
/// `name`, say), replace the value of `base`.
pub(crate) fn merge(base: &mut Spanned, over: Spanned) {
    base.span = over.span;
    let Value::Table(over) = over.value else {
        base.value = over.value;
        return;
    };
    let Value::Table(entries) = &mut base.value else {
        base.value = Value::Table(over);
        return;
    };
    for entry in over {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => {
                known.span = entry.span;
                merge_value(&mut known.node, entry.node);
            }
            None => entries.push(entry),
        }
    }
}

fn merge_value(base: &mut Spanned, over: Spanned) {
    if let Value::Table(_) = over.value {
        base.expand_shorthand();
        let same_kind = over.tag().is_none_or(|tag| base.tag() == Some(tag));
        if same_kind {
            return merge(base, over);
        }
    }
    *base = over;
}
