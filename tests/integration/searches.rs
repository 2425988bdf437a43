//! Searches from the command line: the same trials however they are run, what is refused, and what a result
//! is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::resume::kills::{kills as kills_wanted, signal};
use crate::sandbox::Sandbox;

/// Tiny networks on a few rows; some learning rates diverge.
pub(crate) const BASE: &str = r#"
[data]
dataset = "d.csv"
validation_split = 0.2

[model]
layers = [
    { type = "dense", units = 4, activation = "relu" },
    { type = "dense", units = 2, activation = "softmax" },
]

[training]
epochs = 2
batch_size = 8

[sweep]
method = "tpe"
trials = 14
startup_trials = 4
parallel = 3
"#;

pub(crate) const SPACE: &str = r#"
[sweep.parameters]
"optimizer.learning_rate" = { distribution = "log_uniform", min = 1e-3, max = 1e3 }
"optimizer.momentum" = { distribution = "uniform", min = 0.0, max = 0.9, step = 0.1, when = { "optimizer.name" = "sgd" } }
"optimizer.name" = ["adam", "sgd"]
"training.batch_size" = { distribution = "int_uniform", min = 4, max = 16, step = 4 }
"model.layers" = [
    [{ type = "dense", units = 2, activation = "softmax" }],
    [{ type = "dense", units = 4, activation = "relu" }, { type = "dense", units = 2, activation = "softmax" }],
]
"model.layers.0.units" = { distribution = "int_log_uniform", min = 2, max = 16, when = { "model.layers" = "4-2" } }
"#;

/// A sandbox with the data and the config `search.toml`.
pub(crate) fn sandbox(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let row = |i: usize| {
        let (x, y) = ((i * 7 % 40) as f64 / 40.0, (i * 11 % 40) as f64 / 40.0);
        format!("{x},{y},{}\n", if x + 0.5 * y < 0.6 { "a" } else { "b" })
    };
    sandbox.file("d.csv", &("x,y,class\n".to_owned() + &(0..40).map(row).collect::<String>()));
    sandbox.file("search.toml", config);
    sandbox
}

/// The folder of the only sweep in a log folder.
pub(crate) fn sweep(logs: &Path) -> PathBuf {
    let mut found = fs::read_dir(logs.join("search")).unwrap().map(|entry| entry.unwrap().path());
    found.next().unwrap()
}

/// Config, history and weights of each trial, by the name of its folder.
pub(crate) fn trials(logs: &Path) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(sweep(logs)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("mean") && !path.ends_with("submit") {
            let file = |name: &str| fs::read(path.join(name)).unwrap_or_default();
            let files = ["config.toml", "history.csv", "model.safetensors"].map(file);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(name, files.into());
        }
    }
    found
}

/// Fails unless both log folders have the same trials.
#[track_caller]
pub(crate) fn same_trials(got: &Path, want: &Path) {
    let (got, want) = (trials(got), trials(want));
    let names: BTreeSet<_> = got.keys().chain(want.keys()).collect();
    let differs = |name: &&&String| got.get(**name) != want.get(**name);
    let differing: Vec<_> = names.iter().filter(differs).collect();
    assert!(
        differing.is_empty(),
        "{} and {} trials, of which {differing:?} differ",
        got.len(),
        want.len()
    );
}

pub(crate) fn record(trial: &Path) -> Value {
    serde_json::from_slice(&fs::read(trial.join("run.json")).unwrap()).unwrap()
}

/// The folder of a trial.
pub(crate) fn trial(logs: &Path, number: usize) -> PathBuf {
    let start = format!("{number:04}");
    let name = trials(logs).into_keys().find(|name| name.starts_with(&start));
    sweep(logs).join(name.unwrap())
}

