//! What `[sweep]` and several values of `--set` make of a config.

use runner::config::{Experiment, Plan, Runs, Variant};
use runner::optim::{Adam, Optimizer, Sgd};

use super::{ConfigFixture, tutorial};

impl ConfigFixture {
    /// The only experiment.
    fn experiment(&self) -> Experiment {
        self.load().unwrap_or_else(|diagnostics| panic!("{diagnostics}")).remove(0)
    }

    fn runs(&self) -> Vec<Variant> {
        self.experiment().runs.iter().collect()
    }

    fn labels(&self) -> Vec<String> {
        self.experiment().runs.iter().map(|run| run.label).collect()
    }
}

/// The tutorial with a sweep.
pub(super) fn sweeping(sweep: &str) -> ConfigFixture {
    ConfigFixture::with(&format!("{}\n[sweep]\n{sweep}\n", tutorial()))
}

fn learning_rate(plan: &Plan) -> f64 {
    plan.optimizer.learning_rate(0).into()
}

#[test]
fn config_without_a_sweep_is_one_run() {
    let experiment = ConfigFixture::with(&tutorial()).experiment();
    assert!(!experiment.sweep);
    assert_eq!(experiment.runs.len(), 1);
    let run = experiment.runs.get(0).unwrap();
    assert_eq!((run.label.as_str(), run.changes.len()), ("", 0));
    assert_eq!(experiment.name, run.plan.name);
}

#[test]
fn grid_has_every_combination_and_the_last_key_changes_fastest() {
    let fixture = sweeping(
        "parameters.\"optimizer.learning_rate\" = [0.1, 0.01]\n\
         parameters.training.batch_size = [32, 64]\nseeds = [1, 2]",
    );
    let want = [
        "0000-learning_rate=0.1,batch_size=32,seed=1",
        "0001-learning_rate=0.1,batch_size=32,seed=2",
        "0002-learning_rate=0.1,batch_size=64,seed=1",
        "0003-learning_rate=0.1,batch_size=64,seed=2",
        "0004-learning_rate=0.01,batch_size=32,seed=1",
        "0005-learning_rate=0.01,batch_size=32,seed=2",
        "0006-learning_rate=0.01,batch_size=64,seed=1",
        "0007-learning_rate=0.01,batch_size=64,seed=2",
    ];
    assert_eq!(fixture.labels(), want);
    let experiment = fixture.experiment();
    assert!(experiment.sweep);
    let run = experiment.runs.get(6).unwrap();
    assert_eq!(learning_rate(&run.plan), f64::from(0.01_f32));
    assert_eq!((run.plan.training.batch_size, run.plan.seed), (64, 1));
    let changes: Vec<_> = run.changes.iter().map(|c| format!("{} {}", c.key, c.value)).collect();
    assert_eq!(changes, ["optimizer.learning_rate 0.01", "training.batch_size 64", "seed 1"]);
}

#[test]
fn sweep_of_layers_and_whole_tables() {
    let fixture = sweeping(
        "[sweep.parameters]\n\
         \"model.layers.0.units\" = [32, 64]\n\
         optimizer = [{ name = \"sgd\", learning_rate = 0.1 }, { name = \"adam\" }, \"rmsprop\"]",
    );
    assert_eq!(
        fixture.labels(),
        [
            "0000-units=32,optimizer=sgd+learning_rate=0.1",
            "0001-units=32,optimizer=adam",
            "0002-units=32,optimizer=rmsprop",
            "0003-units=64,optimizer=sgd+learning_rate=0.1",
            "0004-units=64,optimizer=adam",
            "0005-units=64,optimizer=rmsprop",
        ]
    );
    let plans: Vec<_> = fixture.experiment().runs.iter().map(|run| run.plan).collect();
    let sgd = Sgd { learning_rate: 0.1.into(), ..Sgd::default() };
    assert_eq!(plans[3].optimizer, Optimizer::Sgd(sgd));
    assert_eq!(plans[4].optimizer, Optimizer::Adam(Adam::default()), "nothing of the config's");
    let whole = sweeping(
        "[sweep.parameters]\n\"model.layers\" = [\n\
         [{ type = \"dense\", units = 10, activation = \"softmax\" }],\n\
         [{ type = \"dense\", units = 5 }, { type = \"dense\", units = 10, activation = \"softmax\" }]]",
    );
    let layers: Vec<_> =
        whole.experiment().runs.iter().map(|run| run.plan.model.layers.len()).collect();
    assert_eq!(layers, [1, 2]);
}

