//! The report as one self-contained HTML page.

mod calibration;
mod charts;
mod evaluation;
mod facts;
mod importance;
mod markup;
mod page;
mod plot;
mod ranking;
mod searches;

pub use page::{CalibrationCurve, MistakeRow, Page, TestEvaluation};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use self::charts::Charts;
use self::markup::{escape, island};

const STYLE: &str = include_str!("assets/page.css");
/// What the scripts share comes first, what starts them last.
const SCRIPTS: [&str; 5] = [
    include_str!("assets/chart.js"),
    include_str!("assets/curves.js"),
    include_str!("assets/settings.js"),
    include_str!("assets/predicted.js"),
    include_str!("assets/page.js"),
];

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
        html += &searches::section(self.comparison);
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
