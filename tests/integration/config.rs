//! Configs: what is accepted, and what is said of what is not.

mod invalid_configs;
mod sweeps;

use std::fs;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use proptest::prelude::*;
use runner::config::{Data, Experiment, Location, Plan, Training, load, load_with, render};
use runner::data::{DataError, DatasetInfo, Labels, Source};
use runner::model::{Activation, LayerSpec, Loss, Metric, NamedMetric};
use runner::optim::{Adam, Optimizer, Sgd};

/// A folder of configs that is gone after the test.
struct ConfigFixture {
    folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
    sets: Vec<String>,
    data: DatasetInfo,
}

/// The tutorial's data, described without reading it.
fn mnist() -> DatasetInfo {
    DatasetInfo {
        rows: 60_000,
        bytes: 60_000 * 28 * 28,
        shape: vec![28, 28],
        classes: Some(10),
        target_width: 1,
        default_scale: 255.0,
        has_test: true,
        columns: None,
        labels: Some(Labels::counted(10)),
        parts: None,
        class_rows: None,
        binary: false,
    }
}

impl ConfigFixture {
    /// A fixture with one config on it, `run.toml`, that is asked for.
    fn with(text: &str) -> ConfigFixture {
        let folder = tempfile::tempdir().expect("a temporary folder");
        ConfigFixture { folder, paths: Vec::new(), sets: Vec::new(), data: mnist() }
            .ask("run.toml", text)
    }

    /// Puts another file on the fixture.
    fn file(self, name: &str, text: &str) -> ConfigFixture {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
        fs::write(path, text).expect("a writable folder");
        self
    }

    /// Puts another config on the fixture and asks for it.
    fn ask(mut self, name: &str, text: &str) -> ConfigFixture {
        self.paths.push(self.folder.path().join(name));
        self.file(name, text)
    }

    /// Asks for a config that may not be there.
    fn ask_for(mut self, name: &str) -> ConfigFixture {
        self.paths.push(self.folder.path().join(name));
        self
    }

    fn set(mut self, argument: &str) -> ConfigFixture {
        self.sets.push(argument.to_owned());
        self
    }

    fn data(mut self, data: DatasetInfo) -> ConfigFixture {
        self.data = data;
        self
    }

    fn load(&self) -> Result<Vec<Experiment>, String> {
        let describe = |_: &Source| -> Result<_, DataError> { Ok(self.data.clone()) };
        load_with(&self.paths, &self.sets, &describe).map_err(|diagnostics| {
            let diagnostics: Vec<_> = diagnostics.0.iter().map(|p| render(p, false)).collect();
            let folder = format!("{}/", self.folder.path().display());
            diagnostics.join("\n\n").replace(&folder, "")
        })
    }

    /// The only plan.
    fn plan(&self) -> Plan {
        self.load()
            .unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
            .remove(0)
            .runs
            .get(0)
            .unwrap()
            .plan
    }

    /// What is said of what is wrong.
    fn diagnostics(&self) -> String {
        self.load().expect_err("a config with something wrong")
    }
}

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs")
}

fn tutorial() -> String {
    fs::read_to_string(configs().join("adam.toml")).expect("configs/adam.toml")
}

/// What a reader copies out of the guide has to work: its whole configs are the tutorial's.
#[test]
fn keras_guide_has_the_tutorials_config() {
    let guide = fs::read_to_string(configs().join("../docs/keras.md")).unwrap();
    let blocks: Vec<_> = guide.split("```toml\n").skip(1).collect();
    assert_eq!(blocks.len(), 1);
    let config = blocks[0].split("```").next().unwrap();
    assert_eq!(ConfigFixture::with(config).plan(), ConfigFixture::with(&tutorial()).plan());
}

