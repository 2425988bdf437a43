//! The man pages: generated from the command line's definition, one for each command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

/// Pages by the name of their file.
fn pages() -> BTreeMap<String, String> {
    let mut command = without_help(runner::cli::command());
    command.build();
    let mut pages = BTreeMap::new();
    collect(&command, "runner", &[], &mut pages);
    pages
}

/// The command without the subcommands `help`, which have nothing to say of their own.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

/// Adds the page of a command and those of its subcommands.
fn collect(command: &Command, name: &str, above: &[&str], pages: &mut BTreeMap<String, String>) {
    let below: Vec<&Command> = command.get_subcommands().collect();
    let mut text = render(command, name);
    let mut also: Vec<String> = above.iter().map(|&other| other.to_owned()).collect();
    also.extend(below.iter().map(|other| format!("{name}-{}", other.get_name())));
    let also: Vec<_> = also.iter().map(|other| format!("\\fB{}\\fR(1)", dashes(other))).collect();
    text += &format!(".SH \"SEE ALSO\"\n{}\n", also.join(",\n"));
    pages.insert(format!("{name}.1"), text);
    for other in below {
        let inner = format!("{name}-{}", other.get_name());
        collect(other, &inner, &[above, &[name]].concat(), pages);
    }
}

/// The page of a command, with its examples and notes under headings of their own.
fn render(command: &Command, name: &str) -> String {
    let man = Man::new(command.clone());
    // Mangen writes an empty date without its quotes, which moves the fields after it.
    let title = name.to_uppercase();
    let mut text = format!(".TH \"{title}\" 1 \"\" \"runner\" \"Manual of runner\"\n").into_bytes();
    let rendered = man
        .render_name_section(&mut text)
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text));
    rendered.expect("memory");
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text).expect("memory");
    }
    let mut text = String::from_utf8(text).expect("text");
    let notes = command.get_after_long_help().or(command.get_after_help());
    text += &notes.map_or(String::new(), |notes| sections(&notes.to_string()));
    text
}

/// Notes below the help as sections: `Examples:` and `Exit status:` head one of lines that are indented,
/// other text is `NOTES`.
fn sections(notes: &str) -> String {
    let (mut text, mut section) = (String::new(), "");
    for line in notes.lines() {
        let (next, is_heading) = match line {
            "Examples:" => ("EXAMPLES", true),
            "Exit status:" => ("EXIT STATUS", true),
            _ if line.is_empty() || line.starts_with(' ') && !section.is_empty() => {
                (section, false)
            }
            _ => ("NOTES", false),
        };
        if next != section {
            let close = if section.is_empty() { "" } else { ".fi\n" };
            text += &format!("{close}.SH \"{next}\"\n.nf\n");
            section = next;
        }
        if !is_heading {
            text += &format!("{}\n", escape(line));
        }
    }
    text + if section.is_empty() { "" } else { ".fi\n" }
}

/// A line as roff shows it: no escapes, no requests, and hyphens that can be copied.
fn escape(line: &str) -> String {
    let line = dashes(&line.replace('\\', "\\e"));
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

fn dashes(text: &str) -> String {
    text.replace('-', "\\-")
}

#[test]
fn man_pages_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man");
    let pages = pages();
    if std::env::var_os("UPDATE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a writable checkout");
        for (name, text) in &pages {
            fs::write(folder.join(name), text).expect("a writable checkout");
        }
    }
    let out_of_date = "is out of date: run `UPDATE=1 cargo test --test integration man`";
    for (name, text) in &pages {
        let found = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(found == *text, "docs/man/{name} {out_of_date}");
    }
    let entries = fs::read_dir(&folder).expect("docs/man").map(|entry| entry.unwrap().file_name());
    for name in entries.map(|name| name.into_string().unwrap()) {
        assert!(pages.contains_key(&name), "docs/man/{name} {out_of_date}");
    }
}

#[test]
fn every_command_and_every_option_has_its_page() {
    let pages = pages();
    for name in ["runner", "runner-run", "runner-export", "runner-export-scalars", "runner-rm"] {
        assert!(pages.contains_key(&format!("{name}.1")), "{name}");
    }
    let run = &pages["runner-run.1"];
    for text in
        ["\\-\\-fail\\-fast", "RUNNER_LOGDIR", ".SH \"EXAMPLES\"", ".SH \"EXIT STATUS\"", "jq"]
    {
        assert!(run.contains(text), "{text} in {run}");
    }
    assert!(!pages.keys().any(|name| name.contains("help")));
}

#[test]
fn lines_that_look_like_requests_are_text() {
    assert_eq!(escape(".SH x"), "\\&.SH x");
    assert_eq!(escape("a \\ --b"), "a \\e \\-\\-b");
}
