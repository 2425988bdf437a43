//! The facts about a data set that a config is checked against before all of the data is read.

use std::borrow::Cow;
use std::fmt;

use crate::data::row_split::SplitKeys;
use crate::data::{Columns, DataError, Labels, Parts, RowSplit};

/// Which rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// The training rows (validation rows are their tail).
    Train,
    /// The test rows.
    Test,
}

/// What a config can be checked against without reading all of the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetInfo {
    /// Number of training rows.
    pub rows: usize,
    /// Bytes of memory for the inputs during the read.
    pub bytes: u64,
    /// The shape of one input, such as `[28, 28]`.
    pub shape: Vec<usize>,
    /// Number of classes, or `None` when the targets are real values.
    pub classes: Option<usize>,
    /// Number of target values per row: 1 for classes.
    pub target_width: usize,
    /// What inputs are divided by unless the config says otherwise: 255 for bytes, 1 for floats.
    pub default_scale: f64,
    /// Whether the data set has test rows.
    pub has_test: bool,
    /// What the columns of a CSV file are.
    pub columns: Option<Columns>,
    /// The classes of the targets, if any.
    pub labels: Option<Labels>,
    /// The parts of the rows, where they depend on more than the number of rows.
    pub parts: Option<Parts>,
    /// The class of each training row, in their order, where they have been read.
    pub class_rows: Option<Vec<u32>>,
    /// Whether all targets are 0 or 1: labels of two classes, one-hot rows, or several of both.
    pub binary: bool,
}

impl DatasetInfo {
    /// The class of each training row in the order of a split; those of a CSV file are in it since they
    /// were read.
    pub fn classes_in_order(&self, split: &RowSplit) -> Option<Cow<'_, [u32]>> {
        let labels = self.class_rows.as_deref()?;
        let keys = SplitKeys { labels, ..SplitKeys::default() };
        let order = split.order(labels.len(), keys).filter(|_| self.columns.is_none());
        let Some(order) = order else { return Some(labels.into()) };
        Some(order.rows.iter().map(|row| labels[*row as usize]).collect())
    }

    /// As [`Preprocessing::output_names`].
    pub fn output_names(&self) -> Vec<String> {
        match (&self.labels, self.classes, &self.columns) {
            (Some(labels), Some(_), None) => labels.names.clone(),
            _ => output_names(self.classes.unwrap_or(self.target_width), self.columns.as_ref()),
        }
    }

    /// Checks, by the descriptions alone, that rows from `source`, described by `other`, have the form of these rows.
    pub fn check(&self, other: &DatasetInfo, source: &dyn fmt::Display) -> Result<(), DataError> {
        let form = |d: &DatasetInfo| (d.classes, d.target_width, d.columns.is_some());
        let (want, got) = (form(self), form(other));
        let want = (&*self.shape, want.0, want.1, want.2);
        fits(want, (&*other.shape, got.0, got.1, got.2), source)?;
        let (Some(known), Some(labels), Some(_)) = (&self.labels, &other.labels, self.classes)
        else {
            return Ok(());
        };
        match labels.names.iter().find(|name| known.find(name).is_none()) {
            None => Ok(()),
            Some(name) => Err(DataError::Unlike {
                source_name: source.to_string(),
                got: format!("the class `{name}`"),
                want: format!("the classes {}", known.list()),
            }),
        }
    }
}

/// The names of outputs in the data, or else their numbers from 0.
pub(super) fn output_names(n: usize, columns: Option<&Columns>) -> Vec<String> {
    let known = columns.map(|columns| columns.class_names().unwrap_or(columns.labels()));
    known.map_or_else(|| Labels::counted(n).names, <[String]>::to_vec)
}

/// Shape, classes, values of a target, and whether the source is a CSV file.
pub(super) type Form<'a> = (&'a [usize], Option<usize>, usize, bool);

pub(super) fn fits(
    want: Form<'_>,
    got: Form<'_>,
    source: &dyn fmt::Display,
) -> Result<(), DataError> {
    let unlike = |got: String, want: String| {
        Err(DataError::Unlike { source_name: source.to_string(), got, want })
    };
    let targets = |form: Form<'_>| match form.1 {
        Some(_) => "classes".to_owned(),
        None => format!("{} real values as the target", form.2),
    };
    let kind = |csv| if csv { "a table" } else { "no table" };
    match (want.1, got.1) {
        _ if want.3 != got.3 => unlike(kind(got.3).to_owned(), kind(want.3).to_owned()),
        _ if want.0 != got.0 => unlike(format!("the shape {:?}", got.0), format!("{:?}", want.0)),
        (Some(want), Some(got)) if want < got => {
            unlike(format!("the label {}", got - 1), format!("0 to {}", want - 1))
        }
        (Some(_), Some(_)) => Ok(()),
        (None, None) if want.2 == got.2 => Ok(()),
        _ => unlike(targets(got), targets(want)),
    }
}
