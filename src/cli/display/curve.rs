//! Curves as text for a stream: the chart, its legend and its colours; `query` draws it.

use super::console::{Console, Style, stdout_width};
use super::format::number;
use crate::query::{Cell, Chart, PlotStyle, Series};

const TONES: [Style; 4] = [Style::First, Style::Second, Style::Good, Style::Bad];
/// Wider charts are harder to read, not better.
const WIDEST: usize = 100;
/// Where there is no terminal.
const USUAL: usize = 80;

/// The curves with their legend and the name of what they run over.
///
/// Where there are colours these tell the curves apart, else each has a mark.
pub(crate) fn curves(series: &[Series], over: &str, console: &Console) -> String {
    let style = if console.out.color || series.len() == 1 && console.out.terminal {
        PlotStyle::Braille
    } else {
        PlotStyle::Marks
    };
    // Each line is indented by two.
    let columns = stdout_width().map_or(USUAL, |width| width.saturating_sub(2).min(WIDEST));
    let chart = Chart { series, columns, rows: 12, style, text: number };
    let lines = chart.draw();
    if lines.is_empty() {
        return "nothing to draw: no finite number\n".to_owned();
    }
    let entry = |(i, series): (usize, &Series)| {
        console.out.paint(TONES[i % TONES.len()], &format!("{} {}", style.mark(i), series.name))
    };
    let legend: Vec<_> = series.iter().enumerate().map(entry).collect();
    let mut text = format!("  {}  over the {over}s\n", legend.join("  "));
    for line in lines {
        text += &format!("  {}\n", painted(&line, console));
    }
    text
}

/// A line in which cells of one curve share one change of colour.
fn painted(line: &[Cell], console: &Console) -> String {
    let pieces = line.chunk_by(|a, b| a.1 == b.1).map(|cells| {
        let text: String = cells.iter().map(|(c, _)| c).collect();
        match cells[0].1 {
            Some(series) => console.out.paint(TONES[series % TONES.len()], &text),
            None => text,
        }
    });
    pieces.collect::<String>().trim_end().to_owned()
}
