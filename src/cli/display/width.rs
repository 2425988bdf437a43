//! Widths of texts in columns of a terminal, in which CJK characters and emoji take two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a text takes.
pub(crate) fn text_width(text: &str) -> usize {
    text.width()
}

/// The longest start of a text in at most `width` columns.
pub(crate) fn prefix(text: &str, width: usize) -> &str {
    let mut taken = 0;
    let end = text.char_indices().find(|(_, c)| {
        taken += c.width().unwrap_or(0);
        width < taken
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The longest end of a text in at most `width` columns.
pub(crate) fn suffix(text: &str, width: usize) -> &str {
    let mut taken = 0;
    let start = text.char_indices().rev().take_while(|(_, c)| {
        taken += c.width().unwrap_or(0);
        taken <= width
    });
    &text[start.last().map_or(text.len(), |(at, _)| at)..]
}

/// At most `width` columns of `text`; an ellipsis takes the place of the rest.
pub(crate) fn truncate(text: &str, width: usize) -> String {
    match text_width(text) <= width {
        true => text.to_owned(),
        false if width == 0 => String::new(),
        false => format!("{}…", prefix(text, width - 1)),
    }
}

/// At most `width` columns of a text; an ellipsis stands for its middle.
pub(crate) fn elide_middle(text: &str, width: usize) -> String {
    if text_width(text) <= width || width == 0 {
        return prefix(text, width).to_owned();
    }
    let head = (width - 1).div_ceil(3);
    format!("{}…{}", prefix(text, head), suffix(text, width - 1 - head))
}

/// The text with spaces after it, `width` columns in all.
pub(crate) fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{:1$}", "", width.saturating_sub(text_width(text)))
}

/// The text with spaces before it, `width` columns in all.
pub(crate) fn pad_left(text: &str, width: usize) -> String {
    format!("{:1$}{text}", "", width.saturating_sub(text_width(text)))
}

/// The lines of a text in `width` columns, broken at spaces where there are any; each line after the
/// first begins with `indent` spaces.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut rest, mut margin) = (text, 0);
    while width < margin + text_width(rest) {
        let fitting = prefix(rest, width.saturating_sub(margin).max(2));
        let start = fitting.len() - fitting.trim_start().len();
        let end = fitting[start..].rfind(' ').map_or(fitting.len(), |space| start + space + 1);
        lines.push(format!("{:margin$}{}", "", rest[..end].trim_end()));
        (rest, margin) = (&rest[end..], indent.min(width / 2));
    }
    lines.push(format!("{:margin$}{rest}", ""));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cjk_takes_two_columns() {
        assert_eq!(text_width("setosa"), 6);
        assert_eq!(text_width("鳶尾花"), 6);
        assert_eq!((prefix("鳶尾花", 5), suffix("鳶尾花", 5)), ("鳶尾", "尾花"));
        assert_eq!(elide_middle("鳶尾花長名", 8), "鳶…花長名".replace("花", ""));
        assert_eq!(pad_right("鳶尾", 6) + "|" + &pad_left("鳶尾", 6), "鳶尾  |  鳶尾");
    }

    #[test]
    fn texts_are_elided_in_the_middle() {
        assert_eq!(elide_middle("adam", 4), "adam");
        assert_eq!(elide_middle("adam/20261123-210800", 12), "adam…-210800");
        assert_eq!([0, 1, 2].map(|width| elide_middle("adam", width)), ["", "…", "a…"]);
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(truncate("adam", 4), "adam");
        assert_eq!(truncate("adamax", 4), "ada…");
        assert_eq!(truncate("adamax", 0), "");
    }

    #[test]
    fn lines_wrap_at_spaces_and_lose_nothing() {
        let text = "  metrics = [\"accuracy\", \"recall\"]";
        assert_eq!(wrap(text, 80, 4), [text]);
        assert_eq!(wrap(text, 26, 4), ["  metrics = [\"accuracy\",", "    \"recall\"]"]);
        let path = "a".repeat(50);
        assert_eq!(wrap(&path, 20, 4).iter().map(|line| line.trim()).collect::<String>(), path);
        assert!((1..60).all(|width| wrap(text, width, 4).len() < 60));
    }
}
