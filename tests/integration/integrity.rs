//! Files that were changed after they were written, and input that cannot be used: it is said before
//! anything starts, in a few lines.

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use ndarray_npy::{NpzWriter, WritableElement};
use runner::config;
use runner::experiment::{DatasetCache, TrainedModel};
use runner::sweep::RunQueue;

use crate::resume::same::names;
use crate::sandbox::Sandbox;

const LAYERS: &str = "[model]\nlayers = [{ type = \"dense\", units = 4, activation = \"relu\" }, \
                      { type = \"dense\", units = 2, activation = \"softmax\" }]\n";

fn small(sandbox: &Sandbox) -> PathBuf {
    let text = "x,y,kind\n1,2,a\n2,3,b\n3,4,a\n4,5,b\n".to_owned();
    sandbox.file("rows.csv", &text);
    let config = format!("[data]\ndataset = \"rows.csv\"\n{LAYERS}[training]\nepochs = 3\n");
    sandbox.file("small.toml", &config)
}

/// The only folder in `logs/small`.
fn only(sandbox: &Sandbox) -> PathBuf {
    let parent = sandbox.path().join("logs/small");
    let names = names(&parent);
    assert_eq!(names.len(), 1, "{names:?}");
    parent.join(&names[0])
}

/// Replaces a text in a file, whatever its rights.
fn edit(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::remove_file(path).unwrap();
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

/// Plans the experiment in `logs` and starts none of its runs.
fn planned(sandbox: &Sandbox, more: &str) -> PathBuf {
    let path = small(sandbox);
    fs::write(&path, fs::read_to_string(&path).unwrap() + more).unwrap();
    let experiments = config::load(&[path], &[]).unwrap();
    let queue = RunQueue::plan(experiments, &sandbox.path().join("logs"), DatasetCache::default());
    queue.runs[0].experiment.root.clone()
}

#[test]
fn no_flipped_bit_of_a_model_is_used() {
    let sandbox = Sandbox::new();
    small(&sandbox);
    sandbox.runner("run small.toml -q").exits(0);
    let run = only(&sandbox);
    let plan = config::saved_plan(&fs::read_to_string(run.join("config.toml")).unwrap()).unwrap();
    let path = run.join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    assert!(TrainedModel::load(&run, &path, plan.clone()).is_ok());
    let name = whole.windows(10).position(|bytes| bytes == b"file_crc32").unwrap();
    for byte in (0..whole.len()).filter(|byte| !(name..name + 10).contains(byte)) {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[byte] ^= 1 << bit;
            fs::write(&path, &changed).unwrap();
            let found = TrainedModel::load(&run, &path, plan.clone());
            assert!(found.is_err(), "byte {byte}, bit {bit}");
        }
    }
    // The commands say so, all in the same way.
    let at = whole.windows(5).position(|bytes| bytes == b"scale").unwrap();
    let mut changed = whole.clone();
    changed[at + 8] ^= 1;
    fs::write(&path, &changed).unwrap();
    for command in
        ["predict small rows.csv", "evaluate small --split train", "export model small -o m.npz"]
    {
        let said = sandbox.runner(command).exits(1).stderr;
        assert!(said.contains("model.safetensors` as weights"), "{said}");
    }
    assert!(!sandbox.path().join("m.npz").exists());
}

#[test]
fn checksum_of_a_model_is_the_documented_one() {
    let sandbox = Sandbox::new();
    small(&sandbox);
    sandbox.runner("run small.toml -q").exits(0);
    let mut file = fs::read(only(&sandbox).join("model.safetensors")).unwrap();
    let entry = b"\"file_crc32\":\"";
    let at = file.windows(14).position(|bytes| bytes == entry).unwrap() + entry.len();
    let noted = String::from_utf8(file[at..at + 8].to_vec()).unwrap();
    file[at..at + 8].fill(b'0');
    assert_eq!(noted, format!("{:08x}", crc32fast::hash(&file)));
}

