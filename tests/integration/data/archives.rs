//! What becomes of NumPy's arrays.

use runner::data::Preprocessing;

use super::*;
use crate::sandbox::Sandbox;

#[test]
fn numpy_writes_are_read_deflated() {
    let source = Source::Path(fixture("bytes.npz"), None);
    let thin: Vec<u8> = (0..24).map(|i| if i % 3 == 0 { i } else { 0 }).collect();
    let (train, test) = (load(&source, Split::Train), load(&source, Split::Test));
    let (train, test) = (train.unwrap(), test.unwrap());

    assert!(matches!(train.inputs, Inputs::Sparse(_)));
    assert_eq!((bytes(&train), bytes(&test)), (thin.clone(), thin[..12].to_vec()));
    assert_eq!(train.shape, [2, 3]);
    assert_eq!(train.targets, Targets::Classes { labels: vec![2, 0, 1, 2], classes: 3 });
    assert_eq!(test.targets, Targets::Classes { labels: vec![2, 0], classes: 3 });
}

#[test]
fn numpy_writes_are_read_in_fortran_order_and_big_endian() {
    let source = Source::Path(fixture("fortran.npz"), None);
    let table = load(&source, Split::Train).unwrap();
    let one_hot = vec![0., 0., 1., 1., 0., 0., 0., 1., 0., 0., 0., 1.];

    let Inputs::Dense(rows) = &table.inputs else { panic!("no zeros, yet sparse") };
    assert_eq!(rows.values, Values::Floats((0..24).map(|i| i as f32 + 0.5).collect()));
    assert_eq!(table.targets, Targets::Values { values: one_hot, width: 3 });
    let description = describe(&source).unwrap();
    assert_eq!((description.classes, description.target_width), (None, 3));
    assert_eq!((description.default_scale, description.rows), (1.0, 4));
}

#[test]
fn every_element_type_becomes_a_float_but_bytes() {
    check([1_u8, 0, 255], Values::Bytes(vec![1, 0, 255].into()), 255.0);
    check([true, false, true], floats([1., 0., 1.]), 1.0);
    check([-1_i8, 0, 127], floats([-1., 0., 127.]), 1.0);
    check([1_u16, 2, 65_535], floats([1., 2., 65_535.]), 1.0);
    check([-1_i16, 2, 3], floats([-1., 2., 3.]), 1.0);
    check([1_u32, 2, u32::MAX], floats([1., 2., 4_294_967_296.]), 1.0);
    check([-1_i32, 2, 3], floats([-1., 2., 3.]), 1.0);
    check([1_u64, 2, 3], floats([1., 2., 3.]), 1.0);
    check([-1_i64, 2, 3], floats([-1., 2., 3.]), 1.0);
    check([-0.5_f32, 2., 3.], floats([-0.5, 2., 3.]), 1.0);
    check([0.1_f64, 2., 3.], floats([0.1, 2., 3.]), 1.0);

    fn check<T: WritableElement + Clone>(values: [T; 3], want: Values, scale: f64) {
        let dir = TempDir::new().unwrap();
        let x = Array2::from_shape_vec((1, 3), values.to_vec()).unwrap();
        let source = Npz::new(&dir).with("x_train", &x).with("y_train", &ints([0])).source();
        let Inputs::Dense(rows) = load(&source, Split::Train).unwrap().inputs else {
            panic!("a row of two thirds is not sparse")
        };
        assert_eq!(rows.values, want);
        assert_eq!(describe(&source).unwrap().default_scale, scale);
    }

    fn floats(values: [f32; 3]) -> Values {
        Values::Floats(values.to_vec())
    }
}

#[test]
fn integers_are_classes_and_all_else_is_values() {
    let classes = Targets::Classes { labels: vec![0, 4], classes: 5 };
    check(&ints([0, 4]), classes.clone());
    check(&Array2::from_shape_vec((2, 1), vec![0_u8, 4]).unwrap(), classes);
    let two = Targets::Classes { labels: vec![0, 1], classes: 2 };
    check(&Array1::from(vec![false, true]), two);
    check(&Array1::from(vec![0.5_f64, 4.]), values(vec![0.5, 4.], 1));
    check(&Array2::from_shape_vec((2, 1), vec![0.5_f32, 4.]).unwrap(), values(vec![0.5, 4.], 1));
    let one_hot = Array2::from_shape_vec((2, 2), vec![1_u8, 0, 0, 1]).unwrap();
    check(&one_hot, values(vec![1., 0., 0., 1.], 2));

    fn check<T: WritableElement, D: Dimension>(y: &Array<T, D>, want: Targets) {
        let dir = TempDir::new().unwrap();
        let source = Npz::new(&dir).with("x_train", &ones(2, 3)).with("y_train", y).source();
        assert_eq!(load(&source, Split::Train).unwrap().targets, want);
    }

    fn values(values: Vec<f32>, width: usize) -> Targets {
        Targets::Values { values, width }
    }
}

#[test]
fn a_test_set_is_only_missed_when_it_is_wanted() {
    let dir = TempDir::new().unwrap();
    let archive = Npz::new(&dir).with("x_train", &ones(2, 3)).with("y_train", &ints([0, 1]));
    assert!(load(&archive.source(), Split::Train).is_ok());
    assert!(load(&archive.source(), Split::Test).is_err());
}

