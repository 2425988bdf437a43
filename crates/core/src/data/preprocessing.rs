//! The preprocessing of rows, learned from the training rows and stored with the weights for other rows.

use serde::{Deserialize, Serialize};

use crate::data::dataset_info::{fits, output_names};
use crate::data::number_fit::fit_numbers;
use crate::data::number_transform::by_input;
use crate::data::training_rows::{FirstRows, TrainingRows};
use crate::data::{
    Columns, DataError, Labels, NumberTransform, Source, Standardization, Table, TargetScaling,
    TargetTransform, Targets,
};
use base::quote::clip;

/// The map from rows to a network's inputs, and the meaning of the outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// The shape of one input before flattening.
    pub shape: Vec<usize>,
    /// Number of classes, or `None` when the targets are real values.
    pub classes: Option<usize>,
    /// Number of target values per row: 1 for classes.
    pub target_width: usize,
    /// The number by which all inputs are divided.
    pub scale: f64,
    /// Then single inputs are filled and scaled so.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub numbers: Vec<NumberTransform>,
    /// Then they are shifted and divided so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standardization: Option<Standardization>,
    /// The scaling of each target; none if targets are as in the data.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub targets: Vec<TargetTransform>,
    /// The columns of the CSV file of the training rows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub columns: Option<Columns>,
    /// The names of the classes, where there are no columns and classes are texts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class_names: Option<Vec<String>>,
}

impl Preprocessing {
    /// Learned from the first `rows` rows, the training rows, of `table`.
    pub fn of(table: &Table, scale: f64, rows: usize, standardize: bool) -> Preprocessing {
        let form = Preprocessing::unfitted(table.shape.clone(), kind(table), table.columns.clone());
        let class_names = table.class_names.clone();
        let form = Preprocessing { class_names, ..form };
        form.fit(&FirstRows::new(table, rows), scale, standardize)
    }

    /// For rows of a form, whose inputs and targets stay as they are.
    pub(super) fn unfitted(
        shape: Vec<usize>,
        (classes, target_width): (Option<usize>, usize),
        columns: Option<Columns>,
    ) -> Preprocessing {
        let (numbers, targets) = (Vec::new(), Vec::new());
        let standardization = None;
        Preprocessing {
            shape,
            classes,
            target_width,
            scale: 1.0,
            numbers,
            standardization,
            targets,
            columns,
            class_names: None,
        }
    }

    /// The same fitted on the rows that train.
    pub(super) fn fit(
        self,
        rows: &dyn TrainingRows,
        scale: f64,
        standardize: bool,
    ) -> Preprocessing {
        let columns = self.columns.as_ref();
        let numbers = fit_numbers(columns, rows, scale);
        let fit = || standardization(columns, rows, &numbers, scale);
        let standardization = standardize.then(fit);
        Preprocessing { scale, numbers, standardization, ..self }
    }

    /// The same with targets scaled by the first `rows` rows of `table`.
    pub fn with_targets(
        self,
        table: &Table,
        rows: usize,
        scaling: Option<TargetScaling>,
    ) -> Preprocessing {
        self.fit_targets(&FirstRows::new(table, rows), scaling)
    }

    /// The same with targets scaled by the rows that train.
    pub(super) fn fit_targets(
        self,
        rows: &dyn TrainingRows,
        scaling: Option<TargetScaling>,
    ) -> Preprocessing {
        let width = if self.classes.is_some() { 0 } else { self.target_width };
        let fit = |scaling| TargetTransform::all_of(rows, width, scaling);
        Preprocessing { targets: scaling.map(fit).unwrap_or_default(), ..self }
    }

