//! One page in HTML that tells of runs, with all that it needs inside; it asks no network, neither
//! the trained nor the other kind, and writes no file.

mod charts;
mod evaluation;
mod facts;
mod markup;
mod ranking;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, FixedOffset};
use sha2::{Digest, Sha256};

use self::charts::Charts;
use self::markup::{escape, island};
use super::comparison::Comparison;
use super::format::count;
use crate::train::Logs;

const STYLE: &str = include_str!("assets/page.css");
/// What the scripts share comes first, what starts them last.
const SCRIPTS: [&str; 5] = [
    include_str!("assets/chart.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/settings.js"),
    include_str!("assets/predicted.js"),
    include_str!("assets/page.js"),
];

/// What a page tells.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// What it is of.
    pub title: &'a str,
    /// The runs, the best first.
    pub comparison: &'a Comparison,
    /// Where runs are seen from.
    pub base: &'a Path,
    /// How the best network does on rows that it has not learned from.
    pub judged: Option<Judged>,
    /// Why it was not asked.
    pub unjudged: Option<&'a str>,
    /// The command that repeats the best run.
    pub repeat: &'a str,
    /// When the page is made.
    pub made: DateTime<FixedOffset>,
}

/// How a network did on rows that it has not learned from.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The folder of its run.
    pub dir: PathBuf,
    /// What the rows are, and how many.
    pub rows: String,
    /// The loss and the metrics.
    pub logs: Logs,
    /// The names of the classes; none for real values.
    pub classes: Vec<String>,
    /// For each class, of how many rows of it the network says which class.
    pub confusion: Option<Vec<Vec<u64>>>,
    /// For each output of a regression, its name, and the true and the predicted values of rows.
    pub values: Vec<(String, Vec<[f32; 2]>)>,
    /// The wrong answers that it is surest of.
    pub mistakes: Vec<Mistake>,
}

/// A row that a network takes for another class than its own.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Which row of its file.
    pub row: usize,
    /// The class that it is of.
    pub truth: usize,
    /// The class that the network says.
    pub said: usize,
    /// The probability that the network gives this.
    pub share: f32,
    /// A picture of the row, if it is one.
    pub png: Option<Vec<u8>>,
}

impl Page<'_> {
    /// The page, and what of the runs cannot be read.
    pub fn html(&self) -> (String, Vec<String>) {
        let labels = self.comparison.labels(self.base);
        let titles = self.comparison.titles(&labels);
        let (charts, notes) = Charts::of(self.comparison, &titles, self.base);
        let script = SCRIPTS.concat();
        let title = escape(self.title);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <title>{title} · runner</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            policy(&script)
        );
        html += &facts::header(self, &titles);
        html += "<main>\n";
        html += &charts.sections();
        html += &ranking::section(self.comparison, &labels);
        html += &evaluation::section(self);
        html += &facts::failures(self.comparison, self.base);
        html += &charts.configs();
        html += "</main>\n";
        html += &facts::footer(self);
        html += &island("data", &charts);
        let values = self.judged.as_ref().map_or(&[][..], |judged| &judged.values);
        html += &island("predicted-data", &values);
        html += &format!("<script>{script}</script>\n</body>\n</html>\n");
        (html, notes)
    }

    /// `12 runs`.
    fn size(&self) -> String {
        count(self.comparison.groups.iter().map(|group| group.runs.len()).sum(), "run")
    }
}

/// Nothing is fetched from anywhere, and no other script runs than this one, whatever is in the logs.
fn policy(script: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hash}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_this_script_and_no_address() {
        let policy = policy("alert(1)");
        // From `printf 'alert(1)' | openssl sha256 -binary | base64`.
        assert!(
            policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(!policy.contains("http"), "{policy}");
    }
}