#[test]
fn override_with_several_values_sweeps() {
    let fixture = ConfigFixture::with(&tutorial())
        .set("optimizer.name=sgd,adam")
        .set("training.metrics=[],[\"accuracy\"]")
        .set("seed=0,1");
    assert_eq!(
        fixture.labels(),
        [
            "0000-optimizer=sgd,metrics=,seed=0",
            "0001-optimizer=sgd,metrics=,seed=1",
            "0002-optimizer=sgd,metrics=accuracy,seed=0",
            "0003-optimizer=sgd,metrics=accuracy,seed=1",
            "0004-optimizer=adam,metrics=,seed=0",
            "0005-optimizer=adam,metrics=,seed=1",
            "0006-optimizer=adam,metrics=accuracy,seed=0",
            "0007-optimizer=adam,metrics=accuracy,seed=1",
        ]
    );
    let one = ConfigFixture::with(&tutorial())
        .set("model.layers=[{ type = 'dense', units = 3 }, { type = 'dense', units = 10, activation = 'softmax' }]")
        .set("name=\"a,b\"");
    assert!(!one.experiment().sweep);
    assert_eq!(one.plan().name, "a,b");
}

#[test]
fn override_replaces_a_swept_key() {
    let sweep = "seeds = [0, 1]\n[sweep.parameters]\n\
                 optimizer = [\"sgd\", \"rmsprop\"]\ntraining.batch_size = [32, 64]";
    let fixture =
        |sets: &[&str]| sets.iter().fold(sweeping(sweep), |fixture, set| fixture.set(set));
    assert_eq!(
        fixture(&["training.batch_size=8", "seed=7"]).labels(),
        ["0000-optimizer=sgd", "0001-optimizer=rmsprop"]
    );
    assert_eq!(
        fixture(&["optimizer=adam,sgd,rmsprop", "training.batch_size=8", "seed=7"]).labels(),
        ["0000-optimizer=adam", "0001-optimizer=sgd", "0002-optimizer=rmsprop"]
    );
    // A key within the tables that vary is set in each of them.
    let plans = fixture(&["optimizer.learning_rate=0.5", "training.batch_size=8", "seed=7"]);
    let text: Vec<_> = plans.experiment().runs.iter().map(|run| run.plan.to_toml()).collect();
    assert!(text.iter().all(|text| text.contains("learning_rate = 0.5")), "{text:?}");
    // What no longer varies is no sweep.
    let one = fixture(&["optimizer=sgd", "training.batch_size=8", "seed=7"]).experiment();
    assert!(!one.sweep && one.runs.get(0).unwrap().plan.seed == 7);
}

const SEARCH: &str = "method = \"random\"\ntrials = 8\nseed = 3\n[sweep.parameters]\n\
    \"optimizer.learning_rate\" = { distribution = \"log_uniform\", min = 1e-4, max = 1e-1 }\n\
    \"model.layers.0.units\" = { distribution = \"int_uniform\", min = 8, max = 64 }\n\
    \"model.layers.0.activation\" = [\"relu\", \"tanh\"]\n\
    \"data.validation_split\" = { distribution = \"uniform\", min = 0.1, max = 0.3 }";

#[test]
fn random_search_draws_from_its_own_seed() {
    let runs = sweeping(SEARCH).runs();
    assert_eq!(runs.len(), 8);
    // Drawn once and for all: a sweep that is asked for again is the same.
    assert_eq!(runs[0].label, LABEL_0);
    let again = sweeping(SEARCH).set("seed=5").runs();
    assert!(runs.iter().zip(&again).all(|(one, other)| one.label == other.label));
    let others = sweeping(SEARCH).set("sweep.seed=4").runs();
    assert!(runs.iter().zip(&others).all(|(one, other)| one.changes != other.changes));
}

const LABEL_0: &str = "0000-learning_rate=0.01566,units=47,activation=tanh,validation_split=0.2084";

