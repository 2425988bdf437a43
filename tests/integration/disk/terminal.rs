//! Names that a terminal would act on, in every field that a file can have: every command shows them
//! escaped, JSON stays JSON, and exports stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{edit, folders};
use crate::sandbox::{Said, Sandbox};

/// A colour, a title, a C1 control, a carriage return, an override, an isolate and a deletion.
const HOSTILE: &str = "x\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}7m\r\u{202e}\u{2066}\u{7f}y";
/// How its beginning is shown.
const SHOWN: &str = "x\\u001b[31m\\u001b]0;t\\u0007\\u009b7m\\u000d\\u202e\\u2066\\u007fy";

/// The worst that a config may be called: a control character in its name is refused.
const REVERSED: &str = "x\u{202e}\u{2066}y";

/// The same in a string of TOML.
fn toml(text: &str) -> String {
    let escaped = |c: char| {
        if c.is_ascii_graphic() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }
    };
    text.chars().map(escaped).collect()
}

fn config(name: &str) -> String {
    format!(
        "name = \"{}\"\n[data]\ndataset = \"rows.csv\"\nvalidation_split = 0.25\ntest_split = 0.2\n\
         [model]\nlayers = [{{ type = \"dense\", units = 2, activation = \"softmax\" }}]\n\
         [training]\nepochs = 2\n",
        toml(name)
    )
}

/// Rows of two classes with hostile names, under hostile titles.
fn rows() -> String {
    let title = HOSTILE.replace('\r', "");
    let row = |i: usize| format!("{}.5,{},\"{title}{}\"\n", i % 7, i % 5, i % 2);
    format!("\"{title}a\",b,\"{title}kind\"\n") + &(0..80).map(row).collect::<String>()
}

/// Nothing in the output acts on a terminal.
#[track_caller]
fn is_clean(text: &str, call: &str) {
    let acts = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.chars().any(acts), "{call}: {text:?}");
}

/// What the call says, which no terminal would act on; with colours, only the program's own are in it.
#[track_caller]
fn say(sandbox: &Sandbox, arguments: &[&str], status: i32) -> Said {
    let call = |color| {
        let call = sandbox.runner(&format!("--color {color}"));
        arguments.iter().fold(call, |call, word| call.arg(word))
    };
    let colored = call("always").exits(status);
    for text in [&colored.stdout, &colored.stderr] {
        for foreign in ["\u{1b}[31m\u{1b}", "\u{1b}]", "\u{9b}", "\r", "\u{202e}", "\u{7f}"] {
            assert!(!text.contains(foreign), "{arguments:?}: {text:?}");
        }
    }
    let said = call("never").exits(status);
    is_clean(&said.stdout, &format!("{arguments:?}"));
    is_clean(&said.stderr, &format!("{arguments:?}"));
    said
}

#[track_caller]
fn shows(said: &Said) {
    let all = said.stdout.clone() + &said.stderr;
    assert!(all.contains("x\\u001b[31m\\u001b]0;t\\u0007\\u009b7m"), "{all}");
}

/// One run in a log folder with a hostile name.
fn trained() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.file("rows.csv", &rows());
    sandbox.file("a.toml", &config(REVERSED));
    let logs = format!("l{HOSTILE}");
    say(&sandbox, &["run", "a.toml", "--logdir", &logs], 0);
    // Of the two, one is enough.
    let name = fs::read_dir(sandbox.path().join(&logs)).unwrap().next().unwrap().unwrap().path();
    let mut runs: Vec<_> = fs::read_dir(&name).unwrap().map(|run| run.unwrap().path()).collect();
    runs.sort();
    fs::remove_dir_all(runs.remove(1)).unwrap();
    fs::create_dir(sandbox.path().join("logs")).unwrap();
    let run = sandbox.path().join("logs").join(HOSTILE);
    fs::rename(runs.remove(0), &run).unwrap();
    edit(&run, "name", json!(HOSTILE));
    (sandbox, run)
}

#[test]
fn every_answer_shows_hostile_names_escaped() {
    let (sandbox, run) = trained();
    for call in [
        &["list"][..],
        &["list", "--columns", "name,data.dataset"],
        &["show", HOSTILE],
        &["compare", HOSTILE],
        &["evaluate", HOSTILE],
    ] {
        shows(&say(&sandbox, call, 0));
    }
    let file = format!("{HOSTILE}.csv");
    sandbox.file(&file, &rows());
    shows(&say(&sandbox, &["predict", HOSTILE, &file], 0));
    shows(&say(&sandbox, &["report", HOSTILE, "-o", &format!("{HOSTILE}.html")], 0));
    shows(&say(&sandbox, &["export", HOSTILE, "-o", &file], 0));
    shows(&say(&sandbox, &["export", "model", HOSTILE, "-o", &format!("{HOSTILE}.npz")], 0));
    let listed = say(&sandbox, &["list"], 0).stdout;
    assert!(listed.contains(SHOWN) && listed.lines().count() == 2, "{listed}");

    edit(&run, "status", json!("stopped"));
    edit(&run, "version", json!(HOSTILE));
    let resumed = sandbox.runner("resume logs").exits(0);
    is_clean(&resumed.stderr, "resume");
    assert!(resumed.stderr.contains(&format!("was begun by runner {SHOWN}")), "{}", resumed.stderr);
    shows(&sandbox.runner("rm --yes").arg(HOSTILE).exits(0));
}

