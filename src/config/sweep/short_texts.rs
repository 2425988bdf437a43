//! Short texts for lists of layers: `64-10` for two dense layers, `128-64-10+dropout` with a dropout
//! among them, and as many details as it takes to tell the values of one sweep apart.

use std::collections::{HashMap, HashSet};

use toml::Value;

use super::value_text::text;
use crate::config::document::TAGS;

/// Keys whose values are understood without the key.
const KNOWN: [&str; 2] = ["activation", "rate"];

/// Texts for the values of one swept key; different values have different texts.
#[derive(Clone, Debug, Default)]
pub struct ShortTexts(HashMap<String, String>);

impl ShortTexts {
    /// Texts for all values that the key takes.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> ShortTexts {
        let mut lists: Vec<List> = Vec::new();
        let mut known = HashSet::new();
        for value in values {
            let Some(layers) = layers(value) else { continue };
            let full = text(value);
            if known.insert(full.clone()) {
                lists.push((full, layers));
            }
        }
        let mut short = HashMap::new();
        for group in groups(lists.iter().collect(), |(_, layers)| summary(layers)) {
            short.extend(told_apart(&group));
        }
        let mut uses: HashMap<String, usize> = HashMap::new();
        short.values().for_each(|text: &String| *uses.entry(text.clone()).or_default() += 1);
        short.retain(|_, text| uses[text] == 1);
        ShortTexts(short)
    }

    /// The text of a value: a short one for layers, the usual one for all else.
    pub fn get(&self, value: &Value) -> String {
        let full = text(value);
        self.0.get(&full).cloned().unwrap_or(full)
    }
}

/// A layer in words.
struct LayerText {
    /// The number of units of a dense layer, or the kind of another.
    name: String,
    is_dense: bool,
    details: Vec<(String, String)>,
}

/// A list of layers, after its full text.
type List = (String, Vec<LayerText>);

fn layers(value: &Value) -> Option<Vec<LayerText>> {
    let items = value.as_array()?;
    let has_type = |item: &Value| item.get("type").is_some_and(Value::is_str);
    let is_layer = |item: &Value| item.is_str() || has_type(item);
    let are_layers = items.iter().all(is_layer) && items.iter().any(has_type);
    are_layers.then(|| items.iter().map(layer).collect())
}

fn layer(item: &Value) -> LayerText {
    let Some(table) = item.as_table() else {
        return LayerText { name: text(item), is_dense: false, details: Vec::new() };
    };
    let units = table.get("units").map(text);
    let is_detail = |key: &str| key != "units" && !TAGS.contains(&key);
    let details = table.iter().filter(|(key, _)| is_detail(key));
    LayerText {
        is_dense: units.is_some(),
        name: units.or_else(|| table.get("type").map(text)).unwrap_or_default(),
        details: details.map(|(key, value)| (key.clone(), text(value))).collect(),
    }
}

/// The units of all dense layers, then the kinds of the others, each once.
fn summary(layers: &[LayerText]) -> String {
    let names = |dense: bool| layers.iter().filter(move |layer| layer.is_dense == dense);
    let units: Vec<_> = names(true).map(|layer| &*layer.name).collect();
    let mut parts = if units.is_empty() { Vec::new() } else { vec![units.join("-")] };
    for LayerText { name, .. } in names(false) {
        if !parts.contains(name) {
            parts.push(name.clone());
        }
    }
    parts.join("+")
}

/// The layers in their order.
fn sequence(layers: &[LayerText]) -> String {
    layers.iter().map(|layer| &*layer.name).collect::<Vec<_>>().join("-")
}

/// Lists with one text together, in the order of the first of each.
fn groups<'a>(lists: Vec<&'a List>, of: impl Fn(&List) -> String) -> Vec<Vec<&'a List>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<&'a List>> = Vec::new();
    for list in lists {
        let place = *places.entry(of(list)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(list);
    }
    groups
}

