//! `runner export`: histories, scalars and models in the formats of other programs.

use std::path::Path;

use anyhow::Result;

use super::trained_model::load;
use crate::cli::args::{
    ExportArgs, ExportHistories, ExportKind, ExportModel, ExportScalars, ModelFormat, TableFormat,
};
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::exit::Exit;
use crate::export::{self, Format, Keys, Table};
use crate::query::RequestError;
use crate::runs::{Durability, write_atomic};
use crate::system::sentence;

/// Exports what is asked for.
pub(crate) fn export(args: &ExportArgs, console: &Console) -> Result<Exit> {
    let exported = match &args.kind {
        None => histories(&args.histories, console),
        Some(ExportKind::Scalars(args)) => scalars(args, console),
        Some(ExportKind::Model(args)) => model(args, console),
    };
    match exported {
        Ok(notes) => {
            notes.iter().for_each(|note| console.error(note));
            Ok(if notes.is_empty() { Exit::Done } else { Exit::Failed })
        }
        Err(error) => {
            console.error(&sentence(&error));
            Ok(if error.is::<RequestError>() { Exit::BadRequest } else { Exit::Failed })
        }
    }
}

fn histories(args: &ExportHistories, console: &Console) -> Result<Vec<String>> {
    let format = table_format(args.format, args.output.as_deref())?;
    let all = [args.choice.logdir().to_string_lossy().into_owned()];
    let words = if args.runs.is_empty() { &all[..] } else { &args.runs };
    let (runs, mut notes) = args.choice.select_all(words, &args.filters, console)?;
    let keys = if args.all_keys { Keys::All } else { Keys::Differing };
    let (table, unreadable) = export::histories(&runs, keys);
    notes.extend(unreadable);
    put(&table, format, args.output.as_deref(), console)?;
    Ok(notes)
}

fn scalars(args: &ExportScalars, console: &Console) -> Result<Vec<String>> {
    let format = table_format(args.format, args.output.as_deref())?;
    let (table, read) = export::scalars(&args.logdir, args.all)?;
    put(&table, format, args.output.as_deref(), console)?;
    if 0 < read.overwritten {
        let values = count(read.overwritten, "value");
        console.say(&format!(
            "left out, as in TensorBoard: {values} that a restart has overwritten; --all keeps them"
        ));
    }
    Ok(read.notes)
}

fn model(args: &ExportModel, console: &Console) -> Result<Vec<String>> {
    let format = match args.format.or_else(|| ModelFormat::of(&args.output)) {
        Some(ModelFormat::Safetensors) => export::ModelFormat::Safetensors,
        Some(ModelFormat::Npz) => export::ModelFormat::Npz,
        Some(ModelFormat::Onnx) => export::ModelFormat::Onnx,
        None => {
            let message = format!("cannot tell the format of `{}`", args.output.display());
            let help = "want a name that ends in .safetensors, .npz or .onnx, or --format";
            return Err(RequestError::new(message, help).into());
        }
    };
    let (run, weights, trained) = load(&args.run, &args.weights, &args.choice, console)?;
    let bytes = export::model(&run, &weights, &trained.preprocessing, format)?;
    write_atomic(&args.output, &bytes, Durability::ProcessCrash)?;
    console.say(&format!("wrote {}, the model of {}", args.output.display(), run.dir.display()));
    Ok(Vec::new())
}

/// The format that is asked for, or that the file's name ends in; CSV without such an ending.
fn table_format(asked: Option<TableFormat>, output: Option<&Path>) -> Result<Format, RequestError> {
    let ending = output.and_then(|path| path.extension()).map(|end| end.to_string_lossy());
    let format = match (asked, ending.map(|end| end.to_lowercase()).as_deref()) {
        (Some(TableFormat::Csv), _) | (None, Some("csv") | None) => Format::Csv,
        (Some(TableFormat::Json), _) | (None, Some("json")) => Format::Json,
        (Some(TableFormat::Parquet), _) | (None, Some("parquet")) => Format::Parquet,
        (None, Some(_)) => {
            let shown = output.map(|path| path.display().to_string()).unwrap_or_default();
            return Err(RequestError::new(
                format!("cannot tell the format of `{shown}`"),
                "want a name that ends in .csv, .json or .parquet, or --format",
            ));
        }
    };
    match (format, output) {
        (Format::Parquet, None) => Err(RequestError::new(
            "parquet is not for a terminal",
            "-o FILE names a file to write it to",
        )),
        _ => Ok(format),
    }
}

fn put(table: &Table, format: Format, output: Option<&Path>, console: &Console) -> Result<()> {
    let bytes = table.encode(format);
    let Some(path) = output else {
        return Ok(console.bytes(&bytes)?);
    };
    write_atomic(path, &bytes, Durability::ProcessCrash)?;
    console.say(&format!("wrote {}, {}", path.display(), count(table.rows(), "row")));
    Ok(())
}

impl ModelFormat {
    /// The format that a file's name ends in.
    fn of(path: &Path) -> Option<ModelFormat> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "safetensors" => Some(ModelFormat::Safetensors),
            "npz" => Some(ModelFormat::Npz),
            "onnx" => Some(ModelFormat::Onnx),
            _ => None,
        }
    }
}
