//! The transcripts of installations: of this version, with the commands of `docs/install.md`, and of no machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Beginnings of paths and addresses that would be of the machine that made the transcript.
const ELSEWHERE: [&str; 5] = ["/root", "/home", "/tmp", "/work", "://"];

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("$ "))
}

fn transcripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transcripts");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut found: Vec<_> = paths.map(|path| (name(&path), read(&path))).collect();
    found.sort();
    found
}

#[test]
fn every_transcript_is_of_a_way_of_the_script_and_has_a_link() {
    let page = read("docs/install.md");
    let script = read("scripts/install_times.sh");
    let found = transcripts();
    assert!(!found.is_empty(), "docs/transcripts");
    for (way, _) in found {
        assert!(script.contains(&format!("\nway_{way}() {{")), "scripts/install_times.sh: {way}");
        assert!(page.contains(&format!("(transcripts/{way}.txt)")), "docs/install.md: {way}");
    }
}

#[test]
fn transcripts_have_the_commands_of_the_page() {
    let page = read("docs/install.md");
    let known: BTreeSet<&str> = commands(&page).collect();
    for (way, text) in transcripts() {
        let version = concat!("# runner ", env!("CARGO_PKG_VERSION"), ", ");
        assert!(text.starts_with(version), "{way}: made by another version");
        assert!(text.contains(" serves the curve of epoch_loss: 20 points"), "{way}: no curve");
        let unknown = commands(&text).find(|command| !known.contains(command));
        assert_eq!(unknown, None, "docs/transcripts/{way}.txt beside docs/install.md");
        assert!(4 < commands(&text).count(), "{way}");
    }
}

#[test]
fn transcripts_name_no_machine() {
    for (way, text) in transcripts() {
        for place in ELSEWHERE {
            assert!(
                !text.lines().any(|line| !line.starts_with("$ ") && line.contains(place)),
                "{way}: {place}"
            );
        }
    }
}
