//! The reliability diagram: the share of right predictions over their probability, as a drawing.

use std::fmt::Write;

use super::page::CalibrationCurve;

/// The side of the square of the diagram, in units of the drawing.
const SIDE: f64 = 240.0;
/// The room for the words on the left and below.
const MARGIN: f64 = 44.0;

/// The diagram with a circle for each bin, as large as its share of the rows; on the dashed line,
/// predictions are right as often as they say.
pub(super) fn diagram(curve: &CalibrationCurve) -> String {
    let x = |share: f64| MARGIN + share * SIDE;
    let y = |share: f64| 12.0 + (1.0 - share) * SIDE;
    let rows = curve.bins.iter().map(|(_, _, rows)| *rows).sum::<usize>().max(1) as f64;
    let mut drawn = String::new();
    let points = curve.bins.iter().map(|(p, right, _)| format!("{:.1},{:.1}", x(*p), y(*right)));
    let line = points.collect::<Vec<_>>().join(" ");
    let _ = write!(drawn, "<polyline class=\"curve\" points=\"{line}\"/>");
    for (p, right, n) in &curve.bins {
        let radius = 3.0 + 9.0 * (*n as f64 / rows).sqrt();
        let _ = write!(
            drawn,
            "<circle class=\"bin\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"><title>{n} rows of mean \
             probability {p:.3}: {right:.3} are right</title></circle>",
            x(*p),
            y(*right)
        );
    }
    let mut axes = String::new();
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (across, up) = (x(share), y(share));
        let _ = write!(
            axes,
            "<text x=\"{across:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{share}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{share}</text>",
            y(0.0) + 16.0,
            x(0.0) - 6.0,
            up + 4.0
        );
    }
    let (width, height) = (MARGIN + SIDE + 16.0, 12.0 + SIDE + MARGIN);
    format!(
        "<h3>Calibration</h3>\n<p>Of the predictions with some probability (across), the share that is \
         right (up). Expected calibration error: {:.4}</p>\n\
         <svg class=\"calibration\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"share of right predictions over their probability\">\
         <rect class=\"frame\" x=\"{:.1}\" y=\"{:.1}\" width=\"{SIDE}\" height=\"{SIDE}\"/>\
         <line class=\"ideal\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>{axes}{drawn}</svg>\n",
        curve.error,
        x(0.0),
        y(1.0),
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_where_its_shares_say() {
        let curve = CalibrationCurve { error: 0.25, bins: vec![(0.5, 0.25, 4), (1.0, 1.0, 12)] };
        let html = diagram(&curve);
        assert!(html.contains("error: 0.2500"), "{html}");
        assert!(html.contains("points=\"164.0,192.0 284.0,12.0\""), "{html}");
        assert!(html.contains("cx=\"164.0\" cy=\"192.0\" r=\"7.5\""), "{html}");
    }
}
