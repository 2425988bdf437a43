//! What newcomers type: it works, or the message has the line that does.

use std::fs;

use serde_json::Value;

use crate::sandbox::Sandbox;

const SMALL: &str = r#"
[data]
dataset = "flowers.csv"
[model]
layers = [{ type = "dense", units = 2, activation = "softmax" }]
[training]
epochs = 2
loss = "sparse_categorical_crossentropy"
[optimizer]
name = "sgd"
learning_rate = 0.01
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    let rows: String = (0..20).map(|n| format!("{}.5,{}\n", n % 7, n % 2)).collect();
    sandbox.file("flowers.csv", &format!("x,kind\n{rows}"));
    sandbox
}

/// The plan that `run --dry-run` shows.
fn plan(sandbox: &Sandbox, arguments: &str) -> Value {
    let said = sandbox.runner(&format!("run small.toml --dry-run --json {arguments}")).exits(0);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    value["runs"][0].clone()
}

/// The message of a request that is refused, in one line.
fn refused(sandbox: &Sandbox, arguments: &str) -> String {
    let said = sandbox.runner(arguments).exits(2);
    said.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn override_numbers_need_no_toml_form() {
    let sandbox = sandbox();
    for (typed, rate) in
        [(".1", 0.1), ("1.", 1.0), ("01", 1.0), ("+1", 1.0), ("1e-2", 0.01), ("-0", 0.0)]
    {
        let plan = plan(&sandbox, &format!("--set optimizer.learning_rate={typed}"));
        assert_eq!(
            plan.pointer("/optimizer/learning_rate").unwrap().as_f64(),
            Some(rate),
            "{typed}"
        );
    }
    for (typed, epochs) in [("1_000", 1000), ("+1", 1), ("1e2", 100), ("007", 7), ("5.", 5)] {
        let plan = plan(&sandbox, &format!("--set training.epochs={typed}"));
        assert_eq!(plan.pointer("/training/epochs").unwrap().as_u64(), Some(epochs), "{typed}");
    }
    let named = plan(&sandbox, "--set name=007");
    assert_eq!(named["name"], "007", "a name is a text, whatever it looks like");
    let shuffled = plan(&sandbox, "--set training.shuffle=False");
    assert_eq!(shuffled.pointer("/training/shuffle"), Some(&Value::Bool(false)));
    let message = refused(&sandbox, "run small.toml --set training.epochs=1.5");
    assert!(message.contains("must be an integer"), "{message}");
}

#[test]
fn quoted_numbers_are_suggested_as_toml() {
    let sandbox = sandbox();
    sandbox.file("quoted.toml", &SMALL.replace("0.01", "\".1\""));
    let message = refused(&sandbox, "run quoted.toml");
    assert!(message.contains("write it without quotes: 0.1"), "{message}");
}

#[test]
fn invalid_toml_values_are_suggested_as_toml() {
    let sandbox = sandbox();
    for (typed, toml) in [(".1", "0.1"), ("1.", "1.0"), ("01", "1"), ("01 # one", "1")] {
        sandbox.file("loose.toml", &SMALL.replace("0.01", typed));
        let message = refused(&sandbox, "run loose.toml");
        assert!(message.contains(&format!("write it as {toml}")), "{typed}: {message}");
    }
    sandbox.file("loose.toml", &SMALL.replace("epochs = 2", "shuffle = True"));
    let message = refused(&sandbox, "run loose.toml");
    assert!(message.contains("write it as true"), "{message}");
}

#[test]
fn single_metric_becomes_a_list() {
    let sandbox = sandbox();
    for typed in ["acc", "[acc]", "[\"acc\"]"] {
        let plan = plan(&sandbox, &format!("--set training.metrics={typed}"));
        let name = plan.pointer("/training/metrics/0/name").or(plan.pointer("/training/metrics/0"));
        assert_eq!(name.unwrap(), "acc", "{typed}");
    }
    let message = refused(&sandbox, "run small.toml --set training.metrics=acc,auc");
    assert!(message.contains("--set 'training.metrics=[\"acc\",\"auc\"]'"), "{message}");
}

#[test]
fn tables_without_quotes_are_parsed() {
    let sandbox = sandbox();
    let plan = plan(&sandbox, "--set optimizer={name=sgd,momentum=0.9}");
    assert_eq!(plan.pointer("/optimizer/momentum").unwrap().as_f64(), Some(0.9));
}

#[test]
fn overrides_need_no_set_option() {
    let sandbox = sandbox();
    let plan = plan(&sandbox, "training.epochs=5 ++optimizer.momentum=0.5");
    assert_eq!(plan.pointer("/training/epochs").unwrap(), 5);
    assert_eq!(plan.pointer("/optimizer/momentum").unwrap(), 0.5);
    let said = sandbox.runner("check small.toml training.epochs=1,2").exits(0);
    assert_eq!(said.stdout, "1 config, 2 runs: ok\n");
    let message = refused(&sandbox, "run training.epochs=5");
    assert!(message.contains("`runner run CONFIG.toml training.epochs=5`"), "{message}");
    // A file of such a name is a config.
    sandbox.file("a=b.toml", SMALL);
    sandbox.runner("check a=b.toml").exits(0);
}

#[test]
fn keys_without_their_section_are_completed() {
    let sandbox = sandbox();
    let cases = [
        ("epochs=5", "write `--set training.epochs=5`"),
        ("--set epochs=5", "write `--set training.epochs=5`"),
        ("--set lr=0.1", "write `--set optimizer.learning_rate=0.1`"),
        ("--set optimizer.lr=0.1", "write `--set optimizer.learning_rate=0.1`"),
        ("--set optim.lr=0.1", "write `--set optimizer.learning_rate=0.1`"),
        ("--set optimizer.epochs=5", "write `--set training.epochs=5`"),
        ("--set training.batch=5", "write `--set training.batch_size=5`"),
    ];
    for (typed, line) in cases {
        let message = refused(&sandbox, &format!("run small.toml {typed}"));
        assert!(message.contains(line), "{typed}: {message}");
    }
}

#[test]
fn options_named_as_keys_become_overrides() {
    let sandbox = sandbox();
    let cases = [
        ("run small.toml --epochs 5", "`runner run small.toml --set training.epochs=5`"),
        ("run small.toml --epochs=5 -q", "`runner run small.toml --set training.epochs=5 -q`"),
        ("run --lr .1 small.toml", "`runner run --set optimizer.learning_rate=.1 small.toml`"),
        ("check small.toml --batch-size 8", "--set training.batch_size=8`"),
        ("check small.toml --training.epochs 8", "--set training.epochs=8`"),
    ];
    for (typed, line) in cases {
        let message = refused(&sandbox, typed);
        assert!(message.contains(line), "{typed}: {message}");
    }
    let message = refused(&sandbox, "run small.toml --nonsense 5");
    assert!(!message.contains("--set"), "{message}");
}

#[test]
fn unknown_commands_are_corrected() {
    let sandbox = sandbox();
    let cases = [
        ("rnu small.toml", "`runner run small.toml`"),
        ("small.toml", "`runner run small.toml`"),
        ("train small.toml -q", "`runner run small.toml -q`"),
        ("eval latest", "`runner evaluate latest`"),
        ("ls", "`runner list`"),
        ("lsit", "`runner list`"),
    ];
    for (typed, line) in cases {
        let message = refused(&sandbox, typed);
        assert!(message.contains(line), "{typed}: {message}");
    }
}

#[test]
fn finished_run_with_other_values_is_a_new_run() {
    let sandbox = sandbox();
    sandbox.runner("run small.toml -q").exits(0);
    let dir = fs::read_dir(sandbox.path().join("logs/small")).unwrap().next().unwrap().unwrap();
    let dir = format!("logs/small/{}", dir.file_name().to_string_lossy());
    let message = refused(&sandbox, &format!("resume {dir} --set optimizer.learning_rate=0.1"));
    let line = format!("`runner run {dir}/config.toml --set optimizer.learning_rate=0.1`");
    assert!(message.contains(&line), "{message}");
    let more = refused(&sandbox, &format!("resume {dir} --set training.epochs=3"));
    assert!(more.contains(&format!("`runner resume {dir} --epochs 3`")), "{more}");
    sandbox.runner(line.trim_matches('`').strip_prefix("runner ").unwrap()).exits(0);
}

#[test]
fn paths_with_commas_are_one_value() {
    let sandbox = sandbox();
    let folder = "0003-learning_rate=0.01,units=64";
    fs::create_dir(sandbox.path().join(folder)).unwrap();
    fs::copy(sandbox.path().join("flowers.csv"), sandbox.path().join(folder).join("f.csv"))
        .unwrap();
    sandbox.runner(&format!("check small.toml --set data.dataset={folder}/f.csv")).exits(0);
    let message = refused(&sandbox, &format!("check small.toml --set data.dataset={folder}/g.csv"));
    assert!(message.contains(&format!("did you mean `{folder}/f.csv`")), "{message}");
}

#[test]
fn filters_with_unknown_keys_list_known_keys() {
    let sandbox = sandbox();
    sandbox.runner("run small.toml -q").exits(0);
    let message = refused(&sandbox, "list --filter foo=1");
    assert!(message.contains("such as optimizer.name, optimizer.learning_rate"), "{message}");
    assert!(message.len() < 400, "{message}");
    let message = refused(&sandbox, "list --filter lr=0.1");
    assert!(message.contains("did you mean `learning_rate`?"), "{message}");
    let message = refused(&sandbox, "list --filter optimizer.lr=0.1");
    assert!(message.contains("did you mean `optimizer.learning_rate`?"), "{message}");
    let message = refused(&sandbox, "list --sort acc");
    assert!(message.contains("did you mean `accuracy`?"), "{message}");
}

#[test]
fn missing_rows_of_a_run_suggest_a_command() {
    let sandbox = sandbox();
    sandbox.runner("run small.toml -q --set name=plain").exits(0);
    sandbox.runner("run small.toml -q --set name=split data.validation_split=0.2").exits(0);
    let message = refused(&sandbox, "evaluate plain");
    assert!(message.contains("`runner evaluate plain --data FILE`"), "{message}");
    let message = refused(&sandbox, "evaluate plain --split validation");
    assert!(message.contains("`runner evaluate plain --split train`"), "{message}");
    let message = refused(&sandbox, "evaluate split");
    assert!(message.contains("`runner evaluate split --split validation`"), "{message}");
    sandbox.runner("evaluate split --split validation").exits(0);
}

#[test]
fn moved_data_are_requested() {
    let sandbox = sandbox();
    sandbox.runner("run small.toml -q").exits(0);
    let (old, new) = (sandbox.path().join("flowers.csv"), sandbox.path().join("moved.csv"));
    fs::rename(&old, &new).unwrap();
    let message = refused(&sandbox, "evaluate small --split train");
    assert!(message.contains("the data of the run are no longer at"), "{message}");
    assert!(message.contains("`ln -s NEW ") && message.contains("--data NEW`"), "{message}");
    sandbox.runner("evaluate small --data moved.csv").exits(0);
    let dir = fs::read_dir(sandbox.path().join("logs/small")).unwrap().next().unwrap().unwrap();
    let config = dir.path().join("config.toml");
    let message = refused(&sandbox, &format!("check {}", config.display()));
    assert!(
        message.contains("put the data back, or a link in their place: `ln -s NEW "),
        "{message}"
    );
    let message = refused(&sandbox, "check small.toml data.dataset=flower.csv");
    assert!(message.contains("cannot read the data `flower.csv`"), "{message}");
}
