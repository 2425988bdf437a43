//! The section on the best network: metrics, confusion matrix, calibration, worst mistakes, importance.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::markup::{escape, list, scrolled, section as part};
use super::page::{MistakeRow, Page, TestEvaluation};
use super::{calibration, importance};
use crate::query::class_scores::ClassScores;

/// A matrix of more classes is for the eye no more.
const SHOWN_CLASSES: usize = 30;

/// The part of the page, or why there is none.
pub(super) fn section(page: &Page<'_>) -> String {
    let title = match page.comparison.groups.len() {
        1 => "On rows it has not learned from",
        _ => "The best, on rows it has not learned from",
    };
    let Some(judged) = &page.judged else {
        let why = page.evaluation_error.map(|why| {
            let text = format!("<p>The network could not be asked: {}</p>\n", escape(why));
            part("judged", title, &text)
        });
        return why.unwrap_or_default();
    };
    let from = judged.dir.strip_prefix(page.base).unwrap_or(&judged.dir).display().to_string();
    let by = match judged.networks {
        1 => escape(&from),
        n => format!("{} and {} like it: mean and deviation", escape(&from), n - 1),
    };
    let mut html = format!("<p>{}, by {by}</p>\n", escape(&judged.rows));
    let numbers = judged.numbers.iter().map(|(name, text)| (name.as_str(), text.clone()));
    html += &list(&numbers.collect::<Vec<_>>()).replace("<dl>", "<dl class=\"large\">");
    if let Some(confusion) = &judged.confusion {
        html += "<div class=\"beside\">\n";
        html += &classes(judged, confusion);
        if confusion.len() <= SHOWN_CLASSES {
            html += &matrix(judged, confusion);
        }
        html += "</div>\n";
        html += &judged.calibration.as_ref().map_or_else(String::new, calibration::diagram);
        html += &mistakes(judged);
    }
    if let Some((metric, columns)) = &judged.importance {
        html += &importance::table(metric, columns);
    }
    if !judged.values.is_empty() {
        html += "<h3>Predicted against true</h3>\n<div class=\"chart\" id=\"predicted\"></div>\n";
    }
    part("judged", title, &html)
}

fn name(judged: &TestEvaluation, class: usize) -> String {
    judged.classes.get(class).map_or_else(|| class.to_string(), |name| escape(name))
}

/// Precision, recall, F1 and support of each class.
fn classes(judged: &TestEvaluation, confusion: &[Vec<u64>]) -> String {
    let line = |(class, scores): (usize, ClassScores)| {
        let ClassScores { precision, recall, f1, support } = scores;
        let name = name(judged, class);
        let numbers =
            [precision, recall, f1].map(|x| format!("<td class=\"n\">{x:.4}</td>")).concat();
        format!("<tr><th scope=\"row\">{name}</th>{numbers}<td class=\"n\">{support}</td></tr>\n")
    };
    let lines: String = ClassScores::of(confusion).into_iter().enumerate().map(line).collect();
    let head = ["class", "precision", "recall", "f1", "support"]
        .map(|name| format!("<th scope=\"col\">{name}</th>"));
    scrolled(&format!(
        "<table>\n<caption>Classes</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{lines}</tbody>\n\
         </table>\n",
        head.concat()
    ))
}

/// What is, down; what the network says, across; shaded by the share of the class.
fn matrix(judged: &TestEvaluation, confusion: &[Vec<u64>]) -> String {
    let head: String = (0..confusion.len())
        .map(|class| format!("<th scope=\"col\">{}</th>", name(judged, class)))
        .collect();
    let line = |(truth, row): (usize, &Vec<u64>)| {
        let all = row.iter().sum::<u64>().max(1) as f64;
        let cells: String = row
            .iter()
            .enumerate()
            .map(|(said, n)| {
                let kind = if truth == said { "right" } else { "wrong" };
                // One in five of a class taken for another is as red as it gets.
                let share = *n as f64 / all * if truth == said { 1.0 } else { 5.0 };
                let (shade, text) = (
                    (share.min(1.0) * 100.0).round(),
                    if *n == 0 { "·".to_owned() } else { n.to_string() },
                );
                let title =
                    format!("{n} of {} said to be {}", name(judged, truth), name(judged, said));
                format!(
                    "<td class=\"n {kind}\" style=\"--p:{shade}%\" title=\"{title}\">{text}</td>"
                )
            })
            .collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", name(judged, truth))
    };
    let lines: String = confusion.iter().enumerate().map(line).collect();
    scrolled(&format!(
        "<table class=\"matrix\">\n<caption>What is (down), and what the network says (across)</caption>\n<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n"
    ))
}

fn mistakes(judged: &TestEvaluation) -> String {
    if judged.mistakes.is_empty() {
        return "<p>There are no mistakes.</p>\n".to_owned();
    }
    let figure = |mistake: &MistakeRow| {
        let (truth, said) = (name(judged, mistake.truth), name(judged, mistake.said));
        let picture = mistake.png.as_ref().map(|png| {
            let (png, row) = (BASE64_STANDARD.encode(png), mistake.row);
            format!(
                "<img alt=\"row {row}\" width=\"112\" height=\"112\" src=\"data:image/png;base64,{png}\">"
            )
        });
        format!(
            "<figure>{}<figcaption>is <b>{truth}</b>, said <b>{said}</b><br>{:.1} %, row {}\
             </figcaption></figure>\n",
            picture.unwrap_or_default(),
            mistake.share * 100.0,
            mistake.row
        )
    };
    let figures: String = judged.mistakes.iter().map(figure).collect();
    format!("<h3>The mistakes it is surest of</h3>\n<div class=\"mistakes\">\n{figures}</div>\n")
}
