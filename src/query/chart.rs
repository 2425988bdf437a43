//! A line chart in characters: braille dots or ASCII marks, with axes.

/// What a curve is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotStyle {
    /// Eight dots to a character; only a colour tells curves apart.
    Braille,
    /// A mark of its own for each curve, in ASCII.
    Marks,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its points from left to right; one that is not finite is left out.
    pub points: Vec<(f64, f64)>,
}

/// A character of a chart, and the curve that it belongs to.
pub type Cell = (char, Option<usize>);

/// Curves to be drawn.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// The curves, from the lowest to the topmost.
    pub series: &'a [Series],
    /// Characters from side to side, axis included.
    pub columns: usize,
    /// Characters from top to bottom, axis not included.
    pub rows: usize,
    /// What to draw with.
    pub style: PlotStyle,
    /// A value in words.
    pub text: fn(f64) -> String,
}

/// The marks of the curves, in their order.
const MARKS: [char; 4] = ['*', 'o', '+', 'x'];

impl PlotStyle {
    /// What stands for a curve in a legend.
    pub fn mark(self, series: usize) -> char {
        match self {
            PlotStyle::Braille => '⠤',
            PlotStyle::Marks => MARKS[series % MARKS.len()],
        }
    }

    /// Dots of a character from side to side and from top to bottom.
    fn dots(self) -> (usize, usize) {
        match self {
            PlotStyle::Braille => (2, 4),
            PlotStyle::Marks => (1, 1),
        }
    }
}

impl Chart<'_> {
    /// The lines of the chart; none if no point is finite.
    pub fn draw(&self) -> Vec<Vec<Cell>> {
        let points = || self.series.iter().flat_map(|series| finite(&series.points));
        let (Some(x), Some(y)) = (range(points().map(|p| p.0)), range(points().map(|p| p.1)))
        else {
            return Vec::new();
        };
        let rows = self.rows.max(3);
        let middle = (rows / 2) as f64 / (rows - 1) as f64;
        let labels = [y.1, y.1 * (1.0 - middle) + y.0 * middle, y.0].map(self.text);
        let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
        let columns = self.columns.saturating_sub(margin + 2).max(8);
        let mut grid = Grid::new(columns, rows, self.style);
        for (index, series) in self.series.iter().enumerate() {
            let places = finite(&series.points).map(|point| grid.place(point, x, y));
            let places: Vec<_> = places.collect();
            grid.curve(index, &places);
        }
        let mut lines = self.beside_axis(&grid, &labels, margin);
        lines.extend(self.below_axis(columns, margin, x));
        lines
    }

    /// The rows of the grid with the axis on their left.
    fn beside_axis(&self, grid: &Grid, labels: &[String; 3], margin: usize) -> Vec<Vec<Cell>> {
        let rows = grid.cells.len() / grid.columns;
        let (tick, bar) = match self.style {
            PlotStyle::Braille => ('┤', '│'),
            PlotStyle::Marks => ('+', '|'),
        };
        let line = |row: usize| {
            let label = [0, rows / 2, rows - 1].iter().position(|place| *place == row);
            let text = label.map_or("", |label| &labels[label]);
            let axis = if label.is_some() { tick } else { bar };
            let head = format!("{text:>margin$} {axis}");
            let cells = &grid.cells[row * grid.columns..][..grid.columns];
            let head = head.chars().map(|c| (c, None));
            head.chain(cells.iter().map(|cell| self.cell(cell))).collect()
        };
        (0..rows).map(line).collect()
    }

    fn cell(&self, (dots, series): &(u8, usize)) -> Cell {
        match (*dots, self.style) {
            (0, _) => (' ', None),
            (dots, PlotStyle::Braille) => {
                (char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '), Some(*series))
            }
            (_, PlotStyle::Marks) => (self.style.mark(*series), Some(*series)),
        }
    }

    /// The axis under the grid, and what its ends are.
    fn below_axis(&self, columns: usize, margin: usize, x: (f64, f64)) -> [Vec<Cell>; 2] {
        let (corner, dash) = match self.style {
            PlotStyle::Braille => ('└', '─'),
            PlotStyle::Marks => ('+', '-'),
        };
        let axis = format!("{:margin$} {corner}{}", "", dash.to_string().repeat(columns));
        let (first, last) = (x.0.to_string(), x.1.to_string());
        let gap = columns.saturating_sub(first.len() + last.len()).max(1);
        let ends = if x.0 == x.1 {
            format!("{:margin$}  {first}", "")
        } else {
            format!("{:margin$}  {first}{:gap$}{last}", "", "")
        };
        [axis, ends].map(|line| line.chars().map(|c| (c, None)).collect())
    }
}

