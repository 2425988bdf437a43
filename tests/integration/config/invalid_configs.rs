//! Invalid configs, each with its pinned diagnostics.

use runner::data::{DatasetInfo, Labels};

use super::sweeps::sweeping;
use super::{ConfigFixture, tutorial};

/// Compares the diagnostics of a fixture with the snapshot of that name.
fn check_case(name: &str, fixture: &ConfigFixture) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, fixture.diagnostics()));
}

/// The config of the tutorial with a substring replaced.
fn tutorial_with(old: &str, new: &str) -> ConfigFixture {
    let text = tutorial();
    assert!(text.contains(old), "the tutorial no longer says {old}");
    ConfigFixture::with(&text.replace(old, new))
}

/// Ten real values per row instead of classes.
fn real_values(width: usize) -> DatasetInfo {
    DatasetInfo {
        rows: 500,
        shape: vec![13],
        classes: None,
        target_width: width,
        default_scale: 1.0,
        ..DatasetInfo::default()
    }
}

fn two_classes() -> DatasetInfo {
    DatasetInfo { classes: Some(2), labels: Some(Labels::counted(2)), ..real_values(1) }
}

macro_rules! cases {
    ($($name:ident: $fixture:expr;)*) => {
        $(#[test]
        fn $name() {
            check_case(stringify!($name), &$fixture);
        })*
    };
}

