//! The table of `runner compare`: swept keys first; on a terminal only what fits it.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::cells::{judge, metric_drop_rank, setting, short_note};
use super::console::{Console, Style};
use super::fit::{FittedTable, fit_columns, width};
use super::format::or_dash;
use super::table::{Column, lines, transposed};
use crate::cli::args::CompareArgs;
use crate::config::{ShortTexts, is_replicate_key, short_keys};
use crate::query::{Comparison, ResultGroup};

/// What the table is made of.
#[derive(Clone, Copy)]
pub(crate) struct CompareTable<'a> {
    pub(crate) comparison: &'a Comparison,
    /// The first groups of the comparison.
    pub(crate) shown: &'a [ResultGroup],
    /// The folder from which other folders are named.
    pub(crate) base: &'a Path,
    pub(crate) args: &'a CompareArgs,
}

/// A layout of the columns.
enum TableLayout {
    /// A line for each group.
    Lines(FittedTable),
    /// A column for each group, in one or several tables.
    Columns(Vec<Vec<String>>),
}

impl CompareTable<'_> {
    /// Prints the table; returns a note of what is not in it.
    pub(crate) fn print(
        self,
        limit: Option<usize>,
        console: &Console,
    ) -> io::Result<Option<String>> {
        let text = |lines: &[String], best: Option<usize>| -> String {
            let tone = |line: usize| match line {
                0 => Some(Style::Head),
                _ if Some(line) == best => Some(Style::Good),
                _ => None,
            };
            let paint = |(line, text): (usize, &String)| match tone(line) {
                Some(tone) => console.out.paint(tone, text) + "\n",
                None => format!("{text}\n"),
            };
            lines.iter().enumerate().map(paint).collect()
        };
        match self.layout(limit) {
            TableLayout::Lines(fitted) => {
                let best = (1 < self.shown.len()).then_some(1);
                console.data(&text(&fitted.lines, best))?;
                Ok(fitted.note("--all-keys"))
            }
            TableLayout::Columns(tables) => {
                let tables: Vec<_> = tables.iter().map(|lines| text(lines, None)).collect();
                console.data(&tables.join("\n"))?;
                Ok(None)
            }
        }
    }

    /// The whole table where there is no limit; else as much as fits, all in several tables if wanted.
    fn layout(self, limit: Option<usize>) -> TableLayout {
        let whole = limit.is_none() || self.args.all_keys;
        let settings = if whole { self.every_key() } else { self.swept_keys() };
        let Some(limit) = limit else {
            return TableLayout::Lines(fit_columns(self.columns(self.labels(), settings), None));
        };
        let columns = self.columns(self.short_labels(), settings);
        if width(&lines(&columns)) <= limit {
            return TableLayout::Lines(fit_columns(columns, None));
        }
        let upright = transposed(&columns);
        if width(&upright) <= limit {
            return TableLayout::Columns(vec![upright]);
        }
        if self.args.all_keys {
            TableLayout::Columns(blocks(&columns, limit))
        } else {
            TableLayout::Lines(fit_columns(columns, Some(limit)))
        }
    }

    fn labels(self) -> Vec<String> {
        let mut labels = self.comparison.labels(self.base);
        labels.truncate(self.shown.len());
        labels
    }

    /// `sweep/0003` or `sweep/0003-0005` for runs of several sweeps, unless two groups share it: their
    /// settings are in the other columns.
    fn short_labels(self) -> Vec<String> {
        let labels = self.labels();
        let short =
            |(group, label): (&ResultGroup, &String)| match (&group.runs[0].sweep, &group.runs[..])
            {
                (None, _) => label.clone(),
                (_, [run]) => format!("{}/{}", run.record.name, run.place()),
                (_, [run, .., last]) => {
                    format!("{}/{}-{}", run.record.name, run.place(), last.place())
                }
                (_, []) => label.clone(),
            };
        let short: Vec<_> = self.shown.iter().zip(&labels).map(short).collect();
        let n_different = short.iter().collect::<HashSet<_>>().len();
        let are_short = labels.iter().all(|label| !label.contains('/'));
        if are_short || n_different < short.len() { labels } else { short }
    }

    fn cells(self, cell: impl Fn(&ResultGroup) -> String) -> Vec<String> {
        self.shown.iter().map(cell).collect()
    }

    /// A column for every key that differs.
    fn every_key(self) -> Vec<Column> {
        let keys = &self.comparison.keys;
        let column = |(key, short): (&String, String)| {
            let text = |group: &ResultGroup| or_dash(group.setting(key), setting);
            Column::values(&short, self.cells(text))
        };
        keys.iter().zip(short_keys(keys)).map(column).collect()
    }

    /// Columns for the swept keys and for those that no sweep sets; of these, keys that not every group
    /// has, such as those of one optimizer, are the first to be left out.
    fn swept_keys(self) -> Vec<Column> {
        let Comparison { keys, swept, groups, .. } = self.comparison;
        let shared = self.comparison.shared_keys();
        let differs = |place: usize| {
            let set = |group: usize| self.swept_text(group, place, &ShortTexts::default());
            (1..groups.len()).any(|group| set(group) != set(0))
        };
        let told = |key: &String| !is_replicate_key(key) || keys.contains(key);
        let places = (0..swept.keys.len()).filter(|&place| told(&swept.keys[place]));
        let places: Vec<_> = places.filter(|&place| differs(place)).collect();
        let others: Vec<_> =
            keys.iter().filter(|key| swept.place(key).is_none()).cloned().collect();
        let names: Vec<_> = places.iter().map(|&place| swept.keys[place].clone()).collect();
        let shorts = short_keys(&[names, others.clone()].concat());
        let mut shorts = shorts.iter();
        let mut columns = Vec::new();
        for (place, short) in places.into_iter().zip(&mut shorts) {
            let changes = swept.values.iter().filter_map(|changes| changes[place].as_ref());
            let texts = ShortTexts::of(changes.map(|change| &change.value));
            let cells = (0..self.shown.len()).map(|group| self.swept_text(group, place, &texts));
            columns.push(Column::values(short, cells).shrinkable().drop_rank(1));
        }
        for (key, short) in others.iter().zip(shorts) {
            let text = |group: &ResultGroup| or_dash(group.setting(key), setting);
            // A name is in the folder already.
            let rank = if !shared.contains(key) || key == "name" { 7 } else { 3 };
            columns.push(Column::values(short, self.cells(text)).shrinkable().drop_rank(rank));
        }
        columns
    }

    /// The swept value of a group; of a run that is of no such sweep, its setting.
    fn swept_text(self, group: usize, place: usize, texts: &ShortTexts) -> String {
        let Comparison { swept, groups, .. } = self.comparison;
        let key = &swept.keys[place];
        let setting_of = |key: &str| groups[group].setting(key).map(setting);
        match &swept.values[group][place] {
            Some(change) => texts.get(&change.value),
            None => {
                let named = setting_of(key).or_else(|| setting_of(&format!("{key}.name")));
                named.unwrap_or_else(|| "-".to_owned())
            }
        }
    }

    /// All columns, of which `settings` are the keys.
    fn columns(self, labels: Vec<String>, settings: Vec<Column>) -> Vec<Column> {
        let comparison = self.comparison;
        let head = if comparison.are_trials() { "trial" } else { "run" };
        let mut columns = vec![Column::words(head, labels).shrinkable()];
        columns.extend(settings);
        let told = [
            ("tags", 4, ResultGroup::tags as fn(&ResultGroup) -> Vec<&str>),
            ("note", 6, ResultGroup::notes),
        ];
        for (title, rank, of) in told {
            if self.shown.iter().any(|group| !of(group).is_empty()) {
                let text = |group: &ResultGroup| short_note(Some(&of(group).join(", ")));
                columns.push(Column::words(title, self.cells(text)).shrinkable().drop_rank(rank));
            }
        }
        if comparison.groups.iter().any(|group| 1 < group.runs.len()) {
            let runs = self.cells(|group| group.runs.len().to_string());
            columns.push(Column::numbers("runs", runs).drop_rank(3));
        }
        if self.shown.iter().any(|group| states(group) != "completed") {
            columns.push(Column::words("status", self.cells(states)).drop_rank(2));
        }
        let names: Vec<&str> = comparison.metrics.iter().map(String::as_str).collect();
        let judge = judge(&names, self.args.sort.as_deref());
        for name in &names {
            let text =
                |group: &ResultGroup| or_dash(group.metric(name), |spread| spread.to_string());
            let column = Column::numbers(name, self.cells(text));
            columns.push(column.drop_rank(metric_drop_rank(name, judge)));
        }
        columns
    }
}

/// The states of its runs, each once.
fn states(group: &ResultGroup) -> String {
    let mut words: Vec<_> = group.runs.iter().map(|run| run.state.word()).collect();
    words.dedup();
    words.join(", ")
}

/// The table on its side, with as many groups in each part as fit.
fn blocks(columns: &[Column], limit: usize) -> Vec<Vec<String>> {
    let n_groups = columns.first().map_or(0, |column| column.cells().len());
    let part = |from: usize, to: usize| {
        let part: Vec<_> = columns.iter().map(|column| column.part(from..to)).collect();
        transposed(&part)
    };
    let mut blocks = Vec::new();
    let mut from = 0;
    while from < n_groups {
        let fits = |to: &usize| width(&part(from, *to)) <= limit;
        let to = (from + 1..=n_groups).take_while(fits).last().unwrap_or(from + 1);
        blocks.push(part(from, to));
        from = to;
    }
    blocks
}
