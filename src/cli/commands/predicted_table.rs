//! A table with the predictions of its rows, as another table.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::data::Source;
use crate::experiment::{Answers, Ensemble, Prediction, TrainedModel};
use crate::export::{Cells, Column, Format, Strings, Table};
use crate::query::RequestError;
use crate::runs::{Durability, write_atomic};

/// The format that the name of a file asks for.
pub(crate) fn format(output: &Path) -> Result<Format, RequestError> {
    let end = output.extension().map(|end| end.to_string_lossy().to_lowercase());
    match end.as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("parquet") => Ok(Format::Parquet),
        _ => {
            let message = format!("cannot write predictions to `{}`", output.display());
            Err(RequestError::new(message, "want a name that ends in .csv or .parquet"))
        }
    }
}

/// Writes the columns of a file, the prediction, and the probability of each class or the deviation among
/// networks; returns the number of rows.
pub(crate) fn write(
    files: &[PathBuf],
    output: (&Path, Format),
    ensemble: &Ensemble,
    threads: usize,
) -> Result<usize> {
    let [file] = files else {
        let message = format!("cannot write the tables of {} files to one", files.len());
        return Err(RequestError::new(message, "name one table").into());
    };
    let predictions = ensemble.predict(file, threads)?;
    let (names, rows) = ensemble.first().fields(file)?;
    save(output, (names, rows), &predictions, ensemble.first())
}

/// Writes the rows of the table `source` that have answers, see [`write`].
pub(crate) fn write_answers(
    source: Source,
    output: (&Path, Format),
    answers: &Answers,
    trained: &TrainedModel,
) -> Result<usize> {
    let (names, all) = trained.fields_of(source)?;
    let fields = |row: &u32| all.get(*row as usize).cloned().unwrap_or_default();
    let rows = answers.rows.iter().map(fields).collect();
    let predictions: Vec<_> = (0..answers.len()).map(|place| answers.prediction(place)).collect();
    save(output, (names, rows), &predictions, trained)
}

fn save(
    (output, format): (&Path, Format),
    (names, rows): (Vec<String>, Vec<Vec<String>>),
    predictions: &[Prediction],
    trained: &TrainedModel,
) -> Result<usize> {
    let column = |(at, name): (usize, &String)| {
        let fields: Vec<&str> = rows.iter().map(|row| &*row[at]).collect();
        // A CSV file keeps each field as it is written.
        let cells = if format == Format::Csv { words(fields) } else { typed(fields) };
        Column::new(name, cells)
    };
    let mut columns: Vec<_> = names.iter().enumerate().map(column).collect();
    columns.extend(predicted(&names, predictions, trained));
    write_atomic(output, &Table { columns }.encode(format), Durability::ProcessCrash)?;
    Ok(predictions.len())
}

/// The columns that are added; none has a name that is taken.
fn predicted(taken: &[String], predictions: &[Prediction], trained: &TrainedModel) -> Vec<Column> {
    let names = trained.preprocessing.output_names();
    let free = |mut title: String| {
        while taken.contains(&title) {
            title.push('_');
        }
        title
    };
    let numbers = |title: String, value: &dyn Fn(&Prediction) -> Option<f32>| {
        let values = predictions.iter().map(value).collect();
        Column::new(&free(title), Cells::OptionalFloat32(values))
    };
    if trained.preprocessing.classes.is_some() {
        let class = |prediction: &Prediction| names.get(prediction.class?).map(String::as_str);
        let classes = predictions.iter().map(|one| class(one).unwrap_or_default()).collect();
        let class = Column::new(&free("predicted".to_owned()), words(classes));
        let of_class = |(at, name): (usize, &String)| {
            numbers(format!("probability={name}"), &|one| one.outputs.get(at).copied())
        };
        return std::iter::once(class).chain(names.iter().enumerate().map(of_class)).collect();
    }
    let title = |what: &str, name: &String| match names.len() {
        1 => what.to_owned(),
        _ => format!("{what}={name}"),
    };
    let of_output = |(at, name): (usize, &String)| {
        let value = numbers(title("predicted", name), &|one| one.outputs.get(at).copied());
        let has_deviation = predictions.iter().any(|one| !one.deviations.is_empty());
        let deviation =
            || numbers(title("deviation", name), &|one| one.deviations.get(at).copied());
        std::iter::once(value).chain(has_deviation.then(deviation)).collect::<Vec<_>>()
    };
    names.iter().enumerate().flat_map(of_output).collect()
}

fn words(fields: Vec<&str>) -> Cells {
    let mut words = Strings::default();
    fields.into_iter().for_each(|field| words.push(field));
    Cells::Strings(words)
}

/// Fields as integers or numbers, if all are written as such or empty; else as words. `007` is a word.
fn typed(fields: Vec<&str>) -> Cells {
    fn all<T>(fields: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
        let cell = |field: &&str| match *field {
            "" => Some(None),
            field => parse(field).map(Some),
        };
        fields.iter().map(cell).collect()
    }
    let integer = |field: &str| field.parse::<i64>().ok().filter(|n| n.to_string() == field);
    let number = |field: &str| {
        let digits = field.trim_start_matches('-');
        let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        field.parse::<f64>().ok().filter(|x| x.is_finite() && !is_code)
    };
    if fields.iter().all(|field| field.is_empty()) {
        words(fields)
    } else if let Some(integers) = all(&fields, integer) {
        Cells::OptionalInt64(integers)
    } else if let Some(numbers) = all(&fields, number) {
        Cells::OptionalFloat64(numbers)
    } else {
        words(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_type_of_all_their_fields() {
        assert_eq!(typed(vec!["1", "", "-2"]), Cells::OptionalInt64(vec![Some(1), None, Some(-2)]));
        assert_eq!(typed(vec!["1", "0.5"]), Cells::OptionalFloat64(vec![Some(1.0), Some(0.5)]));
        for fields in [vec!["007", "1"], vec!["1", "NA"], vec!["", ""], vec!["nan", "1"]] {
            assert_eq!(typed(fields.clone()), words(fields));
        }
    }
}
