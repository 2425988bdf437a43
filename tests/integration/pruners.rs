//! Searches that stop trials early, from the command line: the same decisions however they are run, and what
//! happens to the runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::resume::kills::signal;
use crate::resume::same::same_run;
use crate::sandbox::Sandbox;
use crate::searches::{BASE, SPACE, record, sandbox, sweep, trials};

/// The lines of the search without a pruner that one with a pruner has others for.
const TRIALS: &str = "trials = 14\n";

const HYPERBAND: &str = "pruner = { name = \"hyperband\", factor = 3, iterations = 2 }\n";

/// Two iterations of 17 trials: 9, 5 and 3 in brackets of 3, 2 and 1 rungs.
pub(crate) fn hyperband(method: &str) -> String {
    let base = BASE.replace("epochs = 2", "epochs = 9").replace(TRIALS, HYPERBAND);
    match method {
        "tpe" => base + SPACE,
        _ => {
            let random = base.replace("method = \"tpe\"", "method = \"random\"");
            random.replace("startup_trials = 4\nparallel = 3\n", "") + SPACE
        }
    }
}

/// The files of each trial, with the status and the rung in its record.
fn ends(logs: &Path) -> BTreeMap<String, (Vec<Vec<u8>>, Value)> {
    let folder = sweep(logs);
    let end = |(name, files): (String, Vec<Vec<u8>>)| {
        let record = record(&folder.join(&name));
        let parts = ["status", "trial", "epochs", "metrics", "best", "cause", "error"];
        let told = parts.map(|part| record[part].clone());
        (name, (files, Value::from(told.to_vec())))
    };
    trials(logs).into_iter().map(end).collect()
}

/// The status of each trial, by number.
fn statuses(logs: &Path) -> Vec<(String, usize)> {
    let folder = sweep(logs);
    let status = |name: &String| {
        let record = record(&folder.join(name));
        (record["status"].as_str().unwrap().to_owned(), record["epochs"].as_u64().unwrap() as usize)
    };
    trials(logs).keys().map(status).collect()
}

#[test]
fn hyperband_decides_the_same_however_it_is_run() {
    for method in ["random", "tpe"] {
        let sandbox = sandbox(&hyperband(method));
        let logs = |name: &str| sandbox.path().join(name);
        sandbox.runner("run search.toml --logdir whole -q -j 1 --threads 1").exits(0);
        let whole = ends(&logs("whole"));
        assert_eq!(whole.len(), 34, "{method}");
        sandbox.runner("run search.toml --logdir wide -q -j 2 --threads 3").exits(0);
        assert!(ends(&logs("wide")) == whole, "{method}: two workers");
        sandbox.runner("run search.toml --logdir frozen -q --plan-only").exits(0);
        let dir = sweep(&logs("frozen"));
        sandbox.runner(&format!("work {} --shard 0/1 -q", dir.display())).exits(0);
        assert!(ends(&logs("frozen")) == whole, "{method}: a plan that is worked off");
        // An iteration is continued to what two would have been.
        let once = "run search.toml --logdir short -q --set sweep.pruner.iterations=1";
        sandbox.runner(once).exits(0);
        let short = ends(&logs("short"));
        assert!(short.len() == 17 && short.iter().all(|(name, end)| whole[name] == *end));
        let dir = sweep(&logs("short"));
        let resume = |n: usize| format!("resume {} --trials {n} -q -j 2", dir.display());
        let uneven = sandbox.runner(&resume(20)).exits(2);
        assert!(uneven.stderr.contains("want a multiple of 17, such as 34"), "{}", uneven.stderr);
        sandbox.runner(&resume(34)).exits(0);
        assert!(ends(&logs("short")) == whole, "{method}: continued");
    }
}

