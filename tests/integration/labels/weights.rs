//! Classes that a config names, `class_weight` and `class_id`: by the labels in the data.

use super::*;

/// Four rows of label 1, one each of 2 and 3.
const FROM_ONE: &str = "x,y\n1,1\n2,1\n3,2\n4,1\n5,1\n6,3\n";
const ANSWERS: &str = "x,y\n1,no\n2,no\n3,no\n4,yes\n";

fn weighed(csv: &str, units: usize, weights: &str) -> f64 {
    let training = format!("{SPARSE}\nclass_weight = {weights}");
    let sandbox = folder(csv, units, "softmax", &training);
    numbers(&sandbox)["loss"].as_f64().unwrap()
}

/// Outputs are equal: a row's loss is the logarithm of the number of classes.
#[test]
fn weights_are_those_of_the_labels_that_stand_there() {
    let check = |got: f64, want: f64| assert!((got - want).abs() < 1e-5, "got {got}, want {want}");
    let (ln2, ln3) = (2_f64.ln(), 3_f64.ln());
    check(weighed(FROM_ONE, 3, "{ 1 = 0.0 }"), ln3 * 2.0 / 6.0);
    check(weighed(FROM_ONE, 3, "{ 3 = 2.0 }"), ln3 * 7.0 / 6.0);
    check(weighed(FROM_ONE, 3, "{ \"2.0\" = 3.0, \"+1\" = 0.5 }"), ln3 * 6.0 / 6.0);
    check(weighed(&FROM_ONE.replace(",3", ",-1"), 3, "{ -1 = 0 }"), ln3 * 5.0 / 6.0);
    check(weighed(ANSWERS, 2, "{ yes = 20 }"), ln2 * 23.0 / 4.0);
    check(weighed(&ANSWERS.replace("yes", "New York"), 2, "{ \"New York\" = 0 }"), ln2 * 3.0 / 4.0);
    check(
        weighed(&ANSWERS.replace("yes", "1.5").replace("no", "2.5"), 2, "{ \"1.5\" = 0 }"),
        ln2 * 0.75,
    );
}

#[test]
fn labels_that_are_no_class_are_refused_with_those_that_are() {
    let refused = |csv: &str, units: usize, weights: &str| {
        refusal(&folder(csv, units, "softmax", &format!("{SPARSE}\nclass_weight = {weights}")))
    };
    let said = refused(FROM_ONE, 3, "{ 0 = 2.0, 1 = 1.0 }");
    assert!(said.contains("`0` is no class of the data"), "{said}");
    assert!(said.contains("the classes are `1`, `2`, `3`"), "{said}");
    let said = refused(ANSWERS, 2, "{ 1 = 2.0 }");
    assert!(said.contains("the classes are `no`, `yes`"), "{said}");
    let said = refused(FROM_ONE, 3, "{ 1 = 2.0, \"1.0\" = 3.0 }");
    assert!(said.contains("`1.0` and `1` are the same class"), "{said}");
    let said = refused(FROM_ONE, 3, "{ 1.5 = 2.0 }");
    assert!(said.contains("a key with a dot stands in quotes"), "{said}");
    let said = refused(ANSWERS, 2, "\"balance\"");
    assert!(said.contains("did you mean `balanced`?"), "{said}");
}

/// scikit-learn: the classes of 4, 1 and 1 rows weigh 0.5, 2 and 2, those of 3 and 1 rows 2/3 and 2.
#[test]
fn balanced_classes_count_the_same_together() {
    let check = |got: f64, want: f64| assert!((got - want).abs() < 1e-5, "got {got}, want {want}");
    // With equal outputs the sum of weights is that of rows; only the update tells them apart.
    check(weighed(FROM_ONE, 3, "\"balanced\""), 3_f64.ln());
    let trained = |weights: &str, more: &str| {
        let training = format!("{SPARSE}\nclass_weight = {weights}\nshuffle = false");
        let sandbox = folder(FROM_ONE, 3, "softmax", &training);
        let sets = "--set optimizer.learning_rate=0.1 --set training.epochs=4";
        let said = sandbox.runner(&format!("run run.toml --json {sets} {more}")).exits(0);
        let value: Value = serde_json::from_str(&said.stdout).unwrap();
        (value["runs"][0]["last"]["loss"].clone(), sandbox)
    };
    let (balanced, sandbox) = trained("\"balanced\"", "");
    assert_eq!(balanced, trained("{ 1 = 0.5, 2 = 2, 3 = 2 }", "").0);
    assert_ne!(balanced, trained("{ 1 = 1.0 }", "").0);
    // Only rows that train are counted: three of label 1 and one of 2.
    let split = "--set data.validation_split=0.2 --set data.test_split=0.15";
    let want = trained("{ 1 = 0.6666667, 2 = 2 }", split).0;
    assert_near(&trained("\"balanced\"", split).0, want.as_f64().unwrap());
    // The config that the run keeps repeats it.
    let config = kept_config(&sandbox);
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("class_weight = \"balanced\""), "{text}");
    let said = sandbox.runner(&format!("run {config} --json")).exits(0);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["runs"][0]["last"]["loss"], balanced);
}