/// Texts for lists with one summary, by their full texts.
fn told_apart(group: &[&List]) -> Vec<(String, String)> {
    if let [(full, layers)] = group {
        return vec![(full.clone(), summary(layers))];
    }
    let same_order = groups(group.to_vec(), |(_, layers)| sequence(layers));
    let texts = same_order.iter().flat_map(|group| {
        let differing = differing(group);
        let text = move |layers: &[LayerText]| detailed(layers, &differing);
        group.iter().map(move |(full, layers)| (full.clone(), text(layers)))
    });
    texts.collect()
}

/// For each layer, the details of which the lists have different values.
fn differing<'a>(group: &[&'a List]) -> Vec<HashSet<&'a str>> {
    let n_layers = group.first().map_or(0, |(_, layers)| layers.len());
    let at = |place: usize| {
        let all = || group.iter().map(move |(_, layers)| &layers[place]);
        let differs = |key: &str| {
            let value = |layer: &'a LayerText| layer.details.iter().find(|(name, _)| name == key);
            let mut values = all().map(value);
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let keys = all().flat_map(|layer| &layer.details).map(|(key, _)| &**key);
        let keys: HashSet<_> = keys.collect();
        keys.into_iter().filter(|key| differs(key)).collect()
    };
    (0..n_layers).map(at).collect()
}

/// The layers in their order, each with these details.
fn detailed(layers: &[LayerText], shown: &[HashSet<&str>]) -> String {
    let piece = |(layer, shown): (&LayerText, &HashSet<&str>)| {
        let details = layer.details.iter().filter(|(key, _)| shown.contains(&**key));
        let details = details.map(|(key, value)| {
            if KNOWN.contains(&&**key) { value.clone() } else { format!("{key}={value}") }
        });
        std::iter::once(layer.name.clone()).chain(details).collect::<Vec<_>>().join("+")
    };
    layers.iter().zip(shown).map(piece).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lists: &str) -> Vec<String> {
        let table: toml::Table = toml::from_str(&format!("v = [{lists}]")).unwrap();
        let values = table["v"].as_array().unwrap();
        let short = ShortTexts::of(values);
        values.iter().map(|value| short.get(value)).collect()
    }

    const OUT: &str = "{ type = 'dense', units = 10, activation = 'softmax' }";

    fn dense(units: usize, more: &str) -> String {
        format!("{{ type = 'dense', units = {units}{more} }}")
    }

    #[test]
    fn layers_are_their_units_and_other_kinds() {
        let drop = "{ type = 'dropout', rate = 0.2 }";
        let lists = [
            format!("[{}, {OUT}]", dense(64, "")),
            format!("[{}, {drop}, {}, {drop}, {OUT}]", dense(128, ""), dense(64, "")),
            format!("[{OUT}]"),
            format!("['batch_normalization', {}, {OUT}]", dense(64, "")),
        ];
        let want = ["64-10", "128-64-10+dropout", "10", "64-10+batch_normalization"];
        assert_eq!(texts(&lists.join(", ")), want);
    }

    #[test]
    fn details_are_shown_where_they_differ() {
        let drop = |rate| format!("{{ type = 'dropout', rate = {rate} }}");
        let lists = [
            format!("[{}, {OUT}]", dense(64, ", activation = 'relu'")),
            format!("[{}, {OUT}]", dense(64, ", activation = 'tanh', use_bias = false")),
            format!("[{}, {}, {OUT}]", dense(32, ""), drop(0.2)),
            format!("[{}, {}, {OUT}]", dense(32, ""), drop(0.5)),
            format!("[{}, {}, {OUT}]", drop(0.2), dense(32, "")),
        ];
        let want = [
            "64+relu-10",
            "64+tanh+use_bias=false-10",
            "32-dropout+0.2-10",
            "32-dropout+0.5-10",
            "dropout-32-10",
        ];
        assert_eq!(texts(&lists.join(", ")), want);
    }

    #[test]
    fn other_values_keep_their_texts() {
        assert_eq!(texts("'adam', ['mae', 'mse'], 64"), ["adam", "[mae, mse]", "64"]);
        assert_eq!(texts("{ name = 'sgd', momentum = 0.9 }"), ["sgd momentum=0.9"]);
    }
}
