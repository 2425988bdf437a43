//! Requests: configs, `--set`, and the config that a run keeps.

use runner::config;

use super::*;

const CONFIG: &str = r#"
name = "small"

[data]
limit = 100
validation_split = 0.2

[model]
layers = [
    { type = "dense", units = 9, activation = "relu", kernel_regularizer = { name = "l2", l2 = 0.1 } },
    { type = "dropout", rate = 0.5 },
    { type = "dense", units = 10, activation = "softmax" },
]

[optimizer]
name = "adam"
learning_rate = { schedule = "cosine_decay", initial_learning_rate = 0.1, decay_steps = 100 }

[training]
epochs = 4
class_weight = { 0 = 0.5, 3 = 2.0 }

[callbacks.early_stopping]
patience = 2

[sweep]
seeds = [1, 2]

[sweep.parameters]
training.batch_size = [16, 32]
"#;

/// Loads the config, and makes sure that every problem is drawn in a few lines.
fn read(path: &Path, sets: &[String]) {
    let Err(problems) = config::load(&[path.to_owned()], sets) else { return };
    assert!(!problems.0.is_empty());
    for problem in &problems.0 {
        short(&config::render(problem, false));
        short(&config::render(problem, true));
    }
}

proptest! {
    #![proptest_config(budget())]

    #[test]
    fn configs(edits in edits()) {
        let (_dir, path) = folder("small.toml", &damaged(CONFIG.as_bytes(), &edits));
        read(&path, &[]);
    }

    #[test]
    fn bases_of_configs(edits in edits()) {
        let (dir, _) = folder("base.toml", &damaged(CONFIG.as_bytes(), &edits));
        let path = dir.path().join("small.toml");
        fs::write(&path, "extends = \"base.toml\"\n[training]\nepochs = 2\n").unwrap();
        read(&path, &[]);
    }

    #[test]
    fn overrides(edits in edits(), which in 0..5_usize) {
        let whole = [
            "optimizer.learning_rate=0.1,0.2",
            "model.layers.0.units=64",
            "training={epochs=3,batch_size=[8,9]}",
            "optimizer=\"sgd\"",
            "sweep.seeds=[1,2,3]",
        ];
        let (_dir, path) = folder("small.toml", CONFIG.as_bytes());
        let set = damaged(whole[which].as_bytes(), &edits);
        read(&path, &[String::from_utf8_lossy(&set).into_owned()]);
    }

    #[test]
    fn configs_that_runs_keep(edits in edits()) {
        let (_dir, path) = folder("small.toml", CONFIG.as_bytes());
        let whole = config::load(&[path], &[]).unwrap()[0].runs.get(0).unwrap().plan.to_toml();
        assert!(config::saved_plan(&whole).is_ok());
        let text = damaged(whole.as_bytes(), &edits);
        let text = String::from_utf8_lossy(&text);
        answered(config::saved_plan(&text));
        answered(config::settings(&text));
    }
}

#[test]
fn problems_of_long_lines_and_names_are_short() {
    let name = "x".repeat(1 << 20);
    for text in [
        format!("{name} = 1\n{CONFIG}"),
        format!("[data]\n{name} = 1\n"),
        format!("name = {name}\n"),
        format!("name = \"{name}\"\n{CONFIG}"),
        CONFIG.replace("cosine_decay", &name),
        CONFIG.replace("3 = 2.0", &format!("{name} = 2.0")),
        CONFIG.replace("units = 9", &format!("units = \"{name}\"")),
        CONFIG.replace("[data]", &format!("[data]\ndataset = \"{name}.npz\"")),
        format!("[{name}"),
    ] {
        let (_dir, path) = folder("small.toml", text.as_bytes());
        assert!(config::load(std::slice::from_ref(&path), &[]).is_err());
        read(&path, &[]);
    }
    let (_dir, path) = folder("small.toml", CONFIG.as_bytes());
    for set in [format!("{name}=1"), format!("name={name}="), format!("optimizer.{name}=2")] {
        assert!(config::load(std::slice::from_ref(&path), std::slice::from_ref(&set)).is_err());
        read(&path, &[set]);
    }
}