#[test]
fn tutorial_config_is_its_plan() {
    let plan = ConfigFixture::with(&tutorial()).plan();
    let wanted = r#"
name = "run"
seed = 0

[data]
dataset = "mnist"
validation_split = 0.2
test_split = 0.0
scale = 255.0
standardize = false

[model]
input_shape = [784]
layers = [
  { type = "dense", units = 64, activation = "relu", use_bias = true, kernel_initializer = "glorot_uniform", bias_initializer = "zeros" },
  { type = "dense", units = 10, activation = "softmax", use_bias = true, kernel_initializer = "glorot_uniform", bias_initializer = "zeros" },
]

[optimizer]
name = "adam"
learning_rate = 0.001
"#;
    assert!(plan.to_toml().starts_with(wanted.trim_start()), "{}", plan.to_toml());
    assert_eq!((plan.training.epochs, plan.training.batch_size), (20, 32));
    assert_eq!(plan.training.loss.to_owned(), Training::default().loss);
    assert_eq!(plan.training.metrics, [NamedMetric::new(Metric::Accuracy {})]);
}

#[test]
fn configs_of_the_project_are_valid() {
    for entry in fs::read_dir(configs()).expect("configs/") {
        let path = entry.expect("an entry of configs/").path();
        let text = fs::read_to_string(&path).expect("a config");
        assert!(text.starts_with("#:schema ../docs/config.schema.json\n"), "{}", path.display());
        let describe = |source: &Source| match source {
            Source::Mnist => Ok(mnist()),
            other => runner::data::describe(other),
        };
        let found = load_with(std::slice::from_ref(&path), &[], &describe);
        let found =
            found.unwrap_or_else(|diagnostics| panic!("{diagnostics}: {diagnostics:?}")).remove(0);
        assert_eq!(Some(found.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
    }
}

#[test]
fn tutorial_fits_the_built_in_data() {
    let found = load(&[configs().join("adam.toml"), configs().join("smoke.toml")], &[]);
    let found = found.unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"));
    let plans: Vec<_> = found.iter().map(|found| found.runs.get(0).unwrap().plan).collect();
    let plan = &plans[0];
    assert_eq!(plan.model.input_shape.as_deref(), Some([784].as_slice()));
    assert_eq!(plan.data.scale, Some(255.0));
    assert_eq!(plans[1].data.limit, Some(1000));
}

#[test]
fn extends_inherits_keys_and_own_keys_win() {
    let load = |name: &str| {
        let found = load_with(&[configs().join(name)], &[], &|_| Ok(mnist()));
        found
            .unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"))
            .remove(0)
            .runs
            .get(0)
            .unwrap()
            .plan
    };
    let (adam, momentum, smoke) =
        (load("adam.toml"), load("sgd-momentum.toml"), load("smoke.toml"));
    assert_eq!(momentum.model, adam.model);
    assert_eq!(momentum.training, adam.training);
    let wanted = Sgd { momentum: 0.9, ..Sgd::default() };
    assert!(matches!(momentum.optimizer, Optimizer::Sgd(sgd) if sgd == wanted));
    assert_eq!((smoke.data.limit, smoke.training.epochs), (Some(1000), 2));
    assert_eq!(smoke.data.parts(1000).training.len(), 800);
    assert_eq!(smoke.optimizer, adam.optimizer);
}

#[test]
fn extends_merges_tables_of_one_kind_and_replaces_others() {
    let base = tutorial().replace("[optimizer]\nname = \"adam\"\nlearning_rate = 0.001\n", "");
    let base = format!("name = \"base\"\noptimizer = \"adam\"\n{base}");
    let over = "extends = \"base.toml\"
        training.loss = \"mse\"
        model.layers = [{ type = \"dense\", units = 10 }]
        [optimizer]
        learning_rate = 0.5";
    let plan = ConfigFixture::with(over).file("base.toml", &base).plan();
    // The key joins the base's name; the run's own name, the list and the word are replaced.
    let adam = Adam { learning_rate: 0.5.into(), ..Adam::default() };
    assert_eq!(plan.optimizer, Optimizer::Adam(adam));
    assert_eq!((plan.name.as_str(), plan.model.layers.len()), ("run", 1));
    assert_eq!(plan.training.loss, Loss::MeanSquaredError {});
    assert_eq!(plan.training.epochs, 20);
}

#[test]
fn paths_are_relative_to_their_own_file() {
    let base = "[model]\nlayers = [{ type = \"dense\", units = 10, activation = \"softmax\" }]\n\
                weights = \"init.npz\"\n[data]\ndataset = \"digits.npz\"\n";
    let fixture = ConfigFixture::with("extends = \"below/base.toml\"\n[data]\nlimit = 7\n")
        .file("below/base.toml", base)
        .file("below/init.npz", "")
        .file("below/digits.npz", "");
    let below = fixture.folder.path().join("below");
    let mut npz = NpzWriter::new(fs::File::create(below.join("init.npz")).unwrap());
    npz.add_array("dense_0.kernel", &Array2::<f32>::zeros((784, 10))).unwrap();
    npz.add_array("dense_0.bias", &Array1::<f32>::zeros(10)).unwrap();
    npz.finish().unwrap();
    let plan = fixture.plan();
    assert_eq!(plan.model.weights, Some(below.join("init.npz")));
    assert_eq!(plan.data.source(), Source::Path(below.join("digits.npz"), None));
}

#[test]
fn override_is_toml_or_a_bare_word() {
    let plan = ConfigFixture::with(&tutorial())
        .set("name=try 2")
        .set("seed=7")
        .set("training.epochs = 3")
        .set("model.layers.0.units=128")
        .set("model.layers.0.activation=tanh")
        .set("optimizer={ name = 'sgd', nesterov = true }")
        .set("optimizer.momentum=0.5")
        .set("training.loss.label_smoothing=0.1")
        .set("callbacks.early_stopping.patience=2")
        .plan();
    assert_eq!((plan.name.as_str(), plan.seed, plan.training.epochs), ("try 2", 7, 3));
    let LayerSpec::Dense(dense) = &plan.model.layers[0] else { panic!("{plan:?}") };
    assert_eq!((dense.units, dense.activation), (128, Activation::Tanh));
    let sgd = Sgd { momentum: 0.5, nesterov: true, ..Sgd::default() };
    assert_eq!(plan.optimizer, Optimizer::Sgd(sgd));
    let loss = Loss::CategoricalCrossentropy { label_smoothing: 0.1, from_logits: false };
    assert_eq!(plan.training.loss, loss);
    assert_eq!(plan.callbacks.early_stopping.map(|stopping| stopping.patience), Some(2));
}

#[test]
fn validation_split_is_rounded_as_in_keras() {
    let rows = |validation_split, rows| {
        Data { validation_split, ..Data::default() }.parts(rows).training.len()
    };
    assert_eq!(rows(0.29, 100), 71);
    assert_eq!(rows(0.58, 100), 42);
    assert_eq!(rows(0.9, 10), 0);
    assert_eq!(rows(0.2, 60_000), 48_000);
    assert_eq!(rows(0.0, 60_000), 60_000);
}

#[test]
fn plan_as_toml_loads_to_the_same_plan() {
    let fixtures = [
        ConfigFixture::with(&tutorial()),
        ConfigFixture::with(&tutorial())
            .set("name=it's no. 3")
            .set("seed=9223372036854775807")
            .set("data.limit=100")
            .set("model.layers.0.kernel_initializer={ name = 'random_normal', stddev = 1e-30 }")
            .set("optimizer={ name = 'sgd', momentum = 1 }")
            .set("training.loss={ name = 'sparse_categorical_crossentropy', from_logits = false }")
            .set("training.metrics=[]")
            .set("callbacks.early_stopping={ monitor = 'val_loss', baseline = 0.25, mode = 'min' }")
            .set("callbacks.terminate_on_nan.enabled=false")
            .set("tensorboard.layout=flat"),
    ];
    for fixture in fixtures {
        let plan = fixture.plan();
        let again = ConfigFixture::with(&plan.to_toml()).plan();
        assert_eq!(again, plan, "{}", plan.to_toml());
    }
}

/// What is generated from the schema and committed, with the text that it should be.
#[test]
fn generated_documents_are_up_to_date() {
    let schema = serde_json::to_string_pretty(&runner::config::schema()).expect("a JSON value");
    let documents = [
        ("docs/config.schema.json", format!("{schema}\n")),
        ("docs/config.md", runner::config::reference()),
        ("configs/reference.toml", runner::config::reference_config()),
    ];
    for (name, wanted) in documents {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &wanted).expect("a writable checkout");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{name} is out of date: run `UPDATE=1 cargo test config`");
    }
}

/// The typo test: whatever one character of a config becomes, it loads or is explained.
#[test]
fn broken_character_loads_or_has_a_diagnostic() {
    let text = tutorial();
    let broken =
        ["", "x", "0", "-", ".", "\"", "'", "=", "[", "]", "{", "}", "#", "\n", "\u{0}", "é"];
    let fixture = ConfigFixture::with(&text);
    for (start, old) in text.char_indices() {
        for new in broken {
            let config = format!("{}{new}{}", &text[..start], &text[start + old.len_utf8()..]);
            assert_loads_or_diagnoses(&fixture, &config);
        }
    }
}

fn assert_loads_or_diagnoses(fixture: &ConfigFixture, config: &str) {
    fs::write(&fixture.paths[0], config).expect("a writable folder");
    let Err(diagnostics) = load_with(&fixture.paths, &[], &|_| Ok(mnist())) else { return };
    assert!(!diagnostics.0.is_empty(), "refused without a reason:\n{config}");
    for diagnostic in &diagnostics.0 {
        assert!(!diagnostic.help.is_empty(), "no help for `{}`:\n{config}", diagnostic.message);
        assert!(!render(diagnostic, false).is_empty());
        if let Location::Text(span) = &diagnostic.location {
            assert_eq!(span.source.text, config);
            assert!(config.get(span.range.clone()).is_some(), "{:?}:\n{config}", span.range);
        }
    }
}

proptest! {
    #[test]
    fn random_text_never_panics(config in "\\PC{0,60}", argument in "\\PC{0,30}") {
        let fixture = ConfigFixture::with(&config).set(&argument);
        let _ = fixture.load();
        let _ = ConfigFixture::with(&tutorial()).set(&argument).set(&format!("training.{argument}")).load();
    }
}

#[test]
fn unreadable_data_is_a_diagnostic_of_the_config() {
    let fixture = ConfigFixture::with(&tutorial());
    let broken = |_: &Source| -> Result<DatasetInfo, DataError> {
        Err(DataError::Io {
            path: "mnist.npz".into(),
            source: std::io::ErrorKind::UnexpectedEof.into(),
        })
    };
    let diagnostics = load_with(&fixture.paths, &[], &broken).expect_err("no data").0;
    let [diagnostic] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    let picture = render(diagnostic, false);
    assert!(picture.contains("error: cannot read `mnist.npz`"), "{picture}");
    assert!(picture.contains("run.toml:5:11"), "{picture}");
}

#[test]
fn diagnostic_of_a_shared_base_is_reported_once() {
    let fixture = ConfigFixture::with("extends = \"base.toml\"\n")
        .ask("other.toml", "extends = \"base.toml\"\n")
        .file("base.toml", &tutorial().replace("\"relu\"", "\"rleu\""));
    assert_eq!(fixture.diagnostics().matches("error:").count(), 1);
}

#[test]
fn accuracy_is_no_default_without_classes() {
    let data = DatasetInfo { classes: None, target_width: 10, labels: None, ..mnist() };
    let text = tutorial().replace("metrics = [\"accuracy\"]", "");
    let plan = ConfigFixture::with(&text).set("training.loss=mse").data(data).plan();
    assert_eq!(plan.training.metrics, []);
}

#[test]
fn single_output_can_estimate_the_label() {
    let text = "[model]\nlayers = [{ type = \"dense\", units = 1 }]\n[training]\nloss = \"mse\"\n";
    assert_eq!(ConfigFixture::with(text).plan().training.metrics, []);
    let said = ConfigFixture::with(text).set("training.metrics=[\"accuracy\"]").diagnostics();
    assert!(said.starts_with("error: `accuracy` says nothing about estimated numbers"), "{said}");
}

#[test]
fn color_is_off_unless_requested() {
    let fixture = ConfigFixture::with("");
    let diagnostics = load_with(&fixture.paths, &[], &|_| Ok(mnist())).expect_err("no model");
    assert!(!render(&diagnostics.0[0], false).contains('\u{1b}'));
    assert!(render(&diagnostics.0[0], true).contains('\u{1b}'));
}
