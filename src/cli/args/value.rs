//! Parsers of single values for clap: counts, tags, names.

/// A count of 1 or more.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("want a whole number, 1 or more".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// A tag: words on one line, without commas.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.contains(|c: char| c.is_control() || c == ',') {
        Err("want a word, without commas and control characters".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A name, which is no path and no word with a meaning of its own.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let name = tag(text)?;
    if name.contains(['/', '\\']) || ["latest", "best"].contains(&&*name) {
        Err("want a name without slashes, other than `latest` and `best`".to_owned())
    } else {
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_names_are_single_lines_and_no_paths() {
        assert_eq!(tag(" first try ").as_deref(), Ok("first try"));
        for wrong in ["", " ", "a\nb", "a,b", "\u{1b}[31m"] {
            assert!(tag(wrong).is_err() && name(wrong).is_err(), "{wrong:?}");
        }
        assert!(name("a/b").is_err() && name("best").is_err() && name("größe").is_ok());
    }

    #[test]
    fn numbers_start_at_one() {
        assert_eq!(at_least_one("1"), Ok(1));
        for wrong in ["0", "-1", "1.5", "many", "", "99999999999999999999999"] {
            assert_eq!(at_least_one(wrong), Err("want a whole number, 1 or more".to_owned()));
        }
    }
}
