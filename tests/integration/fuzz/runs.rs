//! What runs leave: weights, checkpoint, record, plan and history. A file with a digest is refused
//! after any change.

use std::sync::OnceLock;

use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use runner::config::{self, Experiment, Plan};
use runner::data::Archive;
use runner::experiment::{DatasetCache, TrainedModel};
use runner::runs::{
    Checkpoint, Durability, Folder, History, HistoryWriter, Record, TensorView, load_weights,
};
use runner::sweep::{RunQueue, SweepManifest};
use runner::train::Logs;

use super::*;
use crate::sandbox::Sandbox;

const CONFIG: &str = "[data]\ndataset = \"rows.csv\"\nstandardize = true\nvalidation_split = 0.25\n\
    [model]\nlayers = [{ type = \"dense\", units = 4, activation = \"relu\" }, { type = \
    \"batch_normalization\" }, { type = \"dense\", units = 3, activation = \"softmax\" }]\n\
    [training]\nepochs = 2\n";
const ROWS: &str = "petal,colour,kind\n1,red,a\n2,blue,b\n3,red,c\n4,blue,a\n5,red,b\n6,red,c\n\
                    7,blue,a\n8,red,b\n";

/// A finished run, which each test copies.
struct Finished {
    sandbox: Sandbox,
    dir: PathBuf,
    plan: Plan,
}

fn finished() -> &'static Finished {
    static RUN: OnceLock<Finished> = OnceLock::new();
    RUN.get_or_init(|| {
        let sandbox = Sandbox::new();
        sandbox.file("rows.csv", ROWS);
        sandbox.file("small.toml", CONFIG);
        sandbox.runner("run small.toml -q").exits(0);
        let runs = fs::read_dir(sandbox.path().join("logs/small")).unwrap();
        let dir = runs.flatten().next().unwrap().path();
        let plan = config::saved_plan(&fs::read_to_string(dir.join("config.toml")).unwrap());
        Finished { sandbox, dir, plan: plan.unwrap() }
    })
}

fn experiment() -> Experiment {
    let sweep = format!("{CONFIG}[sweep]\nseeds = [1, 2]\n");
    let (dir, path) = folder("small.toml", sweep.as_bytes());
    fs::write(dir.path().join("rows.csv"), ROWS).unwrap();
    config::load(&[path], &[]).unwrap().remove(0)
}

/// The weights of the run, as an earlier version would have written them: without a checksum.
fn unsealed(sealed: &[u8]) -> Vec<u8> {
    let entry = b"\"file_crc32\":\"";
    let at = sealed.windows(entry.len()).position(|bytes| bytes == entry).unwrap();
    let mut older = sealed.to_vec();
    // The same number of bytes, so that no offset moves: `{"file_crc32":"12345678",` is blank.
    let end = at + entry.len() + 10;
    assert_eq!(older[end - 1], b',');
    older[at..end].fill(b' ');
    older
}

/// Uses weights in every way that there is; nothing may panic.
fn use_weights(content: &[u8]) -> bool {
    let Finished { sandbox, plan, .. } = finished();
    let (dir, path) = folder("model.safetensors", content);
    answered(load_weights(&path));
    let trained = answered(TrainedModel::load(dir.path(), &path, plan.clone()));
    let Some(trained) = trained else { return false };
    answered(trained.predict(&sandbox.path().join("rows.csv"), 1));
    answered(trained.evaluate(None, runner::experiment::Split::Training, 1));
    true
}

fn checkpoint(dir: &Path) -> Checkpoint {
    let checkpoint = Checkpoint::at(dir.join("checkpoint"));
    let tensors = [
        TensorView { name: "b", shape: &[2, 2], data: &[1.0, -0.0, f32::NAN, 4.0] },
        TensorView { name: "a", shape: &[2, 2], data: &[1.5, 2.5, 3.5, 4.5] },
    ];
    checkpoint.save(&tensors, "{\"epoch\":3}", Durability::ProcessCrash).unwrap();
    checkpoint
}

#[test]
fn finished_run_is_used_as_it_is_and_without_its_checksum() {
    let sealed = fs::read(finished().dir.join("model.safetensors")).unwrap();
    assert!(use_weights(&sealed));
    assert!(use_weights(&unsealed(&sealed)));
}

