//! The rules of the house, read from the source: which room may use which, and what a room never
//! does. It reads words, not meanings, and understands no macro; that is enough for arrows.

use std::fs;
use std::path::Path;

/// The rooms from top to bottom, each with those that it may use: an arrow never goes up.
const ROOMS: [(&str, &str); 18] = [
    ("cli", "sweep experiment export query config runs train data memory quote system"),
    ("sweep", "experiment config runs train memory quote system"),
    ("experiment", "config runs events train data model optim kernels memory random quote system"),
    ("export", "query config runs data model quote system"),
    ("query", "config runs events train data quote system"),
    ("config", "runs train data model optim memory random shorthand quote system"),
    ("runs", "train memory quote system"),
    ("events", "quote system"),
    ("train", "data model optim kernels random"),
    ("data", "kernels memory quote system"),
    ("model", "kernels random shorthand quote"),
    ("optim", "kernels random shorthand"),
    ("kernels", "memory"),
    ("system", "memory"),
    ("memory", ""),
    ("quote", ""),
    ("random", ""),
    ("shorthand", ""),
];

/// What only some rooms may name, and which.
const KEPT: [(&str, &[&str]); 9] = [
    ("unsafe", &["kernels"]),
    ("println!", &["cli", "main"]),
    ("print!", &["cli", "main"]),
    ("eprintln!", &["cli", "main"]),
    ("eprint!", &["cli", "main"]),
    ("clap::", &["cli"]),
    ("toml::", &["config"]),
    ("tensorboard_rs::", &["events"]),
    ("tensorboard_proto::", &["events"]),
];

/// What these rooms compute depends on their arguments alone: no file, no clock, no environment.
const PURE: [&str; 6] = ["train", "model", "optim", "kernels", "random", "shorthand"];
const IMPURE: [&str; 6] =
    ["std::fs", "std::net", "std::env", "std::time", "std::process", "chrono"];

/// They time what they try, and no result depends on it.
const CLOCKS: [&str; 2] = ["kernels/company.rs", "kernels/fastest.rs"];

/// Folders of source, and the prefix of their modules.
const FOLDERS: [(&str, &str); 5] = [
    ("src", ""),
    ("crates/core/src", ""),
    ("crates/base/src", ""),
    ("crates/kernels/src", "kernels/"),
    ("crates/tfevents/src", "events/"),
];

/// The compiler checks the dependencies of these crates.
const CRATES: [&str; 2] = ["kernels", "events"];

/// Lines of a file, its unit tests not counted.
const MAX_LINES: usize = 400;

#[test]
fn no_arrow_goes_up() {
    check_house(wrong_arrows);
}

#[test]
fn what_belongs_to_one_room_stays_there() {
    check_house(strayed_words);
}

#[test]
fn every_module_says_what_it_is() {
    check_house(|file| match file.text.starts_with("//! ") {
        true => vec![],
        false => vec!["begins without a `//!` sentence that says what it is".to_owned()],
    });
}

#[test]
fn no_file_is_too_long_to_read() {
    check_house(|file| match body(&file.text).lines().count() {
        n if n <= MAX_LINES => vec![],
        n => vec![format!("has {n} lines without its tests, want at most {MAX_LINES}")],
    });
}

/// A type that safe code could name anywhere would let it run instructions that the processor lacks.
#[test]
fn vectors_of_an_instruction_set_are_private_to_their_file() {
    check_house(open_vectors);
}

#[test]
fn the_table_of_rooms_itself_goes_down() {
    for (at, (room, below)) in ROOMS.iter().enumerate() {
        for other in below.split_whitespace() {
            let place = ROOMS.iter().position(|(name, _)| *name == other);
            assert!(place.is_some_and(|place| place > at), "`{room}` may not use `{other}`");
        }
    }
}

