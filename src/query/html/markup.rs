//! Escaped text and values in HTML.

use serde::Serialize;

/// The text, with what HTML would take for its own said otherwise: for content and for attributes in
/// quotes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            // What no document may hold, such as the colours of a terminal.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A value for scripts, as an element that holds data: nothing in it can end the element, for JSON
/// says its `<` otherwise.
pub(super) fn island(id: &str, value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    format!("<script type=\"application/json\" id=\"{id}\">{json}</script>\n")
}

/// Names and values.
pub(super) fn list(facts: &[(&str, String)]) -> String {
    let fact = |(name, value): &(&str, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value))
    };
    format!("<dl>\n{}</dl>\n", facts.iter().map(fact).collect::<String>())
}

/// A part of the page with its heading.
pub(super) fn section(id: &str, title: &str, content: &str) -> String {
    let title = escape(title);
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n\
         {content}</section>\n"
    )
}

/// A table that scrolls where it is wider than the page.
pub(super) fn scrolled(table: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"table\">\n{table}</div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let nasty = "<img src=x onerror=\"alert('1')\"> & \u{1b}[31m";
        let escaped = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; \u{fffd}[31m";
        assert_eq!(escape(nasty), escaped);
    }

    #[test]
    fn no_value_ends_its_element() {
        let nasty = "</script><script>alert(1)</script><!-- & ]]>";
        let island = island("data", &nasty);
        assert_eq!(island.matches('<').count(), 2, "{island}");
        let json = island.split_once('>').unwrap().1.rsplit_once("</").unwrap().0;
        assert_eq!(serde_json::from_str::<String>(json).unwrap(), nasty);
    }
}
