//! The reader of event files: TensorBoard's own is the authority on what is in them, and bytes of any
//! kind are no danger.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use protobuf::Message as _;
use runner::events::{Clock, Damage, EventWriter, Tags, scalar, scalars_in};
use runner::query::{ScalarReadSummary, logged_scalars};
use serde_json::{Value, json};
use tensorboard_proto::event::Event;
use tensorboard_proto::summary::Summary_Value;
use tensorboard_proto::tensor::TensorProto;
use tensorboard_proto::tensor_shape::TensorShapeProto_Dim;
use tensorboard_proto::types::DataType;
use tensorboard_rs::masked_crc32c::masked_crc32c;

use crate::tensorboard::python;

type Logged = (String, i64, f64, f64);

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What is in a log folder, in the form of `tests/tensorboard/scalars.py`.
fn ours(logdir: &Path) -> Value {
    let mut runs: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    let read = logged_scalars(logdir, false, &mut |run, s| {
        let value = match s.value {
            value if value.is_nan() => json!("nan"),
            value if value.is_infinite() => json!(value.to_string()),
            value => json!(value),
        };
        let tags = runs.entry(run.to_owned()).or_default();
        tags.entry(s.tag.to_owned()).or_default().push(json!([s.step, s.wall_time, value]));
    });
    assert_eq!(read, Ok(ScalarReadSummary::default()));
    json!(runs)
}