#[test]
fn a_search_is_the_same_however_it_is_run() {
    let config = BASE.to_owned() + SPACE;
    let sandbox = sandbox(&config);
    let logs = |name: &str| sandbox.path().join(name);
    sandbox.runner("run search.toml --logdir whole -q -j 1 --threads 1").exits(0);
    let whole = trials(&logs("whole"));
    assert_eq!(whole.len(), 14);
    // Workers and threads change nothing.
    sandbox.runner("run search.toml --logdir wide -q -j 2 --threads 3").exits(0);
    assert_eq!(trials(&logs("wide")), whole);
    // So does a plan that another process works off.
    let frozen = sandbox.runner("run search.toml --logdir frozen -q --plan-only").exits(0);
    assert!(trials(&logs("frozen")).is_empty(), "{}", frozen.stdout);
    let dir = sweep(&logs("frozen"));
    sandbox.runner(&format!("work {} --shard 0/1 -q", dir.display())).exits(0);
    assert_eq!(trials(&logs("frozen")), whole);
    // A search of fewer trials is continued to what more would have been.
    sandbox.runner("run search.toml --logdir short -q --set sweep.trials=6").exits(0);
    let short = trials(&logs("short"));
    assert!(short.len() == 6 && short.iter().all(|(name, files)| whole[name] == *files));
    let dir = sweep(&logs("short"));
    sandbox.runner(&format!("resume {} --trials 14 -q -j 2", dir.display())).exits(0);
    assert_eq!(trials(&logs("short")), whole);
    let many = sandbox.runner(&format!("resume {} --trials 100001", dir.display())).exits(2);
    assert!(many.stderr.contains("want at most 100000 runs"), "{}", many.stderr);
    let fewer = sandbox.runner(&format!("resume {} --trials 6 -q", dir.display())).exits(2);
    assert!(fewer.stderr.contains("has 14 trials planned, want no fewer"), "{}", fewer.stderr);
    // The trials depend on the results: with another seed of the runs, only the startup is the same.
    sandbox.runner("run search.toml --logdir other -q --set seed=9").exits(0);
    let other = trials(&logs("other"));
    let same = whole.keys().filter(|name| other.contains_key(*name)).count();
    assert!((4..14).contains(&same), "{same}");
}

#[test]
fn fifty_trials_continued_to_a_hundred_are_a_search_of_a_hundred() {
    let sandbox = sandbox(&(BASE.replace("trials = 14", "trials = 100") + SPACE));
    sandbox.runner("run search.toml --logdir whole -q -j 1 --threads 1").exits(0);
    sandbox.runner("run search.toml --logdir half -q -j 2 --set sweep.trials=50").exits(0);
    let half = sandbox.path().join("half");
    assert_eq!(trials(&half).len(), 50);
    let dir = sweep(&half);
    sandbox.runner(&format!("resume {} --trials 100 -q -j 2 --threads 3", dir.display())).exits(0);
    assert_eq!(trials(&half).len(), 100);
    same_trials(&half, &sandbox.path().join("whole"));
}

/// `RUNNER_TEST_KILLS` sets the number of processes that are killed or stopped, 6 if unset.
#[test]
fn a_search_killed_several_times_is_the_same() {
    let wanted = kills_wanted();
    // A process takes some 0.1 s to start, and the search has to outlast the kills.
    let epochs = format!("epochs = {}", 100 * wanted.max(6));
    let sandbox = sandbox(&(BASE.to_owned() + SPACE).replace("epochs = 2", &epochs));
    sandbox.runner("run search.toml --logdir whole -q -j 2").exits(0);
    let logs = sandbox.path().join("killed");
    let (mut kills, mut round) = (0, 0);
    loop {
        let begun = logs.join("search").exists();
        let call =
            if begun { "resume killed -q -j 2" } else { "run search.toml --logdir killed -q" };
        let mut runner = sandbox.runner(call).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = runner.start();
        if kills < wanted {
            std::thread::sleep(Duration::from_millis(20 + 45 * (round % 7)));
            signal(&child, if round % 2 == 0 { "KILL" } else { "TERM" });
        }
        let status = child.wait().unwrap();
        kills += usize::from(!status.success());
        round += 1;
        if status.success() {
            break;
        }
    }
    assert!(wanted / 2 < kills, "only {kills} processes of {wanted} were stopped early");
    same_trials(&logs, &sandbox.path().join("whole"));
}