#[test]
fn every_field_of_a_record_and_a_history_is_shown_escaped() {
    let (sandbox, run) = trained();
    edit(&run, "status", json!("failed"));
    edit(&run, "metrics", json!({ HOSTILE: 0.5, "loss": 0.25 }));
    edit(
        &run,
        "machine",
        json!({"hostname": HOSTILE, "os": HOSTILE, "cpu": HOSTILE, "threads": 1}),
    );
    edit(&run, "data", json!({ "description": HOSTILE, "sha256": HOSTILE }));
    edit(&run, "arguments", json!([HOSTILE]));
    for key in ["name", "error", "version", "git_commit"] {
        edit(&run, key, json!(HOSTILE));
    }
    let header = HOSTILE.replace('\r', "");
    fs::write(run.join("history.csv"), format!("epoch,loss,{header}\n0,0.5,0.5\n")).unwrap();
    for call in [&["list"][..], &["show", HOSTILE], &["compare", HOSTILE]] {
        shows(&say(&sandbox, call, 0));
    }
    say(&sandbox, &["resume", "logs"], 0);
    shows(&say(&sandbox, &["show", HOSTILE, "--metric", &header], 0));
    fs::write(run.join("run.json"), format!("{{\"name\": 1, \"{header}\"")).unwrap();
    shows(&say(&sandbox, &["list"], 1));
    shows(&say(&sandbox, &["show", HOSTILE], 2));
}

#[test]
fn json_stays_json_and_exports_stay_verbatim() {
    let (sandbox, run) = trained();
    let file = format!("{HOSTILE}.csv");
    sandbox.file(&file, &rows());
    let value = |call: &[&str]| -> Value {
        let said = say(&sandbox, call, 0);
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{call:?}: {error}"))
    };
    assert_eq!(value(&["list", "--json"])["runs"][0]["name"], HOSTILE);
    assert_eq!(value(&["show", HOSTILE, "--json"])["record"]["name"], HOSTILE);
    let compared = value(&["compare", HOSTILE, "--json"]);
    assert_eq!(compared["lines"][0]["runs"][0]["name"], HOSTILE);
    let class = HOSTILE.replace('\r', "") + "0";
    assert_eq!(value(&["evaluate", HOSTILE, "--json"])["classes"][0]["name"], class);
    assert_eq!(value(&["predict", HOSTILE, &file, "--json"])[0]["file"], file);
    let planned = value(&["run", "a.toml", "--dry-run", "--json"]);
    assert_eq!(planned["runs"][0]["name"], REVERSED);
    let trained = value(&["run", "a.toml", "--json", "--logdir", "other"]);
    assert_eq!(trained["runs"][0]["name"], REVERSED);

    let csv = sandbox.runner("export").arg(HOSTILE).exits(0).stdout;
    assert!(csv.contains(HOSTILE), "{csv:?}");
    // What is printed as TOML is the same plan again.
    let plan = say(&sandbox, &["run", "a.toml", "--dry-run"], 0).stdout;
    sandbox.file("again.toml", &plan);
    assert_eq!(value(&["run", "again.toml", "--dry-run", "--json"])["runs"][0]["name"], REVERSED);
    assert!(run.is_dir());
}

#[test]
fn progress_and_final_tables_are_escaped() {
    let sandbox = Sandbox::new();
    sandbox.file("rows.csv", &rows());
    sandbox.file("a.toml", &config(REVERSED));
    sandbox.file("b.toml", &config(&format!("{REVERSED}b")));
    let diverging = "[optimizer]\nname = \"sgd\"\nlearning_rate = 1e38\n";
    sandbox.file("c.toml", &(config(&format!("{REVERSED}c")) + diverging));
    let shows = |said: &Said| {
        let all = said.stdout.clone() + &said.stderr;
        assert!(all.contains("x\\u202e\\u2066y"), "{all}");
    };
    shows(&say(&sandbox, &["run", "a.toml", "b.toml", "c.toml", "--progress", "plain"], 1));
    let said = sandbox.runner("run a.toml b.toml c.toml --progress bar").exits(1);
    for foreign in ["\u{1b}[31m", "\u{1b}]", "\u{9b}", "\u{202e}"] {
        assert!(!said.stderr.contains(foreign), "{:?}", said.stderr);
    }
    shows(&said);
    is_clean(&said.stdout, "the table");
    assert_eq!(folders(&sandbox, "").len(), 3);
}

#[test]
fn problems_and_refusals_are_escaped() {
    let sandbox = Sandbox::new();
    sandbox.file("rows.csv", &rows());
    let named = format!("{HOSTILE}.toml");
    sandbox.file(&named, &config("a"));
    let unknown = format!("[training]\n\"{}\" = 1\n", toml(HOSTILE));
    sandbox.file("unknown.toml", &unknown);
    let raw = format!("# {}\nname = 1\n", HOSTILE.replace(['\r', '\u{7f}', '\u{7}', '\u{1b}'], ""));
    sandbox.file("raw.toml", &raw);
    let set = format!("{HOSTILE}=1");
    let missing = format!("{HOSTILE}-missing");
    fs::create_dir_all(sandbox.path().join("logs")).unwrap();
    for call in [
        &["check", "unknown.toml"][..],
        &["check", "raw.toml"],
        &["check", &missing],
        &["check", &named, "--set", &set],
        &["check", &named, "--set", &format!("training.loss=\"{}\"", toml(HOSTILE))],
        &["run", &named, "--sort", HOSTILE],
        &["run", &named, HOSTILE],
        &["run", &named, "--jobs", HOSTILE],
        &["list", &missing],
        &["list", "--filter", HOSTILE],
        &["show", HOSTILE],
        &["compare", HOSTILE],
        &["resume", &missing],
        &["rm", "--yes", HOSTILE],
        &[HOSTILE],
    ] {
        say(&sandbox, call, 2);
    }
    say(&sandbox, &["check", &named], 0);
    assert!(Path::new(&sandbox.path().join("logs")).is_dir());
}