fn theirs(logdir: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tensorboard/scalars.py");
    let output = Command::new(python()).arg(script).arg(logdir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_keras_and_pytorch_wrote_is_read_as_tensorboard_reads_it() {
    for (logs, some) in
        [("keras-logs", "/train/epoch_accuracy/2/2"), ("torch-logs", "/./double/2/2")]
    {
        let (ours, theirs) = (ours(&fixtures().join(logs)), theirs(&fixtures().join(logs)));
        assert_eq!(ours, theirs, "{logs}");
        assert!(ours.pointer(some).unwrap().is_f64(), "{logs}");
    }
}

#[test]
fn what_we_wrote_is_read_as_tensorboard_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    for (folder, clock) in [("a", 1500.25), ("b/train", 1e9)] {
        let mut writer =
            EventWriter::create(&dir.path().join(folder), 0, Clock::Fixed(clock)).unwrap();
        for step in [-5, 0, 1, i64::MAX] {
            writer.add(step, scalar("epoch_loss", 0.3353 + step as f32));
            writer.add(step, scalar("größe", f32::NAN));
        }
        writer.flush().unwrap();
    }
    assert_eq!(ours(dir.path()), theirs(dir.path()));
}

/// A value under a tag, shown by a plugin if one is named.
fn value(tag: &str, tensor: TensorProto, plugin: Option<&str>) -> Summary_Value {
    let mut value = Summary_Value { tag: tag.to_owned(), ..Summary_Value::default() };
    value.set_tensor(tensor);
    if let Some(plugin) = plugin {
        value.mut_metadata().mut_plugin_data().plugin_name = plugin.to_owned();
    }
    value
}

fn tensor(dtype: DataType, shape: &[i64]) -> TensorProto {
    let mut tensor = TensorProto { dtype, ..TensorProto::default() };
    for &size in shape {
        let dim = TensorShapeProto_Dim { size, ..TensorShapeProto_Dim::default() };
        tensor.mut_tensor_shape().dim.push(dim);
    }
    tensor
}

/// The record of an event with these values.
pub(crate) fn record(step: i64, values: Vec<Summary_Value>) -> Vec<u8> {
    let mut event = Event { step, wall_time: 1e9 + 0.25, ..Event::default() };
    event.mut_summary().value = values.into();
    framed(&event.write_to_bytes().unwrap())
}

#[test]
fn every_form_of_a_scalar_is_read_as_tensorboard_reads_it() {
    use DataType::{DT_BOOL, DT_DOUBLE, DT_FLOAT, DT_INT32, DT_INT64};
    let scalars = Some("scalars");
    let content =
        |dtype, bytes: &[u8]| TensorProto { tensor_content: bytes.to_vec(), ..tensor(dtype, &[]) };
    let mut simple = Summary_Value { tag: "simple".to_owned(), ..Summary_Value::default() };
    simple.set_simple_value(0.1);
    let forms = vec![
        simple,
        value("float", TensorProto { float_val: vec![0.1], ..tensor(DT_FLOAT, &[]) }, scalars),
        value("double", TensorProto { double_val: vec![0.1], ..tensor(DT_DOUBLE, &[]) }, scalars),
        value("int32", TensorProto { int_val: vec![-7], ..tensor(DT_INT32, &[]) }, scalars),
        value("int64", TensorProto { int64_val: vec![1 << 40], ..tensor(DT_INT64, &[]) }, scalars),
        value("bool", TensorProto { bool_val: vec![true], ..tensor(DT_BOOL, &[]) }, scalars),
        value("one", TensorProto { float_val: vec![2.5], ..tensor(DT_FLOAT, &[1, 1]) }, scalars),
        value("float content", content(DT_FLOAT, &0.1_f32.to_le_bytes()), scalars),
        value("double content", content(DT_DOUBLE, &0.1_f64.to_le_bytes()), scalars),
        value("int content", content(DT_INT64, &(-1_i64).to_le_bytes()), scalars),
        value("text", TensorProto { float_val: vec![9.0], ..tensor(DT_FLOAT, &[]) }, Some("text")),
        value("none", TensorProto { float_val: vec![9.0], ..tensor(DT_FLOAT, &[]) }, None),
    ];
    // Only the first value of a tag has to say what it is, be it in another file.
    let later = |number| TensorProto { float_val: vec![number], ..tensor(DT_FLOAT, &[]) };
    let later = vec![value("float", later(0.2), None), value("text", later(9.0), None)];
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(dir.path().join(name), bytes).unwrap();
    write("1.tfevents", record(3, forms));
    write("2.tfevents", record(i64::MAX, later));
    let ours = ours(dir.path());
    assert_eq!(ours, theirs(dir.path()));
    assert_eq!(ours["."].as_object().unwrap().len(), 10);
    assert_eq!(ours["."]["float"].as_array().unwrap().len(), 2);

    // What is more or less than one number is no scalar, whatever its plugin.
    let two = TensorProto { float_val: vec![1.0, 2.0], ..tensor(DT_FLOAT, &[2]) };
    let no_scalars = vec![
        value("two", two.clone(), scalars),
        value("two without a shape", TensorProto { tensor_shape: None.into(), ..two }, scalars),
        value("nothing", tensor(DT_FLOAT, &[]), scalars),
        value("none", tensor(DT_FLOAT, &[0]), scalars),
        value("short", content(DT_DOUBLE, &[0; 7]), scalars),
    ];
    assert_eq!(read(&record(0, no_scalars)), (vec![], None));
}

/// The event files to begin with.
fn seeds() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for logs in ["keras-logs/own", "keras-logs/train", "keras-logs/validation", "torch-logs"] {
        let entries = fs::read_dir(fixtures().join(logs)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.extend(paths.map(|path| fs::read(path).unwrap()));
    }
    files.sort();
    files
}

fn read(bytes: &[u8]) -> (Vec<Logged>, Option<Damage>) {
    let mut scalars = Vec::new();
    let damage = scalars_in(bytes, &mut Tags::default(), &mut |s| {
        scalars.push((s.tag.to_owned(), s.step, s.wall_time, s.value));
    });
    (scalars, damage.unwrap())
}

/// The data of the records in `bytes`, all of which are whole.
fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        records.push(bytes[12..12 + length].to_vec());
        bytes = &bytes[16 + length..];
    }
    records
}

fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let crc = |bytes: &[u8]| masked_crc32c(bytes).to_le_bytes();
    [&length[..], &crc(&length), data, &crc(data)].concat()
}

/// Numbers that look random, the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Changes some bytes, cuts, or doubles a piece.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.below(4) {
            let (place, n) = (self.below(bytes.len()), bytes.len());
            match self.below(6) {
                0 => bytes.truncate(place),
                1 if place < n => drop(bytes.remove(place)),
                2 => bytes.insert(place, self.next() as u8),
                3 => {
                    let piece = bytes[place..n.min(place + self.below(40))].to_vec();
                    let at = self.below(n);
                    bytes.splice(at..at, piece);
                }
                4 if place < n => bytes[place] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                _ if place < n => bytes[place] ^= 1 << self.below(8),
                _ => {}
            }
        }
    }
}