#[test]
fn a_diverged_trial_is_the_worst_result() {
    let space = "[sweep.parameters]\n\"optimizer.learning_rate\" = [0.1, 1e38, 0.01]\n\
                 \"model.layers.0.units\" = [2, 4]\n";
    let config =
        BASE.replace("trials = 14", "trials = 20") + space + "[optimizer]\nname = \"sgd\"\n";
    let sandbox = sandbox(&config);
    let said = sandbox.runner("run search.toml").exits(0);
    // Six combinations, each once.
    assert!(said.stderr.contains("every combination is tried"), "{}", said.stderr);
    assert!(said.stderr.contains("ends after 6 trials"), "{}", said.stderr);
    let logs = sandbox.path().join("logs");
    let all = trials(&logs);
    assert_eq!(all.len(), 6);
    let records: Vec<_> = all.keys().map(|name| record(&sweep(&logs).join(name))).collect();
    let diverged = records.iter().filter(|record| record["cause"] == "diverged");
    assert_eq!(diverged.count(), 2);
    assert_eq!(records[3]["trial"]["number"], 3);
    let again = sandbox.runner("resume logs").exits(0);
    assert!(again.stderr.contains("nothing left to do; 6 runs: 6 done before"), "{}", again.stderr);
    // The best is repeated, and told with the best so far.
    let dir = sweep(&logs).display().to_string();
    let shown = sandbox.runner("show search/best").exits(0);
    assert!(shown.stdout.contains("best val_loss so far, by trial: "), "{}", shown.stdout);
    sandbox.runner("run search/best -q").exits(0);
    sandbox.runner(&format!("report {dir} -o page.html")).exits(0);
    let page = fs::read_to_string(sandbox.path().join("page.html")).unwrap();
    assert!(page.contains("The best val_loss so far, of 6 trials"), "the search is told");
    let extended = sandbox.runner(&format!("resume {dir} --epochs 9")).exits(2);
    assert!(extended.stderr.contains("are not trained further"), "{}", extended.stderr);
    let list = sandbox.runner("list logs").exits(0);
    assert!(list.stdout.contains("learning_rate"), "{}", list.stdout);
}

/// `BASE` with a random search in the place of one that learns.
fn random() -> String {
    BASE.replace("\"tpe\"", "\"random\"").replace("startup_trials = 4\nparallel = 3\n", "")
}

#[test]
fn a_random_search_may_have_conditions() {
    let drawn = sandbox(&(random() + SPACE));
    drawn.runner("run search.toml --logdir one -q -j 1 --threads 1").exits(0);
    let logs = |name: &str| drawn.path().join(name);
    let whole = trials(&logs("one"));
    assert_eq!(whole.len(), 14);
    let folder = sweep(&logs("one"));
    for name in whole.keys() {
        let values = &record(&folder.join(name))["trial"]["values"];
        let is_sgd = values["optimizer.name"] == "sgd";
        assert_eq!(values.get("optimizer.momentum").is_some(), is_sgd, "{values}");
    }
    // Workers, processes and a later extension change nothing.
    drawn.runner("run search.toml --logdir two -q -j 2 --threads 3").exits(0);
    same_trials(&logs("two"), &logs("one"));
    drawn.runner("run search.toml --logdir short -q --set sweep.trials=6").exits(0);
    let dir = sweep(&logs("short"));
    drawn.runner(&format!("resume {} --trials 14 -q", dir.display())).exits(0);
    same_trials(&logs("short"), &logs("one"));
    drawn.runner("run search.toml --logdir frozen -q --plan-only").exits(0);
    let dir = sweep(&logs("frozen"));
    for shard in ["1/2", "0/2"] {
        drawn.runner(&format!("work {} --shard {shard} -q", dir.display())).exits(0);
    }
    same_trials(&logs("frozen"), &logs("one"));
    // It is the startup of a search that never learns.
    let config = BASE.replace("startup_trials = 4", "startup_trials = 14") + SPACE;
    let startup = sandbox(&config);
    startup.runner("run search.toml --logdir one -q").exits(0);
    let names = |sandbox: &Sandbox| -> Vec<String> {
        trials(&sandbox.path().join("one")).into_keys().collect()
    };
    assert_eq!(names(&startup), names(&drawn));
}