#[test]
fn kept_models_have_a_checksum_too() {
    let sandbox = Sandbox::new();
    let path = small(&sandbox);
    let config = fs::read_to_string(&path).unwrap();
    let kept = "[callbacks.model_checkpoint]\nfilepath = \"kept/{epoch}.safetensors\"\n";
    fs::write(&path, config.clone() + kept).unwrap();
    sandbox.runner("run small.toml -q").exits(0);
    let kept = only(&sandbox).join("kept/1.safetensors");
    let start = config.replace("[model]\n", &format!("[model]\nweights = {kept:?}\n"));
    sandbox.file("next.toml", &start);
    sandbox.runner("check next.toml").exits(0);
    let mut file = fs::read(&kept).unwrap();
    let last = file.len() - 1;
    file[last] ^= 1;
    fs::write(&kept, file).unwrap();
    let said = sandbox.runner("run next.toml --logdir next").exits(2).stderr;
    assert!(said.contains("its checksum is not that of its content"), "{said}");
    assert!(!sandbox.path().join("next").exists());
}

#[test]
fn model_of_another_plan_is_refused() {
    let sandbox = Sandbox::new();
    small(&sandbox);
    sandbox.runner("run small.toml -q").exits(0);
    let config = only(&sandbox).join("config.toml");
    let whole = fs::read_to_string(&config).unwrap();
    for (old, new, wanted) in [
        ("scale = 1.0", "scale = 2.0", "the scale is 1.0, want 2.0"),
        ("input_shape = [2]", "input_shape = [3]", "the number of inputs is 2, want 3"),
        ("units = 2", "units = 3", "the number of outputs is 2, want 3"),
        ("units = 4", "units = 400000", "`dense_0.kernel` does not fit"),
        ("units = 4", "units = -4", "`model.layers.0.units` is out of range"),
        ("standardize = false", "standardize = true", "`standardize` is false, want true"),
    ] {
        assert!(whole.contains(old), "{whole}");
        fs::write(&config, whole.replacen(old, new, 1)).unwrap();
        for command in ["evaluate small --split train", "export model small -o m.onnx"] {
            let said = sandbox.runner(command).exits(1).stderr;
            assert!(said.contains(wanted), "{new}: {said}");
        }
    }
}

#[test]
fn edited_plan_of_a_waiting_sweep_is_refused() {
    let sandbox = Sandbox::new();
    let sweep = planned(&sandbox, "[optimizer]\nname = \"sgd\"\n[sweep]\nseeds = [1, 2]\n");
    edit(&sweep.join("plan.json"), "\"learning_rate\": 0.01", "\"learning_rate\": 0.02");
    let said = sandbox.runner(&format!("resume {}", sweep.display())).exits(2).stderr;
    assert!(said.contains("plan.json` has changed since it was written"), "{said}");
    assert!(said.contains("or remove `"), "{said}");
    let said = sandbox.runner("resume logs").exits(1).stderr;
    assert!(said.contains("plan.json` has changed since it was written"), "{said}");
    assert!(names(&sweep).iter().all(|name| !name.starts_with("000")), "no run has begun");

    // As the message says, and as folders of earlier versions are.
    fs::remove_file(sweep.join("SHA256SUMS")).unwrap();
    sandbox.runner("resume logs -q").exits(0);
}

#[test]
fn edited_config_of_a_waiting_run_is_refused() {
    let sandbox = Sandbox::new();
    let run = planned(&sandbox, "[optimizer]\nname = \"sgd\"\n");
    let config = run.join("config.toml");
    edit(&config, "learning_rate = 0.01", "learning_rate = 0.02");
    let said = sandbox.runner(&format!("resume {}", run.display())).exits(2).stderr;
    assert!(said.contains("config.toml` has changed since it was written"), "{said}");
    edit(&config, "learning_rate = 0.02", "learning_rate = 0.01");
    sandbox.runner("resume logs -q").exits(0);
    // A config is a config: what is refused is to go on with it.
    sandbox.runner(&format!("check {}", config.display())).exits(0);
}

