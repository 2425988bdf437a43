//! `runner export`: histories, scalars and models in the formats of other programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};

use super::trained_model::load;
use crate::cli::args::{
    ExportArgs, ExportHistories, ExportKind, ExportMlflow, ExportModel, ExportOptuna,
    ExportScalars, FilterArgs, ModelFormatArg, SelectArgs, TableFormat,
};
use crate::cli::display::console::Console;
use crate::cli::display::format::{count, shell_word};
use crate::cli::exit::Exit;
use crate::export::{self, Format, Keys, Table};
use crate::query::{RequestError, SearchTrials};
use crate::runs::{Durability, write_atomic};
use crate::system::sentence;

/// Exports what is asked for.
pub(crate) fn export(args: &ExportArgs, console: &Console) -> Result<Exit> {
    let exported = match &args.kind {
        None => histories(&args.histories, console),
        Some(ExportKind::Scalars(args)) => scalars(args, console),
        Some(ExportKind::Model(args)) => model(args, console),
        Some(ExportKind::Mlflow(args)) => mlflow(args, console),
        Some(ExportKind::Optuna(args)) => optuna(args, console),
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
    let words = words_or_all(&args.runs, &args.choice);
    let (runs, mut notes) = args.choice.select_all(&words, &args.filters, console)?;
    let keys = if args.all_keys { Keys::All } else { Keys::Differing };
    let (table, unreadable) = export::histories(&runs, keys);
    notes.extend(unreadable);
    put(&table, format, args.output.as_deref(), console)?;
    Ok(notes)
}

/// The runs that are named, or the log folder.
fn words_or_all(runs: &[String], choice: &SelectArgs) -> Vec<String> {
    match runs {
        [] => vec![choice.logdir().to_string_lossy().into_owned()],
        runs => runs.to_vec(),
    }
}

fn mlflow(args: &ExportMlflow, console: &Console) -> Result<Vec<String>> {
    let words = words_or_all(&args.runs, &args.choice);
    let (runs, mut notes) = args.choice.select_all(&words, &args.filters, console)?;
    let shown = args.output.display();
    let make = |folder: &Path| {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))
    };
    make(&args.output)?;
    let root = args.output.canonicalize().with_context(|| format!("cannot find `{shown}`"))?;
    let mut written = 0;
    for run in &runs {
        match export::mlflow(run, &file_uri(&root)) {
            Ok(run) => {
                run.folders.iter().try_for_each(|folder| make(&args.output.join(folder)))?;
                for file in run.files {
                    let path = args.output.join(&file.path);
                    write_atomic(&path, &file.bytes, Durability::ProcessCrash)?;
                }
                written += 1;
            }
            Err(error) => notes.push(error),
        }
    }
    let names: BTreeSet<&str> = runs.iter().map(|run| run.record.name.as_str()).collect();
    let (runs, experiments) = (count(written, "run"), count(names.len(), "experiment"));
    let word = shell_word(&args.output);
    console.say(&format!("wrote {shown}, {runs} in {experiments}"));
    console.say(&format!(
        "see them with: MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {word}"
    ));
    Ok(notes)
}

fn optuna(args: &ExportOptuna, console: &Console) -> Result<Vec<String>> {
    let words = words_or_all(&args.searches, &args.choice);
    let (runs, notes) = args.choice.select_all(&words, &FilterArgs::default(), console)?;
    let sweeps: BTreeSet<&Path> = runs.iter().filter_map(|run| run.sweep.as_deref()).collect();
    let searches =
        sweeps.into_iter().filter_map(|sweep| SearchTrials::of(sweep, &runs).transpose());
    let searches = searches.collect::<Result<Vec<_>, _>>().map_err(Error::msg)?;
    if searches.is_empty() {
        let help = "a search has `method = \"tpe\"`; `runner export` writes all runs as a table";
        return Err(RequestError::new("none of these runs is of a search", help).into());
    }
    let bytes = export::optuna(&searches).map_err(Error::msg)?;
    write_atomic(&args.output, &bytes, Durability::ProcessCrash)?;
    let trials = searches.iter().map(|search| search.trials.len()).sum();
    let (trials, word) = (count(trials, "trial"), shell_word(&args.output));
    console.say(&format!("wrote {}, {trials}", args.output.display()));
    console.say(&format!("see them with: optuna-dashboard {word}"));
    Ok(notes)
}

/// A path as a `file://` URI.
fn file_uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
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
    let format = match args.format.or_else(|| ModelFormatArg::of(&args.output)) {
        Some(ModelFormatArg::Safetensors) => export::ModelFormat::Safetensors,
        Some(ModelFormatArg::Npz) => export::ModelFormat::Npz,
        Some(ModelFormatArg::Onnx) => export::ModelFormat::Onnx,
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

impl ModelFormatArg {
    /// The format that a file's name ends in.
    fn of(path: &Path) -> Option<ModelFormatArg> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "safetensors" => Some(ModelFormatArg::Safetensors),
            "npz" => Some(ModelFormatArg::Npz),
            "onnx" => Some(ModelFormatArg::Onnx),
            _ => None,
        }
    }
}