#[test]
fn a_random_search_with_conditions_tries_no_combination_twice() {
    let space = "[sweep.parameters]\n\"optimizer.name\" = [\"adam\", \"sgd\"]\n\
                 \"optimizer.momentum\" = { values = [0.0, 0.5, 0.9], when = { \"optimizer.name\" = \"sgd\" } }\n";
    let sandbox = sandbox(&(random() + space));
    let said = sandbox.runner("run search.toml").exits(0);
    assert!(said.stderr.contains("every combination is tried"), "{}", said.stderr);
    let names: Vec<_> = trials(&sandbox.path().join("logs")).into_keys().collect();
    assert_eq!(names.len(), 1 + 3, "{names:?}");
    // A column for the momentum, which the first trial may lack.
    let head = said.stdout.lines().next().unwrap_or_default();
    assert!(head.contains("trial") && head.contains("momentum"), "{}", said.stdout);
}

#[test]
fn conditions_are_refused_where_they_mean_nothing() {
    let folds = "[cross_validation]\nfolds = 3\n";
    let cases = [
        (BASE.replace("\"tpe\"", "\"grid\"") + SPACE, "a grid has no conditions"),
        (random() + SPACE + folds, "or `when` out of `[sweep.parameters]`"),
    ];
    for (config, want) in cases {
        let sandbox = sandbox(&config);
        let said = sandbox.runner("check search.toml").exits(2);
        assert!(said.stderr.contains(want), "{want}: {}", said.stderr);
    }
}

#[test]
fn an_accident_of_the_machine_is_waited_for() {
    let config = BASE.replace("parallel = 3", "parallel = 2") + SPACE;
    let sandbox = sandbox(&config);
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    let whole = trials(&sandbox.path().join("whole"));
    // The first five trials, of which the fourth cannot write its history afterwards.
    sandbox.runner("run search.toml -q --set sweep.trials=5").exits(0);
    let logs = sandbox.path().join("logs");
    let broken = trial(&logs, 3);
    for entry in fs::read_dir(&broken).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.unwrap();
    }
    fs::create_dir(broken.join("history.csv")).unwrap();
    let dir = sweep(&logs);
    let said = sandbox.runner(&format!("resume {} --trials 14", dir.display())).exits(1);
    assert!(said.stderr.contains("resume with: runner resume"), "{}", said.stderr);
    // Trial 4 lacks the result of trial 3 by the lag; trial 5 needs it.
    assert_eq!(trials(&logs).len(), 5, "{}", said.stderr);
    fs::remove_dir_all(&broken).unwrap();
    sandbox.runner(&format!("resume {} -q", dir.display())).exits(0);
    assert_eq!(trials(&logs), whole);
}

#[test]
fn a_search_is_shown_with_importance_and_slices() {
    let sandbox = sandbox(&(BASE.replace("trials = 14", "trials = 30") + SPACE));
    sandbox.runner("run search.toml -q").exits(0);
    let dir = sweep(&sandbox.path().join("logs"));
    let said = sandbox.runner(&format!("show {}", dir.display())).exits(0);
    for part in [
        "objective  the least val_loss of the last epoch",
        "trials     30 begun: ",
        "best val_loss so far",
        "by trial: 0: ",
        "importance",
        "optimizer.momentum",
        "0.225 to 0.45",
        "4-2",
    ] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    let said = sandbox.runner(&format!("show {} --json", dir.display())).exits(0);
    let search: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(search["trials"].as_array().unwrap().len(), 30);
    assert_eq!(search["trials"][0]["status"], "completed");
    let slices = search["slices"].as_object().unwrap();
    assert_eq!(slices.len(), 6);
    let adam = &slices["optimizer.name"][0];
    assert_eq!(adam["values"], "adam");
    let tried = |group: &Value| group["trials"].as_u64().unwrap();
    let all: u64 = slices["optimizer.name"].as_array().unwrap().iter().map(tried).sum();
    assert!(25 < all && all <= 30 && adam["best"].as_f64() <= adam["median"].as_f64(), "{adam}");
    let shares = search["importance"].as_object().unwrap();
    assert_eq!(shares.len(), 6);
    let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    let [.., best] = &**search["best_so_far"].as_array().unwrap() else { panic!("{search}") };
    let best = &search["trials"][best[0].as_u64().unwrap() as usize];
    let value = |trial: &Value| trial["value"].as_f64().unwrap_or(f64::INFINITY);
    let trials = search["trials"].as_array().unwrap();
    assert!(trials.iter().all(|trial| value(best) <= value(trial)));
    // The page has a plot of the best so far and one for each parameter, and ranks by the objective.
    sandbox.runner(&format!("report {} -o page.html", dir.display())).exits(0);
    let page = fs::read_to_string(sandbox.path().join("page.html")).unwrap();
    assert_eq!(page.matches("<svg class=\"plot\"").count(), 7);
    assert!(page.contains("<caption>Importance</caption>"));
    // One run of it is shown as ever.
    let said = sandbox.runner("show search/best").exits(0);
    assert!(said.stdout.contains("best val_loss so far, by trial: "), "{}", said.stdout);
}