#[test]
fn hyperband_promotes_the_best_of_each_rung() {
    let config = hyperband("random").replace("iterations = 2", "iterations = 1");
    let sandbox = sandbox(&config);
    let said = sandbox.runner("run search.toml --json").exits(0);
    let logs = sandbox.path().join("logs");
    let folder = sweep(&logs);
    // By the values after an epoch, in the brackets of the paper.
    let names: Vec<String> = trials(&logs).into_keys().collect();
    let value = |trial: usize, epochs: usize| -> f64 {
        let text = fs::read_to_string(folder.join(&names[trial]).join("history.csv")).unwrap();
        let column = text.lines().next().unwrap().split(',').position(|name| name == "val_loss");
        let line = text.lines().nth(epochs).unwrap_or_default();
        line.split(',').nth(column.unwrap()).map_or(f64::INFINITY, |text| text.parse().unwrap())
    };
    let statuses = statuses(&logs);
    for (bracket, rungs) in [(0..9, &[(1, 3), (3, 1)][..]), (9..14, &[(3, 1)]), (14..17, &[])] {
        let mut alive: Vec<usize> = bracket.collect();
        for &(epochs, kept) in rungs {
            alive.sort_by(|&a, &b| value(a, epochs).total_cmp(&value(b, epochs)).then(a.cmp(&b)));
            for &lost in &alive[kept..] {
                let (status, trained) = &statuses[lost];
                assert!(
                    status == "failed" || (&**status, *trained) == ("pruned", epochs),
                    "{lost}"
                );
            }
            alive.truncate(kept);
        }
        for &left in &alive {
            let (status, epochs) = &statuses[left];
            assert!(status == "failed" || (&**status, *epochs) == ("completed", 9), "{left}");
        }
    }
    // A promoted run equals one that is trained straight through, and losers keep what they have.
    let results: Value = serde_json::from_str(&said.stdout).unwrap();
    for (name, (status, _)) in names.iter().zip(&statuses) {
        let trial = folder.join(name);
        let has = |file: &str| trial.join(file).exists();
        assert!(has("history.csv"), "{name}");
        if status == "pruned" {
            assert!(has("model.safetensors") && !has("checkpoint"), "{name}");
        }
        if status != "completed" {
            continue;
        }
        let rung = &record(&trial)["trial"]["rung"];
        assert_eq!(rung["epochs"], 9, "{name}");
        let config = fs::read_to_string(trial.join("config.toml")).unwrap();
        sandbox.file("alone.toml", &config);
        sandbox.runner("run alone.toml --set tensorboard.layout=flat --logdir alone -q").exits(0);
        let parent = fs::read_dir(sandbox.path().join("alone")).unwrap().next().unwrap().unwrap();
        let alone = fs::read_dir(parent.path()).unwrap().next().unwrap().unwrap().path();
        for file in ["history.csv", "model.safetensors"] {
            let bytes = |dir: &Path| fs::read(dir.join(file)).unwrap();
            assert!(bytes(&alone) == bytes(&trial), "{name}: {file}");
        }
        fs::remove_dir_all(sandbox.path().join("alone")).unwrap();
    }
    let runs = results["runs"].as_array().unwrap();
    let pruned: Vec<&Value> = runs.iter().filter(|run| run["status"] == "pruned").collect();
    assert_eq!(results["pruned"], pruned.len());
    assert!(5 < pruned.len());
    let first = pruned[0];
    assert!(first["reason"].as_str().unwrap().starts_with("place "), "{first}");
    assert_eq!(first["rung"]["number"], 1, "{first}");
    assert!(first["trial"].is_number(), "{first}");
}

/// Whether the folder of a search is there, and not hidden.
fn is_planned(logs: &Path) -> bool {
    let found = fs::read_dir(logs.join("search")).into_iter().flatten().flatten();
    found.map(|entry| entry.file_name()).any(|name| !name.to_string_lossy().starts_with('.'))
}

/// Runs `search.toml`, killed at moments of the first `rounds`.
fn killed(sandbox: &Sandbox, rounds: u64, jobs: &str) -> PathBuf {
    let logs = sandbox.path().join("killed");
    let mut kills = 0;
    for round in 0.. {
        let call = if is_planned(&logs) {
            format!("resume killed -q {jobs}")
        } else {
            format!("run search.toml --logdir killed -q {jobs}")
        };
        let mut runner = sandbox.runner(&call).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = runner.start();
        if round < rounds {
            std::thread::sleep(Duration::from_millis(30 + round * 37 % 300));
            signal(&child, ["KILL", "TERM", "INT"][round as usize % 3]);
        }
        let status = child.wait().unwrap();
        kills += usize::from(!status.success());
        if status.success() {
            break;
        }
        assert!(round < 200, "{call}: {status}");
    }
    assert!(0 < kills, "no process was stopped early");
    logs
}

