//! Failures of the machine: they are recorded as such, taken up by a plain `resume`, and said once,
//! with the deed and the path.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runner::runs::Lock;
use serde_json::{Value, json};

use super::{configs, edit, folders, record};
use crate::sandbox::{Runner, Said, Sandbox};

/// The output of the call, within a minute: a pipe without a writer would hold it for ever.
#[track_caller]
fn soon(call: Runner, statuses: &[i32]) -> Said {
    let mut call = call.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = call.start();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if Duration::from_secs(60) < started.elapsed() {
            child.kill().unwrap();
            panic!("it waits for a pipe: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let status = statuses.iter().find(|status| output.status.code() == Some(**status));
    call.judge(&output, *status.unwrap_or(&statuses[0]))
}

/// Runs in which no file can grow beyond so many KiB.
#[cfg(unix)]
fn with_small_files(sandbox: &Sandbox, limit: usize, arguments: &str) -> (Option<i32>, String) {
    // Ignored, the signal becomes an error of the write.
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_runner")])
        .args(arguments.split(' '))
        .current_dir(sandbox.path())
        .output()
        .expect("this test needs `bash`");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
#[cfg(unix)]
fn full_disk_is_finished_by_a_plain_resumption() {
    let mut blamed = 0;
    for limit in [1, 2, 4, 12, 24] {
        let sandbox = configs();
        let (code, said) = with_small_files(&sandbox, limit, "run sweep.toml -q");
        assert_eq!(code, Some(1), "{limit}: {said}");
        assert!(said.contains("File too large (os error 27)\n"), "{limit}: {said}");
        assert!(!said.contains(".tmp"), "{limit}: {said}");
        let Some(sweep) = folders(&sandbox, "sweep").pop() else { continue };
        for run in folders(&sandbox, &format!("sweep/{}", sweep.file_name().unwrap().display())) {
            if run.join("run.json").is_file() && record(&run)["status"] == "failed" {
                assert_eq!(record(&run)["cause"], "machine", "{limit}");
                let shown = sandbox.runner("show").arg(run.to_str().unwrap()).exits(0).stdout;
                assert!(shown.contains("`runner resume` tries again"), "{shown}");
                blamed += 1;
            }
        }
        let said = sandbox.runner("resume logs").exits(0);
        assert!(said.stderr.starts_with("2 runs: "), "{}", said.stderr);
        let listed: Value =
            serde_json::from_str(&sandbox.runner("list --json").exits(0).stdout).unwrap();
        let runs = listed["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 2);
        assert!(runs.iter().all(|run| run["status"] == "completed" && run["cause"].is_null()));
    }
    assert!(4 <= blamed, "the limits leave no run room for its record: {blamed}");
}

/// How many sizes of a real disk are tried; `RUNNER_TEST_DISKS` says more.
#[cfg(target_os = "linux")]
fn sizes() -> usize {
    std::env::var("RUNNER_TEST_DISKS").map_or(4, |number| number.parse().unwrap())
}

/// On a file system of a few pages, which is enlarged before the resumption.
#[test]
#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "what is left out is said")]
fn disk_of_any_size_is_finished_once_it_has_room() {
    let script = "mkdir -p logs && mount -t tmpfs -o size=$1 tmpfs logs || exit 99\n\
        \"$0\" run sweep.toml -q; first=$?\n\
        mount -o remount,size=64m logs || exit 98\n\
        if [ -z \"$(ls logs)\" ]; then echo $first nothing; exit 0; fi\n\
        \"$0\" resume logs -q; echo $first $? $(\"$0\" list --json | grep -c '\"completed\"')";
    let mut seen = (0, 0);
    for number in 0..sizes() {
        let sandbox = configs();
        // From a single page to room for both runs.
        let size = 4096 * (1 + number * 40 / sizes());
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "bash", "-c", script])
            .arg(env!("CARGO_BIN_EXE_runner"))
            .arg(size.to_string())
            .current_dir(sandbox.path())
            .output();
        let output = output.expect("this test needs `unshare`");
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            println!("LEFT OUT: this system lets no user mount a file system: {stderr}");
            return;
        }
        assert!(!stderr.contains(".tmp"), "{size}: {stderr}");
        match String::from_utf8_lossy(&output.stdout).trim() {
            "0 0 2" => seen.1 += 1,
            "1 0 2" => seen.0 += 1,
            // There was no room for so much as a folder, or for the plan of the sweep.
            "1 nothing" => assert!(size < 100_000, "{size}: {stderr}"),
            "1 2 0" if stderr.contains("there is no run and no sweep in `logs`") => {
                assert!(size < 100_000, "{size}: {stderr}");
            }
            other => panic!("{size}: {other}\n{stderr}"),
        }
    }
    println!("{} disks were full and then finished, {} had room", seen.0, seen.1);
    assert!(0 < seen.0, "no disk was full");
}

#[test]
fn failure_of_the_experiment_is_not_tried_again_unasked() {
    let sandbox = configs();
    let wild = "--set optimizer.name=sgd --set optimizer.learning_rate=1e38";
    sandbox.runner(&format!("run small.toml -q {wild}")).exits(1);
    let run = folders(&sandbox, "small").remove(0);
    assert_eq!(record(&run)["status"], "failed");
    assert_eq!(record(&run)["cause"], "diverged");
    let said = sandbox.runner("resume logs").exits(0);
    assert!(said.stderr.contains("--retry-failed tries again"), "{}", said.stderr);
    sandbox.runner("resume logs --retry-failed").exits(1);
    // Records of a later version may know more causes.
    edit(&run, "cause", json!("neighbour"));
    sandbox.runner("list").exits(0);
}

#[test]
fn log_folder_that_cannot_be_written_to_is_a_wrong_request() {
    let sandbox = configs();
    sandbox.file("file", "");
    let mut dirs = vec!["file".to_owned(), "file/below".to_owned()];
    if cfg!(target_os = "linux") {
        dirs.push("/proc/none".to_owned());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let closed = sandbox.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
        // Root may write anywhere.
        if fs::write(closed.join("file"), "").is_err() {
            dirs.extend(["closed".to_owned(), "closed/below".to_owned()]);
        }
    }
    for dir in dirs {
        let said = sandbox.runner("run small.toml sweep.toml --logdir").arg(&dir).exits(2);
        let start = format!("error: cannot create the folder `{dir}/small`: ");
        assert!(said.stderr.starts_with(&start), "{}", said.stderr);
        assert!(said.stderr.ends_with("; nothing was started\n"), "{}", said.stderr);
    }
    sandbox.runner("run small.toml -q --logdir new/deep/logs").exits(0);
}

/// Every line names its cause once, and no hidden name.
#[track_caller]
fn said_once(said: &Said, call: &str) {
    for line in said.stderr.lines() {
        assert!(line.matches("(os error").count() <= 1, "{call}: {line}");
        assert!(!line.contains(".tmp"), "{call}: {line}");
    }
    assert!(said.stderr.starts_with("error: "), "{call}: {}", said.stderr);
}

#[test]
fn causes_are_said_once() {
    let sandbox = configs();
    sandbox.file("initial.toml", "extends = \"small.toml\"\n[model]\nweights = \"none.npz\"\n");
    sandbox.runner("run small.toml -q").exits(0);
    sandbox.runner("run sweep.toml -q").exits(0);
    for call in [
        "predict small none.png",
        "predict small none.npz",
        "predict small none.csv",
        "evaluate small --data none.npz",
        "export small -o none/a.csv",
        "export model small -o none/a.npz",
        "report small -o none/a.html",
        "check none.toml",
        "run initial.toml",
        "show none",
        "resume none",
    ] {
        let said = sandbox.runner(call).output();
        assert!(said.stdout.is_empty(), "{call}: {said:?}");
        said_once(&said, call);
    }
    let (run, sweep) = (folders(&sandbox, "small").remove(0), folders(&sandbox, "sweep").remove(0));
    fs::remove_file(run.join("config.toml")).unwrap();
    said_once(&sandbox.runner("show small").exits(1), "show");
    edit(&run, "status", json!("stopped"));
    said_once(&sandbox.runner("resume logs/small -q").exits(1), "resume");
    fs::remove_file(sweep.join("plan.json")).unwrap();
    fs::write(sweep.join("plan.json"), "{\"format\": 1, \"version\": \"9\"}").unwrap();
    said_once(&sandbox.runner("resume logs/sweep -q").exits(1), "resume of a sweep");
}

#[test]
#[cfg(unix)]
fn pipes_are_refused_instead_of_waited_for() {
    let pipe = |path: &Path| {
        let _ = fs::remove_file(path);
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let names = ["run.json", "config.toml", "history.csv", "model.safetensors", ".lock"];
    for name in names {
        let sandbox = configs();
        sandbox.runner("run small.toml -q").exits(0);
        let run = folders(&sandbox, "small").remove(0);
        edit(&run, "status", json!("stopped"));
        pipe(&run.join(name));
        let listed = soon(sandbox.runner("list"), &[i32::from(name == "run.json")]);
        if name == "run.json" {
            assert!(listed.stderr.contains("it is a pipe, a socket or a device"), "{listed:?}");
        }
        for call in ["show", "compare", "evaluate", "export", "list --columns seed", "resume -q"] {
            let mut call = sandbox.runner(call).arg(run.to_str().unwrap());
            call = call.stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            let mut child = call.start();
            while child.try_wait().unwrap().is_none() {
                assert!(started.elapsed() < Duration::from_secs(60), "{name} is waited for");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
    let sandbox = configs();
    sandbox.runner("run small.toml -q").exits(0);
    for name in ["a.csv", "a.npz", "a.png", "base.toml"] {
        pipe(&sandbox.path().join(name));
    }
    for file in ["a.csv", "a.npz", "a.png"] {
        let said = soon(sandbox.runner("predict small").arg(file), &[1, 2]);
        let refused = said.stderr.contains("it is a pipe, a socket or a device");
        assert!(refused || file == "a.csv", "{said:?}");
    }
    sandbox.file("above.toml", "extends = \"base.toml\"\n");
    soon(sandbox.runner("check above.toml"), &[2]);
    soon(sandbox.runner("check small.toml --set").arg("data.dataset=\"a.csv\""), &[2]);
    fs::create_dir(sandbox.path().join("events")).unwrap();
    pipe(&sandbox.path().join("events/events.out.tfevents.1.x.v2"));
    soon(sandbox.runner("export scalars events"), &[1, 2]);
}

#[test]
fn run_that_another_process_has_is_left_alone() {
    let sandbox = configs();
    sandbox.runner("run sweep.toml -q").exits(0);
    let sweep = folders(&sandbox, "sweep").remove(0);
    let name = format!("sweep/{}", sweep.file_name().unwrap().display());
    let mut runs = folders(&sandbox, &name);
    // The sweep's own curves for TensorBoard are no run.
    runs.retain(|run| run.join("run.json").is_file());
    runs.iter().for_each(|run| edit(run, "status", json!("stopped")));
    let lock = Lock::take(&runs[1]).unwrap();
    let said = sandbox.runner("resume logs").exits(75);
    assert!(said.stderr.contains(": left alone: cannot write to `logs/sweep/"), "{}", said.stderr);
    assert!(!said.stderr.contains("error:"), "{}", said.stderr);
    assert_eq!(record(&runs[0])["status"], "completed");
    let said = sandbox.runner("resume logs --json -q").exits(75);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&value["busy"], &value["completed"]), (&json!(1), &json!(1)), "{value}");
    assert_eq!(value["runs"][1]["status"], "busy");
    drop(lock);
    sandbox.runner("resume logs -q").exits(0);
    assert_eq!(record(&runs[1])["status"], "completed");
}
