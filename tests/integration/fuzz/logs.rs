//! Event files, which hold a checksum in every record.

use runner::events::{Clock, EventWriter, Tags, read_scalars, scalar};

use super::*;

/// Tag, step and bits of the value.
type Found = (String, i64, u64);

/// The scalars of a file.
fn scalars(path: &Path) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    let read = read_scalars(path, &mut Tags::default(), &mut |scalar| {
        found.push((scalar.tag.to_owned(), scalar.step, scalar.value.to_bits()));
    });
    let damage = answered(read)?;
    if let Some(damage) = damage {
        short(&damage.to_string());
    }
    Some(found)
}

proptest! {
    #![proptest_config(budget())]

    #[test]
    fn event_files(edits in edits(), offset in 0..400_u64) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = EventWriter::create(dir.path(), 0, Clock::Fixed(7.0)).unwrap();
        for step in 0..5 {
            writer.add(step, scalar("epoch_loss", step as f32 / 3.0));
        }
        writer.flush().unwrap();
        let path = fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let whole = scalars(&path).unwrap();
        prop_assert_eq!(whole.len(), 5);
        let content = damaged(&fs::read(&path).unwrap(), &edits);
        fs::write(&path, &content).unwrap();
        let found = scalars(&path).unwrap();
        // A record that is no longer the one that was written ends what is read. Pieces of the file
        // that are repeated as a whole are records all the same.
        prop_assert!(found.iter().all(|scalar| whole.contains(scalar)), "{:?}", found);
        answered(EventWriter::reopen(&path, offset, Clock::Fixed(7.0)));
    }
}