#[test]
fn broken_data_are_found_before_a_folder_is_made() {
    let sandbox = Sandbox::new();
    let dir = sandbox.path().join("idx");
    fs::create_dir(&dir).unwrap();
    let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3];
    fs::write(dir.join("train-images-idx3-ubyte"), images).unwrap();
    fs::write(dir.join("train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]).unwrap();
    let npz = |name: &str, values: Vec<f64>| {
        let file = fs::File::create(sandbox.path().join(name)).unwrap();
        let mut npz = NpzWriter::new(file);
        npz.add_array("x_train", &Array2::from_shape_vec((2, 2), values).unwrap()).unwrap();
        npz.add_array("y_train", &Array1::from(vec![0_i64, 1])).unwrap();
        npz.finish().unwrap();
    };
    npz("overflow.npz", vec![1e300, 0.0, 0.0, 1.0]);
    npz("last.npz", vec![1.0, 0.0, 0.0, f64::NAN]);
    npz("sound.npz", vec![1.0, 0.0, 0.0, 1.0]);
    for (data, wanted) in [
        ("idx", "ends too early: got 3 bytes of data, want 4"),
        ("overflow.npz", "is not finite in row 0: got inf"),
        ("last.npz", "is not finite in row 1: got NaN"),
    ] {
        sandbox.file("broken.toml", &format!("[data]\ndataset = \"{data}\"\n{LAYERS}"));
        let said = sandbox.runner("check broken.toml").exits(2).stderr;
        assert!(said.contains(wanted) && said.contains("broken.toml:2"), "{said}");
        let said = sandbox.runner("run broken.toml").exits(2).stderr;
        assert!(said.contains(wanted) && said.contains("help: "), "{said}");
        assert!(!sandbox.path().join("logs").exists(), "{data}");
    }
    // Data that validate are data.
    let config =
        format!("[data]\ndataset = \"sound.npz\"\nvalidation_data = \"last.npz\"\n{LAYERS}");
    sandbox.file("broken.toml", &config);
    sandbox.runner("check broken.toml").exits(2);
    sandbox.runner("run broken.toml").exits(2);
    assert!(!sandbox.path().join("logs").exists());
    // No run starts, that of the sound data neither.
    sandbox.file("sound.toml", &format!("[data]\ndataset = \"sound.npz\"\n{LAYERS}"));
    sandbox.runner("run sound.toml broken.toml").exits(2);
    assert!(!sandbox.path().join("logs").exists());
    sandbox.runner("run sound.toml -q").exits(0);
}

#[test]
fn archive_that_ends_early_is_found_by_its_header() {
    let sandbox = Sandbox::new();
    let file = fs::File::create(sandbox.path().join("short.npz")).unwrap();
    let mut npz = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    for (name, shape, bytes) in [("x_train", "(2, 2)", 24), ("y_train", "(2,)", 16)] {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
        npz.start_file(format!("{name}.npy"), options).unwrap();
        let mut array = b"\x93NUMPY\x01\x00".to_vec();
        array.extend((header.len() as u16).to_le_bytes());
        array.extend(header.as_bytes());
        array.extend(vec![0; bytes]);
        std::io::Write::write_all(&mut npz, &array).unwrap();
    }
    npz.finish().unwrap();
    let path = sandbox.path().join("short.npz");
    let error =
        runner::data::describe(&runner::data::Source::Path(path, None)).unwrap_err().to_string();
    assert!(error.contains("ends too early: got 24 bytes of data, want 32"), "{error}");
}

/// An archive with these two arrays of ones.
fn ones<T: WritableElement + Clone>(
    sandbox: &Sandbox,
    one: T,
    kernel: (&str, (usize, usize)),
) -> PathBuf {
    let path = sandbox.path().join("weights.npz");
    let mut npz = NpzWriter::new(fs::File::create(&path).unwrap());
    npz.add_array(kernel.0, &Array2::from_elem(kernel.1, one.clone())).unwrap();
    npz.add_array("dense_0.bias", &Array1::from_elem(4, one.clone())).unwrap();
    npz.add_array("dense_1.kernel", &Array2::from_elem((4, 2), one.clone())).unwrap();
    npz.add_array("dense_1.bias", &Array1::from_elem(2, one)).unwrap();
    npz.finish().unwrap();
    path
}

#[test]
fn weights_that_do_not_fit_are_found_before_a_folder_is_made() {
    let sandbox = Sandbox::new();
    let path = small(&sandbox);
    let config = fs::read_to_string(&path).unwrap();
    let config = config.replace("[model]\n", "[model]\nweights = \"weights.npz\"\n");
    sandbox.file("small.toml", &config);
    let refused = |wanted: &str| {
        for command in ["check small.toml", "run small.toml", "run small.toml --dry-run"] {
            let said = sandbox.runner(command).exits(2).stderr;
            assert!(said.contains(wanted), "{command}: {said}");
            assert!(said.contains("small.toml:4") && said.contains("help: "), "{command}: {said}");
        }
        assert!(!sandbox.path().join("logs").exists());
    };
    ones(&sandbox, 1_f32, ("dense_0.kernel", (3, 4)));
    refused("`dense_0.kernel` does not fit: got shape [3, 4], want [2, 4]");
    ones(&sandbox, 1_f32, ("dense_7.kernel", (2, 4)));
    refused("`dense_0.kernel` is missing: got `dense_0.bias`, ");
    ones(&sandbox, 1_i32, ("dense_0.kernel", (2, 4)));
    refused("has the wrong element type: got i32");
    fs::write(sandbox.path().join("weights.npz"), "no archive").unwrap();
    refused("cannot start from the weights `");
    ones(&sandbox, 1_f32, ("dense_0.kernel", (2, 4)));
    sandbox.runner("check small.toml").exits(0);
    sandbox.runner("run small.toml -q").exits(0);
}

#[test]
fn long_foreign_text_is_quoted_in_a_line_or_two() {
    let sandbox = Sandbox::new();
    let path = small(&sandbox);
    let config = fs::read_to_string(&path).unwrap();
    let start = config.replace("[model]\n", "[model]\nweights = \"weights.npz\"\n");
    sandbox.file("weights.toml", &start);
    let file = fs::File::create(sandbox.path().join("weights.npz")).unwrap();
    let mut npz = zip::ZipWriter::new(file);
    let options = zip::write::SimpleFileOptions::default();
    let header = format!("{{'descr': '{}'}}\n", "<f4".repeat(1 << 20));
    npz.start_file("dense_0.kernel.npy", options).unwrap();
    let mut array = b"\x93NUMPY\x02\x00".to_vec();
    array.extend((header.len() as u32).to_le_bytes());
    array.extend(header.as_bytes());
    std::io::Write::write_all(&mut npz, &array).unwrap();
    npz.finish().unwrap();
    assert!(fs::metadata(sandbox.path().join("weights.npz")).unwrap().len() < 20_000);

    let many = |text: &str| vec![text; 20_000].join(",");
    sandbox.file("wide.csv", &format!("{}\n{}\n", many("name"), many("1")));
    let long = "y".repeat(1 << 20);
    sandbox.file("long.csv", &format!("{long},kind\n1,a\n{long},b\n"));
    let names: Vec<_> = (0..20_000).map(|i| format!("name_{i}")).collect();
    sandbox.file("label.csv", &format!("{}\n{}\n", names.join(","), many("1")));
    for name in ["wide", "long", "label"] {
        let label = if name == "label" { "label = \"none\"\n" } else { "" };
        let text = format!("[data]\ndataset = \"{name}.csv\"\n{label}{LAYERS}");
        sandbox.file(&format!("{name}.toml"), &text);
    }
    for name in ["weights", "wide", "long", "label"] {
        let said = sandbox.runner(&format!("check {name}.toml")).exits(2).stderr;
        assert!(said.len() < 3000, "{name}: {} bytes: {:.300}", said.len(), said);
    }
}