/// Characters, each with its dots as bits and the curve drawn last.
struct Grid {
    cells: Vec<(u8, usize)>,
    columns: usize,
    rows: usize,
    style: PlotStyle,
}

impl Grid {
    fn new(columns: usize, rows: usize, style: PlotStyle) -> Grid {
        Grid { cells: vec![(0, 0); columns * rows], columns, rows, style }
    }

    /// The dot of a point, counted from the left and from the top.
    fn place(&self, (x, y): (f64, f64), xs: (f64, f64), ys: (f64, f64)) -> (i64, i64) {
        let (across, down) = self.style.dots();
        // Halves of both, for the distance of two finite numbers may not be one.
        let share = |v: f64, (low, high): (f64, f64)| match high / 2.0 - low / 2.0 {
            0.0 => 0.5,
            width => (v / 2.0 - low / 2.0) / width,
        };
        let dot = |share: f64, dots: usize| (share * (dots - 1) as f64).round() as i64;
        (dot(share(x, xs), self.columns * across), dot(1.0 - share(y, ys), self.rows * down))
    }

    /// Joins the places by lines.
    fn curve(&mut self, series: usize, places: &[(i64, i64)]) {
        if let [only] = places {
            self.dot(series, *only);
        }
        for pair in places.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
            for i in 0..=length {
                let at =
                    |a: i64, b: i64| a + ((b - a) as f64 * i as f64 / length as f64).round() as i64;
                self.dot(series, (at(from.0, to.0), at(from.1, to.1)));
            }
        }
    }

    fn dot(&mut self, series: usize, (x, y): (i64, i64)) {
        // The bits of Unicode's braille patterns, by column and row of the dot.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (across, down) = self.style.dots();
        let (x, y) = (x as usize, y as usize);
        if let Some(cell) = self.cells.get_mut(y / down * self.columns + x / across) {
            *cell = (cell.0 | BITS[x % across][y % down], series);
        }
    }
}

fn finite(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite())
}

/// The least and the greatest.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(series: &[&[(f64, f64)]], style: PlotStyle) -> String {
        let series: Vec<_> = series
            .iter()
            .map(|points| Series { name: String::new(), points: points.to_vec() })
            .collect();
        let chart = Chart {
            series: &series,
            columns: 24,
            rows: 4,
            style,
            text: |value| format!("{value:.1}"),
        };
        let line = |line: Vec<Cell>| {
            let text: String = line.into_iter().map(|(c, _)| c).collect();
            text.trim_end().to_owned()
        };
        chart.draw().into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    const FALL: [(f64, f64); 4] = [(0.0, 4.0), (1.0, 2.0), (2.0, 1.0), (3.0, 0.5)];
    const RISE: [(f64, f64); 3] = [(0.0, 0.5), (1.0, f64::NAN), (3.0, 4.0)];

    #[test]
    fn curves_are_drawn_over_each_other() {
        insta::assert_snapshot!(drawn(&[&FALL, &RISE], PlotStyle::Marks), @r"
        4.0 +**             oooo
            |  ***    oooooo
        1.7 +   oooooo
        0.5 +ooo      **********
            +-------------------
             0                 3
        ");
        insta::assert_snapshot!(drawn(&[&FALL, &RISE], PlotStyle::Braille), @r"
        4.0 ┤⠑⠤⡀           ⢀⡠⠤⠒⠉
            │  ⠈⠒⢄    ⢀⡠⠤⠒⠉⠁
        1.7 ┤    ⢀⣉⠶⠶⢎⣁⡀
        0.5 ┤⣀⠤⠒⠊⠁     ⠈⠉⠒⠒⠤⠤⠤⣀⣀
            └───────────────────
             0                 3
        ");
    }

    #[test]
    fn what_has_no_extent_is_still_drawn() {
        assert_eq!(drawn(&[&[]], PlotStyle::Marks), "");
        assert_eq!(drawn(&[&[(0.0, f64::NAN)]], PlotStyle::Marks), "");
        assert_eq!(drawn(&[&[(7.0, 1.0)]], PlotStyle::Marks).matches('*').count(), 1);
        let extreme = [(0.0, f64::MIN), (1.0, f64::MAX)];
        assert!(drawn(&[&extreme], PlotStyle::Marks).contains('*'));
    }
}