/// A check that finds nothing proves nothing until it has found what was planted.
#[test]
fn planted_arrows_are_found() {
    let planted = |text: &str| wrong_arrows(&File::new("model/dense.rs", text));
    let wrong = |room: &str| {
        vec![format!(
            "uses `{room}`: got an arrow from `model`, which may use kernels random shorthand quote"
        )]
    };
    assert_eq!(planted("use crate::train::Event;"), wrong("train"));
    assert_eq!(planted("use crate::{kernels::dot, data::{Table, Part}};"), wrong("data"));
    assert_eq!(planted("fn f() -> crate::optim::Adam {\n    todo()\n}"), wrong("optim"));
    assert_eq!(planted("#[serde(with = \"crate::config::number\")]"), wrong("config"));
    assert_eq!(planted("use crate ::\n    cli::main;"), wrong("cli"));
    assert_eq!(
        planted("use super::super::train::fit;"),
        ["climbs out of its room with `super::`: say `crate::`"]
    );
    let door = |text: &str| wrong_arrows(&File::new("model/mod.rs", text));
    assert_eq!(
        door("use super::train::fit;"),
        ["climbs out of its room with `super::`: say `crate::`"]
    );
    assert_eq!(door("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n}"), NONE);
    let inner = |text: &str| wrong_arrows(&File::new("cli/progress/bars.rs", text));
    assert_eq!(inner("use super::super::table::Table;"), NONE);
    assert_eq!(inner("use super::super::super::kernels;").len(), 1);
    assert_eq!(planted("use crate::VERSION;"), ["uses `VERSION`, which is no room"]);
    assert_eq!(planted("use crate::kernels::dot; use crate::model::Loss; use super::Loss;"), NONE);
    assert_eq!(planted("// use crate::train::Event;\n/* crate::cli */"), NONE);
    assert_eq!(planted("const QUOTE: char = '\"'; // crate::train\n"), NONE);
    let stray = wrong_arrows(&File::new("attic/mod.rs", "use crate::data::Table;"));
    assert_eq!(stray, ["lies in no room that the table knows"]);
    let door = wrong_arrows(&File::new("main.rs", "fn main() { runner::train::fit() }"));
    assert_eq!(door, ["uses `train`: got an arrow from `main`, which may use cli"]);
}

#[test]
fn planted_words_are_found() {
    let planted = |path, text| strayed_words(&File::new(path, text));
    assert_eq!(planted("data/a.rs", "unsafe { f() }"), ["says `unsafe`, which is kept to kernels"]);
    assert_eq!(planted("runs/a.rs", "println!()"), ["says `println!`, which is kept to cli, main"]);
    assert_eq!(
        planted("train/a.rs", "use std::time::Instant;"),
        ["says `std::time`, though it is pure"]
    );
    let waits = "\n#[cfg(test)]\nmod tests {\n    use std::time::Duration;\n}";
    assert_eq!(planted("train/a.rs", waits), NONE);
    assert_eq!(planted("kernels/a.rs", "unsafe { f() }"), NONE);
    assert_eq!(planted("data/a.rs", "#![deny(unsafe_code)] // unsafe\nlet s = \"unsafe\";"), NONE);
    assert_eq!(planted("data/a.rs", "let s = r#\"say \"unsafe\" \"#;"), NONE);
    assert_eq!(planted("data/a.rs", "fn f<'a>(s: &'a str) -> char { '\\'' } // unsafe"), NONE);
}

#[test]
fn planted_vectors_are_found() {
    let planted = |text: &str| open_vectors(&File::new("kernels/lanes/avx2.rs", text));
    let found = ["has the public type `Avx2(__m256);`, want it private to the file"];
    assert_eq!(planted("pub(crate) struct Avx2(__m256);"), found);
    assert_eq!(planted("struct Avx2(__m256);"), NONE);
}

/// The public types of a file of vector instructions.
fn open_vectors(file: &File) -> Vec<String> {
    if !file.path.starts_with("kernels/lanes/avx") {
        return vec![];
    }
    let types = file.text.lines().filter(|line| line.starts_with("pub"));
    let types = types.filter_map(|line| line.split_once("struct "));
    let problem = |name| format!("has the public type `{name}`, want it private to the file");
    types.map(|(_, name)| problem(name)).collect()
}

const NONE: [&str; 0] = [];

/// A source file, by its path below `src`.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// The folder that it lies in, or its own name.
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

/// Fails with every problem of every file at once.
fn check_house(problems: impl Fn(&File) -> Vec<String>) {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, prefix) in FOLDERS {
        read_folder(&root.join(folder), prefix, &mut files);
    }
    assert!(files.len() > ROOMS.len(), "got {} files: is this the house?", files.len());
    let found: Vec<_> = files
        .iter()
        .flat_map(|file| problems(file).into_iter().map(|text| format!("{} {text}", file.path)))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().display());
        if entry.file_type().unwrap().is_dir() {
            read_folder(&entry.path(), &format!("{path}/"), files);
        } else if path.ends_with(".rs") {
            files.push(File { path, text: fs::read_to_string(entry.path()).unwrap() });
        }
    }
}

