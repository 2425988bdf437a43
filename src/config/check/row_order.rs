//! Notes on the order of rows: data sorted by label, parts of the rows that have one class only, and groups
//! that are inputs.

use crate::config::plan::Plan;
use crate::data::{Column, DatasetInfo, SplitMethod};

/// The notes on the parts that a plan cuts the rows into.
pub(crate) fn row_order(plan: &Plan, data: &DatasetInfo) -> Vec<String> {
    group_as_input(plan, data).into_iter().chain(of_labels(plan, data)).collect()
}

/// The note on a column of groups that is an input as well.
fn group_as_input(plan: &Plan, data: &DatasetInfo) -> Option<String> {
    let Some(SplitMethod::Group { column: Column::Name(name), .. }) = &plan.data.split else {
        return None;
    };
    let inputs = data.columns.as_ref()?.features.iter();
    inputs.into_iter().any(|feature| feature.name == *name).then(|| {
        format!(
            "the groups of column `{name}` are inputs, though no row that validates is of a group \
             that trains; `ignore = [\"{name}\"]` leaves the column out"
        )
    })
}

/// The notes on the classes of each part.
fn of_labels(plan: &Plan, data: &DatasetInfo) -> Vec<String> {
    let Some(labels) = data.classes_in_order(&plan.data.row_split()) else { return Vec::new() };
    let rows = plan.data.limit.unwrap_or(usize::MAX).min(labels.len());
    let parts = data.parts.clone().unwrap_or_else(|| plan.data.parts(rows));
    let names = data.output_names();
    let several = distinct(&labels[..rows]) != 1;
    let name = |label: u32| names.get(label as usize).cloned().unwrap_or(label.to_string());
    let parts =
        [("training", parts.training), ("validation", parts.validation), ("test", parts.test)];
    let one_class = parts.into_iter().filter_map(|(part, range)| {
        let labels = &labels[range];
        (several && 1 < labels.len() && distinct(labels) == 1).then(|| {
            format!(
                "all {} {part} rows have the class `{}`{}",
                labels.len(),
                name(labels[0]),
                way_out(plan, part)
            )
        })
    });
    let notes: Vec<_> = one_class.collect();
    let tail = plan.data.split.is_none() && plan.data.fold.is_none();
    if notes.is_empty() && tail && is_sorted(&labels[..rows]) && plan.data.validates() {
        let way_out = "as the last rows validate, write `split = { method = \"stratified\" }`";
        return vec![format!("the rows are sorted by their label; {way_out}")];
    }
    notes
}

/// What to do where the split is the last rows.
fn way_out(plan: &Plan, part: &str) -> &'static str {
    match (&plan.data.split, part) {
        _ if plan.data.fold.is_some() => "",
        (Some(_), _) => "",
        (None, "training") => "; write `split = { method = \"stratified\" }`",
        _ => ", as these are the last ones; write `split = { method = \"stratified\" }`",
    }
}

/// Number of different classes, up to 2.
fn distinct(labels: &[u32]) -> usize {
    match labels.first() {
        None => 0,
        Some(first) => 1 + usize::from(labels.iter().any(|label| label != first)),
    }
}

/// Rows from which on an order is no accident.
const FEW_ROWS: usize = 20;

/// Whether each class has its rows in one piece.
fn is_sorted(labels: &[u32]) -> bool {
    let changes = labels.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    FEW_ROWS <= labels.len() && 1 < classes.len() && changes + 1 == classes.len()
}