#[test]
fn a_killed_hyperband_search_is_the_same() {
    let config = hyperband("tpe").replace("epochs = 9", "epochs = 27");
    for (rounds, jobs) in [(8, "-j 2 --threads 3"), (5, "-j 1 --threads 1")] {
        let sandbox = sandbox(&config);
        sandbox.runner("run search.toml --logdir whole -q -j 2").exits(0);
        let logs = killed(&sandbox, rounds, jobs);
        let (got, want) = (ends(&logs), ends(&sandbox.path().join("whole")));
        let differs = |name: &&String| got.get(*name) != want.get(*name);
        let differ: Vec<_> = want.keys().chain(got.keys()).filter(differs).collect();
        assert!(differ.is_empty(), "{jobs}: {differ:?}");
        // The event files of the runs too.
        let (got, want) = (sweep(&logs), sweep(&sandbox.path().join("whole")));
        for (name, (status, _)) in ends(&logs).keys().zip(statuses(&logs)) {
            if status == "completed" {
                same_run(&got.join(name), &want.join(name));
            }
        }
    }
}

#[test]
fn replicates_move_rung_by_rung_together() {
    let config = hyperband("random").replace("iterations = 2", "iterations = 1");
    let sandbox = sandbox(&config.replace("[sweep]\n", "[sweep]\nseeds = [3, 4]\n"));
    sandbox.runner("run search.toml --logdir a -q -j 2").exits(0);
    sandbox.runner("run search.toml --logdir b -q -j 1").exits(0);
    let logs = sandbox.path().join("a");
    assert!(ends(&logs) == ends(&sandbox.path().join("b")));
    let statuses = statuses(&logs);
    assert_eq!(statuses.len(), 34);
    let diverged = |(status, _): &(String, usize)| status == "failed";
    for pair in statuses.chunks(2) {
        // A replicate that diverged takes the other one with it.
        let together = pair[0] == pair[1] || pair.iter().any(diverged);
        assert!(together, "{pair:?}");
    }
    assert!(statuses.iter().any(|(status, epochs)| status == "pruned" && *epochs == 3));
}

#[test]
fn a_diverged_trial_is_the_worst_of_its_rung() {
    let space = "[optimizer]\nname = \"sgd\"\n[sweep.parameters]\n\
                 \"optimizer.learning_rate\" = [0.1, 1e38, 0.01, 1e37, 3e37]\n";
    let base = hyperband("random").replace("iterations = 2", "iterations = 1");
    let config = base.replace(SPACE, "") + space;
    let sandbox = sandbox(&config);
    let said = sandbox.runner("run search.toml").exits(0);
    let statuses = statuses(&sandbox.path().join("logs"));
    // All combinations are tried within the first bracket, which decides by those that there are.
    assert!(said.stderr.contains("every combination is tried"), "{}", said.stderr);
    let count = |word: &str| statuses.iter().filter(|(status, _)| status == word).count();
    assert_eq!((count("failed"), count("pruned"), count("completed")), (3, 1, 1), "{statuses:?}");
    assert!(statuses.contains(&("pruned".to_owned(), 3)), "{statuses:?}");
}

/// Six startup trials, and a check after each of the epochs 2 to 7.
fn median(method: &str) -> String {
    let pruner =
        "trials = 24\npruner = { name = \"median\", startup_trials = 3, warmup_epochs = 1 }\n";
    let base = BASE.replace("epochs = 2", "epochs = 8").replace(TRIALS, pruner);
    let base = match method {
        "tpe" => base,
        _ => base
            .replace("method = \"tpe\"", "method = \"random\"")
            .replace("startup_trials = 4\n", ""),
    };
    base + SPACE
}

