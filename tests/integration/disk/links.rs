//! Empty words, beginnings of names, and symbolic links: nothing is removed that was not named, and
//! nothing outside a run's folder is written.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{configs, edit, folders, record};
use crate::sandbox::Sandbox;

/// A sandbox with one run, and its folder.
fn one_run() -> (Sandbox, PathBuf) {
    let sandbox = configs();
    sandbox.runner("run small.toml -q").exits(0);
    let run = folders(&sandbox, "small").remove(0);
    (sandbox, run)
}

#[test]
fn empty_word_is_an_error_everywhere() {
    let (sandbox, run) = one_run();
    let calls = [
        "rm --yes",
        "rm",
        "show",
        "compare",
        "compare small",
        "report",
        "evaluate",
        "predict",
        "predict small",
        "export",
        "export model -o a.npz",
        "export model small -o",
        "export scalars",
        "list",
        "list --filter",
        "list --sort",
        "list --columns",
        "show small --metric",
        "show small --logdir",
        "evaluate small --data",
        "watch",
        "resume",
        "run",
        "run small.toml --set",
        "run small.toml --sort",
        "run small.toml --logdir",
        "check",
    ];
    for call in calls {
        let said = sandbox.runner(call).arg("").exits(2);
        assert!(said.stderr.starts_with("error: ") && said.stdout.is_empty(), "{call}: {said:?}");
    }
    sandbox.runner("list").env("RUNNER_LOGDIR", "").exits(2);
    assert!(run.is_dir() && !sandbox.path().join("a.npz").exists());
}

#[test]
fn removal_without_a_question_wants_a_full_name_or_a_path() {
    let (sandbox, run) = one_run();
    let folder = run.file_name().unwrap().to_string_lossy().into_owned();
    for word in ["2", "20", &folder[..folder.len() - 1], "latest", "smal"] {
        let said = sandbox.runner("rm --yes").arg(word).exits(2);
        assert!(said.stderr.contains("\n  help: "), "{word}: {}", said.stderr);
        assert!(said.stderr.ends_with("nothing was removed\n"), "{word}: {}", said.stderr);
        assert!(run.is_dir(), "{word}");
    }
    sandbox.runner("rm --yes").arg(&folder).exits(0);
    assert!(!run.exists());
    for word in ["small", "logs/small/LAST", "small/LAST", "./logs/small/LAST/"] {
        sandbox.runner("run small.toml -q").exits(0);
        let run = folders(&sandbox, "small").remove(0);
        let word = word.replace("LAST", &run.file_name().unwrap().to_string_lossy());
        sandbox.runner("rm --yes").arg(&word).exits(0);
        assert!(!run.exists(), "{word}");
    }
}

#[test]
#[cfg(unix)]
fn removal_of_a_link_leaves_the_folder_that_it_leads_to() {
    use std::os::unix::fs::symlink;
    let (sandbox, run) = one_run();
    let link = sandbox.path().join("logs/small/link");
    symlink(&run, &link).unwrap();
    let before = fs::metadata(run.join(".lock")).unwrap().modified().unwrap();
    sandbox.runner("rm --yes logs/small/link").exits(0);
    assert!(!link.is_symlink() && run.join("run.json").is_file());
    assert_eq!(fs::metadata(run.join(".lock")).unwrap().modified().unwrap(), before);

    // Links in a folder go with it, and their targets stay.
    let outside = sandbox.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious"), "").unwrap();
    symlink(&outside, run.join("kept")).unwrap();
    sandbox.runner("rm --yes small").exits(0);
    assert!(!run.exists() && outside.join("precious").is_file());
}

#[test]
#[cfg(unix)]
fn nothing_is_written_through_a_link_in_the_folder_of_a_run() {
    use std::os::unix::fs::symlink;
    for name in
        [".lock", "train", "validation", "checkpoint", "history.csv", "run.json", "config.toml"]
    {
        let (sandbox, run) = one_run();
        let outside = sandbox.path().join("outside");
        fs::create_dir(&outside).unwrap();
        let event = outside.join("events.out.tfevents.1.mine.v2");
        fs::write(&event, "precious").unwrap();
        let path = run.join(name);
        edit(&run, "status", json!("stopped"));
        let is_folder = ["train", "validation", "checkpoint"].contains(&name);
        let target = if is_folder { outside.clone() } else { outside.join("precious") };
        match (is_folder, path.exists()) {
            (true, true) => fs::remove_dir_all(&path).unwrap(),
            (false, true) => drop(fs::rename(&path, &target)),
            _ => {}
        }
        let before = if is_folder { Vec::new() } else { fs::read(&target).unwrap() };
        symlink(&target, &path).unwrap();
        let call = sandbox.runner("resume logs -q");
        match name {
            // These are replaced, never written to; or only read.
            "run.json" | "config.toml" => drop(call.exits(0)),
            // Below a log folder, what cannot be locked is told and passed over.
            _ => {
                let said = call.exits(1);
                assert!(said.stderr.contains("it is a symbolic link"), "{name}: {}", said.stderr);
            }
        }
        assert_eq!(fs::read(&event).unwrap(), b"precious", "{name}");
        let left = fs::read_dir(&outside).unwrap().count();
        assert_eq!(left, if is_folder { 1 } else { 2 }, "{name}");
        if !is_folder {
            assert!(fs::read(&target).unwrap() == before, "{name}");
        }
    }
}

#[test]
#[cfg(unix)]
fn callbacks_write_through_no_link_either() {
    use std::os::unix::fs::symlink;
    let sandbox = configs();
    let more = "[callbacks.csv_logger]\nfilename = \"kept/a.csv\"\n[callbacks.model_checkpoint]\n\
                filepath = \"kept/{epoch}.safetensors\"\n";
    sandbox.file("kept.toml", &format!("extends = \"small.toml\"\n{more}"));
    sandbox.runner("run kept.toml -q").exits(0);
    let run = folders(&sandbox, "kept").remove(0);
    assert_eq!(fs::read_dir(run.join("kept")).unwrap().count(), 4);
    let outside = sandbox.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::remove_dir_all(run.join("kept")).unwrap();
    symlink(&outside, run.join("kept")).unwrap();
    edit(&run, "status", json!("stopped"));
    let said = sandbox.runner("resume logs -q").exits(1);
    assert!(said.stderr.contains("it is a symbolic link"), "{}", said.stderr);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    // It could not even be taken up, so that it is as it was.
    assert_eq!(record(&run)["status"], "stopped");
}
