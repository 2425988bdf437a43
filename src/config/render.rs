//! Draws a diagnostic as text: the place, an excerpt with a caret, what to do; it prints nothing.

use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin as File, Renderer, Snippet};

use super::diagnostic::{Diagnostic, Location, SourceKind, Span};

/// A diagnostic as a picture of several lines, paths relative to the current folder where they can be.
pub fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let title = Level::ERROR.primary_title(diagnostic.message.as_str());
    let group = Group::with_title(title).elements(elements(diagnostic));
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// Help as long as this still reads well behind a caret, in characters.
const BEHIND_A_CARET: usize = 60;

fn elements(diagnostic: &Diagnostic) -> Vec<Element<'_>> {
    let mut elements = Vec::new();
    let mut help = Some(diagnostic.help.as_str());
    match &diagnostic.location {
        Location::Text(span) => {
            let short = diagnostic.help.chars().count() <= BEHIND_A_CARET;
            let behind = help.take_if(|_| diagnostic.label.is_none() && short);
            let label = behind.map(|help| format!("help: {help}")).or(diagnostic.label.clone());
            elements.extend(snippets(span, label, &diagnostic.related));
        }
        Location::File(path) => {
            elements.push(File::path(shown(path)).into());
            elements.extend(message(Level::NOTE, diagnostic.label.as_deref()));
        }
    }
    elements.extend(message(Level::HELP, help));
    elements.extend(message(Level::NOTE, diagnostic.note.as_deref()));
    elements
}

fn message<'a>(level: Level<'a>, text: Option<&'a str>) -> Option<Element<'a>> {
    text.map(|text| level.message(text).into())
}

/// The excerpt of the diagnostic's own text with every place in it, then one for each other text.
fn snippets<'a>(
    main: &'a Span,
    label: Option<String>,
    related: &'a [(Span, String)],
) -> Vec<Element<'a>> {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        related.iter().partition(|(span, _)| span.source == main.source);
    let primary = AnnotationKind::Primary.span(first_line(main)).label(label);
    let context = |(span, part): &'a (Span, String)| {
        AnnotationKind::Context.span(first_line(span)).label(part.as_str())
    };
    let first = snippet(main).annotation(primary).annotations(here.into_iter().map(context));
    let others = elsewhere.into_iter().map(|place| snippet(&place.0).annotation(context(place)));
    std::iter::once(first).chain(others).map(Element::from).collect()
}

fn snippet<'a, T: Clone>(span: &'a Span) -> Snippet<'a, T> {
    let path = match &span.source.kind {
        SourceKind::File(path) => shown(path),
        SourceKind::Argument(_) => "command line".to_owned(),
    };
    Snippet::source(span.source.text.as_str()).path(path)
}

/// The span, cut to its first line: a caret under a whole table says less than one under its start.
fn first_line(span: &Span) -> std::ops::Range<usize> {
    let text = &span.source.text;
    let span = span.range.clone();
    let line = text.get(span.clone()).and_then(|text| text.find('\n'));
    line.map_or(span.clone(), |length| span.start..span.start + length)
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}