#[test]
fn the_median_rule_decides_the_same_however_it_is_run() {
    for method in ["random", "tpe"] {
        let sandbox = sandbox(&median(method));
        let logs = |name: &str| sandbox.path().join(name);
        sandbox.runner("run search.toml --logdir a -q -j 1 --threads 1").exits(0);
        sandbox.runner("run search.toml --logdir b -q -j 3 --threads 3").exits(0);
        let whole = ends(&logs("a"));
        assert!(ends(&logs("b")) == whole, "{method}");
        sandbox.runner("run search.toml --logdir c -q --set sweep.trials=9").exits(0);
        let dir = sweep(&logs("c"));
        sandbox.runner(&format!("resume {} --trials 24 -q -j 2", dir.display())).exits(0);
        assert!(ends(&logs("c")) == whole, "{method}: continued");
        let killed = killed(&sandbox, 3, "-j 2");
        assert!(ends(&killed) == whole, "{method}: killed");
        let statuses = statuses(&logs("a"));
        let pruned = statuses.iter().filter(|(status, _)| status == "pruned");
        assert!(2 < pruned.clone().count(), "{method}: {statuses:?}");
        assert!(pruned.clone().all(|(_, epochs)| (2..8).contains(epochs)), "{statuses:?}");
        assert!(statuses[..3].iter().all(|(status, _)| status != "pruned"), "{statuses:?}");
    }
}

#[test]
fn pruned_and_paused_runs_are_told_apart() {
    let config = hyperband("random").replace("iterations = 2", "iterations = 1");
    let sandbox = sandbox(&config);
    sandbox.runner("run search.toml -q").exits(0);
    let pruned = sandbox.runner("list logs --filter status=pruned --json").exits(0);
    let pruned: Value = serde_json::from_str(&pruned.stdout).unwrap();
    let runs = pruned["runs"].as_array().unwrap();
    assert!(5 < runs.len() && runs.iter().all(|run| run["status"] == "pruned"), "{pruned}");
    let dir = runs[0]["dir"].as_str().unwrap();
    let shown = sandbox.runner(&format!("show {dir}")).exits(0);
    assert!(shown.stdout.contains("pruned") && shown.stdout.contains("place "), "{}", shown.stdout);
    let again = sandbox.runner("resume logs").exits(0);
    assert!(again.stderr.contains("nothing left to do"), "{}", again.stderr);
    let best = sandbox.runner("show search/best").exits(0);
    assert!(best.stdout.contains("completed"), "{}", best.stdout);
    let alone = sandbox.runner(&format!("resume {dir} --epochs 20")).exits(2);
    assert!(alone.stderr.contains("are not trained further"), "{}", alone.stderr);
    // A run that its search has not decided on goes on with the search only.
    let path = sandbox.path().join(dir).join("run.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"pruned\"", "\"paused\"")).unwrap();
    let paused = sandbox.runner("list logs --filter status=paused").exits(0);
    assert!(paused.stdout.contains("paused"), "{}", paused.stdout);
    let alone = sandbox.runner(&format!("resume {dir}")).exits(2);
    assert!(alone.stderr.contains("is paused at a rung of its search"), "{}", alone.stderr);
}

#[test]
fn wrong_pruners_are_answered() {
    let pruner = HYPERBAND.trim_end();
    let cases = [
        ("pruner = \"hyperbnad\"", "hyperband"),
        ("pruner = { name = \"hyperband\", min_epochs = 12 }", "`training.epochs` only 9"),
        ("pruner = { name = \"hyperband\", min_epochs = 4 }", "take `min_epochs` up to 3"),
        ("pruner = { name = \"hyperband\", factor = 1 }", "factor"),
        ("pruner = { name = \"hyperband\", iterations = 6000 }", "want at most 100000 in all"),
        ("pruner = { name = \"hyperband\" }\ntrials = 30", "take `trials` out"),
        ("pruner = { name = \"median\" }", "add `trials = 100`"),
        (
            "pruner = { name = \"median\", warmup_epochs = 8 }\ntrials = 9",
            "smaller `warmup_epochs`",
        ),
        ("pruner = { name = \"hyperband\", eta = 3 }", "write `factor = 3`"),
        ("pruner = { name = \"hyperband\", max_iter = 9 }", "write `epochs` in `[training]`"),
        ("pruner = { name = \"hyperband\", s = 2 }", "every bracket is run"),
        ("pruner = { name = \"median\", n_warmup_steps = 2 }", "write `warmup_epochs = 0`"),
        ("pruner = \"asha\"", "write `pruner = \"hyperband\"`"),
        ("pruner = \"bohb\"", "`method = \"tpe\"` and `pruner = \"hyperband\"`"),
        ("early_terminate = { type = \"hyperband\", min_iter = 3 }", "write `pruner = { name"),
    ];
    let base = hyperband("tpe");
    let mut cases: Vec<_> =
        cases.iter().map(|(line, want)| (base.replace(pruner, line), *want)).collect();
    let lines = "method = \"tpe\"\n";
    cases.push((base.replace(lines, "method = \"hyperband\"\n"), "and `pruner = \"hyperband\"`"));
    cases.push((base.replace(lines, "method = \"grid\"\n"), "a grid trains every combination"));
    cases.push((base.replace(lines, "method = \"random\"\n"), "`parallel` is a key of"));
    cases.push((base.clone() + "\"training.epochs\" = [9, 18]\n", "the same number of epochs"));
    for (config, want) in cases {
        let sandbox = sandbox(&config);
        let said = sandbox.runner("check search.toml").exits(2);
        assert!(said.stderr.contains(want), "{want}: {}", said.stderr);
        assert!(said.stderr.contains("help"), "{want}: {}", said.stderr);
    }
}

