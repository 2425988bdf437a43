//! Files with bytes changed or missing: whatever is made of them, it is no panic.

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// A result of either kind will do, as long as it is one.
    #[test]
    fn never_ends_in_a_panic(changes in changes(), cut in 0..20_usize, fortran: bool) {
        let dir = TempDir::new().unwrap();
        let name = if fortran { "fortran.npz" } else { "bytes.npz" };
        let mut archive = fs::read(fixture(name)).unwrap();
        damage(&mut archive, &changes, cut);
        write(&dir, "damaged.npz", &archive);
        let source = Source::parse("damaged.npz", dir.path());
        let _ = (describe(&source), load(&source, Split::Train), load(&source, Split::Test));
    }

    #[test]
    fn of_idx_files_never_ends_in_a_panic(changes in changes(), cut in 0..20_usize, gz: bool) {
        let dir = TempDir::new().unwrap();
        let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4];
        let mut images = if gz { gzip(&images) } else { images.to_vec() };
        damage(&mut images, &changes, cut);
        let end = if gz { ".gz" } else { "" };
        write(&dir, &format!("train-images-idx3-ubyte{end}"), &images);
        write(&dir, "train-labels-idx1-ubyte", &[0, 0, 8, 1, 0, 0, 0, 2, 0, 1]);
        let _ = (describe(&here(&dir)), load(&here(&dir), Split::Train));
    }
}

fn changes() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((0..1000_usize, any::<u8>()), 0..6)
}

fn damage(file: &mut Vec<u8>, changes: &[(usize, u8)], cut: usize) {
    file.truncate(file.len().saturating_sub(cut.saturating_sub(10)));
    for &(at, byte) in changes {
        let len = file.len();
        file[at % len] = byte;
    }
}
