//! The parameter shapes of a stack of layers, without allocating the parameters.

use std::collections::BTreeMap;

use crate::model::LayerSpec;
use base::quote::{clip, list, quote};

/// The name and the shape of each weight of `layers` on `features` inputs, in the order of
/// [`Network::weights`].
pub fn weight_shapes(features: usize, layers: &[LayerSpec]) -> Vec<(String, Vec<usize>)> {
    let (mut all, mut inputs) = (Vec::new(), features);
    for (at, layer) in layers.iter().enumerate() {
        let index = layers[..at].iter().filter(|other| other.kind() == layer.kind()).count();
        let name = |weight: &str| format!("{}_{index}.{weight}", layer.kind());
        all.extend(
            layer.param_shapes(inputs).into_iter().map(|(weight, shape)| (name(&weight), shape)),
        );
        inputs = layer.outputs(inputs);
    }
    all
}

/// Weights of another network.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WeightsError {
    /// The file lacks a parameter of the network.
    #[error("`{name}` is missing: got {}, want every weight of the network", listed(got))]
    Missing {
        /// The weight.
        name: String,
        /// The names in the file.
        got: Vec<String>,
    },
    /// A weight has another shape in the network.
    #[error("`{name}` does not fit: got shape {}, want {want:?}", clip(format!("{got:?}")))]
    Shape {
        /// The weight.
        name: String,
        /// Its shape in the file.
        got: Vec<usize>,
        /// Its shape in the network.
        want: Vec<usize>,
    },
    /// The network lacks a parameter of the file.
    #[error("{} is no weight of this network", quote(name))]
    Unknown {
        /// The weight.
        name: String,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { list(names) }
}

/// Checks that the parameters in a file, `got` by name, are exactly those of a network.
pub fn check_shapes<'a>(
    got: &BTreeMap<&'a str, &'a [usize]>,
    wanted: &[(String, Vec<usize>)],
) -> Result<(), WeightsError> {
    for (name, want) in wanted {
        match got.get(name.as_str()) {
            None => {
                let got = got.keys().map(|name| (*name).to_owned()).collect();
                return Err(WeightsError::Missing { name: name.clone(), got });
            }
            Some(got) if *got != want => {
                let (name, got, want) = (name.clone(), got.to_vec(), want.clone());
                return Err(WeightsError::Shape { name, got, want });
            }
            Some(_) => {}
        }
    }
    match got.keys().find(|name| !wanted.iter().any(|(want, _)| want == *name)) {
        Some(name) => Err(WeightsError::Unknown { name: (*name).to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Network;

    #[test]
    fn shapes_are_those_of_the_built_network() {
        let layers = json!([
            { "type": "dense", "units": 5 },
            { "type": "batch_normalization" },
            { "type": "batch_normalization", "center": false, "scale": false },
            { "type": "activation", "activation": "relu" },
            { "type": "dropout", "rate": 0.5 },
            { "type": "layer_normalization" },
            { "type": "gaussian_noise", "stddev": 0.5 },
            { "type": "layer_normalization", "scale": false },
            { "type": "dense", "units": 1, "use_bias": false },
            { "type": "dense", "units": 3 },
        ]);
        let layers: Vec<LayerSpec> = serde_json::from_value(layers).unwrap();
        let shapes = weight_shapes(7, &layers);
        assert_eq!(shapes, Network::new(7, &layers, 1).shapes());
        assert_eq!(shapes.len(), 14);
    }

    #[test]
    fn shapes_of_a_huge_network_cost_nothing() {
        let layers = json!([{ "type": "dense", "units": 1_u64 << 40 }]);
        let layers: Vec<LayerSpec> = serde_json::from_value(layers).unwrap();
        assert_eq!(weight_shapes(1 << 40, &layers)[0].1, [1 << 40, 1 << 40]);
    }
}