/// The folder of a search of which no trial has begun.
fn frozen(sandbox: &Sandbox, logs: &str) -> PathBuf {
    sandbox.runner(&format!("run search.toml --logdir {logs} -q --plan-only")).exits(0);
    sweep(&sandbox.path().join(logs))
}

fn worker(sandbox: &Sandbox, dir: &Path, shard: &str) -> Child {
    let call = format!("work {} --shard {shard} -q", dir.display());
    sandbox.runner(&call).stdout(Stdio::null()).stderr(Stdio::null()).start()
}

#[test]
fn any_number_of_workers_decides_on_rungs_as_one_process() {
    let replicates = hyperband("tpe").replace("[sweep]\n", "[sweep]\nseeds = [3, 4]\n");
    let replicates = replicates.replace("iterations = 2", "iterations = 1");
    let cases = [
        (hyperband("random"), 34),
        (hyperband("tpe"), 34),
        (replicates, 34),
        (median("tpe"), 24),
        (median("random"), 24),
    ];
    for (case, (config, runs)) in cases.iter().enumerate() {
        let sandbox = sandbox(config);
        sandbox.runner("run search.toml --logdir whole -q").exits(0);
        let whole = ends(&sandbox.path().join("whole"));
        assert_eq!(whole.len(), *runs);
        for n in [2, 3] {
            let logs = format!("by{n}");
            let dir = frozen(&sandbox, &logs);
            let shards = (0..n).rev().map(|i| format!("{i}/{n}"));
            let workers: Vec<_> = shards.map(|shard| worker(&sandbox, &dir, &shard)).collect();
            for mut worker in workers {
                assert_eq!(worker.wait().unwrap().code(), Some(0), "case {case}, {n} workers");
            }
            let got = ends(&sandbox.path().join(&logs));
            let differs = |name: &&String| got.get(*name) != whole.get(*name);
            let differ: Vec<_> = whole.keys().chain(got.keys()).filter(differs).collect();
            assert!(differ.is_empty(), "case {case}, {n} workers: {differ:?}");
            let said = sandbox.runner(&format!("resume {logs}")).exits(0);
            assert!(said.stderr.contains("nothing left to do"), "{}", said.stderr);
        }
    }
}

#[test]
fn a_killed_worker_goes_on_from_its_rungs() {
    let sandbox = sandbox(&hyperband("tpe").replace("epochs = 9", "epochs = 27"));
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    let dir = frozen(&sandbox, "logs");
    let mut other = worker(&sandbox, &dir, "1/2");
    let mut kills = 0;
    for (round, name) in ["KILL", "TERM", "KILL", "INT", "KILL"].into_iter().enumerate() {
        let mut killed = worker(&sandbox, &dir, "0/2");
        std::thread::sleep(Duration::from_millis(60 + 50 * round as u64));
        signal(&killed, name);
        kills += usize::from(!killed.wait().unwrap().success());
    }
    assert!(0 < kills, "no worker was stopped early");
    assert_eq!(worker(&sandbox, &dir, "0/2").wait().unwrap().code(), Some(0));
    assert_eq!(other.wait().unwrap().code(), Some(0));
    let (got, want) = (ends(&sandbox.path().join("logs")), ends(&sandbox.path().join("whole")));
    let differs = |name: &&String| got.get(*name) != want.get(*name);
    let differ: Vec<_> = want.keys().chain(got.keys()).filter(differs).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn a_worker_with_paused_trials_says_what_it_waits_for() {
    let sandbox = sandbox(&hyperband("random"));
    sandbox.runner("run search.toml --logdir whole -q").exits(0);
    let dir = frozen(&sandbox, "logs");
    let runner = sandbox.runner(&format!("work {} --shard 1/2", dir.display()));
    let mut alone = runner.stdout(Stdio::null()).stderr(Stdio::piped()).start();
    std::thread::sleep(Duration::from_secs(8));
    signal(&alone, "TERM");
    assert_eq!(alone.wait().unwrap().code(), Some(75));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut alone.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("waiting for trial 0 of worker 0/2, which has not begun it"), "{said}");
    let logs = sandbox.path().join("logs");
    let paused = statuses(&logs).iter().filter(|(status, _)| status == "paused").count();
    assert!(10 < paused, "{paused} of {}", trials(&logs).len());
    assert!(trials(&logs).keys().all(|name| name[..4].parse::<usize>().unwrap() % 2 == 1));
    // One process finishes the search.
    sandbox.runner("resume logs -q").exits(0);
    assert!(ends(&logs) == ends(&sandbox.path().join("whole")));
}

