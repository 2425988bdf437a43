//! The data set that is built in, held against its original files.

use super::*;

#[test]
fn has_the_rows_and_classes_it_is_known_for() {
    let description = describe(&Source::Mnist).unwrap();
    let (train, test) = (part(Split::Train), part(Split::Test));

    assert_eq!((train.rows(), test.rows()), (60_000, 10_000));
    assert_eq!(histogram(&train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(histogram(&test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!(description, DatasetInfo { class_rows: None, ..described(&train) });
    assert_eq!(description.default_scale, 255.0);
}

#[test]
fn shows_the_nine_of_the_tutorial() {
    let train = part(Split::Train);
    let pgm = fs::read_to_string(fixture("nine-25168.pgm")).unwrap();
    let pixels = pgm.lines().skip(4).flat_map(str::split_whitespace);
    let picture: Vec<u8> = pixels.map(|pixel| pixel.parse().unwrap()).collect();

    assert_eq!(labels(&train)[25_168], 9);
    assert_eq!(bytes(&train)[25_168 * 784..25_169 * 784], picture);
}

/// The sums are those of the original files, which `data/README.md` lists.
#[test]
fn is_the_original_files_byte_for_byte() {
    let sums = [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ];
    let (train, test) = (part(Split::Train), part(Split::Test));
    let files = [idx_images(&train), idx_labels(&train), idx_images(&test), idx_labels(&test)];
    assert_eq!(files.map(|file| hex(&file)), sums);
}

#[test]
fn knows_its_fingerprints() {
    for which in [Split::Train, Split::Test] {
        let table = part(which);
        assert_eq!(Source::Mnist.fingerprint(which, &table), table.fingerprint());
    }
}

/// Both kinds of files lead to the very table that is built in.
#[test]
fn is_read_the_same_from_a_folder_and_from_an_archive() {
    let dir = TempDir::new().unwrap();
    let test = part(Split::Test);
    write(&dir, "train-images-idx3-ubyte", &idx_images(&test));
    write(&dir, "train-labels.idx1-ubyte.gz", &gzip(&idx_labels(&test)));
    let images = Array::from_shape_vec((10_000, 28, 28), bytes(&test)).unwrap();
    let archive = Npz::new(&dir).with("x_train", &images).with("y_train", &targets(&test));

    assert_eq!(load(&here(&dir), Split::Train).unwrap(), test);
    assert_eq!(load(&archive.source(), Split::Train).unwrap(), test);
    // Only that there are test rows beside them is told of the built-in ones.
    let described = DatasetInfo { has_test: false, ..described(&test) };
    assert_eq!(describe(&here(&dir)).unwrap(), described);
    assert_eq!(describe(&archive.source()).unwrap(), described);
}

fn part(part: Split) -> Table {
    load(&Source::Mnist, part).unwrap()
}

fn histogram(table: &Table) -> Vec<usize> {
    let count = |class| labels(table).iter().filter(|label| **label == class).count();
    (0..10).map(count).collect()
}

fn targets(table: &Table) -> Array1<u8> {
    labels(table).iter().map(|&label| label as u8).collect()
}
