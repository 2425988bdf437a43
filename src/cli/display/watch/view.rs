//! Draws the view model on a terminal of any size.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::Line as Text;
use ratatui::widgets::{
    Axis, Block, Borders, Cell, Chart, Clear, Dataset, GraphType, LegendPosition, Paragraph, Row,
    Table, TableState,
};

use super::view_model::{RunRow, ViewModel};
use crate::cli::display::format::number;
use crate::cli::display::shorten::{min_distinct_width, shorten_all};
use crate::cli::display::width::{text_width, truncate};
use crate::query::State;

const KEYS: &str = "\
↑ ↓  k j       another run
PgUp PgDn g G  ten further, first, last
← →  h l  Tab  another number
s              another order: time, best, name
r              ask Slurm or HyperQueue again
?              this
q  Esc  Ctrl-C leave

The runs go on whatever is pressed here.";

// The fixed columns of a scene, after the name.
const STATUS: usize = 1;
const EPOCHS: usize = 2;
const AGE: usize = 3;
const LEFT: usize = 4;
const FIRST_METRIC: usize = 5;

/// The first columns beside a name, which may be shortened for them.
const ESSENTIAL: usize = 3;
/// The least characters of a name.
const LEAST_NAME: usize = 12;
/// The characters that a name keeps, where it has them, while other columns are shown.
const COMFORTABLE_NAME: usize = 24;

/// Draws the scene.
pub(crate) fn draw(frame: &mut Frame<'_>, model: &ViewModel, color: bool) {
    let area = frame.area();
    let lines = model.lines.len() as u16 + 1;
    let chart = if area.height < 14 { 0 } else { (area.height * 11 / 20).max(8) };
    let list = area.height.saturating_sub(2 + chart).min(lines.max(2));
    let parts = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(list),
        Constraint::Min(chart),
        Constraint::Length(1),
    ]);
    let [title, list, chart, foot] = parts.areas(area);
    frame.render_widget(Text::from(&*model.title).style(Modifier::BOLD), title);
    runs(frame, list, model, color);
    if 6 <= chart.height {
        curves(frame, chart, model, color);
    }
    let style = if model.trouble { tone(Color::Red, color) } else { Style::new() };
    frame.render_widget(Text::from(&*model.foot).style(style), foot);
    if model.help {
        help(frame, area);
    }
}

fn tone(tone: Color, color: bool) -> Style {
    if color { Style::new().fg(tone) } else { Style::new() }
}

fn runs(frame: &mut Frame<'_>, area: Rect, model: &ViewModel, color: bool) {
    let shown = columns(model, area.width.saturating_sub(2).into());
    let widths = shown.iter().map(|(_, width)| Constraint::Length(*width as u16));
    let names: Vec<_> = model.lines.iter().map(|line| line.cells[0].clone()).collect();
    let names = shorten_all(&names, shown[0].1);
    let cell = |text: &str, (column, width): &(usize, usize)| match *column {
        0 | 1 => Cell::from(truncate(text, *width)),
        _ => Cell::from(Text::from(text.to_owned()).alignment(Alignment::Right)),
    };
    let head = Row::new(shown.iter().map(|column| cell(&model.head[column.0], column)));
    let row = |(line, name): (&RunRow, &String)| {
        let style = match line.state {
            State::Running => tone(Color::Green, color),
            State::Failed => tone(Color::Red, color),
            _ => Style::new(),
        };
        let text = |column: usize| if column == 0 { name } else { &line.cells[column] };
        Row::new(shown.iter().map(|column| cell(text(column.0), column))).style(style)
    };
    let table = Table::new(model.lines.iter().zip(&names).map(row), widths)
        .header(head.style(Modifier::BOLD))
        .column_spacing(2)
        .highlight_symbol("> ")
        .highlight_spacing(ratatui::widgets::HighlightSpacing::Always)
        .row_highlight_style(Modifier::REVERSED);
    let mut state = TableState::new().with_selected(Some(model.chosen));
    frame.render_stateful_widget(table, area, &mut state);
}

/// The columns that fit, with their widths: of the numbers those of validation first, and the name gets
/// what is left. The less a column matters, the more of the name must fit beside it.
fn columns(model: &ViewModel, width: usize) -> Vec<(usize, usize)> {
    let wide = |column: usize| {
        let cells = model.lines.iter().map(|line| text_width(&line.cells[column]));
        cells.max().unwrap_or(0).max(text_width(&model.head[column]))
    };
    let names: Vec<_> = model.lines.iter().map(|line| line.cells[0].clone()).collect();
    let least = min_distinct_width(&names, LEAST_NAME);
    let comfortable = least.max(COMFORTABLE_NAME).min(wide(0));
    let mut shown = Vec::new();
    let mut taken = 0;
    for (place, column) in wanted(model).into_iter().enumerate() {
        let cost = wide(column) + 2;
        let name = if place < ESSENTIAL { least.min(wide(0)) } else { comfortable };
        if width < taken + cost + name {
            break;
        }
        taken += cost;
        shown.push((column, wide(column)));
    }
    shown.push((0, wide(0).min(width.saturating_sub(taken)).max(1)));
    shown.sort_unstable();
    shown
}

