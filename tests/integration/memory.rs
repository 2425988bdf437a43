//! Runs, files and numbers of threads that are too large: each is refused, or fails by itself.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ndarray::Array2;
use ndarray_npy::NpzWriter;
use runner::config;
use runner::data::{CsvOptions, Inputs, Source, Split, describe, load};
use runner::experiment::DatasetCache;
use runner::runs::{Record, Status};
use runner::sweep::RunQueue;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::sandbox::Sandbox;

/// Two hundred rows through layers of as many units.
fn toml(units: &[usize]) -> String {
    let dense = |units: &usize| format!("  {{ type = \"dense\", units = {units} }},\n");
    format!(
        "[data]\nlimit = 200\n[model]\nlayers = [\n{}  \
         {{ type = \"dense\", units = 10, activation = \"softmax\" }},\n]\n",
        units.iter().map(dense).collect::<String>()
    )
}

fn records(logs: &Path) -> Vec<Record> {
    let mut found = Vec::new();
    for entry in fs::read_dir(logs).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(records(&path)),
            path if path.ends_with("run.json") => found.push(Record::load(&path).unwrap()),
            _ => {}
        }
    }
    found
}

pub(crate) mod runs {
    use super::*;

    #[test]
    fn a_run_that_cannot_fit_is_refused_with_the_layer_to_blame() {
        let sandbox = Sandbox::new();
        sandbox.file("wide.toml", &toml(&[1_048_576, 1_048_576]));
        sandbox.file("small.toml", &toml(&[4]));
        for command in ["check", "run --dry-run", "run"] {
            let call = format!("{command} small.toml wide.toml");
            let said = sandbox.runner(&call).env("RUNNER_MEMORY", "24GB").exits(2);
            let want = "error: the run needs 22 TB of memory, this machine has 24 GB";
            assert!(said.stderr.contains(want), "{}", said.stderr);
            assert!(said.stderr.contains("layer 1 takes 22 TB"), "{}", said.stderr);
            assert!(said.stderr.contains("wide.toml:6:"), "{}", said.stderr);
            assert!(said.stderr.contains("help: take fewer units"), "{}", said.stderr);
            assert!(!sandbox.path().join("logs").exists());
        }
        sandbox.file("batch.toml", &format!("{}[training]\nbatch_size = 200\n", toml(&[100_000])));
        let said = sandbox.runner("check batch.toml").env("RUNNER_MEMORY", "100MB").exits(2);
        assert!(said.stderr.contains("layer 0 takes"), "{}", said.stderr);
    }

    #[test]
    fn what_a_run_needs_is_said() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", &toml(&[4]));
        for command in ["check", "run --dry-run", "run --dry-run --json"] {
            let said =
                sandbox.runner(&format!("{command} small.toml")).env("RUNNER_MEMORY", "24GB");
            let said = said.exits(0).stderr;
            assert_eq!(said, "the run needs 48 MB of memory, this machine has 24 GB\n");
        }
        let said = sandbox.runner("check small.toml").env("RUNNER_MEMORY", "much").exits(2).stderr;
        assert!(said.starts_with("error: RUNNER_MEMORY: got `much`, want an amount"), "{said}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_allocation_that_fails_fails_its_run_alone() {
        let sandbox = Sandbox::new();
        sandbox.file("wide.toml", &toml(&[20_000, 20_000]));
        sandbox.file("small.toml", &toml(&[4]));
        let call = |arguments: &str| {
            let script = format!("ulimit -v 1500000; exec \"$0\" {arguments}");
            let mut shell = Command::new("sh");
            shell.args(["-c", &script, env!("CARGO_BIN_EXE_runner")]);
            shell.current_dir(sandbox.path()).env("RUNNER_MEMORY", "64GB");
            shell.output().unwrap()
        };
        let output = call("run wide.toml small.toml -j 1 --threads 1");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("wide: out of memory: the system gives no 1.6 GB"), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        let mut ended: Vec<_> =
            records(&sandbox.path().join("logs")).into_iter().map(|r| (r.name, r.status)).collect();
        ended.sort_by(|one, other| one.0.cmp(&other.0));
        let want = [("small", Status::Completed), ("wide", Status::Failed)];
        assert_eq!(ended, want.map(|(name, status)| (name.to_owned(), status)));
    }