fn wrong_arrows(file: &File) -> Vec<String> {
    let room = file.room();
    let (root, below) = match room {
        "lib" => return vec![], // it names the rooms, and uses none
        room if CRATES.contains(&room) => return vec![],
        "main" => ("runner", "cli"),
        room => match ROOMS.iter().find(|(name, _)| *name == room) {
            Some((_, below)) => ("crate", *below),
            None => return vec!["lies in no room that the table knows".to_owned()],
        },
    };
    let paths = paths(&file.text);
    let mut problems = Vec::new();
    for other in used(&paths, root) {
        if other == room || below.split_whitespace().any(|name| name == other) {
            continue;
        }
        problems.push(if ROOMS.iter().any(|(name, _)| *name == other) {
            format!("uses `{other}`: got an arrow from `{room}`, which may use {below}")
        } else {
            format!("uses `{other}`, which is no room")
        });
    }
    if climbs(file) {
        problems.push("climbs out of its room with `super::`: say `crate::`".to_owned());
    }
    problems
}

/// Whether some `super::super::` leads above the room; unit tests stand one module deeper.
fn climbs(file: &File) -> bool {
    let depth = file.path.split('/').filter(|part| *part != "mod.rs").count();
    let (body, whole) = (paths(body(&file.text)), paths(&file.text));
    body.contains(&"super::".repeat(depth)) || whole.contains(&"super::".repeat(depth + 1))
}

/// The source with every path in one piece.
fn paths(text: &str) -> String {
    let code = code(text, Strings::Keep);
    let words: Vec<_> = code.split_whitespace().collect();
    words.join(" ").replace(" ::", "::").replace(":: ", "::")
}

/// The first names of all paths that start at `root`, those in braces included.
fn used<'a>(code: &'a str, root: &str) -> Vec<&'a str> {
    let start = format!("{root}::");
    let mut names = Vec::new();
    for (at, _) in code.match_indices(&start) {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let path = &code[at + start.len()..];
        match path.strip_prefix('{') {
            Some(group) => names.extend(group_names(group)),
            None => names.push(first_word(path)),
        }
    }
    names
}

/// The first names in `a::b, c::{d, e}}`, which lacks its opening brace.
fn group_names(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut names = vec![first_word(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first_word(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty()); // after a last comma
    names
}

fn strayed_words(file: &File) -> Vec<String> {
    let code = code(&file.text, Strings::Drop);
    let room = file.room();
    let kept = KEPT.iter().filter(|(word, rooms)| !rooms.contains(&room) && says(&code, word));
    let body = self::code(body(&file.text), Strings::Drop); // a test may wait, or read a file
    let impure = IMPURE.iter().filter(|path| PURE.contains(&room) && says(&body, path));
    let timed = |path: &str| path == "std::time" && CLOCKS.contains(&file.path.as_str());
    let impure = impure.filter(|path| !timed(path));
    kept.map(|(word, rooms)| format!("says `{word}`, which is kept to {}", rooms.join(", ")))
        .chain(impure.map(|path| format!("says `{path}`, though it is pure")))
        .collect()
}

fn says(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let after = &code[at + word.len()..];
        !(code[..at].ends_with(is_word) || word.ends_with(is_word) && after.starts_with(is_word))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c| !is_word(c)).next().unwrap_or_default()
}

/// The file up to its unit tests.
fn body(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

#[derive(Clone, Copy, PartialEq)]
enum Strings {
    Keep,
    Drop,
}

/// The source without its comments.
fn code(text: &str, strings: Strings) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = token(rest);
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        let is_string = len > 1 && !is_comment && c != '\'';
        if is_comment || (is_string && strings == Strings::Drop) {
            code.push(' ');
        } else {
            code.push_str(&rest[..len]);
        }
        rest = &rest[len..];
    }
    code
}

/// The length of what stands first: a comment, a string, a character in quotes, or one character.
fn token(text: &str) -> usize {
    let until = |end: &str, from: usize| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until("*/", 2);
    }
    if let Some(hashes) = raw_string(text) {
        return until(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
    }
    match text.as_bytes()[0] {
        b'"' => quoted(text, '"'),
        b'\'' if text[1..].starts_with('\\') => quoted(text, '\''),
        b'\'' if text.chars().nth(2) == Some('\'') => {
            text.char_indices().nth(3).map_or(text.len(), |(at, _)| at)
        }
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
}

/// The number of hashes, if a raw string begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let rest = after.trim_start_matches('#');
    rest.starts_with('"').then_some(after.len() - rest.len())
}

/// The length of a quotation that may hold escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}