#[test]
fn a_path_is_relative_to_its_base() {
    let base = Path::new("/configs");
    assert_eq!(Source::parse("mnist", base), Source::Mnist);
    assert_eq!(Source::parse("a.npz", base), Source::Path("/configs/a.npz".into(), None));
    assert_eq!(Source::parse("/b.npz", base), Source::Path("/b.npz".into(), None));
    assert_eq!(Source::Mnist.to_string(), "mnist");
    assert_eq!(Source::parse("/b.npz", base).to_string(), "/b.npz");
}

/// The names of `numpy.savez(x=..., y=...)` and of `numpy.savez(x, y)`.
#[test]
fn arrays_have_other_names_than_those_of_keras() {
    for [x, y] in [["x", "y"], ["X", "Y"], ["arr_0", "arr_1"]] {
        let dir = TempDir::new().unwrap();
        let source = Npz::new(&dir).with(x, &ones(2, 3)).with(y, &ints([0, 1])).source();
        let table = load(&source, Split::Train).unwrap();
        assert_eq!((table.rows(), &table.shape[..], labels(&table)), (2, &[3][..], &[0, 1][..]));
        assert!(!describe(&source).unwrap().has_test);
    }
    let dir = TempDir::new().unwrap();
    let archive = Npz::new(&dir).with("x", &ones(4, 3)).with("y", &ints([0, 1, 0, 1]));
    let source = archive.with("x_train", &ones(2, 3)).with("y_train", &ints([1, 1])).source();
    assert_eq!(load(&source, Split::Train).unwrap().rows(), 2);
}

/// Texts, as NumPy stores them, are classes in the order of the alphabet.
#[test]
fn texts_are_classes() {
    let names = |names: [&str; 3]| Some(names.map(str::to_owned).to_vec());
    let classes = |labels: [u32; 6]| Targets::Classes { labels: labels.to_vec(), classes: 3 };
    let source = |name: &str| Source::Path(fixture(name), None);
    for (file, want, labels) in [
        ("texts.npz", ["fir", "oak", "élan"], [1, 2, 0, 1, 0, 1]),
        ("texts-other.npz", ["fir", "oak", "élan"], [1, 0, 1, 0, 2, 1]),
        ("texts-bytes.npz", ["elm", "fir", "oak"], [2, 0, 1, 2, 1, 2]),
    ] {
        let table = load(&source(file), Split::Train).unwrap();
        assert_eq!(
            (&table.targets, &table.class_names),
            (&classes(labels), &names(want)),
            "{file}"
        );
        let info = describe(&source(file)).unwrap();
        assert_eq!((info.classes, Some(info.output_names())), (Some(3), names(want)), "{file}");
    }
    let train = load(&source("texts.npz"), Split::Train).unwrap();
    let preprocessing = Preprocessing::of(&train, 1.0, 6, false);
    assert_eq!(preprocessing.class_names(), names(["fir", "oak", "élan"]));
    let saved = serde_json::to_string(&preprocessing).unwrap();
    assert_eq!(serde_json::from_str::<Preprocessing>(&saved).unwrap(), preprocessing);

    // The test rows lack a class, whose number they keep; other rows have a class of their own.
    let mut test = load(&source("texts.npz"), Split::Test).unwrap();
    assert_eq!(test.class_names, Some(vec!["fir".to_owned(), "oak".to_owned()]));
    preprocessing.check(&mut test, &source("texts.npz")).unwrap();
    assert_eq!(test.targets, Targets::Classes { labels: vec![1, 0], classes: 3 });
    let mut other = load(&source("texts-bytes.npz"), Split::Train).unwrap();
    let error = preprocessing.check(&mut other, &Source::Mnist).unwrap_err().to_string();
    assert_eq!(
        error,
        "the rows of `mnist` are not like the training rows: got the class `elm`, want the classes `fir`, \
         `oak`, `élan`"
    );
    let info = describe(&source("texts.npz")).unwrap();
    let error = info.check(&describe(&source("texts-bytes.npz")).unwrap(), &"b").unwrap_err();
    assert!(error.to_string().contains("got the class `elm`, want the classes"), "{error}");
    let error = load(&Source::Path(fixture("texts.npz"), Some(Task::Regression)), Split::Train);
    assert!(error.unwrap_err().to_string().contains("wrong element type: got U4"));
}

/// The names of classes go from the archive to the answers.
#[test]
fn classes_of_texts_are_predicted_by_their_names() {
    let sandbox = Sandbox::new();
    for file in ["texts.npz", "texts-other.npz"] {
        fs::copy(fixture(file), sandbox.path().join(file)).unwrap();
    }
    sandbox.file(
        "run.toml",
        "name = \"trees\"\n[data]\ndataset = \"texts.npz\"\nvalidation_data = \"texts-other.npz\"\n[model]\nlayers = [{ type \
         = \"dense\", units = 3, activation = \"softmax\" }]\n[training]\nepochs = 2\nclass_weight = { oak = 2 }\n",
    );
    sandbox.runner("run run.toml -q").exits(0);
    let said = sandbox.runner("evaluate trees").exits(0).stdout;
    assert!(said.contains("élan") && said.contains("oak"), "{said}");
    let said = sandbox.runner("evaluate trees texts-other.npz").exits(0).stdout;
    assert!(said.contains("élan"), "{said}");
    let said = sandbox.runner("predict trees texts-other.npz").exits(0).stdout;
    assert!(["fir", "oak", "élan"].iter().any(|name| said.contains(name)), "{said}");
}