#[test]
fn draw_depends_only_on_its_key_and_trial() {
    let runs = sweeping(SEARCH).runs();
    let more = sweeping(SEARCH).set("sweep.trials=20").runs();
    assert_eq!(more.len(), 20);
    assert!(runs.iter().zip(&more).all(|(one, other)| one.plan == other.plan));
    let fewer = sweeping(SEARCH).set("data.validation_split=0.25").runs();
    for (one, other) in runs.iter().zip(&fewer) {
        assert_eq!(one.changes[..3], other.changes[..]);
    }
}

#[test]
fn trials_are_replicated_and_multiplied() {
    let fixture =
        sweeping(&SEARCH.replace("seed = 3", "seeds = [0, 1]")).set("training.batch_size=16,32");
    let runs = fixture.runs();
    assert_eq!(runs.len(), 8 * 2 * 2);
    let of =
        |run: usize| (&runs[run].changes, runs[run].plan.training.batch_size, runs[run].plan.seed);
    assert_eq!(of(0).0[..4], of(3).0[..4], "one draw");
    assert_eq!([of(0).2, of(1).2, of(2).2, of(3).2], [0, 1, 0, 1]);
    assert_eq!([of(0).1, of(1).1, of(2).1, of(3).1], [16, 16, 32, 32]);
}

#[test]
fn equal_draws_run_once() {
    let search = "method = \"random\"\ntrials = 20\n[sweep.parameters]\n\
                  \"optimizer.name\" = [\"sgd\", \"adam\"]\n\"training.shuffle\" = [true, false]";
    let experiment = sweeping(search).experiment();
    assert_eq!((experiment.runs.len(), experiment.repeats), (4, 16));
}

#[test]
fn labels_are_unique_and_safe() {
    let long = "x".repeat(150);
    let fixture = sweeping(&format!(
        "[sweep.parameters]\n\"model.layers.0.activation\" = [\"relu\", \"tanh\"]\n\
         \"data.dataset\" = [\"{long}/a.npz\", \"{long}/b.npz\", \"./c d.npz\"]"
    ))
    .file(&format!("{long}/a.npz"), "")
    .file(&format!("{long}/b.npz"), "")
    .file("c d.npz", "");
    let labels = fixture.labels();
    let mut unique = labels.clone();
    unique.dedup();
    assert_eq!(unique.len(), 6);
    for label in &labels {
        assert!(label.len() <= 100, "{label}");
        assert_eq!(*label, runner::runs::safe_name(label));
    }
    assert_eq!(labels[2], "0002-activation=relu,dataset=._c+d.npz");
}

#[test]
fn runs_survive_serialization() {
    let experiment = sweeping(SEARCH).set("optimizer={ name = 'sgd' },adam").experiment();
    let runs = &experiment.runs;
    let text = serde_json::to_string(runs.lines()).unwrap();
    let lines = serde_json::from_str(&text).unwrap();
    let thawed = Runs::from_parts(runs.plan().clone(), runs.keys().to_vec(), lines);
    assert_eq!(thawed, *runs);
    assert_eq!(thawed.len(), 16);
    for run in thawed.iter() {
        assert_eq!(ConfigFixture::with(&run.plan.to_toml()).plan(), run.plan);
    }
}

#[test]
fn runs_of_a_large_sweep_take_few_bytes() {
    let sweep = |trials: usize| {
        sweeping(&SEARCH.replace("trials = 8", &format!("trials = {trials}"))).experiment().runs
    };
    let bytes = |runs: &Runs| serde_json::to_string(runs.lines()).unwrap().len();
    let (few, many) = (sweep(10), sweep(210));
    assert_eq!(many.len(), 210);
    let per_run = (bytes(&many) - bytes(&few)) / 200;
    assert!(per_run < 350, "{per_run} bytes for a run of four parameters");
}

#[test]
fn sweep_of_a_base_is_inherited() {
    let fixture = ConfigFixture::with(
        "extends = \"base.toml\"\n[sweep.parameters]\n\"training.epochs\" = [1, 2]\n",
    )
    .file("base.toml", &format!("{}\n[sweep]\nseeds = [4, 5]\n", tutorial()));
    assert_eq!(fixture.labels().len(), 4);
}
