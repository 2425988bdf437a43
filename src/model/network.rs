//! A network: a stack of built layers, and its weights by name; it neither trains nor reads files.

use std::collections::BTreeMap;

use crate::kernels::Matrix;
use crate::model::{DenseLayer, Layer};

/// A stack of dense layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The layers, from the inputs to the outputs.
    pub layers: Vec<DenseLayer>,
}

/// One named weight of a network.
#[derive(Clone, Debug)]
pub struct Weights<'a> {
    /// Such as `dense_0.kernel`.
    pub name: String,
    /// `[inputs, units]` for a kernel, `[units]` for a bias.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: &'a Matrix,
}

/// Weights that a network cannot start from.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WeightsError {
    /// The network has a weight that the file has not.
    #[error("`{name}` is missing: got {}, want every weight of the network", list(got))]
    Missing {
        /// The weight.
        name: String,
        /// What there is.
        got: Vec<String>,
    },
    /// A weight has another shape in the network.
    #[error("`{name}` does not fit: got shape {got:?}, want {want:?}")]
    Shape {
        /// The weight.
        name: String,
        /// Its shape in the file.
        got: Vec<usize>,
        /// Its shape in the network.
        want: Vec<usize>,
    },
    /// The file has a weight that the network has not.
    #[error("`{name}` is no weight of this network")]
    Unknown {
        /// The weight.
        name: String,
    },
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", "),
    }
}

impl Network {
    /// Builds `layers` on `features` inputs, with weights drawn from `seed`.
    pub fn new(features: usize, layers: &[Layer], seed: u64) -> Network {
        let mut inputs = features;
        let build = |(index, layer): (usize, &Layer)| {
            let Layer::Dense(dense) = layer;
            let built = dense.build(inputs, index, seed);
            inputs = dense.units;
            built
        };
        Network { layers: layers.iter().enumerate().map(build).collect() }
    }

    /// All weights, each layer's kernel before its bias.
    pub fn weights(&self) -> Vec<Weights<'_>> {
        let mut weights = Vec::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let kernel = &layer.kernel;
            let shape = vec![kernel.rows(), kernel.cols()];
            weights.push(Weights { name: format!("dense_{i}.kernel"), shape, values: kernel });
            if let Some(bias) = &layer.bias {
                let shape = vec![bias.cols()];
                weights.push(Weights { name: format!("dense_{i}.bias"), shape, values: bias });
            }
        }
        weights
    }

    /// All weights to be written, in the order of [`Network::weights`].
    pub fn weights_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        self.layers.iter_mut().flat_map(|l| std::iter::once(&mut l.kernel).chain(l.bias.as_mut()))
    }

    /// Number of numbers in all weights.
    pub fn n_parameters(&self) -> usize {
        self.weights().iter().map(|w| w.shape.iter().product::<usize>()).sum()
    }

    /// Takes the weights `given`, by name: shape and numbers row after row.
    ///
    /// Every weight of the network must be there with its shape, and nothing else; else the network
    /// stays as it was.
    pub fn load(
        &mut self,
        given: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    ) -> Result<(), WeightsError> {
        let wanted: Vec<_> = self.weights().into_iter().map(|w| (w.name, w.shape)).collect();
        for (name, want) in &wanted {
            let Some((got, _)) = given.get(name) else {
                return Err(WeightsError::Missing {
                    name: name.clone(),
                    got: given.keys().cloned().collect(),
                });
            };
            if got != want {
                return Err(WeightsError::Shape {
                    name: name.clone(),
                    got: got.clone(),
                    want: want.clone(),
                });
            }
        }
        if let Some(name) = given.keys().find(|name| !wanted.iter().any(|(w, _)| w == *name)) {
            return Err(WeightsError::Unknown { name: name.clone() });
        }
        for (weights, (name, _)) in self.weights_mut().zip(&wanted) {
            *weights = Matrix::from_rows(weights.rows(), weights.cols(), &given[name].1);
        }
        Ok(())
    }
}
