//! The importance of columns: how much worse the network is with one of them shuffled.

use super::markup::{escape, scrolled};
use crate::query::mean_std::MeanStd;

/// The columns, the most important first, with a bar for each; `metric` is what gets worse.
pub(super) fn table(metric: &str, columns: &[(String, MeanStd)]) -> String {
    let mut columns: Vec<_> = columns.iter().collect();
    columns.sort_by(|(_, a), (_, b)| b.mean.total_cmp(&a.mean));
    let most = columns.first().map_or(0.0, |(_, spread)| spread.mean).max(f64::MIN_POSITIVE);
    let line = |(name, spread): &&(String, MeanStd)| {
        let share = (spread.mean / most).clamp(0.0, 1.0) * 100.0;
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{spread}</td><td><span class=\"share\" \
             style=\"--p:{share:.0}%\"></span></td></tr>\n",
            escape(name)
        )
    };
    let lines: String = columns.iter().map(line).collect();
    let metric = escape(metric);
    let caption = "With the values of one column shuffled among the rows";
    "<h3>Importance of columns</h3>\n".to_owned()
        + &scrolled(&format!(
            "<table class=\"importance\">\n<caption>{caption}</caption>\n<thead><tr>\
             <th scope=\"col\">column</th><th scope=\"col\">{metric} worse by</th><td></td></tr>\
             </thead>\n<tbody>\n{lines}</tbody>\n</table>\n"
        ))
}