    /// Checks that the parts agree with each other, after reading from a file.
    pub fn validate(&self) -> Result<(), String> {
        let features = self.shape.iter().try_fold(1_usize, |n, &size| n.checked_mul(size));
        let Some(features) = features.filter(|n| (1..=isize::MAX as usize).contains(n)) else {
            return Err(format!(
                "got the shape {}, want at least one input",
                clip(format!("{:?}", self.shape))
            ));
        };
        if !self.scale.is_finite() || self.scale <= 0.0 {
            return Err(format!("got the scale {}, want a positive number", self.scale));
        }
        if self.class_names.as_ref().is_some_and(|names| Some(names.len()) != self.classes) {
            return Err("its names of classes are not as many as its classes".to_owned());
        }
        if self.classes == Some(0) || self.target_width == 0 {
            return Err("got no class and no target value, want one or more".to_owned());
        }
        if let Some(Standardization { mean, variance }) = &self.standardization {
            let whole = mean.iter().all(|x| x.is_finite())
                && variance.iter().all(|x| 0.0 <= *x && x.is_finite());
            if [mean.len(), variance.len()] != [features; 2] || !whole {
                return Err(format!("its standardization is not one of {features} inputs"));
            }
        }
        self.numbers.iter().try_for_each(|transform| transform.validate(features))?;
        self.targets.iter().try_for_each(TargetTransform::validate)?;
        if !self.targets.is_empty()
            && (self.classes.is_some() || self.targets.len() != self.target_width)
        {
            return Err("its scaling of targets is not that of its targets".to_owned());
        }
        let Some(columns) = &self.columns else { return Ok(()) };
        let classes = columns.class_names().map(<[String]>::len);
        let fits = columns.width() == features
            && classes == self.classes
            && (classes.is_some() || columns.labels().len() == self.target_width);
        if fits {
            Ok(())
        } else {
            Err("its columns are not those of its shape and targets".to_owned())
        }
    }

    /// The table for the network, and the remaining divisor of the inputs.
    pub fn apply(&self, table: Table) -> (Table, f64) {
        let (table, scale) = if self.numbers.is_empty() {
            (table, self.scale)
        } else {
            (NumberTransform::apply_all(&self.numbers, table, self.scale), 1.0)
        };
        match &self.standardization {
            Some(standardization) => (standardization.apply(table, scale), 1.0),
            None => (table, scale),
        }
    }

    /// The name of each class in the data, or else its number; none for real values.
    pub fn class_names(&self) -> Option<Vec<String>> {
        self.classes?;
        Some(self.output_names())
    }

    /// What each output says something about: a class, or a column of the target.
    pub fn output_names(&self) -> Vec<String> {
        let names =
            || output_names(self.classes.unwrap_or(self.target_width), self.columns.as_ref());
        self.class_names.clone().unwrap_or_else(names)
    }

    /// The error of classes that the training rows have not.
    fn unlike(&self, source: &Source, got: String) -> DataError {
        let labels = Labels::from(self.class_names.clone().unwrap_or_default());
        let want = format!("the classes {}", labels.list());
        DataError::Unlike { source_name: source.to_string(), got, want }
    }

    /// Makes sure that rows from `source` are of the training rows' form; their classes are counted
    /// as those are.
    pub fn check(&self, table: &mut Table, source: &Source) -> Result<(), DataError> {
        if let Some(names) = &self.class_names {
            if table.class_names.is_some() {
                table.renumber_classes(names).map_err(|class| self.unlike(source, class))?;
            } else {
                return Err(self.unlike(source, "classes that are numbers".to_owned()));
            }
        } else if table.class_names.is_some() {
            let (got, want) = ("classes that are texts".to_owned(), "numbers".to_owned());
            return Err(DataError::Unlike { source_name: source.to_string(), got, want });
        }
        let (classes, width) = kind(table);
        let want = (&*self.shape, self.classes, self.target_width, self.columns.is_some());
        let got = (&*table.shape, classes, width, table.columns.is_some());
        fits(want, got, source)?;
        if let (Targets::Classes { classes, .. }, Some(all)) = (&mut table.targets, self.classes) {
            *classes = all;
        }
        Ok(())
    }
}

/// The standardisation of inputs that have been filled; those with a scaling of their own and those of
/// embedded words are left alone.
fn standardization(
    columns: Option<&Columns>,
    rows: &dyn TrainingRows,
    numbers: &[NumberTransform],
    scale: f64,
) -> Standardization {
    let by_input = by_input(numbers, rows.features());
    // A network sees numbers of 32 bits.
    let map = |input: usize, x: f64| {
        let x = by_input[input].map_or(x / scale, |transform| transform.apply(x / scale));
        f64::from(x as f32)
    };
    let mut found = if numbers.is_empty() {
        Standardization::of(rows, |_, x| x / scale)
    } else {
        Standardization::of(rows, map)
    };
    let scaled = numbers.iter().filter(|transform| transform.scaling.is_some());
    let embedded = columns.into_iter().flat_map(Columns::embedded);
    let embedded = embedded.flat_map(|(_, first, inputs, _)| first..first + inputs);
    for input in scaled.map(|transform| transform.input).chain(embedded) {
        found.mean[input] = 0.0;
        found.variance[input] = 1.0;
    }
    found
}

fn kind(table: &Table) -> (Option<usize>, usize) {
    match &table.targets {
        Targets::Classes { classes, .. } => (Some(*classes), 1),
        Targets::Values { width, .. } => (None, *width),
    }
}