    /// The largest memory of a process until its end, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(mut process: Child) -> u64 {
        let status = format!("/proc/{}/status", process.id());
        let mut peak = 0;
        while process.try_wait().unwrap().is_none() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = kilobytes.and_then(|line| line.trim().strip_suffix(" kB"));
            peak = peak.max(kilobytes.map_or(0, |kilobytes| kilobytes.parse::<u64>().unwrap()));
            std::thread::sleep(Duration::from_millis(2));
        }
        peak << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_a_sweep_does_not_grow_by_its_plans() {
        // A plan takes 6 kB; docs/limits.md says 30 bytes for each run, and 100 for its result.
        let bound = 1000;
        let peaks = [500, 8000].map(|runs| {
            let sandbox = Sandbox::new();
            let rates: Vec<_> = (1..=runs).map(|i| format!("{}", f64::from(i) * 1e-4)).collect();
            let sweep = format!("[sweep.parameters]\n\"optimizer.learning_rate\" = [{}]\n", rates.join(", "));
            let data = sandbox.file("t.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
            let toml = "[data]\ndataset = \"t.csv\"\n[optimizer]\nname = \"sgd\"\n[model]\nlayers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]\n";
            let path = sandbox.file("sweep.toml", &format!("{toml}{sweep}"));
            let experiments = config::load(&[path], &[]).unwrap();
            let logs = sandbox.path().join("logs");
            drop(RunQueue::plan(experiments, &logs, DatasetCache::default()));
            // The first run fails, and with it the sweep ends.
            fs::remove_file(data).unwrap();
            let resume = sandbox.runner("resume logs -q -j 1 --threads 1 --fail-fast");
            peak(resume.stdout(Stdio::null()).stderr(Stdio::null()).start())
        });
        let growth = peaks[1].saturating_sub(peaks[0]);
        assert!(1 << 20 < peaks[0] && growth < 7500 * bound, "{peaks:?}");
    }

    #[test]
    fn a_plan_from_a_larger_machine_fails_its_run_alone() {
        let sandbox = Sandbox::new();
        let sweep = "[sweep.parameters]\n\"model.layers.0.units\" = [4, 20000]\n";
        let path = sandbox.file("sweep.toml", &(toml(&[4]) + sweep));
        let experiments = config::load(&[path], &[]).unwrap();
        drop(RunQueue::plan(experiments, &sandbox.path().join("logs"), DatasetCache::default()));
        let resume = sandbox.runner("resume logs -q --json").env("RUNNER_MEMORY", "100MB");
        let said: Value = serde_json::from_str(&resume.exits(1).stdout).unwrap();
        assert_eq!(said["runs"][0]["status"], "completed");
        let error = said["runs"][1]["error"].as_str().unwrap();
        assert!(error.starts_with("out of memory: the run needs "), "{error}");
        assert!(error.ends_with(", this machine has 100 MB"), "{error}");
    }

    #[test]
    fn runs_that_do_not_fit_together_run_one_after_the_other() {
        let sandbox = Sandbox::new();
        for name in ["a", "b", "c"] {
            sandbox.file(&format!("{name}.toml"), &toml(&[2000]));
        }
        let run =
            sandbox.runner("run a.toml b.toml c.toml -j 3 --json").env("RUNNER_MEMORY", "76MB");
        let said = run.exits(0);
        let value: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(value["completed"], 3);
        assert!(said.stderr.contains("a run takes up to 75 MB, 76 MB are free"), "{}", said.stderr);
    }
}

mod threads {
    use super::*;

