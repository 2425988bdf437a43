//! The common part of the readers of arrays: inputs and targets are checked against each other and become a table.

use std::io::Read;

use crate::data::array::{ElementType, Header};
use crate::data::{DataError, DatasetInfo, Inputs, Labels, Split, Table, Targets, Task, Values};

/// Labels must be below this: far more classes than a dense network is good for, and few enough
/// that a stray number is not taken for one.
const MAX_CLASSES: usize = 1 << 16;

/// A place with a training set and perhaps a test set.
pub(super) trait ArrayFiles {
    /// Finds an array and reads its header, up to the first value.
    fn open(&mut self, split: Split, role: Role)
    -> Result<(Header, Box<dyn Read + '_>), DataError>;
}

/// What an array is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Inputs,
    Targets,
}

/// Reads the training set's headers and labels.
pub(super) fn describe(
    files: &mut dyn ArrayFiles,
    task: Option<Task>,
) -> Result<DatasetInfo, DataError> {
    let (inputs, _) = files.open(Split::Train, Role::Inputs)?;
    check_inputs(&inputs)?;
    let (targets, names) = targets(files, (Split::Train, task), inputs.rows(), MAX_CLASSES)?;
    let (classes, target_width) = match &targets {
        Targets::Classes { classes, .. } => (Some(*classes), 1),
        Targets::Values { width, .. } => (None, *width),
    };
    Ok(DatasetInfo {
        rows: inputs.rows(),
        bytes: inputs.memory(),
        classes,
        target_width,
        default_scale: if inputs.element.kind == ElementType::U8 { 255.0 } else { 1.0 },
        shape: inputs.shape[1..].to_vec(),
        has_test: has_test(files),
        parts: None,
        columns: None,
        labels: names.map_or_else(|| Labels::of(&targets, None), |names| Some(names.into())),
        binary: targets.is_binary(),
        class_rows: targets.into_classes(),
    })
}

/// Whether there are test rows, damaged or not.
fn has_test(files: &mut dyn ArrayFiles) -> bool {
    use DataError::{MissingArray, MissingFile};
    let found = files.open(Split::Test, Role::Inputs);
    !matches!(found, Err(MissingArray { .. } | MissingFile { .. }))
}

/// Reads the inputs of the training set and keeps none.
pub(super) fn verify(files: &mut dyn ArrayFiles) -> Result<(), DataError> {
    let (inputs, values) = files.open(Split::Train, Role::Inputs)?;
    // The memory check is elsewhere: with the total of a run.
    if inputs.check_memory().is_err() {
        return Ok(());
    }
    inputs.verify(values)
}

/// Reads a split; the test set must have the form of the training set.
pub(super) fn load(
    files: &mut dyn ArrayFiles,
    split: Split,
    task: Option<Task>,
) -> Result<Table, DataError> {
    let (header, values) = inputs(files.open(split, Role::Inputs)?)?;
    let rows = header.rows();
    let shape = header.shape[1..].to_vec();
    let inputs = Inputs::new(shape.iter().product(), values);
    let (targets, class_names) = match split {
        Split::Train => targets(files, (split, task), rows, MAX_CLASSES)?,
        Split::Test => return test_table(files, &header, (inputs, shape), task),
    };
    Ok(Table { class_names, ..Table::new(inputs, targets, shape) })
}

