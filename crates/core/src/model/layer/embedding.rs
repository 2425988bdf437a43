//! Learned embeddings of categories: each block of one-hot inputs becomes a row of a table. The layer is the first.
//!
//! ```text
//! e_j = x_j E_j                 x_j: the block of column j, [inputs];  E_j: [inputs × units]
//! y   = x with e_j in the place of x_j
//! ∂L/∂E_j = x_jᵀ δ_j            δ_j: the part of ∂L/∂y at e_j
//! ```
//!
//! A row without a word of a column has zeros in its block, and so zeros in its embedding. Tables begin as in Keras's
//! `Embedding`: uniform from -0.05 to 0.05.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{GradientKind, Op, ParamSpec, PassContext, Spec};
use crate::model::Initializer;
use crate::model::onnx_graph::{OnnxAttribute, OnnxGraph};
use crate::random::{RandomStream, StreamPurpose};
use kernels::{Arch, Matrix, View, ViewMut, padded};

/// The bound of the initial numbers.
const BOUND: f64 = 0.05;

/// The tables of all embedded columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// A table for each embedded column, in the order of their inputs.
    pub tables: Vec<EmbeddingTable>,
}

/// The table of an embedded column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingTable {
    /// The name of the column, and of the table among the weights.
    #[schemars(extend("x-example" = "city"))]
    pub column: String,
    /// The first input of the column.
    #[schemars(extend("x-example" = 0))]
    pub input: usize,
    /// Inputs of the column: rows of the table.
    #[schemars(range(min = 1), extend("x-example" = 20))]
    pub inputs: usize,
    /// Numbers for each row of the table.
    #[schemars(range(min = 1), extend("x-example" = 8))]
    pub units: usize,
}

/// The tables with their numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingLayer {
    tables: Vec<BuiltTable>,
}

#[derive(Clone, Debug, PartialEq)]
struct BuiltTable {
    spec: EmbeddingTable,
    /// E: inputs × units
    values: Matrix,
    /// The first output of the column.
    output: usize,
    /// The saved columns of x_j and of δ_j, each from a whole vector on.
    saved: [usize; 2],
}

impl Spec for Embedding {
    type Op = EmbeddingLayer;

    fn outputs(&self, inputs: usize) -> usize {
        let all = |pick: fn(&EmbeddingTable) -> usize| self.tables.iter().map(pick).sum::<usize>();
        inputs.saturating_sub(all(|table| table.inputs)) + all(|table| table.units)
    }

    fn param_shapes(&self, _: usize) -> Vec<(String, Vec<usize>)> {
        let shape = |table: &EmbeddingTable| vec![table.inputs, table.units];
        self.tables.iter().map(|table| (table.column.clone(), shape(table))).collect()
    }

    fn build(&self, _: usize, _: usize, seed: u64) -> EmbeddingLayer {
        let (mut removed, mut added, mut saved) = (0, 0, 0);
        let build = |(at, spec): (usize, &EmbeddingTable)| {
            let mut values = Matrix::zeros(spec.inputs, spec.units);
            let mut stream = RandomStream::new(seed, StreamPurpose::Layer("embedding"), at as u64);
            let uniform = Initializer::RandomUniform { minval: -BOUND, maxval: BOUND };
            uniform.fill(&mut values, spec.inputs, spec.units, &mut stream);
            let output = spec.input - removed + added;
            let places = [saved, saved + padded(spec.inputs)];
            (removed, added) = (removed + spec.inputs, added + spec.units);
            saved = places[1] + padded(spec.units);
            BuiltTable { spec: spec.clone(), values, output, saved: places }
        };
        EmbeddingLayer { tables: self.tables.iter().enumerate().map(build).collect() }
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        inputs: usize,
    ) -> Result<String, String> {
        graph.integers(&format!("{layer}.axis"), &[1]);
        let slice = |graph: &mut dyn OnnxGraph, from: usize, to: usize| {
            let name = format!("{layer}.inputs_{from}");
            let bounds = [("from", from), ("to", to)]
                .map(|(end, at)| graph.integers(&format!("{name}.{end}"), &[at as i64]));
            let operands = [x, &bounds[0], &bounds[1], &format!("{layer}.axis")];
            graph.node("Slice", &operands, &name, &[])
        };
        let (mut parts, mut from) = (Vec::new(), 0);
        for table in &self.tables {
            let end = table.input + table.inputs;
            if from < table.input {
                parts.push(slice(graph, from, table.input));
            }
            let block = slice(graph, table.input, end);
            let values = graph.parameter(&format!("{layer}.{}", table.column))?;
            let out = format!("{layer}.outputs_{}", table.input);
            parts.push(graph.node("MatMul", &[&block, &values], &out, &[]));
            from = end;
        }
        if from < inputs {
            parts.push(slice(graph, from, inputs));
        }
        let parts: Vec<_> = parts.iter().map(String::as_str).collect();
        Ok(graph.node("Concat", &parts, layer, &[OnnxAttribute::Int("axis", 1)]))
    }
}