/// A file: mutated as it is, its records mutated in frames that are sound, or nothing but noise.
fn input(dice: &mut Dice, seeds: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let records = &seeds[dice.below(seeds.len())];
    let from = dice.below(records.len());
    let chosen = &records[from..records.len().min(from + 1 + dice.below(3))];
    let noise =
        |dice: &mut Dice| (0..dice.below(60)).map(|_| dice.next() as u8).collect::<Vec<_>>();
    match dice.below(4) {
        0 => {
            let mut bytes: Vec<u8> = chosen.iter().flat_map(|record| framed(record)).collect();
            dice.mutate(&mut bytes);
            bytes
        }
        1 => framed(&noise(dice)),
        2 => noise(dice),
        _ => {
            let mutated = |record: &Vec<u8>| {
                let mut record = record.clone();
                dice.mutate(&mut record);
                framed(&record)
            };
            chosen.iter().flat_map(mutated).collect()
        }
    }
}

/// `RUNNER_FUZZ=10000000 cargo test --release --test integration any_bytes -- --nocapture`
#[test]
fn any_bytes_are_read_to_an_end() {
    let n = std::env::var("RUNNER_FUZZ").map_or(20_000, |n| n.parse().expect("a number of inputs"));
    let seeds: Vec<_> = seeds().iter().map(|file| records(file)).collect();
    let mut dice = Dice(20_261_124);
    let (mut values, mut damaged) = (0_u64, 0_u64);
    let started = std::time::Instant::now();
    for _ in 0..n {
        let bytes = input(&mut dice, &seeds);
        let (scalars, damage) = read(&bytes);
        // A scalar takes more than a byte, and what is whole lies within the file.
        assert!(scalars.len() <= bytes.len());
        let end = damage.map_or(bytes.len() as u64, |damage| damage.offset);
        assert!(end <= bytes.len() as u64);
        // What was whole is whole by itself, and gives the same.
        let (again, whole) = read(&bytes[..end as usize]);
        assert_eq!((again.len(), whole), (scalars.len(), None));
        values += scalars.len() as u64;
        damaged += u64::from(damage.is_some());
    }
    let took = started.elapsed();
    writeln!(std::io::stderr(), "{n} inputs, {damaged} damaged, {values} scalars, {took:?}")
        .unwrap();
    assert!(n < 1000 || n / 10 < damaged && n / 10 < values, "the mutations reach both ends");
}

#[test]
fn a_length_is_not_believed() {
    for length in [1_u64 << 29, 1 << 40, u64::MAX] {
        let length = length.to_le_bytes();
        let bytes = [&length[..], &masked_crc32c(&length).to_le_bytes(), b"abc"].concat();
        let (scalars, damage) = read(&bytes);
        assert_eq!((scalars.len(), damage.unwrap().offset), (0, 0));
    }
}

proptest! {
    /// Wherever a file is cut or changed, the records before that are read as ever, and no other.
    #[test]
    fn damage_ends_a_file_at_the_record_before_it(
        file in 0_usize..4, place in any::<prop::sample::Index>(), bit in 0_u32..8, cut: bool,
    ) {
        let seeds = seeds();
        let bytes = &seeds[file];
        let place = place.index(bytes.len());
        let mut damaged = bytes.clone();
        if cut { damaged.truncate(place) } else { damaged[place] ^= 1_u8 << bit }
        let mut whole = 0;
        for record in records(bytes) {
            if place < whole + record.len() + 16 { break }
            whole += record.len() + 16;
        }
        let (scalars, damage) = read(&damaged);
        prop_assert_eq!(scalars.len(), read(&bytes[..whole]).0.len());
        prop_assert_eq!(damage.map_or(place, |damage| damage.offset as usize), whole);
    }

    #[test]
    fn noise_is_no_event_file(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
        read(&framed(&bytes));
    }
}