#[test]
fn replicates_are_one_trial() {
    let config = BASE.replace("trials = 14", "trials = 6\nseeds = [1, 2]") + SPACE;
    let sandbox = sandbox(&config);
    sandbox.runner("run search.toml --logdir a -q -j 1").exits(0);
    sandbox.runner("run search.toml --logdir b -q -j 2").exits(0);
    let names: Vec<_> = trials(&sandbox.path().join("a")).into_keys().collect();
    assert!(names.len() == 12 && names[10].starts_with("0005-"), "{names:?}");
    assert!(names[10].ends_with(",seed=1") && names[11].ends_with(",seed=2"), "{names:?}");
    assert_eq!(trials(&sandbox.path().join("a")), trials(&sandbox.path().join("b")));
}

#[test]
fn words_of_other_programs_are_answered() {
    let cases = [
        ("method = \"tpe\"", "method = \"bayes\"", "write `method = \"tpe\"`"),
        ("trials = 14", "max_trials = 14", "write `trials = 100`"),
        ("trials = 14", "n_trials = 14", "write `trials = 100`"),
        ("trials = 14", "num_samples = 14", "write `trials = 100`"),
        ("trials = 14", "trials = 14\nsampler = \"TPESampler\"", "write `method = \"tpe\"`"),
        ("trials = 14", "trials = 14\nearly_terminate = { type = \"hyperband\" }", "`pruner = {"),
        ("trials = 14", "trials = 14\nmetric = \"val_loss\"", "write `objective = \"val_loss\"`"),
        ("trials = 14", "trials = 14\ndirection = \"maximize\"", "mode = \"max\""),
        (
            "trials = 14",
            "trials = 14\nobjective = { name = \"val_loss\", goal = \"minimize\" }",
            "write `mode = \"min\"`",
        ),
        ("trials = 14", "", "add `trials = 100`"),
        ("trials = 14", "trials = 14\nobjective = \"val_acc\"", "val_accuracy"),
        ("\"optimizer.name\" = \"sgd\"", "\"optimizer.name\" = \"sdg\"", "it is `adam` or `sgd`"),
        ("\"optimizer.name\" = \"sgd\"", "\"data.nothing\" = 3", "\"data.nothing\" = [...]"),
        ("method = \"tpe\"", "method = \"random\"", "`parallel` is a key of `method = \"tpe\"`"),
    ];
    for (old, new, want) in cases {
        let config = BASE.to_owned() + SPACE;
        assert!(config.contains(old), "{old}");
        let sandbox = sandbox(&config.replacen(old, new, 1));
        let said = sandbox.runner("check search.toml").exits(2);
        assert!(said.stderr.contains(want), "{new}: {}", said.stderr);
    }
}

#[test]
fn a_dry_run_shows_the_space_and_the_first_trials() {
    let sandbox = sandbox(&(BASE.to_owned() + SPACE));
    let said = sandbox.runner("run search.toml --dry-run").exits(0);
    for part in ["a search of 14 trials, 3 under way together", "least val_loss", "# 0003"] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    assert!(!said.stdout.contains("# 0004"), "trial 4 depends on results: {}", said.stdout);
    toml_of(&said.stdout);
}

/// The output of a dry run is TOML.
fn toml_of(text: &str) {
    let plain = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    assert!(plain.contains("[training]"), "{text}");
}
