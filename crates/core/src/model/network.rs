//! A network: a stack of built layers, and its parameters by name.

use std::collections::BTreeMap;

use crate::model::shapes::{WeightsError, check_shapes};
use crate::model::{Activation, Layer, LayerSpec, ParamSpec};
use kernels::Matrix;

/// A stack of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The layers, from the inputs to the outputs.
    pub layers: Vec<Layer>,
}

/// A named parameter of a network.
#[derive(Clone, Debug)]
pub struct NamedParam<'a> {
    /// Such as `dense_0.kernel`.
    pub name: String,
    /// `[inputs, units]` for a kernel, `[units]` for a bias.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: &'a Matrix,
}

impl Network {
    /// Builds `layers` on `features` inputs, with weights drawn from `seed`.
    ///
    /// ```
    /// use runner_core::model::{LayerSpec, Network};
    ///
    /// let layers: Vec<LayerSpec> = serde_json::from_str(r#"[{"type": "dense", "units": 3}]"#).unwrap();
    /// let network = Network::new(4, &layers, 0);
    /// assert_eq!(network.weights()[0].name, "dense_0.kernel");
    /// assert_eq!(network.n_parameters(), 4 * 3 + 3);
    /// ```
    pub fn new(features: usize, layers: &[LayerSpec], seed: u64) -> Network {
        let mut inputs = features;
        let build = |(at, layer): (usize, &LayerSpec)| {
            let index = layers[..at].iter().filter(|l| l.kind() == layer.kind()).count();
            let built = layer.build(inputs, index, seed);
            inputs = built.outputs;
            built
        };
        Network { layers: layers.iter().enumerate().map(build).collect() }
    }

    /// Number of units, which are the outputs of the layer.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }

    /// The last layer that is no identity, in training or outside, and its activation.
    pub fn head(&self, training: bool) -> (usize, Activation) {
        let passes = |layer: &Layer| layer.op.is_identity(training);
        let at = self.layers.iter().rposition(|layer| !passes(layer)).unwrap_or(0);
        (at, self.layers.get(at).map_or(Activation::Linear, |layer| layer.op.activation()))
    }

    /// All weights, layer by layer, each layer's in Keras's order.
    pub fn weights(&self) -> Vec<NamedParam<'_>> {
        self.named(|_| true)
    }

    /// The trainable parameters, in the order of [`Network::weights`].
    pub fn trainable(&self) -> Vec<NamedParam<'_>> {
        self.named(|param| param.gradient.is_some())
    }

    fn named(&self, wanted: impl Fn(ParamSpec<'_>) -> bool) -> Vec<NamedParam<'_>> {
        fn shape(param: ParamSpec<'_>, values: &Matrix) -> Vec<usize> {
            let rows = Some(values.rows()).filter(|_| !param.is_vector);
            rows.into_iter().chain([values.cols()]).collect()
        }
        let mut all = Vec::new();
        for layer in &self.layers {
            let weights = layer.op.weights().into_iter();
            all.extend(weights.filter(|(param, _)| wanted(*param)).map(|(param, values)| {
                NamedParam {
                    name: format!("{}.{}", layer.name, param.name),
                    shape: shape(param, values),
                    values,
                }
            }));
        }
        all
    }

    /// As [`Network::weights`], mutable.
    pub fn weights_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        self.layers.iter_mut().flat_map(|layer| layer.op.weights_mut()).map(|(_, w)| w)
    }

    /// As [`Network::trainable`], mutable.
    pub fn trainable_mut(&mut self) -> impl Iterator<Item = (ParamSpec<'_>, &mut Matrix)> {
        let weights = self.layers.iter_mut().flat_map(|layer| layer.op.weights_mut());
        weights.filter(|(param, _)| param.gradient.is_some())
    }

    /// The parameters with a regularizer.
    pub fn regularized(&self) -> impl Iterator<Item = (ParamSpec<'_>, &Matrix)> {
        let weights = self.layers.iter().flat_map(|layer| layer.op.weights());
        weights.filter(|(param, _)| param.regularizer.is_some())
    }

    /// Whether some parameter has a constraint.
    pub fn constrained(&self) -> bool {
        let mut weights = self.layers.iter().flat_map(|layer| layer.op.weights());
        weights.any(|(param, _)| param.constraint.is_some())
    }

    /// Number of elements in all parameters.
    pub fn n_parameters(&self) -> usize {
        self.weights().iter().map(|w| w.shape.iter().product::<usize>()).sum()
    }

    /// Takes the weights `given`, by name: shape and numbers row after row.
    ///
    /// `given` must have exactly the parameters of the network, with their shapes; otherwise the network does not change.
    pub fn load(
        &mut self,
        given: &BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    ) -> Result<(), WeightsError> {
        let shapes = given.iter().map(|(name, (shape, _))| (name.clone(), shape.clone()));
        self.check(&shapes.collect())?;
        let names: Vec<_> = self.weights().into_iter().map(|w| w.name).collect();
        for (weights, name) in self.weights_mut().zip(&names) {
            *weights = Matrix::from_rows(weights.rows(), weights.cols(), &given[name].1);
        }
        Ok(())
    }

    /// Checks that `given` has exactly the parameters of the network, with their shapes.
    pub fn check(&self, given: &BTreeMap<String, Vec<usize>>) -> Result<(), WeightsError> {
        let given = given.iter().map(|(name, shape)| (name.as_str(), shape.as_slice()));
        check_shapes(&given.collect(), &self.shapes())
    }

    /// The name and the shape of each weight, in the order of [`Network::weights`].
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        self.weights().into_iter().map(|weights| (weights.name, weights.shape)).collect()
    }
}