proptest! {
    #![proptest_config(budget())]

    #[test]
    fn weights_with_a_checksum(edits in edits()) {
        let sealed = fs::read(finished().dir.join("model.safetensors")).unwrap();
        let content = damaged(&sealed, &edits);
        // Without the entry the file is one of an earlier version, as in the next test.
        let has_entry = content.windows(14).any(|bytes| bytes == b"\"file_crc32\":\"");
        let used = use_weights(&content);
        prop_assert!(content == sealed || !has_entry || !used);
    }

    #[test]
    fn weights_without_a_checksum(edits in edits(), within in 0..2_usize) {
        let older = unsealed(&fs::read(finished().dir.join("model.safetensors")).unwrap());
        let header = 8 + u64::from_le_bytes(older[..8].try_into().unwrap()) as usize;
        // Changes of the header alone, length included, or of the whole.
        let content = match within {
            0 => damaged(&older, &edits),
            _ => [damaged(&older[..header], &edits), older[header..].to_vec()].concat(),
        };
        use_weights(&content);
    }

    #[test]
    fn npz_archives_of_weights(edits in edits()) {
        let (_dir, path) = folder("weights.npz", &[]);
        let mut npz = NpzWriter::new(fs::File::create(&path).unwrap());
        npz.add_array("dense_0.kernel", &Array2::<f32>::ones((3, 4))).unwrap();
        npz.add_array("dense_0.bias", &Array1::<f32>::ones(4)).unwrap();
        npz.finish().unwrap();
        let content = damaged(&fs::read(&path).unwrap(), &edits);
        fs::write(&path, content).unwrap();
        let archive = Archive::open(&path);
        answered(archive.and_then(|mut archive| archive.read(|_| true)));
    }

    #[test]
    fn checkpoints(edits in edits()) {
        let dir = tempfile::tempdir().unwrap();
        let checkpoint = checkpoint(dir.path());
        let whole = fs::read(checkpoint.path()).unwrap();
        let content = damaged(&whole, &edits);
        fs::write(checkpoint.path(), &content).unwrap();
        let loaded = answered(checkpoint.load());
        prop_assert!(content == whole || loaded.is_none());
    }

    #[test]
    fn records(edits in edits()) {
        let whole = fs::read(finished().dir.join("run.json")).unwrap();
        let (dir, path) = folder("run.json", &damaged(&whole, &edits));
        answered(Record::load(&path));
        answered(runner::query::Run::load(dir.path(), None));
    }

    #[test]
    fn plans(edits in edits(), summed: bool) {
        let dir = tempfile::tempdir().unwrap();
        let queue = RunQueue::plan(vec![experiment()], dir.path(), DatasetCache::default());
        let folder = Folder::at(&queue.runs[0].experiment.root);
        let whole = fs::read(folder.sweep_plan()).unwrap();
        let content = damaged(&whole, &edits);
        fs::remove_file(folder.sweep_plan()).unwrap();
        fs::write(folder.sweep_plan(), &content).unwrap();
        if !summed {
            fs::remove_file(folder.path().join("SHA256SUMS")).unwrap();
        }
        let loaded = answered(SweepManifest::load(&folder.sweep_plan()));
        prop_assert!(content == whole || !summed || loaded.is_none());
    }

    #[test]
    fn histories(edits in edits(), epochs in 0..4_usize) {
        let (_dir, path) = folder("history.csv", &[]);
        fs::remove_file(&path).unwrap();
        let mut writer = HistoryWriter::create(&path).unwrap();
        let (mut digest, mut length) = (writer.digest(), 0);
        for epoch in 0..4 {
            let logs = Logs(vec![("loss".to_owned(), 0.5), ("val_loss".to_owned(), f64::NAN)]);
            if epoch == epochs {
                (digest, length) = (writer.digest(), fs::metadata(&path).unwrap().len() as usize);
            }
            writer.append(epoch, &logs).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        fs::write(&path, damaged(&whole, &edits)).unwrap();
        answered(History::load(&path));
        if answered(HistoryWriter::reopen(&path, epochs, Some(&digest))).is_some() {
            prop_assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
        }
    }
}
