//! Every reader on damaged input: it answers or refuses, never panics, and says it in a few lines.
//!
//! The environment variable `RUNNER_FUZZ_CASES` sets the number of cases of each test, 32 if it is not
//! set: `RUNNER_FUZZ_CASES=10000 cargo test --test integration fuzz`.

mod data;
mod logs;
mod requests;
mod runs;

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;

/// Bytes of the longest message: a few lines.
const MAX_MESSAGE: usize = 4000;

/// The settings of every test here.
fn budget() -> ProptestConfig {
    let cases = std::env::var("RUNNER_FUZZ_CASES").ok();
    let cases = cases.map_or(32, |text| text.parse().expect("RUNNER_FUZZ_CASES is a number"));
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// One change of a file.
#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Set(Index, u8),
    Digit(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize, usize),
    Replace(Vec<u8>),
}

/// A few changes; the last of their kinds, a file of random bytes, is rare.
fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        6 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        4 => (any::<Index>(), b'0'..=b'9').prop_map(|(at, digit)| Edit::Digit(at, digit)),
        2 => any::<Index>().prop_map(Edit::Cut),
        2 => (any::<Index>(), 1..40_usize).prop_map(|(at, n)| Edit::Remove(at, n)),
        2 => (any::<Index>(), bytes(1..40)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        1 => (any::<Index>(), 1..60_usize, 2..300_usize)
            .prop_map(|(at, n, times)| Edit::Repeat(at, n, times)),
        1 => bytes(0..300).prop_map(Edit::Replace),
    ];
    proptest::collection::vec(edit, 1..4)
}

fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), length)
}

/// The file after the changes.
fn damaged(file: &[u8], edits: &[Edit]) -> Vec<u8> {
    edits.iter().fold(file.to_vec(), |mut file, edit| {
        let place = |at: &Index, file: &[u8]| at.index(file.len() + 1);
        match edit {
            Edit::Flip(at, bit) if !file.is_empty() => {
                let at = at.index(file.len());
                file[at] ^= 1 << bit;
            }
            Edit::Set(at, byte) if !file.is_empty() => {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            Edit::Digit(at, digit) => {
                let digits = (0..file.len()).filter(|&at| file[at].is_ascii_digit());
                let digits: Vec<_> = digits.collect();
                if !digits.is_empty() {
                    file[digits[at.index(digits.len())]] = *digit;
                }
            }
            Edit::Cut(at) => file.truncate(place(at, &file)),
            Edit::Remove(at, n) => {
                let at = place(at, &file);
                file.drain(at..(at + n).min(file.len()));
            }
            Edit::Insert(at, bytes) => {
                let at = place(at, &file);
                file.splice(at..at, bytes.iter().copied());
            }
            Edit::Repeat(at, n, times) => {
                let at = place(at, &file);
                let piece = file[at..(at + n).min(file.len())].repeat(*times);
                file.splice(at..at, piece);
            }
            Edit::Replace(bytes) => file.clone_from(bytes),
            Edit::Flip(..) | Edit::Set(..) => {}
        }
        file
    })
}

/// The value, or nothing after making sure that the error is a message of a few lines.
#[track_caller]
fn answered<T>(result: Result<T, impl Display>) -> Option<T> {
    result.map_err(|error| short(&format!("{error:#}"))).ok()
}

/// Fails unless the message has a few lines, and something in them.
#[track_caller]
fn short(message: &str) {
    let start: String = message.chars().take(200).collect();
    assert!(!message.is_empty() && message.len() <= MAX_MESSAGE, "{}: {start}", message.len());
}

/// A new folder with this file in it.
fn folder(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    (dir, path)
}

fn fixture(name: &str) -> Vec<u8> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::read(fixtures.join(name)).unwrap()
}
