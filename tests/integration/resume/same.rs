//! Whether two runs left the same: every byte but for the times.

use std::fs;
use std::path::{Path, PathBuf};

use protobuf::Message;
use runner::runs::{Folder, Record, Status};
use tensorboard_proto::event::Event;
use tensorboard_proto::plugin_hparams::HParamsPluginData;
use tensorboard_proto::summary::Summary_Value;

use crate::events::events;

/// Fails unless the completed run in `got` is the one in `want`, which was never interrupted.
#[track_caller]
pub(crate) fn same_run(got: &Path, want: &Path) {
    same(got, want, &|_| true);
}

/// The same, but for what event files say of the config: they keep that of the run's start.
#[track_caller]
pub(crate) fn same_but_hparams(got: &Path, want: &Path) {
    same(got, want, &|event| {
        let mut values = event.get_summary().get_value().iter();
        !values.any(|value| value.tag == "_hparams_/session_start_info" || value.tag == "config")
    });
}

#[track_caller]
fn same(got: &Path, want: &Path, counts: &dyn Fn(&Event) -> bool) {
    let (got, want) = (Folder::at(got), Folder::at(want));
    let place = got.path().display();
    let text = |path: PathBuf| fs::read_to_string(path).unwrap();
    assert_eq!(text(got.history()), text(want.history()), "{place}");
    assert_eq!(text(got.config()), text(want.config()), "{place}");
    let bytes = |path: PathBuf| fs::read(path).unwrap();
    assert!(bytes(got.weights()) == bytes(want.weights()), "{place}: other weights");
    let dirs = |folder: &Folder| [folder.path().to_owned(), folder.train(), folder.validation()];
    for (got, want) in dirs(&got).iter().zip(&dirs(&want)) {
        same_events(got, want, counts);
    }
    let extra = |folder: &Folder| -> Vec<(PathBuf, Vec<u8>)> {
        let (kept, csv) = (folder.path().join("kept"), folder.path().join("training.csv"));
        let mut files: Vec<_> = if kept.exists() { names(&kept) } else { Vec::new() }
            .into_iter()
            .map(|name| kept.join(name))
            .collect();
        files.extend(Some(csv).filter(|csv| csv.exists()));
        let relative = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().to_owned();
        files.iter().map(|path| (relative(path), bytes(path.clone()))).collect()
    };
    assert!(extra(&got) == extra(&want), "{place}: other files of callbacks");
    same_record(&got, &want);
    let mut names = [names(got.path()), names(want.path())];
    names.iter_mut().for_each(|names| names.retain(|name| !is_event_file(name)));
    assert_eq!(names[0], names[1], "{place}: other files");
}

fn same_record(got: &Folder, want: &Folder) {
    let place = got.path().display();
    let record = |folder: &Folder| Record::load(&folder.record()).unwrap();
    let (got, want) = (record(got), record(want));
    assert!(matches!(got.status, Status::Completed | Status::Pruned), "{place}: {:?}", got.status);
    assert_eq!((got.status, &got.error), (want.status, &None), "{place}");
    assert_eq!((&got.name, got.epochs, got.seed), (&want.name, want.epochs, want.seed), "{place}");
    assert_eq!((&got.metrics, &got.best), (&want.metrics, &want.best), "{place}");
    assert_eq!(got.data, want.data, "{place}");
}

/// The event files of one folder: one each, of the same length, with the same records.
fn same_events(got: &Path, want: &Path, counts: &dyn Fn(&Event) -> bool) {
    let files = |dir: &Path| -> Vec<PathBuf> {
        let names = names(dir).into_iter().filter(|name| is_event_file(name));
        names.map(|name| dir.join(name)).collect()
    };
    let (got, want) = (files(got), files(want));
    assert_eq!(got.len(), want.len(), "{got:?}");
    for (got, want) in got.iter().zip(&want) {
        let timeless = |path: &Path| -> Vec<_> {
            events(path).into_iter().filter(counts).map(timeless).collect()
        };
        let (ours, theirs) = (timeless(got), timeless(want));
        assert_eq!(ours.len(), theirs.len(), "{}", got.display());
        let differ = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
        assert!(differ.is_none(), "{}: {differ:?}", got.display());
        let length = |path: &Path| fs::metadata(path).unwrap().len();
        assert_eq!(length(got), length(want), "{}", got.display());
    }
}

/// Whether a file is an event file, seen by TensorBoard or hidden.
fn is_event_file(name: &str) -> bool {
    name.contains("tfevents") || name.starts_with("events.hidden")
}

/// The event without its times.
fn timeless(mut event: Event) -> Event {
    event.wall_time = 0.0;
    if event.has_summary() {
        event.mut_summary().mut_value().iter_mut().for_each(forget_times);
    }
    event
}

fn forget_times(value: &mut Summary_Value) {
    if !value.tag.starts_with("_hparams_/session_") {
        return;
    }
    let content = &mut value.mut_metadata().mut_plugin_data().content;
    let data = HParamsPluginData::parse_from_bytes(content).unwrap();
    let time = if data.has_session_start_info() {
        data.get_session_start_info().start_time_secs
    } else {
        data.get_session_end_info().end_time_secs
    };
    // In place: writing the message anew would put its map into another order every time.
    let bytes = time.to_le_bytes();
    let at = content.windows(8).position(|window| window == bytes).unwrap();
    content[at..at + 8].fill(0);
}

/// What is in a folder, by name; nothing if there is none.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
