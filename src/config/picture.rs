//! Draws a problem as text: the place, an excerpt with a caret, what to do; it prints nothing.

use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin as File, Renderer, Snippet};

use super::problem::{Location, Origin, Place, Problem};

/// A problem as a picture of several lines, paths relative to the current folder where they can be.
pub fn render(problem: &Problem, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let title = Level::ERROR.primary_title(problem.message.as_str());
    let group = Group::with_title(title).elements(elements(problem));
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// Help as long as this still reads well behind a caret, in characters.
const BEHIND_A_CARET: usize = 60;

fn elements(problem: &Problem) -> Vec<Element<'_>> {
    let mut elements = Vec::new();
    let mut help = Some(problem.help.as_str());
    match &problem.location {
        Location::Text(origin) => {
            let short = problem.help.chars().count() <= BEHIND_A_CARET;
            let behind = help.take_if(|_| problem.label.is_none() && short);
            let label = behind.map(|help| format!("help: {help}")).or(problem.label.clone());
            elements.extend(snippets(origin, label, &problem.related));
        }
        Location::File(path) => {
            elements.push(File::path(shown(path)).into());
            elements.extend(message(Level::NOTE, problem.label.as_deref()));
        }
    }
    elements.extend(message(Level::HELP, help));
    elements.extend(message(Level::NOTE, problem.note.as_deref()));
    elements
}

fn message<'a>(level: Level<'a>, text: Option<&'a str>) -> Option<Element<'a>> {
    text.map(|text| level.message(text).into())
}

/// The excerpt of the problem's own text with every place in it, then one for each other text.
fn snippets<'a>(
    main: &'a Origin,
    label: Option<String>,
    related: &'a [(Origin, String)],
) -> Vec<Element<'a>> {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        related.iter().partition(|(origin, _)| origin.source == main.source);
    let primary = AnnotationKind::Primary.span(span(main)).label(label);
    let context = |(origin, part): &'a (Origin, String)| {
        AnnotationKind::Context.span(span(origin)).label(part.as_str())
    };
    let first = snippet(main).annotation(primary).annotations(here.into_iter().map(context));
    let others = elsewhere.into_iter().map(|place| snippet(&place.0).annotation(context(place)));
    std::iter::once(first).chain(others).map(Element::from).collect()
}

fn snippet<'a, T: Clone>(origin: &'a Origin) -> Snippet<'a, T> {
    let path = match &origin.source.place {
        Place::File(path) => shown(path),
        Place::Argument(_) => "command line".to_owned(),
    };
    Snippet::source(origin.source.text.as_str()).path(path)
}

/// The span, cut to its first line: a caret under a whole table says less than one under its start.
fn span(origin: &Origin) -> std::ops::Range<usize> {
    let text = &origin.source.text;
    let span = origin.span.clone();
    let line = text.get(span.clone()).and_then(|text| text.find('\n'));
    line.map_or(span.clone(), |length| span.start..span.start + length)
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}