/// The values of an epoch's column in the history of a trial.
fn losses(trial: &Path) -> Vec<f64> {
    let text = fs::read_to_string(trial.join("history.csv")).unwrap();
    let mut lines = text.lines();
    let column = lines.next().unwrap().split(',').position(|name| name == "val_loss").unwrap();
    lines.map(|line| line.split(',').nth(column).unwrap().parse().unwrap()).collect()
}

#[test]
fn the_median_rule_is_that_of_the_paper() {
    let sandbox = sandbox(&median("random"));
    sandbox.runner("run search.toml -q").exits(0);
    let logs = sandbox.path().join("logs");
    let folder = sweep(&logs);
    let names: Vec<String> = trials(&logs).into_keys().collect();
    let statuses = statuses(&logs);
    let curves: Vec<Vec<f64>> = names.iter().map(|name| losses(&folder.join(name))).collect();
    let mut pruned = 0;
    for (k, (status, epochs)) in statuses.iter().enumerate() {
        // `parallel` is 3: trial k is compared with those below k - 2 that were trained to their end.
        let is_whole = |at: &usize| statuses[*at].0 == "completed";
        let earlier: Vec<usize> = (0..k.saturating_sub(2)).filter(is_whole).collect();
        let ends = |epoch: usize| {
            let mut values: Vec<f64> = earlier.iter().map(|at| curves[*at][epoch - 1]).collect();
            values.sort_by(f64::total_cmp);
            let n = values.len();
            let best = curves[k].iter().take(epoch).copied().fold(f64::INFINITY, f64::min);
            3 <= n && (values[(n - 1) / 2] + values[n / 2]) / 2.0 < best
        };
        let first = (2..8).find(|epoch| curves[k].len() < *epoch || ends(*epoch));
        if status == "failed" {
            continue;
        }
        assert_eq!(first.is_some(), status == "pruned", "{k}: {status} after {epochs}");
        assert_eq!(first.unwrap_or(8), *epochs, "{k}");
        pruned += usize::from(first.is_some());
        // It never pauses, and keeps what a run of so many epochs leaves.
        let trial = folder.join(&names[k]);
        let told = record(&trial);
        assert!(told["resumed"].as_array().is_none_or(Vec::is_empty), "{told}");
        assert_eq!(told["trial"]["rung"]["epochs"], *epochs, "{told}");
        let config = fs::read_to_string(trial.join("config.toml")).unwrap();
        sandbox.file("alone.toml", &config.replace("epochs = 8", &format!("epochs = {epochs}")));
        sandbox.runner("run alone.toml --set tensorboard.layout=flat --logdir alone -q").exits(0);
        let parent = fs::read_dir(sandbox.path().join("alone")).unwrap().next().unwrap().unwrap();
        let alone = fs::read_dir(parent.path()).unwrap().next().unwrap().unwrap().path();
        for file in ["history.csv", "model.safetensors"] {
            let bytes = |dir: &Path| fs::read(dir.join(file)).unwrap();
            assert!(bytes(&alone) == bytes(&trial), "{k}: {file}");
        }
        assert!(status == "completed" || !trial.join("checkpoint").exists(), "{k}");
        fs::remove_dir_all(sandbox.path().join("alone")).unwrap();
    }
    assert!(2 < pruned, "{statuses:?}");
}