/// The columns but for the name, those that matter most first. Numbers that the chosen run and most others
/// lack are not among them, nor is the time left where no run trains.
fn wanted(model: &ViewModel) -> Vec<usize> {
    let has = |line: &RunRow, column: usize| !matches!(&*line.cells[column], "-" | "");
    let is_told = |column: &usize| {
        let told = model.lines.iter().filter(|line| has(line, *column)).count();
        let chosen = model.lines.get(model.chosen).is_some_and(|line| has(line, *column));
        chosen || model.lines.len() < 2 * told
    };
    let is_validation = |column: &usize| model.head[*column].starts_with("val_");
    let metrics = || (FIRST_METRIC..model.head.len()).filter(is_told);
    let mut wanted = vec![STATUS, EPOCHS];
    wanted.extend(metrics().filter(is_validation));
    let trains = model.lines.iter().any(|line| has(line, LEFT));
    wanted.extend(trains.then_some(LEFT));
    wanted.push(AGE);
    wanted.extend(metrics().filter(|column| !is_validation(column)));
    wanted
}

fn curves(frame: &mut Frame<'_>, area: Rect, model: &ViewModel, color: bool) {
    let tones = [Color::Cyan, Color::Yellow];
    // Where there are no colours, the marks tell the curves apart.
    let marker = |i: usize| match (color, i) {
        (false, 1) => Marker::Dot,
        _ => Marker::Braille,
    };
    let sets = model.curves.iter().enumerate().map(|(i, series)| {
        Dataset::default()
            .name(series.name.clone())
            .marker(marker(i))
            .graph_type(if 1 < series.points.len() { GraphType::Line } else { GraphType::Scatter })
            .style(tone(tones[i % 2], color))
            .data(&series.points)
    });
    let ys = || model.curves.iter().flat_map(|series| series.points.iter().map(|point| point.1));
    let low = ys().fold(f64::INFINITY, f64::min);
    let high = ys().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = match (low.is_finite(), low == high) {
        (false, _) => (0.0, 1.0),
        (true, true) => (low - 0.5, high + 0.5),
        (true, false) => (low, high),
    };
    let x = Axis::default()
        .bounds([1.0, model.last_epoch])
        .labels(["1".to_owned(), format!("epoch {}", model.last_epoch)]);
    let y =
        Axis::default().bounds([low, high]).labels([low, low / 2.0 + high / 2.0, high].map(number));
    let block = Block::new().borders(Borders::TOP).title(model.caption.clone());
    let chart = Chart::new(sets.collect())
        .block(block)
        .x_axis(x)
        .y_axis(y)
        .legend_position(Some(legend(model, low / 2.0 + high / 2.0)))
        .hidden_legend_constraints((Constraint::Percentage(90), Constraint::Percentage(60)));
    frame.render_widget(chart, area);
}

/// On the right, where the curves do not end.
fn legend(model: &ViewModel, middle: f64) -> LegendPosition {
    let end = model.curves.first().and_then(|series| series.points.last());
    match end {
        Some(&(_, y)) if middle < y => LegendPosition::BottomRight,
        _ => LegendPosition::TopRight,
    }
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (44.min(area.width), (KEYS.lines().count() as u16 + 2).min(area.height));
    let x = (area.width - width) / 2;
    let y = (area.height - height) / 2;
    let place = Rect { x, y, width, height };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title("keys");
    frame.render_widget(Paragraph::new(KEYS).block(block), place);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::query::Series;

    #[expect(clippy::too_many_lines, reason = "a whole screen")]
    fn model() -> ViewModel {
        let line = |name: &str, state: State, epochs: &str, left: &str, val_loss: &str| RunRow {
            cells: [
                name,
                state.word(),
                epochs,
                "12s",
                left,
                "0.3420",
                "0.9044",
                val_loss,
                "0.9470",
            ]
            .map(str::to_owned)
            .into(),
            state,
        };
        let points = |from: f64| (1..9).map(|i| (f64::from(i), from / f64::from(i))).collect();
        let head = [
            "run",
            "status",
            "epochs",
            "age",
            "left",
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
        ];
        ViewModel {
            title: "logs: 1 running, 2 completed".to_owned(),
            head: head.map(str::to_owned).into(),
            lines: vec![
                line("0002-learning_rate=0.01,units=64", State::Running, "8/20", "3s", "0.1891"),
                line("adam/20261123-210800", State::Completed, "20/20", "", "0.1267"),
                line("0001-learning_rate=0.1,units=64", State::Failed, "3/20", "", "nan"),
            ],
            chosen: 1,
            caption: "loss of adam/20261123-210800".to_owned(),
            curves: vec![
                Series { name: "loss 0.0102, best 0.0102".to_owned(), points: points(0.8) },
                Series { name: "val_loss 0.1267, best 0.0901".to_owned(), points: points(0.5) },
            ],
            last_epoch: 20.0,
            foot: "↑↓ run  q leave".to_owned(),
            trouble: false,
            help: false,
        }
    }

    fn screen(model: &ViewModel, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, model, false)).unwrap();
        let text = terminal.backend().to_string();
        let lines = text.lines().map(|line| line.trim_matches('"').trim_end());
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_usual_terminal() {
        insta::assert_snapshot!(screen(&model(), 80, 24));
    }

    #[test]
    fn a_wide_terminal_has_all_columns() {
        insta::assert_snapshot!(screen(&model(), 120, 30));
    }

    #[test]
    fn a_tiny_terminal_keeps_the_runs() {
        insta::assert_snapshot!(screen(&model(), 40, 8));
    }

    #[test]
    fn the_keys_lie_over_everything() {
        insta::assert_snapshot!(screen(&ViewModel { help: true, ..model() }, 80, 24));
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(1, 1), (2, 3), (10, 2), (300, 3), (3, 60), (80, 15)] {
            screen(&ViewModel { help: true, ..model() }, width, height);
        }
    }
}