    #[test]
    fn more_threads_than_cores_are_not_started() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", &toml(&[4]));
        let said = sandbox.runner("run small.toml --threads 20000 -j 20000").exits(0).stderr;
        assert!(said.contains("`--threads 20000`: this machine has "), "{said}");
        assert!(said.contains("`--jobs 20000`: this machine has "), "{said}");
        let said = sandbox.runner("run small.toml --threads 20000 --quiet").exits(0).stderr;
        assert_eq!(said, "");
    }

    /// The main thread, that of the signals and that of the run; none of a pool.
    #[test]
    #[cfg(target_os = "linux")]
    fn one_thread_is_one_thread() {
        let sandbox = Sandbox::new();
        let sweep = "[training]\nepochs = 1000000\n[sweep]\nseeds = [0, 1]\n";
        sandbox.file("long.toml", &(toml(&[4]) + sweep));
        let mut run = sandbox.runner("run long.toml --threads 1 -q").stderr(Stdio::null());
        let mut child = run.start();
        let begun = || {
            let logs = sandbox.path().join("logs/long");
            let sweep = fs::read_dir(logs).ok()?.flatten().next()?.path();
            fs::read_dir(sweep)
                .ok()?
                .flatten()
                .find(|entry| entry.path().join("history.csv").exists())
        };
        while begun().is_none() {
            assert_eq!(child.try_wait().unwrap(), None, "it trains on");
            std::thread::sleep(Duration::from_millis(20));
        }
        let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap().flatten();
        let names: Vec<_> =
            tasks.map(|task| fs::read_to_string(task.path().join("comm")).unwrap()).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(names.len(), 3, "{names:?}");
    }

    /// A stack that no address space has room for makes every start of a thread fail, as a full
    /// process table does.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_cannot_be_had_is_an_error_that_says_so() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", &toml(&[4]));
        sandbox.runner("run small.toml -q").exits(0);
        let no_thread = (1_u64 << 47).to_string();
        let call = |arguments: &str| sandbox.runner(arguments).env("RUST_MIN_STACK", &no_thread);
        let said = call("run small.toml").exits(1).stderr;
        assert!(said.starts_with("error: cannot listen for Ctrl-C: "), "{said}");
        for command in
            ["check small.toml", "list", "show latest", "evaluate latest", "compare latest"]
        {
            let said = call(command).exits(0).stderr;
            assert!(!said.contains("panicked"), "{command}: {said}");
        }
    }
}

mod readers {
    use super::*;