cases! {
    // Names.
    unknown_key: tutorial_with("learning_rate", "learnig_rate");
    unknown_key_two_letters_away: tutorial_with("epochs = 20", "epoks = 20");
    unknown_key_without_a_near_one: tutorial_with("metrics", "colour");
    unknown_section: tutorial_with("[training]", "[trainig]");
    key_in_the_wrong_section: tutorial_with("[data]", "epochs = 3\n[data]");
    key_of_another_optimizer: tutorial_with("learning_rate = 0.001", "momentum = 0.9");
    key_misspelt_in_an_inline_layer: tutorial_with("units = 64", "unit = 64");
    optimizer_misspelt: tutorial_with("\"adam\"", "\"adm\"");
    optimizer_misspelt_as_a_name: ConfigFixture::with("optimizer = \"Adma\"\nmodel = { layers = [{ type = \"dense\", units = 10, activation = \"softmax\" }] }");
    layer_misspelt: tutorial_with("type = \"dense\", units = 64", "type = \"desne\", units = 64");
    layer_without_a_type: tutorial_with("type = \"dense\", units = 64", "units = 64");
    activation_without_a_near_name: tutorial_with("\"relu\"", "\"heaviside\"");
    metric_misspelt: tutorial_with("[\"accuracy\"]", "[\"accurracy\"]");

    // Types and ranges.
    number_in_quotes: tutorial_with("epochs = 20", "epochs = \"20\"");
    fraction_for_a_count: tutorial_with("epochs = 20", "epochs = 20.0");
    string_for_a_list: tutorial_with("[\"accuracy\"]", "\"accuracy\"");
    table_for_a_number: tutorial_with("epochs = 20", "epochs = { most = 20 }");
    rate_without_a_schedule: tutorial_with("learning_rate = 0.001", "learning_rate = { initial = 0.1 }");
    schedule_misspelt: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"cosine_dekay\", initial_learning_rate = 0.1, decay_steps = 10 }");
    schedule_without_its_steps: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"exponential_decay\", initial_learning_rate = 0.1, decay_rate = 0.5 }");
    schedule_of_no_steps: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"cosine_decay\", initial_learning_rate = 0.1, decay_steps = 0 }");
    momentum_out_of_range: tutorial_with("name = \"adam\"\nlearning_rate = 0.001", "name = \"sgd\"\nmomentum = 1.1");
    date_for_a_name: tutorial_with("[data]", "name = 2026-01-01\n[data]");
    word_for_a_section: ConfigFixture::with("training = \"fast\"\n[model]\nlayers = [{ type = \"dense\", units = 10 }]\n");
    beta_out_of_range: tutorial_with("learning_rate = 0.001", "beta_1 = 1.5");
    nan_is_no_rate: tutorial_with("0.001", "nan");
    units_out_of_range: tutorial_with("units = 64", "units = 0");
    integer_beyond_64_bits: tutorial_with("[data]", "seed = 18446744073709551616\n[data]");
    no_layers: ConfigFixture::with("[model]\nlayers = []\n");
    no_model: ConfigFixture::with("name = \"empty\"\n");
    no_layers_key: ConfigFixture::with("[model]\n");
    name_that_is_no_folder: tutorial_with("[data]", "name = \"a/b\"\n[data]");

    // Syntax and files.
    section_misspelt_that_has_to_be_there: tutorial_with("[model]", "[modle]");
    word_without_quotes: tutorial_with("\"relu\"", "relu");
    syntax_error: tutorial_with("epochs = 20", "epochs = ");
    two_syntax_errors: ConfigFixture::with("[model\nlayers = [\nname = yes\n");
    key_twice: tutorial_with("epochs = 20", "epochs = 20\nepochs = 30");
    missing_config: tutorial_with("x", "x").ask_for("rum.toml");
    missing_weights: tutorial_with("[model]", "[model]\nweights = \"init.npz\"");
    missing_data: tutorial_with("\"mnist\"", "\"mnits\"");
    missing_base: ConfigFixture::with("extends = \"bass.toml\"\n");
    extends_itself_in_the_end: ConfigFixture::with("extends = \"b.toml\"\n")
        .file("b.toml", "extends = \"c.toml\"\n").file("c.toml", "extends = \"run.toml\"\n");
    extends_no_string: ConfigFixture::with("extends = 3\n");
    problem_in_a_base: ConfigFixture::with("extends = \"base.toml\"\n").file("base.toml", "[model]\nlayer = []\n");
    problems_of_two_files: tutorial_with("epochs = 20", "epochs = 0")
        .ask("other.toml", "extends = \"run.toml\"\n[optimizer]\nnames = \"sgd\"\n");

    // Arguments.
    set_without_a_value: ConfigFixture::with(&tutorial()).set("training.epochs").set("training.epochs=");
    set_of_no_key: ConfigFixture::with(&tutorial()).set("training..epochs=3").set("=3").set("extends=x.toml");
    set_of_an_unknown_key: ConfigFixture::with(&tutorial()).set("optimizer.learning_rte=0.1");
    set_of_a_nested_key_two_letters_away: ConfigFixture::with(&tutorial()).set("training.epoks=3").set("epoks=3");
    set_of_a_bad_value: ConfigFixture::with(&tutorial()).set("training.epochs=many").set("data.validation_split=1.0");
    set_of_broken_toml: ConfigFixture::with(&tutorial()).set("model.layers=[{ type = \"dense\"");
    set_below_a_number: ConfigFixture::with(&tutorial()).set("training.epochs.most=3");
    set_of_a_layer_that_is_not_there: ConfigFixture::with(&tutorial()).set("model.layers.2.units=3");
    set_of_a_name_leaves_the_other_keys: tutorial_with("learning_rate = 0.001", "beta_1 = 0.8").set("optimizer.name=sgd");

    // Sweeps.
    sweep_of_an_unknown_key: sweeping("[sweep.parameters]\n\"optimizer.learning_rte\" = [0.1, 0.01]");
    sweep_of_a_bad_value: sweeping("[sweep.parameters]\n\"optimizer.learning_rate\" = [0.1, -1.0, 0.01]\n\"training.batch_size\" = [8, \"16\"]");
    sweep_of_a_key_that_only_some_have: sweeping("[sweep.parameters]\n\"optimizer.name\" = [\"adam\", \"sgd\"]\n\"optimizer.beta_1\" = [0.9, 0.8]");
    sweep_that_leaves_a_key_behind: tutorial_with("learning_rate = 0.001", "beta_1 = 0.8\n[sweep.parameters]\n\"optimizer.name\" = [\"adam\", \"sgd\"]\n\"training.epochs\" = [1, 2]");
    sweep_that_misses_the_classes: sweeping("[sweep.parameters]\n\"model.layers.1.units\" = [10, 12]");
    sweep_of_a_loss_that_does_not_fit: tutorial_with("[training]", "[sweep.parameters]\n\"training.loss\" = [\"mse\", \"sparse_categorical_crossentropy\"]\n\"model.layers.1.activation\" = [\"softmax\", \"relu\"]\n[training]");
    sweep_of_a_layer_that_is_not_there: sweeping("[sweep.parameters]\n\"model.layers.2.units\" = [10, 12]");
    sweep_of_a_bare_value: sweeping("[sweep.parameters]\n\"optimizer.learning_rate\" = 0.1\n\"training.epochs\" = []");
    sweep_of_nothing: sweeping("method = \"grid\"");
    sweep_of_an_unknown_method: sweeping("method = \"gird\"\nseed = 1.5\ntrails = 3");
    sweep_of_the_seed: sweeping("[sweep.parameters]\nseed = [0, 1]\nname = [\"a\", \"b\"]\nsweep.seed = [1, 2]");
    sweep_of_one_key_twice: sweeping("[sweep.parameters]\n\"training.epochs\" = [1, 2]\ntraining.epochs = [3]");
    sweep_with_equal_values: sweeping("[sweep.parameters]\n\"optimizer\" = [\"adam\", \"sgd\", { name = \"adam\", learning_rate = 0.001 }]\n\"training.epochs\" = [1, 2]");
    sweep_with_equal_seeds: sweeping("seeds = [0, 1, 0]");
    sweep_that_is_too_large: sweeping("[sweep.parameters]\n\"training.epochs\" = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n\"training.batch_size\" = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")
        .set("data.limit=1,2,3,4,5,6,7,8,9,10").set("optimizer.learning_rate=1,2,3,4,5,6,7,8,9,10").set("seed=1,2,3,4,5,6,7,8,9,10")
        .set("model.layers.0.units=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20");
    grid_over_a_range: sweeping("[sweep.parameters]\n\"optimizer.learning_rate\" = { distribution = \"uniform\", min = 0.1, max = 0.2 }");
    grid_with_trials_and_a_seed: sweeping("trials = 3\nseed = 1\n[sweep.parameters]\n\"training.epochs\" = [1, 2]");
    random_without_trials: sweeping("method = \"random\"\n[sweep.parameters]\n\"training.epochs\" = [1, 2]");
    random_from_an_unknown_distribution: sweeping("method = \"random\"\ntrials = 3\n[sweep.parameters]\n\"optimizer.learning_rate\" = { distribution = \"loguniform\", min = 0.1, max = 0.2 }");
    random_without_a_distribution: sweeping("method = \"random\"\ntrials = 3\n[sweep.parameters]\n\"optimizer.learning_rate\" = { min = 0.1, max = 0.2 }");
    random_from_an_empty_range: sweeping("method = \"random\"\ntrials = 3\n[sweep.parameters]\n\"optimizer.learning_rate\" = { distribution = \"log_uniform\", min = 0.1, max = 0.01 }");
    random_beyond_the_range_of_the_key: sweeping("method = \"random\"\ntrials = 30\n[sweep.parameters]\n\"data.validation_split\" = { distribution = \"uniform\", min = -0.5, max = 0.5 }");
    random_fractions_for_a_count: sweeping("method = \"random\"\ntrials = 30\n[sweep.parameters]\n\"training.batch_size\" = { distribution = \"uniform\", min = 16, max = 64 }");
    values_in_a_table: sweeping("[sweep.parameters]\n\"optimizer.learning_rate\" = { values = [0.1, 0.2] }");
    set_of_several_names: ConfigFixture::with(&tutorial()).set("name=a,b").set("training.epochs=1,,2").set("sweep.seeds=1,2");
    set_of_several_bad_values: ConfigFixture::with(&tutorial()).set("training.epochs=1,many,0").set("seed=1,x");

    // What does not fit.
    units_do_not_fit_the_classes: tutorial_with("units = 10", "units = 12");
    shape_does_not_fit_the_data: tutorial_with("[model]", "[model]\ninput_shape = [28, 27]");
    loss_after_relu: tutorial_with("\"softmax\"", "\"relu\"");
    loss_after_no_activation: tutorial_with(", activation = \"softmax\"", "");
    logits_after_softmax: tutorial_with("\"categorical_crossentropy\"", "{ name = \"categorical_crossentropy\", from_logits = true }");
    softmax_over_one_unit: tutorial_with("units = 10", "units = 1").data(two_classes());
    binary_loss_for_ten_classes: tutorial_with("units = 10, activation = \"softmax\"", "units = 1, activation = \"sigmoid\"")
        .set("training.loss=binary_crossentropy");
    binary_loss_after_tanh: tutorial_with("units = 10, activation = \"softmax\"", "units = 1, activation = \"tanh\"")
        .set("training.loss=bce").data(two_classes());
    classes_wanted: ConfigFixture::with(&tutorial()).set("training.loss=sparse_categorical_crossentropy").data(real_values(10));
    width_does_not_fit: ConfigFixture::with(&tutorial()).set("training.loss=mse").set("training.metrics=[]").data(real_values(3));
    accuracy_of_real_values: ConfigFixture::with(&tutorial()).set("training.loss=mse").data(real_values(10));
    clipped_twice: tutorial_with("learning_rate = 0.001", "clipnorm = 1.0\nclipvalue = 0.5");
    clipped_thrice_by_an_argument: tutorial_with("learning_rate = 0.001", "clipnorm = 1.0\nclipvalue = 0.5").set("optimizer.global_clipnorm=2");
    boundaries_without_their_values: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"piecewise_constant_decay\", boundaries = [1000, 2000], values = [0.01, 0.001] }");
    boundaries_out_of_order: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"piecewise_constant_decay\", boundaries = [2000, 1000], values = [0.1, 0.01, 0.001] }");
    warmup_to_nowhere: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"cosine_decay\", initial_learning_rate = 0.0, decay_steps = 100, warmup_steps = 10 }");
    limit_beyond_the_rows: tutorial_with("[data]", "[data]\nlimit = 60001");
    split_without_training_rows: tutorial_with("0.2", "0.9").set("data.limit=10");
    split_without_validation_rows: tutorial_with("0.2", "1e-17").set("data.limit=2");
    early_stopping_without_validation: tutorial_with("[training]", "[callbacks.early_stopping]\npatience = 2\n[training]").set("data.validation_split=0");
    early_stopping_of_a_misspelt_number: ConfigFixture::with(&tutorial()).set("callbacks.early_stopping.monitor=val_los");
    metric_twice: ConfigFixture::with(&tutorial()).set("training.metrics=['auc', { name = 'auc', curve = 'PR' }]");
    loss_without_short_form: ConfigFixture::with(&tutorial()).set("training.loss=tversky");
    scaling_of_classes: tutorial_with("[data]", "[data]\ntarget_scaling = \"standardize\"");
    scaling_before_a_loss_of_shares: ConfigFixture::with(&tutorial()).set("training.loss=poisson").set("training.metrics=[]").set("data.target_scaling=log").data(real_values(10));
    weighted_metric_of_no_class: tutorial_with("[training]", "[training]\nweighted_metrics = [{ name = \"recall\", class_id = 12 }]");
    weights_of_no_csv: tutorial_with("[data]", "[data]\nsample_weight = \"w\"");
    weight_of_no_class: tutorial_with("[training]", "[training]\nclass_weight = { 0 = 0.5, 10 = 2.0, nine = 1.0 }");
    weight_of_real_values: ConfigFixture::with(&tutorial()).set("training.loss=mse").set("training.metrics=[]").set("training.class_weight={ 0 = 2.0 }").data(real_values(10));
    weight_below_zero: tutorial_with("[training]", "[training]\nclass_weight = { 0 = -0.5 }");
    plateau_of_a_misspelt_number: tutorial_with("[training]", "[callbacks.reduce_lr_on_plateau]\nmonitor = \"val_acuracy\"\n[training]");
    plateau_beside_a_schedule: tutorial_with("learning_rate = 0.001", "learning_rate = { schedule = \"exponential_decay\", initial_learning_rate = 0.1, decay_steps = 9, decay_rate = 0.5 }\n[callbacks.reduce_lr_on_plateau]");
    scheduler_without_its_rates: tutorial_with("[training]", "[callbacks.learning_rate_scheduler]\nepochs = [1, 2]\nlearning_rates = [0.1]\n[training]");
    scheduler_out_of_order: tutorial_with("[training]", "[callbacks.learning_rate_scheduler]\nepochs = [2, 2]\nlearning_rates = [0.1, 0.2]\n[training]");
    checkpoint_outside: tutorial_with("[training]", "[callbacks.model_checkpoint]\nfilepath = \"../best.safetensors\"\n[training]");
    checkpoint_in_the_way: tutorial_with("[training]", "[callbacks.model_checkpoint]\nfilepath = \"model.safetensors\"\n[training]");
    checkpoint_of_no_number: tutorial_with("[training]", "[callbacks.model_checkpoint]\nfilepath = \"best-{val_los:.2f}.safetensors\"\n[training]");
    separator_of_two: tutorial_with("[training]", "[callbacks.csv_logger]\nseparator = \", \"\n[training]");
    update_freq_of_no_kind: tutorial_with("[training]", "[tensorboard]\nupdate_freq = \"batches\"\n[training]");
    update_freq_of_nothing: tutorial_with("[training]", "[tensorboard]\nupdate_freq = 0\n[training]");
    pictures_without_histograms: tutorial_with("[training]", "[tensorboard]\nwrite_images = true\n[training]");
    answers_without_validation: tutorial_with("[training]", "[tensorboard]\nconfusion_matrix = true\npr_curves = true\n[training]").set("data.validation_split=0");
    validated_twice: ConfigFixture::with(&tutorial()).set("data.validation_data=mnist");
    test_split_of_data_with_test_rows: tutorial_with("[data]", "[data]\ntest_split = 0.1");
    label_of_no_csv: tutorial_with("[data]", "[data]\nlabel = \"digit\"");
    rate_of_dropout: tutorial_with("layers = [", "layers = [\n    { type = \"dropout\", rate = 1.5 },");
    layer_in_one_word: tutorial_with("layers = [", "layers = [\n    { type = \"batchnormalization\" },");
    early_stopping_of_the_rate: ConfigFixture::with(&tutorial()).set("callbacks.early_stopping.monitor=learning_rate");
}
