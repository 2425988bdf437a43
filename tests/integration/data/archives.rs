//! What becomes of NumPy's arrays.

use super::*;

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
