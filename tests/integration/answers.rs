//! Answers from the logs: list, show, compare, rm.

use std::fs;
use std::path::{Path, PathBuf};

use runner::runs::Lock;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2

[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]

[optimizer]
name = "adam"

[training]
epochs = 3
"#;

const SWEEP: &str = "extends = \"small.toml\"\nname = \"sweep\"\n[sweep]\nseeds = [1, 2, 3]\n\
                     [sweep.parameters]\n\"optimizer.learning_rate\" = [0.1, 0.01]\n";

/// A run called `adam`, one called `sgd`, and a sweep of six.
fn logs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("sweep.toml", SWEEP);
    sandbox.runner("run small.toml -q --set name=adam").exits(0);
    sandbox.runner("run small.toml -q --set name=sgd --set optimizer.name=sgd").exits(0);
    sandbox.runner("run sweep.toml -q").exits(0);
    sandbox
}

fn json_of(sandbox: &Sandbox, arguments: &str) -> Value {
    let said = sandbox.runner(arguments).exits(0);
    assert_eq!(said.stderr, "");
    serde_json::from_str(&said.stdout).unwrap()
}

/// The folders of the runs of this name, sorted.
fn folders(sandbox: &Sandbox, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path().join("logs").join(name)).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Puts a value into a record.
fn edit(run: &Path, key: &str, value: Value) {
    let path = run.join("run.json");
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record[key] = value;
    fs::write(path, record.to_string()).unwrap();
}