#[test]
fn columns_of_one_hot_labels_are_classes() {
    let csv = "x,a,b\n1,1,0\n2,1,0\n3,0,1\n";
    let training = "loss = \"categorical_crossentropy\"\nmetrics = []\nclass_weight = { b = 4.0 }";
    let sandbox = folder(csv, 2, "softmax", training);
    let text = fs::read_to_string(sandbox.path().join("run.toml")).unwrap();
    sandbox.file("run.toml", &text.replace("[model]", "label = [\"a\", \"b\"]\n[model]"));
    assert_near(&numbers(&sandbox)["loss"], 2_f64.ln() * 2.0);
    // Several labels at once are no classes to be weighed.
    sandbox.file("data.csv", &csv.replace("3,0,1", "3,1,1"));
    fs::remove_dir_all(sandbox.path().join("logs")).unwrap();
    let said = refusal(&sandbox);
    assert!(said.contains("the data has real values"), "{said}");
}

/// Outputs are equal, 1/3 each and above the threshold: the precision of a class is its share.
#[test]
fn metrics_are_limited_to_the_class_of_a_label() {
    let measured = |csv: &str, units: usize, activation: &str, loss: &str, id: &str| {
        let metrics =
            format!("metrics = [{{ name = \"precision\", thresholds = 0.1, class_id = {id} }}]");
        folder(csv, units, activation, &format!("loss = \"{loss}\"\n{metrics}"))
    };
    let sparse = |csv: &str, id: &str| {
        measured(
            csv,
            if csv == FROM_ONE { 3 } else { 2 },
            "softmax",
            "sparse_categorical_crossentropy",
            id,
        )
    };
    assert_near(&numbers(&sparse(FROM_ONE, "1"))["precision"], 4.0 / 6.0);
    assert_near(&numbers(&sparse(FROM_ONE, "\"3\""))["precision"], 1.0 / 6.0);
    assert_near(&numbers(&sparse(ANSWERS, "\"yes\""))["precision"], 1.0 / 4.0);
    let said = refusal(&sparse(FROM_ONE, "0"));
    assert!(said.contains("`0` is no class of the data"), "{said}");
    assert!(said.contains("the classes are `1`, `2`, `3`"), "{said}");
    let said = refusal(&sparse(ANSWERS, "1"));
    assert!(said.contains("the classes are `no`, `yes`"), "{said}");
    // A single output is that of the second class.
    let single = |id: &str| measured(ANSWERS, 1, "sigmoid", "binary_crossentropy", id);
    assert_near(&numbers(&single("\"yes\""))["precision"], 1.0 / 4.0);
    let said = refusal(&single("\"no\""));
    assert!(said.contains("the only output is that of the class `yes`"), "{said}");
    // What a run has logged is what its evaluation says.
    let sandbox = sparse(FROM_ONE, "1");
    sandbox.runner("run run.toml --quiet").exits(0);
    let said = sandbox.runner("evaluate run --split train --json").exits(0);
    let value: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_near(&value["metrics"]["precision"], 4.0 / 6.0);
}

/// Outputs are equal, so the first class is predicted for every row: counts follow from the labels.
#[test]
fn scores_of_classes_are_logged_by_their_labels() {
    let metrics =
        "loss = \"sparse_categorical_crossentropy\"\nmetrics = [\"accuracy\", \"class_scores\"]";
    let csv = ANSWERS.replace("yes", "yes, rather").replace("4,yes, rather", "4,\"yes, rather\"");
    let sandbox = folder(&csv, 2, "softmax", metrics);
    let logs = numbers(&sandbox);
    assert_near(&logs["precision/no"], 0.75);
    assert_near(&logs["recall/no"], 1.0);
    assert_near(&logs["f1/no"], 1.5 / 1.75);
    for score in ["precision", "recall", "f1"] {
        assert_near(&logs[&format!("{score}/yes__rather")], 0.0);
    }
    // The history, `show`, `evaluate` and a callback know them by these names.
    let said = sandbox.runner("show run --metric f1/no").exits(0).stdout;
    assert!(said.contains("classes, after the last epoch"), "{said}");
    let line = said.lines().find(|line| line.trim_start().starts_with("no ")).unwrap();
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells, ["no", "0.7500", "1.0000", "0.8571"]);
    let said = sandbox.runner("evaluate run --split train").exits(0).stdout;
    assert!(said.contains("yes, rather") && !said.contains("precision/"), "{said}");
    let said = sandbox.runner("evaluate run --split train --json").exits(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_near(&found["metrics"]["f1/no"], found["classes"][0]["f1"].as_f64().unwrap());
    assert_eq!(found["classes"][1]["name"], "yes, rather");
    let early = "--set callbacks.early_stopping.monitor=recall/no";
    sandbox.runner(&format!("run run.toml -q {early}")).exits(0);
    // Some classes alone, and one output of two classes.
    let some = metrics.replace("\"class_scores\"", "{ name = \"class_scores\", classes = [3] }");
    let logs = numbers(&folder(FROM_ONE, 3, "softmax", &some));
    assert_near(&logs["recall/3"], 0.0);
    assert!(logs["recall/1"].is_null(), "{logs}");
    let binary = metrics.replace("sparse_categorical", "binary");
    let logs = numbers(&folder(ANSWERS, 1, "sigmoid", &binary));
    assert_near(&logs["precision/no"], 0.75);
    let said = refusal(&folder(FROM_ONE, 3, "softmax", &some.replace("[3]", "[4]")));
    assert!(said.contains("`4` is no class of the data"), "{said}");
    let twice = metrics.replace("\"class_scores\"", "\"class_scores\", \"class_scores\"");
    let said = refusal(&folder(ANSWERS, 2, "softmax", &twice));
    assert!(said.contains("two numbers would be logged as `precision/no`"), "{said}");
}
