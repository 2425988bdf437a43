//! A small plot of dots and a line, as an SVG element without a script.

use std::fmt::Write as _;

use super::markup::escape;

/// Pixels around the plot: for the texts on the left and below, and nothing else.
const LEFT: f64 = 62.0;
const BELOW: f64 = 40.0;
const EDGE: f64 = 8.0;

/// An axis.
#[derive(Clone, Debug)]
pub(super) struct PlotAxis {
    /// The values at both ends.
    pub(super) ends: [f64; 2],
    /// Texts at shares of the length.
    pub(super) texts: Vec<(f64, String)>,
}

/// A plot in the making.
#[derive(Debug)]
pub(super) struct Plot {
    width: f64,
    height: f64,
    x: PlotAxis,
    y: PlotAxis,
    body: String,
}

impl Plot {
    /// An empty plot of this size, with the names of its axes.
    pub(super) fn new(
        width: f64,
        height: f64,
        over: &str,
        of: &str,
        x: PlotAxis,
        y: PlotAxis,
    ) -> Plot {
        let mut plot = Plot { width, height, x, y, body: String::new() };
        let (right, bottom) = (width - EDGE, height - BELOW);
        plot.body = format!(
            "<path class=\"axis\" d=\"M{LEFT} {EDGE}V{bottom}H{right}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            (LEFT + right) / 2.0,
            height - 6.0,
            escape(over)
        );
        if !of.is_empty() {
            let _ = writeln!(
                plot.body,
                "<text transform=\"translate(12 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                (EDGE + bottom) / 2.0,
                escape(of)
            );
        }
        for (share, text) in plot.x.texts.clone() {
            let anchor = if share <= 0.0 {
                "start"
            } else if share < 1.0 {
                "middle"
            } else {
                "end"
            };
            let _ = writeln!(
                plot.body,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
                LEFT + (right - LEFT) * share,
                bottom + 14.0,
                escape(&text)
            );
        }
        for (share, text) in plot.y.texts.clone() {
            let _ = writeln!(
                plot.body,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 5.0,
                bottom - (bottom - EDGE) * share + if share < 1.0 { 0.0 } else { 8.0 },
                escape(&text)
            );
        }
        plot
    }

    /// A dot of a strength up to 1, with a text for the pointer.
    pub(super) fn dot(&mut self, at: (f64, f64), strength: f64, text: &str) {
        let (x, y) = self.place(at);
        let _ = writeln!(
            self.body,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill-opacity=\"{strength:.2}\"><title>{}</title></circle>",
            escape(text)
        );
    }

    /// A line through these points.
    pub(super) fn line(&mut self, points: &[(f64, f64)]) {
        let places = points.iter().map(|point| self.place(*point));
        let places: Vec<_> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.body, "<polyline points=\"{}\"/>", places.join(" "));
    }

    /// The element.
    pub(super) fn svg(self) -> String {
        let Plot { width, height, body, .. } = self;
        format!(
            "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\">\n{body}</svg>\n"
        )
    }

    /// The pixels of a point; one beyond an end lies at the end.
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let share = |axis: &PlotAxis, value: f64| {
            let [low, high] = axis.ends;
            ((value - low) / (high - low)).clamp(0.0, 1.0)
        };
        let (right, bottom) = (self.width - EDGE, self.height - BELOW);
        let x = LEFT + 4.0 + (right - LEFT - 8.0) * share(&self.x, x);
        (x, bottom - 4.0 - (bottom - EDGE - 8.0) * share(&self.y, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_beyond_an_axis_lie_at_its_end() {
        let axis = || PlotAxis { ends: [0.0, 2.0], texts: Vec::new() };
        let plot = Plot::new(270.0, 190.0, "x", "", axis(), axis());
        assert_eq!(plot.place((0.0, 0.0)), (66.0, 146.0));
        assert_eq!(plot.place((9.0, 9.0)), plot.place((2.0, 2.0)));
    }
}