fn words(value: &Value, key: &str) -> Vec<String> {
    let runs = value["runs"].as_array().unwrap();
    runs.iter().map(|run| run[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn list_finds_runs_at_any_depth_and_says_how_they_are() {
    let sandbox = logs();
    let (adam, sgd) = (folders(&sandbox, "adam").remove(0), folders(&sandbox, "sgd").remove(0));
    let all = json_of(&sandbox, "list --json");
    assert_eq!(all["runs"].as_array().unwrap().len(), 8);
    assert_eq!(all["runs"][7]["name"], "adam", "the oldest comes last");
    let record: Value = serde_json::from_slice(&fs::read(adam.join("run.json")).unwrap()).unwrap();
    assert_eq!(all["runs"][7]["last"], record["metrics"]);
    assert_eq!(all["runs"][7]["best"]["val_loss"], record["best"]["metrics"]["val_loss"]);

    edit(&adam, "status", json!("running"));
    edit(&sgd, "status", json!("running"));
    let lock = Lock::take(&sgd).unwrap();
    let value = json_of(&sandbox, "list --json --filter status!=completed");
    assert_eq!(words(&value, "status"), ["running", "interrupted"]);
    drop(lock);
    let value = json_of(&sandbox, "list --json --filter status=interrupted");
    assert_eq!(words(&value, "name"), ["sgd", "adam"]);

    fs::write(sgd.join("run.json"), "{").unwrap();
    let said = sandbox.runner("list").exits(1);
    assert!(said.stderr.contains("as the record of a run"), "{}", said.stderr);
    assert_eq!(said.stdout.lines().count(), 8, "the others are listed all the same");
}

#[test]
fn list_filters_sorts_and_cuts() {
    let sandbox = logs();
    let rate = json_of(
        &sandbox,
        "list --json --filter optimizer.learning_rate>=0.1 --filter name=sweep \
         --columns optimizer.learning_rate,optimizer.beta_1",
    );
    assert_eq!(rate["runs"].as_array().unwrap().len(), 3);
    assert_eq!(
        rate["runs"][0]["config"],
        json!({ "optimizer.learning_rate": 0.1, "optimizer.beta_1": 0.9 })
    );
    let sorted = json_of(&sandbox, "list --json --sort val_accuracy --top 3");
    let accuracies = |value: &Value| -> Vec<f64> {
        let runs = value["runs"].as_array().unwrap().iter();
        runs.map(|run| run["last"]["val_accuracy"].as_f64().unwrap()).collect()
    };
    let mut all = accuracies(&json_of(&sandbox, "list --json"));
    all.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(accuracies(&sorted), all[..3]);
    let table = sandbox.runner("list logs/sweep --sort loss --top 2").exits(0);
    assert_eq!(table.stdout.lines().count(), 3);
    let losses = table
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().nth(4).unwrap().parse::<f64>().unwrap());
    assert!(losses.is_sorted());
    let none = sandbox.runner("list --filter val_loss<0").exits(0);
    assert_eq!(none.stderr, "there is no such run in logs\n");
}

#[test]
fn list_refuses_what_no_run_has() {
    let sandbox = logs();
    for (arguments, message) in [
        ("list nowhere", "error: there is no folder `nowhere`\n  help: `runner run` leaves"),
        ("list --sort val_acuracy", "`val_acuracy`\n  help: did you mean `val_accuracy`?"),
        ("list --filter learning_rat=1", "no run has the key `learning_rat`\n  help: did you mean"),
        ("list --filter units=10", "help: did you mean `model.layers.0.units`?"),
        ("list --filter adam", "--filter `adam`: got no ="),
        ("list --columns optimizer.nam", "help: did you mean `optimizer.name`?"),
    ] {
        let said = sandbox.runner(arguments).exits(2);
        assert!(said.stderr.contains(message), "{arguments}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn a_run_is_called_by_path_name_beginning_or_latest() {
    let sandbox = logs();
    let adam = folders(&sandbox, "adam").remove(0);
    let folder = adam.file_name().unwrap().to_string_lossy().into_owned();
    let dir = |word: &str| shown(&sandbox, word).0;
    let want = format!("logs/adam/{folder}");
    for word in ["adam", &want, &format!("adam/{folder}"), "adam/20", "logs/adam"] {
        assert_eq!(dir(word), want, "{word}");
    }
    assert!(dir("0004").contains("/0004-"), "{}", dir("0004"));
    // Runs of a sweep start side by side, so that any may be the last.
    let list = json_of(&sandbox, "list --json");
    let runs = list["runs"].as_array().unwrap().iter();
    let youngest = runs.max_by_key(|run| {
        let started = run["started"].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(started).unwrap()
    });
    assert_eq!(dir("latest"), youngest.unwrap()["dir"].as_str().unwrap());

    sandbox.runner("run small.toml -q --set name=adam").exits(0);
    let said = sandbox.runner("show adam/20").exits(2);
    assert!(said.stderr.starts_with("error: `adam/20` may be any of 2\n"), "{}", said.stderr);
    assert_eq!(said.stderr.matches("\n  adam/20").count(), 2, "{}", said.stderr);
    assert!(said.stderr.contains("help: give one of these"), "{}", said.stderr);
    let said = sandbox.runner("show 000").exits(2);
    assert!(said.stderr.contains("`000` may be any of 6\n  sweep/"), "{}", said.stderr);
    let said = sandbox.runner("show adm").exits(2);
    assert!(said.stderr.contains("called `adm`\n  help: did you mean `adam`?"), "{}", said.stderr);
    let said = sandbox.runner("show adam --logdir nowhere").exits(2);
    assert!(said.stderr.contains("no folder `nowhere`"), "{}", said.stderr);
}

/// The folder of the run that `show` takes for the word, and what it says of its choice.
#[track_caller]
fn shown(sandbox: &Sandbox, word: &str) -> (String, String) {
    let said = sandbox.runner(&format!("show {word} --json")).exits(0);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    (value["dir"].as_str().unwrap().to_owned(), said.stderr)
}

#[test]
fn a_name_means_its_youngest_completed_run() {
    let sandbox = logs();
    sandbox.runner("run small.toml -q --set name=adam").exits(0);
    sandbox.runner("run small.toml -q --set name=adam").exits(0);
    let adam = folders(&sandbox, "adam");
    let path =
        |run: usize| format!("logs/adam/{}", adam[run].file_name().unwrap().to_string_lossy());
    let (dir, note) = shown(&sandbox, "adam");
    assert_eq!(dir, path(2));
    assert_eq!(note, format!("adam: {}, the youngest of 3\n", &path(2)["logs/".len()..]));
    edit(&adam[2], "status", json!("failed"));
    let (dir, note) = shown(&sandbox, "adam");
    assert_eq!(dir, path(1));
    assert!(note.ends_with(", the youngest of 2 that are completed, of 3\n"), "{note}");
    assert_eq!(shown(&sandbox, "adam/latest").0, path(2));

    // Everything that asks a run takes the same, and says so.
    for ask in ["evaluate adam", "export model adam -o adam.npz", "compare adam sgd"] {
        let said = sandbox.runner(ask).exits(0);
        assert!(said.stderr.starts_with(&format!("adam: {}", &path(1)["logs/".len()..])), "{ask}");
    }
    edit(&adam[1], "status", json!("stopped"));
    let (dir, note) = shown(&sandbox, "adam");
    assert!(dir == path(0) && note.ends_with(", the only completed one of 3\n"), "{note}");
    edit(&adam[0], "status", json!("failed"));
    let (dir, note) = shown(&sandbox, "adam");
    assert!(dir == path(2) && note.ends_with(", none of which is completed\n"), "{note}");

    // A guess would lose what is removed.
    let said = sandbox.runner("rm adam --yes").exits(2);
    assert!(said.stderr.starts_with("error: `adam` may be any of 3\n"), "{}", said.stderr);
    assert_eq!(folders(&sandbox, "adam").len(), 3);
    sandbox.runner("rm adam/latest --yes").exits(0);
    assert_eq!(folders(&sandbox, "adam").len(), 2);
}

#[test]
fn a_sweep_that_ran_twice_is_its_youngest() {
    let sandbox = logs();
    sandbox.runner("run sweep.toml -q").exits(0);
    let sweeps = folders(&sandbox, "sweep");
    let last = sweeps[1].file_name().unwrap().to_string_lossy().into_owned();
    let said = sandbox.runner("compare sweep --json").exits(0);
    assert_eq!(said.stderr, format!("sweep: sweep/{last}, the youngest of 2\n"));
    assert_eq!(said.stdout.matches(&format!("logs/sweep/{last}/000")).count(), 6);
    let mut names = fs::read_dir(&sweeps[1]).unwrap().flatten().map(|e| e.file_name());
    let name = names.find(|name| name.to_string_lossy().starts_with("0003-")).unwrap();
    let name = name.to_string_lossy();
    assert_eq!(shown(&sandbox, &name).0, format!("logs/sweep/{last}/{name}"));
    let said = sandbox.runner("show sweep").exits(2);
    assert!(said.stderr.contains("`sweep` has 6 runs, want one"), "{}", said.stderr);
    assert!(said.stderr.contains("`sweep/best` or `sweep/latest`"), "{}", said.stderr);
}

#[test]
fn best_is_by_the_monitor_of_the_plan_or_a_metric() {
    let sandbox = logs();
    let best = |filter: &str, sort: &str| {
        let list = json_of(&sandbox, &format!("list logs/{filter} --json --sort {sort} --top 1"));
        list["runs"][0]["dir"].as_str().unwrap().to_owned()
    };
    let (dir, note) = shown(&sandbox, "best");
    assert_eq!(dir, best("", "val_loss"));
    assert!(
        note.starts_with("best: ") && note.contains(", val_loss 0.")
            || note.contains(", val_loss 1."),
        "{note}"
    );
    assert!(note.ends_with(", the best of 8\n"), "{note}");
    assert_eq!(shown(&sandbox, "best --by loss").0, best("", "loss"));
    for word in ["sweep/best", "logs/sweep/best"] {
        let (dir, note) = shown(&sandbox, &format!("{word} --by val_accuracy"));
        assert_eq!(dir, best("sweep", "val_accuracy"), "{word}");
        assert!(note.contains(", val_accuracy "), "{note}");
    }
    // What did not get to its end is not the best, whatever its numbers.
    let first = sandbox.path().join(best("sweep", "val_loss"));
    edit(&first, "status", json!("failed"));
    assert_ne!(sandbox.path().join(shown(&sandbox, "sweep/best").0), first);

    // Early stopping says what a plan is about, and which way is up.
    let watch = "--set callbacks.early_stopping.monitor=val_accuracy \
                 --set callbacks.early_stopping.mode=min --set callbacks.early_stopping.patience=9";
    for rate in ["0.1", "0.0001"] {
        let rate = format!("--set optimizer.learning_rate={rate}");
        sandbox.runner(&format!("run small.toml -q --set name=watched {rate} {watch}")).exits(0);
    }
    let list = json_of(&sandbox, "list logs/watched --json --sort val_accuracy");
    assert_eq!(shown(&sandbox, "watched/best").0, list["runs"][1]["dir"].as_str().unwrap());

    let said = sandbox.runner("show best --by val_acuracy").exits(2);
    assert!(said.stderr.contains("did you mean `val_accuracy`?"), "{}", said.stderr);
    let said = sandbox.runner("show adam --by loss").exits(2);
    assert!(said.stderr.contains("help: `adam/best` is the best run"), "{}", said.stderr);
    let said = sandbox.runner("show nothing/best").exits(2);
    assert!(said.stderr.contains("is called `nothing`"), "{}", said.stderr);
}

#[test]
fn show_tells_all_there_is_to_know() {
    let sandbox = logs();
    let value = json_of(&sandbox, "show adam --json");
    assert_eq!(value["config"]["optimizer"]["name"], "adam");
    assert_eq!(value["history"].as_array().unwrap().len(), 3);
    assert_eq!(value["history"][2]["loss"], value["record"]["metrics"]["loss"]);
    let said = sandbox.runner("show adam --color never").exits(0);
    for part in
        ["status", "completed, 3 epochs", "name = \"adam\"", "history", "* loss  o val_loss"]
    {
        assert!(said.stdout.contains(part), "{part} in {}", said.stdout);
    }
    assert!(said.stdout.is_ascii() && said.stdout.matches('*').count() > 10, "{}", said.stdout);
    let said = sandbox.runner("show adam --color always --metric accuracy").exits(0);
    assert!(said.stdout.contains("\x1b[36m⠤ accuracy\x1b[0m"), "{}", said.stdout);
    let said = sandbox.runner("show adam --metric acc").exits(2);
    assert!(said.stderr.contains("its history has no `acc`"), "{}", said.stderr);
}

#[test]
fn a_schedule_is_drawn_from_a_run_or_a_config() {
    let sandbox = Sandbox::new();
    let decay = "optimizer.learning_rate={schedule=\"cosine_decay\",initial_learning_rate=0.5,\
                 decay_steps=9}";
    sandbox.file("small.toml", SMALL);
    sandbox.runner(&format!("run small.toml -q --set {decay}")).exits(0);
    // 80 of 100 rows train: three batches of at most 32 in each of three epochs.
    let said = sandbox.runner("show small --schedule").exits(0);
    assert!(said.stdout.starts_with("learning rate of small, over 9 steps\n"), "{}", said.stdout);
    assert!(said.stdout.contains("0.5000 +"), "{}", said.stdout);
    let whole = sandbox.runner("show small").exits(0);
    assert!(whole.stdout.ends_with(&format!("\n{}", said.stdout)), "{}", whole.stdout);
    let constant = sandbox.runner("show small.toml --schedule").exits(0);
    assert!(constant.stdout.contains("0.0010 +"), "{}", constant.stdout);
}

#[test]
fn replicates_are_compared_by_mean_and_deviation() {
    let sandbox = logs();
    let sweep = folders(&sandbox, "sweep").remove(0);
    let value = json_of(&sandbox, "compare sweep --json --sort loss");
    assert_eq!(value["keys"], json!(["optimizer.learning_rate"]));
    let lines = value["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["seeds"], json!([1, 2, 3]));
        let losses: Vec<f64> = line["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| {
                let dir = sandbox.path().join(run["dir"].as_str().unwrap());
                let record = fs::read(dir.join("run.json")).unwrap();
                let record: Value = serde_json::from_slice(&record).unwrap();
                record["metrics"]["loss"].as_f64().unwrap()
            })
            .collect();
        let mean = losses.iter().sum::<f64>() / 3.0;
        let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / 2.0;
        let near = |value: &Value, want: f64| (value.as_f64().unwrap() - want).abs() < 1e-6;
        assert!(near(&line["last"]["loss"]["mean"], mean), "{line}");
        assert!(near(&line["last"]["loss"]["deviation"], variance.sqrt()), "{line}");
    }
    let said = sandbox.runner("compare sweep --top 1").exits(0);
    assert!(said.stdout.starts_with("run "), "{}", said.stdout);
    assert!(said.stdout.contains(" ± "), "{}", said.stdout);
    assert!(said.stderr.contains("1 line more below"), "{}", said.stderr);

    // Runs of the same seed are no replicates, and two configs differ in more than that.
    let twins = json_of(&sandbox, "compare adam sgd 0000 0003 --json");
    let keys = twins["keys"].as_array().unwrap();
    assert!(keys.contains(&json!("optimizer.name")) && keys.contains(&json!("seed")), "{keys:?}");
    assert_eq!(twins["lines"].as_array().unwrap().len(), 4);
    assert_eq!(twins["lines"][0]["last"]["loss"]["deviation"], Value::Null);
    assert!(sweep.is_dir());
}

#[test]
fn rm_asks_spares_what_runs_and_takes_sweeps_whole() {
    let sandbox = logs();
    let (adam, sweep) = (folders(&sandbox, "adam").remove(0), folders(&sandbox, "sweep").remove(0));
    let said = sandbox.runner("rm adam").exits(2);
    assert!(said.stderr.contains("help: --yes removes without asking"), "{}", said.stderr);
    let said = sandbox.runner("rm logs --yes").exits(2);
    assert!(said.stderr.contains("neither a run nor a sweep"), "{}", said.stderr);
    assert!(adam.is_dir());

    edit(&adam, "status", json!("running"));
    let lock = Lock::take(&adam).unwrap();
    let said = sandbox.runner("rm adam sgd --yes").exits(2);
    assert!(said.stderr.contains("is running\n  help:"), "{}", said.stderr);
    assert_eq!(folders(&sandbox, "sgd").len(), 1, "not even the other one");
    // Whoever holds the lock is at work, whatever the record says.
    edit(&adam, "status", json!("completed"));
    let said = sandbox.runner("rm adam --yes").exits(1);
    assert!(said.stderr.contains("is at work in it"), "{}", said.stderr);
    drop(lock);

    let said = sandbox.runner("rm adam 0002 --yes").exits(0);
    assert!(said.stderr.starts_with("removed logs/adam/20"), "{}", said.stderr);
    assert!(said.stderr.contains("still in its sweep's plan"), "{}", said.stderr);
    assert!(!adam.exists() && !adam.parent().unwrap().exists());
    assert_eq!(json_of(&sandbox, "list logs/sweep --json")["runs"].as_array().unwrap().len(), 5);
    let said = sandbox.runner("rm sweep 0001 --yes").exits(0);
    assert!(said.stderr.contains(", a sweep of 5 runs"), "{}", said.stderr);
    assert!(!sweep.exists());
    assert_eq!(words(&json_of(&sandbox, "list --json"), "name"), ["sgd"]);
}

#[test]
fn names_tags_and_notes_are_shown_filtered_and_changed_later() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("sweep.toml", SWEEP);
    sandbox.runner("run small.toml -q").exits(0);
    let note = sandbox.file("note.sh", "exec \"$@\" --note 'before the new data, 3 epochs'\n");
    let mut call = std::process::Command::new("sh");
    let runner = env!("CARGO_BIN_EXE_runner");
    call.current_dir(sandbox.path()).arg(note).arg(runner);
    call.args(["run", "small.toml", "-q", "--name", "first try", "--tag", "base,paper"]);
    assert!(call.status().unwrap().success());
    sandbox.runner("run sweep.toml -q --tag swept").exits(0);

    // A name is the run's, and its folder's; the plan and the numbers are those of the other.
    let (plain, first) = (folders(&sandbox, "small").remove(0), folders(&sandbox, "first_try"));
    let read = |dir: &Path, file: &str| fs::read(dir.join(file)).unwrap();
    for file in ["config.toml", "history.csv", "model.safetensors"] {
        assert_eq!(read(&plain, file), read(&first[0], file), "{file}");
    }
    let shown = json_of(&sandbox, "show first_try/20 --json");
    assert_eq!(shown["tags"], json!(["base", "paper"]));
    assert_eq!(shown["note"], "before the new data, 3 epochs");
    let text = sandbox.runner("show first_try/20").exits(0).stdout;
    assert!(text.contains("  tags     base, paper\n"), "{text}");

    let session = fs::read_dir(&first[0]).unwrap().flatten().map(|entry| entry.path());
    let session = session.filter(|path| path.to_string_lossy().contains("tfevents"));
    let bytes: Vec<u8> = session.flat_map(|path| fs::read(path).unwrap()).collect();
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("base, paper") && has("before the new data, 3 epochs"), "for HParams");

    let list = |filter: &str| words(&json_of(&sandbox, &format!("list --json {filter}")), "name");
    assert_eq!(list("--filter tag=base"), ["first try"]);
    assert_eq!(list("--filter tag!=swept"), ["first try", "small"]);
    assert_eq!(list("--filter note~data --filter tag=paper"), ["first try"]);
    assert_eq!(list("--filter tag=swept").len(), 6);
    assert!(list("--filter tag=nothing").is_empty());
    let table = sandbox.runner("list").exits(0).stdout;
    assert!(table.contains("  3  base, paper  before the new data, 3 epochs"), "{table}");
    let compared = json_of(&sandbox, "compare logs/small logs/first_try --json");
    // Of the same seed, they are two lines.
    assert_eq!(compared["lines"][1]["runs"][0]["tags"], json!(["base", "paper"]));
    let table = sandbox.runner("compare logs --filter tag!=swept").exits(0).stdout;
    assert!(table.contains("base, paper") && !table.contains("sweep"), "{table}");
    let said = sandbox.runner("compare logs --filter tag=nothing").exits(2).stderr;
    assert!(said.contains("none of 8 runs is such: --filter tag=nothing"), "{said}");
    sandbox.runner("report logs --filter tag!=swept").exits(0);
    let page = fs::read_to_string(sandbox.path().join("report.html")).unwrap();
    assert!(page.contains("<td>base, paper</td><td>before the new data, 3 epochs</td>"));
    assert!(!page.contains("swept"));
    let rows = sandbox.runner("export logs --filter tag=base").exits(0).stdout;
    assert_eq!(rows.lines().count(), 4);

    // Afterwards, for a run, a sweep, and a run of it.
    let said = sandbox.runner("tag first_try/20 --add good --remove paper --note").exits(2).stderr;
    assert!(said.contains("--note"), "{said}");
    let said = sandbox.runner("tag first_try/20 --add good,base --remove paper").exits(0).stdout;
    assert!(
        said.ends_with(": tags base, good; name first try; note before the new data, 3 epochs\n"),
        "{said}"
    );
    let said = sandbox.runner("tag first_try/20 --note= --name second").exits(0).stdout;
    assert!(said.ends_with(": tags base, good; name second\n"), "{said}");
    assert_eq!(list("--filter name=second --filter tag=good"), ["second"]);
    assert!(sandbox.runner("list").exits(0).stdout.contains("  second  base, good"));
    sandbox.runner("tag 0003 --remove swept --add odd").exits(0);
    sandbox.runner("tag sweep --add all").exits(0);
    assert_eq!(list("--filter tag=swept --filter tag=all").len(), 5);
    assert_eq!(list("--filter tag=odd --filter tag=all").len(), 1);
    let said = sandbox.runner("tag sweep --remove swepd").exits(2).stderr;
    assert!(said.contains("there is no tag `swepd`\n  help: did you mean `swept`?"), "{said}");
    sandbox.runner("tag logs --add x").exits(2);
    let said = sandbox.runner("tag sweep").exits(0).stdout;
    assert!(said.ends_with(": tags swept, all\n"), "{said}");

    // A tagged run and one without are still replicates of one config.
    sandbox.runner("run small.toml -q --set seed=1 --tag other --name again").exits(0);
    let compared = json_of(&sandbox, "compare logs/small logs/again --json");
    assert_eq!(compared["lines"].as_array().unwrap().len(), 1);
    let said = sandbox.runner("run small.toml sweep.toml --name one").exits(2).stderr;
    assert!(said.contains("--name one is for one config, got 2"), "{said}");
    sandbox.runner("run small.toml --tag a\u{1b}b").exits(2);
}