/// The parameter of a table whose x_j and δ_j are in the columns `saved`.
fn param(spec: &EmbeddingTable, [input, delta]: [usize; 2]) -> ParamSpec<'_> {
    let EmbeddingTable { column, inputs, units, .. } = spec;
    ParamSpec {
        name: column,
        is_vector: false,
        gradient: Some(GradientKind::SavedProduct { input, inputs: *inputs, delta, units: *units }),
        regularizer: None,
        constraint: None,
    }
}

impl BuiltTable {
    /// e ← x E, of which most inputs are 0.
    fn embed(&self, x: &[f32], e: &mut [f32]) {
        e.fill(0.0);
        for (row, &x) in x.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            let values = e.iter_mut().zip(self.values.row(row));
            if x == 1.0 {
                values.for_each(|(e, w)| *e += w);
            } else {
                values.for_each(|(e, w)| *e = x.mul_add(*w, *e));
            }
        }
    }
}

impl Op for EmbeddingLayer {
    fn saved_columns(&self, _: usize) -> usize {
        self.tables.last().map_or(0, |table| table.saved[1] + padded(table.spec.units))
    }

    fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
        self.tables.iter().map(|table| (param(&table.spec, table.saved), &table.values)).collect()
    }

    fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
        let tables = self.tables.iter_mut();
        tables.map(|BuiltTable { spec, values, saved, .. }| (param(spec, *saved), values)).collect()
    }

    fn forward(&self, _: Arch, x: View<'_>, [mut saved, mut y]: [ViewMut<'_>; 2], _: PassContext) {
        let (inputs, outputs) = (x.cols(), y.cols());
        for r in 0..x.rows() {
            let (x, saved, y) = (&x.row(r)[..inputs], saved.row(r), &mut y.row(r)[..outputs]);
            let (mut from, mut to) = (0, 0);
            for table in &self.tables {
                let EmbeddingTable { input, inputs, units, .. } = table.spec;
                y[to..table.output].copy_from_slice(&x[from..input]);
                (from, to) = (input + inputs, table.output + units);
                let block = &x[input..from];
                saved[table.saved[0]..][..inputs].copy_from_slice(block);
                table.embed(block, &mut y[table.output..to]);
            }
            y[to..].copy_from_slice(&x[from..]);
        }
    }

    /// The layer is the first: no layer below needs ∂L/∂x.
    fn backward(
        &self,
        _: Arch,
        _: [View<'_>; 2],
        [mut saved, delta]: [ViewMut<'_>; 2],
        _: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
        let delta = delta.as_view();
        for r in 0..delta.rows() {
            let (delta, saved) = (delta.row(r), saved.row(r));
            for table in &self.tables {
                let units = table.spec.units;
                let part = &delta[table.output..table.output + units];
                saved[table.saved[1]..][..units].copy_from_slice(part);
            }
        }
    }
}