/// Reads the inputs in an array.
pub(super) fn inputs(
    (header, reader): (Header, Box<dyn Read + '_>),
) -> Result<(Header, Values), DataError> {
    check_inputs(&header)?;
    let values = header.values(reader)?;
    Ok((header, values))
}

fn check_inputs(header: &Header) -> Result<(), DataError> {
    if header.element.kind.is_text() {
        return Err(header.wrong_element());
    }
    if header.shape.len() < 2 {
        return Err(shape(header, "(rows, features) or (rows, height, width)"));
    }
    check_not_empty(header)
}

fn check_not_empty(header: &Header) -> Result<(), DataError> {
    if header.shape.contains(&0) {
        return Err(DataError::Empty {
            location: header.location.clone(),
            got: header.shape.clone(),
        });
    }
    Ok(())
}

/// The test rows, once all of the test set is known to look like the training set.
fn test_table(
    files: &mut dyn ArrayFiles,
    header: &Header,
    (inputs, shape): (Inputs, Vec<usize>),
    task: Option<Task>,
) -> Result<Table, DataError> {
    let (targets, class_names) = test_targets(files, header, task)?;
    Ok(Table { class_names, ..Table::new(inputs, targets, shape) })
}

fn test_targets(
    files: &mut dyn ArrayFiles,
    inputs: &Header,
    task: Option<Task>,
) -> Result<NamedTargets, DataError> {
    let (train_inputs, _) = files.open(Split::Train, Role::Inputs)?;
    check_inputs(&train_inputs)?;
    if inputs.shape[1..] != train_inputs.shape[1..] {
        let want = format!("rows of the training set's shape {:?}", &train_inputs.shape[1..]);
        return Err(shape(inputs, &want));
    }
    let (train, names) = targets(files, (Split::Train, task), train_inputs.rows(), MAX_CLASSES)?;
    let max_classes = match (&train, &names) {
        (Targets::Classes { classes, .. }, None) => *classes,
        _ => MAX_CLASSES,
    };
    let (mut test, own) = targets(files, (Split::Test, task), inputs.rows(), max_classes)?;
    if own.is_some() && names.is_some() {
        // The classes of the training rows are known to those who ask for these.
        return Ok((test, own));
    }
    match (&train, &mut test) {
        (Targets::Classes { classes: all, .. }, Targets::Classes { classes, .. })
            if own.is_some() == names.is_some() =>
        {
            *classes = *all;
            Ok((test, None))
        }
        (Targets::Values { width: want, .. }, Targets::Values { width, .. }) if width == want => {
            Ok((test, None))
        }
        _ => {
            let (header, _) = files.open(Split::Test, Role::Targets)?;
            Err(shape(&header, "targets of the same kind and width as in the training set"))
        }
    }
}

/// Targets with the names of their classes, if these are texts.
type NamedTargets = (Targets, Option<Vec<String>>);

/// A text per row is a class; a single number per row is one if the task says so, or without a task if it is an integer.
/// All else is values, one-hot rows included.
fn targets(
    files: &mut dyn ArrayFiles,
    (split, task): (Split, Option<Task>),
    rows: usize,
    max_classes: usize,
) -> Result<NamedTargets, DataError> {
    let (header, reader) = files.open(split, Role::Targets)?;
    let width = match header.shape[..] {
        [_] => 1,
        [_, width] => width,
        _ => return Err(shape(&header, "(rows,) or (rows, values)")),
    };
    check_not_empty(&header)?;
    if header.rows() != rows {
        let (location, got) = (header.location.clone(), header.rows());
        return Err(DataError::Rows { location, got, want: rows });
    }
    let classes = match task {
        Some(task) => task == Task::Classification,
        None => width == 1 && !header.element.kind.is_float(),
    };
    if header.element.kind.is_text() {
        return if classes && width == 1 {
            named(&header, reader, max_classes)
        } else {
            Err(header.wrong_element())
        };
    }
    if classes && width != 1 {
        return Err(shape(&header, "(rows,) or (rows, 1), as `task = \"classification\"` tells"));
    }
    if classes {
        let labels = header.classes(reader, max_classes)?;
        let classes = labels.iter().max().map_or(0, |&label| label as usize + 1);
        return Ok((Targets::Classes { labels, classes }, None));
    }
    let values = match header.values(reader)? {
        Values::Bytes(bytes) => bytes.iter().copied().map(f32::from).collect(),
        Values::Floats(floats) => floats,
    };
    Ok((Targets::Values { values, width }, None))
}

/// The classes of texts, in the order of the alphabet.
fn named(
    header: &Header,
    reader: Box<dyn Read + '_>,
    max_classes: usize,
) -> Result<NamedTargets, DataError> {
    let (mut labels, names) = header.texts(reader)?;
    if max_classes < names.len() {
        let row = labels.iter().position(|id| *id as usize == max_classes).unwrap_or(0);
        let (location, got) = (header.location.clone(), names[max_classes].clone());
        return Err(DataError::Label { location, row, got, classes: max_classes });
    }
    let mut sorted = names.clone();
    sorted.sort();
    let place = |name: &String| sorted.binary_search(name).unwrap_or(0) as u32;
    let places: Vec<u32> = names.iter().map(place).collect();
    labels.iter_mut().for_each(|id| *id = places[*id as usize]);
    Ok((Targets::Classes { labels, classes: sorted.len() }, Some(sorted)))
}

fn shape(header: &Header, want: &str) -> DataError {
    let (location, got) = (header.location.clone(), header.shape.clone());
    DataError::Shape { location, got, want: want.to_owned() }
}