    /// A `.npy` file of float32 that says of itself that it has this shape.
    fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn archive(path: &Path, method: CompressionMethod, arrays: &[(&str, &[u8])]) {
        let mut zip = ZipWriter::new(fs::File::create(path).unwrap());
        for (name, bytes) in arrays {
            let options = SimpleFileOptions::default().compression_method(method);
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
    }

    #[test]
    fn weights_are_not_read_beyond_the_shape_of_the_network() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", &toml(&[]).replace("[model]", "[model]\nweights = \"w.npz\""));
        let path = sandbox.path().join("w.npz");
        let bias = npy("(10,)", &[0; 40]);
        for (shape, want) in [
            ("(50000, 50000)", "ends too early: got 1000 bytes of data, want 10000000000"),
            ("(9223372036854775807, 8)", "has the wrong shape: got (9223372036854775807, 8)"),
            ("(784, 10)", "`dense_0.kernel` in `"),
        ] {
            let kernel = npy(shape, &[0; 1000]);
            let arrays = [("dense_0.kernel.npy", &*kernel), ("dense_0.bias.npy", &bias)];
            archive(&path, CompressionMethod::Stored, &arrays);
            let said =
                sandbox.runner("run small.toml").env("RUNNER_MEMORY", "64MB").exits(2).stderr;
            assert!(said.contains(want), "{shape}: {said}");
        }
    }

    #[test]
    fn an_archive_that_unpacks_to_far_more_is_refused() {
        let sandbox = Sandbox::new();
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (300000, 1000), }\n";
        let mut bomb = b"\x93NUMPY\x01\x00".to_vec();
        bomb.extend((header.len() as u16).to_le_bytes());
        bomb.extend(header.as_bytes());
        bomb.resize(bomb.len() + 300_000_000, 0);
        let path = sandbox.path().join("bomb.npz");
        archive(&path, CompressionMethod::Deflated, &[("x_train.npy", &bomb)]);
        assert!(fs::metadata(&path).unwrap().len() < 1_000_000);
        let error = describe(&Source::Path(path.clone(), None)).unwrap_err().to_string();
        assert!(error.contains("unpack to more than 200 times as many"), "{error}");
    }

    #[test]
    fn data_that_do_not_fit_are_refused() {
        let sandbox = Sandbox::new();
        let mut npz = NpzWriter::new(fs::File::create(sandbox.path().join("big.npz")).unwrap());
        npz.add_array("x_train", &Array2::<f32>::ones((1000, 1000))).unwrap();
        npz.add_array(
            "y_train",
            &ndarray::Array1::<i32>::from_vec((0..1000).map(|i| i % 10).collect()),
        )
        .unwrap();
        npz.finish().unwrap();
        sandbox.file("big.toml", &toml(&[]).replace("limit = 200", "dataset = \"big.npz\""));
        sandbox.runner("check big.toml").env("RUNNER_MEMORY", "20MB").exits(0);
        let said = sandbox.runner("check big.toml").env("RUNNER_MEMORY", "3MB").exits(2).stderr;
        assert!(said.contains("the data take 4.0 MB"), "{said}");
        sandbox.runner("run big.toml -q").env("RUNNER_MEMORY", "20MB").exits(0);
        let call = "evaluate latest --data big.npz --split train";
        let said = sandbox.runner(call).env("RUNNER_MEMORY", "3MB").exits(1).stderr;
        let want = "needs 4.0 MB of memory, this machine has 3.0 MB";
        assert!(said.contains("`x_train` in `") && said.contains(want), "{said}");
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused() {
        let sandbox = Sandbox::new();
        sandbox.file("small.toml", &toml(&[4]));
        sandbox.runner("run small.toml -q").exits(0);
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = b"IHDR".to_vec();
        header.extend(100_000_u32.to_be_bytes());
        header.extend(100_000_u32.to_be_bytes());
        header.extend([8, 0, 0, 0, 0]);
        png.extend(13_u32.to_be_bytes());
        png.extend(&header);
        png.extend(crc32fast::hash(&header).to_be_bytes());
        png.extend([0; 40]);
        fs::write(sandbox.path().join("huge.png"), &png).unwrap();
        let said = sandbox.runner("predict small huge.png").exits(1).stderr;
        let want = "it has 100000 x 100000 pixels, want at most 67108864 in all";
        assert!(said.contains(want), "{said}");
    }

    /// A row of words, of which each column has a thousand.
    fn words(rows: usize, columns: usize) -> String {
        let row = |row: usize| {
            let words = (0..columns).map(|column| format!("w{}", (row * 7 + column) % 1000));
            words.chain([(row % 2).to_string()]).collect::<Vec<_>>().join(",") + "\n"
        };
        let names = (0..columns).map(|column| format!("c{column}")).chain(["label".to_owned()]);
        names.collect::<Vec<_>>().join(",") + "\n" + &(0..rows).map(row).collect::<String>()
    }

    #[test]
    fn words_become_one_hot_columns_without_their_zeros() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("words.csv", &words(1000, 60));
        let source = Source::Csv(path.into(), CsvOptions::default());
        let found = describe(&source).unwrap();
        assert_eq!((found.rows, &found.shape[..]), (1000, &[60_000][..]));
        assert!(found.bytes < 10_000_000, "{} bytes, 240 MB if dense", found.bytes);
        let table = load(&source, Split::Train).unwrap();
        let Inputs::Sparse(rows) = &table.inputs else { panic!("60 ones of 60000 are sparse") };
        assert_eq!(rows.mask.count_ones(), 1000 * 60);
        let config = toml(&[]).replace("limit = 200", "dataset = \"words.csv\"");
        let config = config.replace("units = 10", "units = 2");
        sandbox.file("words.toml", &config);
        sandbox.runner("check words.toml").env("RUNNER_MEMORY", "60MB").exits(0);
    }

    #[test]
    fn lines_and_columns_of_a_csv_file_have_bounds() {
        let sandbox = Sandbox::new();
        let error = |name: &str, text: &str| {
            let path = sandbox.file(name, text);
            load(&Source::Csv(path.into(), CsvOptions::default()), Split::Train)
                .unwrap_err()
                .to_string()
        };
        let wide = error("wide.csv", &("1,".repeat(1 << 18) + "1\n"));
        assert!(wide.ends_with("it has 262145 columns, want at most 262144"), "{wide}");
        let long = error("long.csv", &format!("a,b\n1,2\n{},2\n", "x".repeat(17 << 20)));
        assert!(long.ends_with("a line has more than 17 MB"), "{long}");
        let many: String = (0..1100).map(|row| format!("w{row},1\n")).collect();
        let many = error("many.csv", &format!("a,b\n{many}"));
        assert!(many.ends_with("column `a` has more than 1000 different words"), "{many}");
    }

    #[test]
    fn a_config_has_a_bound() {
        let sandbox = Sandbox::new();
        sandbox.file("long.toml", &format!("# {}\n", "x".repeat(17 << 20)));
        let said = sandbox.runner("check long.toml").exits(2).stderr;
        assert!(said.contains("it has more than 17 MB"), "{said}");
    }
}
