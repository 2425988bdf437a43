//! A metric under the name that the config gives it: Keras logs `mse` as `mse`, not as
//! `mean_squared_error`. A weighted metric counts each row by its weight.

use std::borrow::Cow;
use std::ops::Deref;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{BatchOutputs, ClassScores, Metric};
use kernels::Arch;

/// The names that Keras has for metrics beside their own, and two of earlier versions.
const OTHER_NAMES: [&str; 16] = [
    "acc",
    "mse",
    "MSE",
    "mae",
    "MAE",
    "mape",
    "MAPE",
    "msle",
    "MSLE",
    "bce",
    "BCE",
    "log_cosh_error",
    "logcosh",
    "kld",
    "KLD",
    "f_beta_score",
];

/// A metric, and the name under which it is logged.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedMetric {
    metric: Metric,
    name: Cow<'static, str>,
    weighted: bool,
}

impl NamedMetric {
    /// The metric under its own name.
    pub const fn new(metric: Metric) -> NamedMetric {
        let name = Cow::Borrowed(metric.name());
        NamedMetric { metric, name, weighted: false }
    }

    /// The name under which the metric is logged.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same of the class that an output tells, see [`Metric::at_output`].
    pub fn at_output(&self, output: usize) -> NamedMetric {
        NamedMetric { metric: self.metric.at_output(output), ..self.clone() }
    }

    /// The names of its numbers in the logs: its own, or those of the scores of classes.
    pub fn names(&self) -> Vec<String> {
        let prefix = if self.name.starts_with("weighted_") { "weighted_" } else { "" };
        match &self.metric {
            Metric::ClassScores(scores) => {
                scores.names().map(|name| format!("{prefix}{name}")).collect()
            }
            _ => vec![self.name.to_string()],
        }
    }

    /// The same with other scores of classes.
    pub fn with_class_scores(&self, scores: ClassScores) -> NamedMetric {
        NamedMetric { metric: Metric::ClassScores(scores), ..self.clone() }
    }

    /// The same, weighted by rows. Beside a metric of the same name among `others`, its name begins with
    /// `weighted_`, as in Keras.
    pub fn weighted_beside(&self, others: &[NamedMetric]) -> NamedMetric {
        let taken = others.iter().any(|other| other.name == self.name);
        let name = if taken { format!("weighted_{}", self.name).into() } else { self.name.clone() };
        NamedMetric { metric: self.metric.clone(), name, weighted: true }
    }

    /// Number of sums, for a number of outputs; the last of a weighted metric is that of the weights.
    pub fn sums(&self, outputs: usize) -> usize {
        if !self.weighted {
            self.metric.sums(outputs)
        } else {
            self.metric.sums(outputs).max(1) + 1
        }
    }

    /// Adds some rows to the sums.
    pub fn add(&self, arch: Arch, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        match (self.weighted, sums.split_last_mut()) {
            (true, Some((total, sums))) => {
                *total += batch.total_weight();
                self.metric.add(arch, batch, sums);
            }
            _ => self.metric.add(arch, BatchOutputs { weights: None, ..batch }, sums),
        }
    }

    /// The number of the name with the index `at`, after `rows` rows with these sums, of which `correct` were classified
    /// right.
    pub fn value(&self, at: usize, sums: &[f64], rows: f64, correct: f64) -> f64 {
        match (self.weighted, sums.split_last()) {
            (true, Some((total, sums))) => self.metric.value(at, sums, *total, sums[0]),
            _ => self.metric.value(at, sums, rows, correct),
        }
    }
}

impl Deref for NamedMetric {
    type Target = Metric;

    fn deref(&self) -> &Metric {
        &self.metric
    }
}

impl<'de> Deserialize<'de> for NamedMetric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NamedMetric, D::Error> {
        let table = Map::deserialize(deserializer)?;
        let given = table.get("name").and_then(Value::as_str);
        let other = OTHER_NAMES.into_iter().find(|name| given == Some(name));
        let metric = Metric::deserialize(Value::Object(table)).map_err(D::Error::custom)?;
        let named = NamedMetric::new(metric);
        Ok(NamedMetric { name: other.map_or(named.name, Cow::Borrowed), ..named })
    }
}

impl Serialize for NamedMetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serde_json::to_value(&self.metric).map_err(S::Error::custom)?;
        table["name"] = (*self.name).into();
        table.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(value: Value) -> NamedMetric {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn metrics_keep_the_name_that_they_are_given() {
        for name in OTHER_NAMES {
            let metric = named(json!({ "name": name }));
            assert_eq!(
                (metric.name(), &serde_json::to_value(&metric).unwrap()["name"]),
                (name, &json!(name))
            );
        }
        let own = named(json!({ "name": "binary_accuracy", "threshold": 0.25 }));
        assert_eq!(own, NamedMetric::new(Metric::BinaryAccuracy { threshold: 0.25 }));
        assert_eq!(named(serde_json::to_value(&own).unwrap()), own);
    }

    /// A name that is accepted and not listed here would be logged as another.
    #[test]
    fn every_other_name_of_a_metric_is_known() {
        let schema = schemars::schema_for!(Metric).to_value();
        let variants = schema["oneOf"].as_array().unwrap().iter();
        let aliases = variants.flat_map(|v| v["x-aliases"].as_array().into_iter().flatten());
        let mut aliases: Vec<_> = aliases.map(|alias| alias.as_str().unwrap()).collect();
        let mut known = OTHER_NAMES;
        aliases.sort();
        known.sort();
        assert_eq!(aliases, known);
    }
}
