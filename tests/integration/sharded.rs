//! Rows that stay in their Parquet files: the same bits as with the rows in memory, on any number of threads and after any
//! stop, in as much memory whatever their number.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parquet::data_type::{ByteArray, ByteArrayType, FloatType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use runner::config;
use runner::data::{Source, Split, load};
use runner::experiment::{self, DatasetCache, RunContext, RunSpec, RunSummary};
use runner::model::Network;
use runner::random::{RandomStream, StreamPurpose};
use runner::runs::{Folder, Status, load_weights};
use runner::train::{Dataset, Engine, Objective, OptimizerState};

use crate::sandbox::Sandbox;

const SCHEMA: &str = "message rows { required float a; optional float gap; required binary word (STRING); \
                      required float weight; required float price; required binary y (STRING); }";

/// The bits of row numbers, well mixed.
fn mixed(row: usize) -> u32 {
    (row as u32 ^ 0x5bd1).wrapping_mul(0x9e37_79b1) >> 8
}

/// Writes rows from `first` on in row groups of these sizes: numbers, some missing, words of which the last rows have one
/// more, weights, a real value and a class.
fn write(path: &Path, first: usize, groups: &[usize]) {
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut start = first;
    for size in groups {
        let rows: Vec<usize> = (start..start + size).collect();
        start += size;
        let a: Vec<f32> = rows.iter().map(|row| mixed(*row) as f32 / 1e6 - 8.0).collect();
        let gap = |row: &usize| (row % 5 != 1).then(|| (mixed(row + 7) % 1000) as f32 / 10.0);
        let gap: Vec<Option<f32>> = rows.iter().map(gap).collect();
        let words = ["oak", "elm", "fir", "ash"];
        let word = |row: &usize| words[if *row == 219 { 3 } else { mixed(row + 3) as usize % 3 }];
        let text = |text: &str| ByteArray::from(text);
        let word: Vec<ByteArray> = rows.iter().map(|row| text(word(row))).collect();
        let weight: Vec<f32> = rows.iter().map(|row| (row % 4) as f32 / 2.0 + 0.5).collect();
        let price: Vec<f32> = a.iter().map(|a| 1000.0 + 200.0 * a + a * a).collect();
        let class = |(a, row): (&f32, &usize)| {
            text(["no", "yes"][usize::from(0.5 < *a + (row % 3) as f32)])
        };
        let y: Vec<ByteArray> = a.iter().zip(&rows).map(class).collect();
        let mut group = writer.next_row_group().unwrap();
        for at in 0..6 {
            let mut column = group.next_column().unwrap().unwrap();
            match at {
                1 => {
                    let there: Vec<f32> = gap.iter().copied().flatten().collect();
                    let levels: Vec<i16> = gap.iter().map(|x| i16::from(x.is_some())).collect();
                    column.typed::<FloatType>().write_batch(&there, Some(&levels), None)
                }
                2 => column.typed::<ByteArrayType>().write_batch(&word, None, None),
                5 => column.typed::<ByteArrayType>().write_batch(&y, None, None),
                at => {
                    let numbers = [&a, &a, &a, &weight, &price][at];
                    column.typed::<FloatType>().write_batch(numbers, None, None)
                }
            }
            .unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

/// 220 rows in two files of seven row groups.
const GROUPS: [&[usize]; 2] = [&[50, 37, 1, 30], &[64, 3, 35]];

fn sandbox(toml: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    write(&sandbox.path().join("rows-0.parquet"), 0, GROUPS[0]);
    write(&sandbox.path().join("rows-1.parquet"), 118, GROUPS[1]);
    sandbox.file("run.toml", toml);
    sandbox
}

const CLASSES: &str = r#"
name = "run"
[data]
dataset = "rows-*.parquet"
label = "y"
ignore = ["price"]
sample_weight = "weight"
validation_split = 0.25
standardize = true
[model]
layers = [{ type = "dense", units = 6, activation = "relu" }, { type = "dense", units = 2, activation = "softmax" }]
[training]
epochs = 3
batch_size = 8
metrics = ["accuracy", "auc"]
weighted_metrics = ["accuracy"]
class_weight = "balanced"
"#;

const VALUES: &str = r#"
name = "run"
[data]
dataset = ["rows-0.parquet", "rows-1.parquet"]
label = "price"
ignore = ["y", "weight"]
validation_split = 0.3
test_split = 0.1
target_scaling = "log"
[data.columns]
gap = { scaling = "min_max", indicator = true }
a = { scaling = "standardize" }
word = { min_count = 10 }
[model]
layers = [{ type = "dense", units = 5, activation = "tanh" }, { type = "dense", units = 1 }]
[optimizer]
name = "sgd"
learning_rate = 0.05
[training]
epochs = 2
batch_size = 7
loss = "mean_squared_error"
metrics = ["mean_absolute_error"]
"#;

/// The folder of the only run in a log folder.
fn run_in(sandbox: &Sandbox, logs: &str) -> PathBuf {
    let mut found = fs::read_dir(sandbox.path().join(logs).join("run")).unwrap();
    found.next().unwrap().unwrap().path()
}

/// Weights with their preprocessing, and the numbers of all epochs.
fn result(sandbox: &Sandbox, logs: &str, more: &str) -> (Vec<u8>, String) {
    sandbox.runner(&format!("run run.toml -q --logdir {logs} {more}")).exits(0);
    let dir = run_in(sandbox, logs);
    let weights = fs::read(dir.join("model.safetensors")).unwrap();
    (weights, fs::read_to_string(dir.join("history.csv")).unwrap())
}

const SHARDED: &str = "--set data.in_memory=false --set data.shuffle_buffer=24";

#[test]
fn in_the_order_of_the_files_a_run_is_that_of_rows_in_memory() {
    for toml in [CLASSES, VALUES] {
        let sandbox = sandbox(toml);
        let plain = "--set training.shuffle=false";
        let (weights, history) = result(&sandbox, "memory", plain);
        let (got, found) = result(&sandbox, "files", &format!("{plain} {SHARDED}"));
        assert_eq!(found, history);
        assert!(got == weights, "other weights");
        assert!(history.lines().count() > 2 && history.contains("val_"), "{history}");
    }
}

#[test]
fn validation_files_are_read_in_blocks_too() {
    let sandbox = sandbox(
        &CLASSES
            .replace("rows-*", "rows-0")
            .replace("validation_split = 0.25", "validation_data = \"rows-1.parquet\""),
    );
    let plain = "--set training.shuffle=false";
    let want = result(&sandbox, "memory", plain);
    assert!(result(&sandbox, "files", &format!("{plain} {SHARDED}")) == want);
    // A class that no row that trained has.
    fs::copy(sandbox.path().join("rows-1.parquet"), sandbox.path().join("rows-2.parquet")).unwrap();
    let toml = fs::read_to_string(sandbox.path().join("run.toml")).unwrap();
    sandbox.file(
        "other.toml",
        &toml
            .replace("label = \"y\"", "label = \"word\"")
            .replace("units = 2", "units = 3")
            .replace("metrics = [\"accuracy\", \"auc\"]", "metrics = [\"accuracy\"]"),
    );
    let said = sandbox.runner(&format!("run other.toml -q {SHARDED}")).exits(1);
    let want = "row 101, column `word`: got `ash`, want one that the training rows have";
    assert!(said.stderr.contains(want), "{}", said.stderr);
}

/// The rows of an epoch, by the words of docs/tables.md.
fn order(seed: u64, epoch: usize, rows: usize, size: usize) -> Vec<u32> {
    let (mut first, mut shards) = (0_u32, Vec::new());
    for group in GROUPS.concat() {
        let end = (first + group as u32).min(rows as u32);
        shards.extend((first < end).then(|| (first..end).collect::<Vec<u32>>()));
        first += group as u32;
    }
    RandomStream::new(seed, StreamPurpose::Shuffle, epoch as u64).shuffle(&mut shards);
    let mut blocks: Vec<Vec<u32>> = shards.concat().chunks(size).map(<[u32]>::to_vec).collect();
    for (block, rows) in blocks.iter_mut().enumerate() {
        let index = (epoch as u64) << 32 | block as u64;
        RandomStream::new(seed, StreamPurpose::Block, index).shuffle(rows);
    }
    blocks.concat()
}

/// Steps on rows in memory, in an order that is computed in the plainest way.
#[test]
fn shuffled_epochs_are_steps_on_rows_in_memory() {
    let sandbox = sandbox(&VALUES.replace("target_scaling = \"log\"", ""));
    result(&sandbox, "files", SHARDED);
    let got = load_weights(&run_in(&sandbox, "files").join("model.safetensors")).unwrap();
    let path = sandbox.path().join("run.toml");
    let plan = config::load(&[path], &[]).unwrap().remove(0).runs.get(0).unwrap().plan.clone();
    let table = load(&plan.data.source(), Split::Train).unwrap();
    let parts = plan.data.parts(table.rows());
    let n = parts.training.len();
    assert_eq!(parts.training, 0..138);
    let preprocessing = runner::data::Preprocessing::of(&table, 1.0, n, false);
    let (table, scale) = preprocessing.apply(table);
    let dataset = Dataset::new(table, scale);
    let mut network = Network::new(dataset.features(), &plan.model.all_layers(), plan.seed);
    let objective = Objective { loss: &plan.training.loss, metrics: &[], class_weight: &[] };
    let mut state = OptimizerState::new(&plan.optimizer, &network);
    let mut engine = Engine::new(&network, objective, &dataset, 7, 1);
    let epochs: Vec<Vec<u32>> = (0..2).map(|epoch| order(plan.seed, epoch, n, 21)).collect();
    assert_ne!(epochs[0], epochs[1]);
    for order in &epochs {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..n as u32).collect::<Vec<_>>());
        for batch in order.chunks(7) {
            engine.step(&mut network, &plan.optimizer, &mut state, &dataset, batch, &[]);
        }
    }
    let mut compared = 0;
    for weight in network.weights() {
        let tensor = got.tensors.iter().find(|tensor| tensor.name == weight.name).unwrap();
        assert_eq!(tensor.data, weight.values.to_rows(), "{}", weight.name);
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn threads_change_no_bit() {
    let sandbox = sandbox(CLASSES);
    let one = result(&sandbox, "one", &format!("{SHARDED} --threads 1"));
    assert!(result(&sandbox, "two", &format!("{SHARDED} --threads 2")) == one);
    // Another buffer is another order.
    let other = result(&sandbox, "other", "--set data.in_memory=false --threads 1");
    assert!(other.0 != one.0);
}

/// Stopped after any step, a run ends as the one that never stopped.
#[test]
fn a_stopped_run_goes_on_within_a_block() {
    let sandbox = sandbox(CLASSES);
    let sets = ["data.in_memory=false", "data.shuffle_buffer=24"].map(str::to_owned);
    let path = sandbox.path().join("run.toml");
    let plan = config::load(&[path], &sets).unwrap().remove(0).runs.get(0).unwrap().plan.clone();
    let datasets = DatasetCache::default();
    let train = |dir: &Path, stop_at: usize| {
        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) + 1 == stop_at;
        let context = RunContext {
            threads: &|| 1,
            datasets: &datasets,
            git_commit: None,
            stop: &stop,
            save_every: Duration::ZERO,
            patience: Duration::ZERO,
            sync_every: Duration::from_secs(10),
            discard_checkpoints: false,
        };
        let spec = RunSpec {
            plan: &plan,
            dir,
            data: None,
            changes: &[],
            trial: None,
            rung: None,
            verdict: None,
        };
        experiment::run(&spec, &context, &mut RunSummary::default(), &mut |_| {}).unwrap()
    };
    let files = |dir: &Path| {
        let folder = Folder::at(dir);
        let weights = fs::read(folder.path().join("model.safetensors")).unwrap();
        (weights, fs::read_to_string(folder.history()).unwrap())
    };
    let whole = sandbox.path().join("whole");
    assert_eq!(train(&whole, usize::MAX), Status::Completed);
    let mut stops = 0;
    for stop_at in 1.. {
        let dir = sandbox.path().join(format!("stop-{stop_at}"));
        if train(&dir, stop_at) == Status::Completed {
            break;
        }
        stops += 1;
        assert_eq!(train(&dir, usize::MAX), Status::Completed);
        assert!(files(&dir) == files(&whole), "{stop_at}");
    }
    assert!(60 < stops, "only {stops} stops");
}

#[test]
#[cfg(target_os = "linux")]
fn the_memory_does_not_grow_with_the_rows() {
    let peak = |groups: usize, more: &str| {
        let sandbox = Sandbox::new();
        sandbox.file("run.toml", &CLASSES.replace("batch_size = 8", "batch_size = 256"));
        let sizes = vec![5_000; groups];
        write(&sandbox.path().join("rows-0.parquet"), 0, &sizes);
        let call = format!("run run.toml -q --threads 1 --set training.epochs=1 {more}");
        let mut run = sandbox.runner(&call).stdout(Stdio::null());
        crate::memory::runs::peak(run.start())
    };
    let sharded = "--set data.in_memory=false --set data.shuffle_buffer=2048";
    let peaks = [peak(10, sharded), peak(80, sharded)];
    let growth = peaks[1].saturating_sub(peaks[0]);
    // 350,000 rows of 6 inputs are 8 MB.
    assert!(1 << 20 < peaks[0] && growth < 3 << 20, "{peaks:?}");
    let memory = peak(80, "");
    assert!(peaks[1] + (8 << 20) < memory, "{peaks:?} {memory}");
}

#[test]
fn what_needs_all_rows_is_refused_with_a_way_out() {
    let sandbox = sandbox(CLASSES);
    let refused = |more: &str, want: &str, help: &str| {
        let said =
            sandbox.runner(&format!("check run.toml --set data.in_memory=false {more}")).exits(2);
        assert!(said.stderr.contains(want) && said.stderr.contains(help), "{}", said.stderr);
    };
    let out = "take it out, or `in_memory = false`";
    refused("--set data.split.method=stratified", "`data.split` needs all rows in memory", out);
    refused(
        "--set cross_validation.folds=3 --set data.validation_split=0.0",
        "`cross_validation` needs",
        out,
    );
    refused("--set tensorboard.confusion_matrix=true", "`tensorboard.confusion_matrix` needs", out);
    let median = "`fill = \"median\"` of column `gap` needs all its values in memory";
    refused("--set data.columns.gap.fill=median", median, "write `fill = \"mean\"`");
    let quantile = "`scaling = \"quantile\"` of column `a` needs all its values";
    refused("--set data.columns.a.scaling=quantile", quantile, "write `scaling = \"standardize\"`");
    let files = "reads Parquet files, `data.dataset` names others";
    sandbox.file("rows.csv", "a,y\n1,no\n2,yes\n");
    refused("--set data.dataset=rows.csv", files, "write the rows as Parquet");
    let said = sandbox.runner("check run.toml --set data.shuffle_buffer=9").exits(2);
    assert!(said.stderr.contains("is for rows that are not in memory"), "{}", said.stderr);
    let arrow = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tables/typed/polars.arrow");
    sandbox
        .file("arrow.toml", &CLASSES.replace("rows-*.parquet", arrow).replace("label = \"y\"", ""));
    let said = sandbox.runner("check arrow.toml --set data.in_memory=false").exits(2);
    assert!(said.stderr.contains("it is not read in shards"), "{}", said.stderr);
}

/// The rows are read again in every epoch: a file that is damaged in between fails the run, and no other.
#[test]
fn a_file_that_changes_fails_the_run() {
    let sandbox = sandbox(CLASSES);
    let sets = ["data.in_memory=false", "data.shuffle_buffer=24"].map(str::to_owned);
    let path = sandbox.path().join("run.toml");
    let plan = config::load(&[path], &sets).unwrap().remove(0).runs.get(0).unwrap().plan.clone();
    let datasets = DatasetCache::default();
    let loaded = datasets.get(&plan, 1).unwrap();
    assert_eq!(loaded.rows, 220);
    write(&sandbox.path().join("rows-1.parquet"), 118, &[64, 38]);
    let context = RunContext {
        threads: &|| 1,
        datasets: &datasets,
        git_commit: None,
        stop: &|| false,
        save_every: Duration::ZERO,
        patience: Duration::ZERO,
        sync_every: Duration::from_secs(10),
        discard_checkpoints: false,
    };
    let dir = sandbox.path().join("logs");
    let spec = RunSpec {
        plan: &plan,
        dir: &dir,
        data: None,
        changes: &[],
        trial: None,
        rung: None,
        verdict: None,
    };
    let ended = experiment::run(&spec, &context, &mut RunSummary::default(), &mut |_| {});
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("it was changed since it was read first"), "{error}");
    assert!(matches!(plan.data.source(), Source::Csv(..)));
}
