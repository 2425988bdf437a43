//! The division of a data set's rows into those that train, validate and are kept out.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::csv::Column;
use crate::random::{RandomStream, StreamPurpose};

/// How the rows of a data set are divided, from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Those to train on.
    pub training: Range<usize>,
    /// Those that validate.
    pub validation: Range<usize>,
    /// Those that are kept out.
    pub test: Range<usize>,
}

/// Which rows validate and which are kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum SplitMethod {
    /// The last rows, as in Keras.
    #[default]
    Tail,
    /// Rows drawn at random.
    Random {
        /// The seed of the draw; the seed of the run does not change it.
        #[serde(default)]
        seed: u64,
    },
    /// Rows drawn at random from each class, in proportion.
    Stratified {
        /// The seed of the draw; the seed of the run does not change it.
        #[serde(default)]
        seed: u64,
    },
    /// Rows of groups drawn at random: no group has rows in two parts. The shares are met as nearly as
    /// whole groups allow.
    Group {
        /// The column with the name of each row's group, by name or by place from 0.
        #[schemars(extend("x-example" = "patient"))]
        column: Column,
        /// The seed of the draw; the seed of the run does not change it.
        #[serde(default)]
        seed: u64,
    },
    /// The latest rows by a column of numbers or dates.
    Time {
        /// The column, by name or by place from 0.
        #[schemars(extend("x-example" = "patient"))]
        column: Column,
    },
}

/// The fold of a cross-validation that validates.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Fold {
    /// The number of the fold, from 0.
    #[schemars(extend("x-example" = 0))]
    pub fold: usize,
    /// The number of folds.
    #[schemars(range(min = 2), extend("x-example" = 5))]
    pub folds: usize,
    /// The number of the division into folds, from 0.
    #[serde(default)]
    pub repeat: u64,
    /// The seed of the divisions; the seed of the run does not change it.
    #[serde(default)]
    pub seed: u64,
}

/// The order of a table's rows by a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOrder {
    /// The row of the data set that each row was.
    pub rows: Vec<u32>,
    /// The parts of the rows.
    pub parts: Parts,
}

/// The values of each row that a split goes by; empty if unknown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SplitKeys<'a> {
    /// The classes.
    pub(super) labels: &'a [u32],
    /// The values of the column of time.
    pub(super) times: &'a [f64],
    /// The numbers of the groups, from 0.
    pub(super) groups: &'a [u32],
}

/// The shares of the parts, and the rows in each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowSplit {
    /// Only so many rows are used, the first.
    limit: usize,
    /// The bits of the shares, so that splits can be compared.
    validation: u64,
    test: u64,
    pub(super) method: SplitMethod,
    fold: Option<Fold>,
}

impl RowSplit {
    /// Shares of the rows that are kept out, and of the others that validate.
    pub fn new(limit: Option<usize>, validation: f64, test: f64, method: SplitMethod) -> RowSplit {
        let limit = limit.unwrap_or(usize::MAX);
        let (validation, test) = (validation.to_bits(), test.to_bits());
        RowSplit { limit, validation, test, method, fold: None }
    }

    /// The same with a fold in the place of the share that validates.
    pub fn with_fold(self, fold: Option<Fold>) -> RowSplit {
        RowSplit { fold, ..self }
    }

    /// The division of `rows` rows in the order of [`RowSplit::order`]. Groups may move its ends:
    /// then [`RowOrder::parts`] is the division.
    pub fn parts(&self, rows: usize) -> Parts {
        // Keras's own order of rounding: 100 rows and 0.29 leave 71, not 72.
        let without = |rows: usize, share: u64| {
            (rows as f64 * (1.0 - f64::from_bits(share))).floor() as usize
        };
        let rows = rows.min(self.limit);
        let kept = without(rows, self.test);
        match &self.fold {
            None => Parts::of(without(kept, self.validation), kept, rows),
            Some(fold) => {
                let piece = self.piece(fold, kept);
                match self.method {
                    SplitMethod::Time { .. } => {
                        Parts::of(piece.start, piece.end, piece.end + rows - kept)
                    }
                    _ => Parts::of(kept - piece.len(), kept, rows),
                }
            }
        }
    }

    /// The rows of the parts one after the other, each part in the order of the file; none if they are
    /// in the order of the file already, or a key is unknown.
    pub(super) fn order(&self, rows: usize, keys: SplitKeys<'_>) -> Option<RowOrder> {
        let n = rows.min(self.limit);
        if self.fold.is_none() && self.method == SplitMethod::Tail {
            return None;
        }
        let (mut order, parts) = match self.method {
            SplitMethod::Group { seed, .. } => self.of_groups(seed, keys.groups.get(..n)?),
            _ => self.of_rows(n, keys)?,
        };
        for part in [&parts.training, &parts.validation, &parts.test] {
            order[part.clone()].sort_unstable();
        }
        order.extend(n as u32..rows as u32);
        Some(RowOrder { rows: order, parts })
    }

    /// The order of `n` rows, where single rows are divided.
    fn of_rows(&self, n: usize, keys: SplitKeys<'_>) -> Option<(Vec<u32>, Parts)> {
        let all: Vec<u32> = (0..n as u32).collect();
        let mut order = match &self.method {
            SplitMethod::Tail => all,
            SplitMethod::Random { seed } => shuffled((*seed, 0), all),
            SplitMethod::Stratified { seed } => stratified((*seed, 0), all, keys.labels.get(..n)?),
            SplitMethod::Time { .. } => by_time(all, keys.times.get(..n)?),
            SplitMethod::Group { .. } => return None,
        };
        let parts = self.parts(n);
        let Some(fold) = &self.fold else { return Some((order, parts)) };
        // All folds keep the same rows out, in the draw of the method; the others are drawn anew.
        let kept = n - parts.test.len();
        let test = order.split_off(kept);
        let draw = (fold.seed, fold.repeat);
        let mut order = match &self.method {
            SplitMethod::Random { .. } => shuffled(draw, order),
            SplitMethod::Stratified { .. } => stratified(draw, order, keys.labels),
            SplitMethod::Tail if keys.labels.len() < n => shuffled(draw, order),
            SplitMethod::Tail => stratified(draw, order, keys.labels),
            SplitMethod::Time { .. } | SplitMethod::Group { .. } => order,
        };
        let piece = self.piece(fold, kept);
        let later = order.split_off(piece.end);
        let validation = order.split_off(piece.start);
        let whole = match self.method {
            // Nothing is learned from later rows.
            SplitMethod::Time { .. } => [order, validation, test, later],
            _ => [order, later, validation, test],
        };
        Some((whole.concat(), parts))
    }

    /// The rows among `kept` that the fold validates, in the order of the draw: by time, the first of
    /// one piece more only train.
    fn piece(&self, fold: &Fold, kept: usize) -> Range<usize> {
        let Fold { fold, folds, .. } = *fold;
        let folds = folds.max(1);
        if let SplitMethod::Time { .. } = self.method {
            let size = kept / (folds + 1);
            let start = kept - (folds - fold.min(folds)) * size;
            return start..(start + size).min(kept);
        }
        let (size, more) = (kept / folds, kept % folds);
        let start = |fold: usize| (fold * size + fold.min(more)).min(kept);
        start(fold)..start(fold + 1)
    }

    /// The order of the rows, where whole groups are divided; `groups` are those of the rows in use.
    fn of_groups(&self, seed: u64, groups: &[u32]) -> (Vec<u32>, Parts) {
        let rows = groups.len();
        let goal = self.parts(rows);
        let mut by_group = rows_by_group(groups);
        shuffle((seed, 0), 0, &mut by_group);
        let (test, rest) = nearest_to(goal.test.len(), by_group);
        let (validation, training) = match &self.fold {
            None => nearest_to(goal.validation.len(), rest),
            Some(fold) => in_fold(fold, rest),
        };
        let [training, validation, test] = [training, validation, test].map(|part| part.concat());
        let kept = training.len() + validation.len();
        let parts = Parts::of(training.len(), kept, rows);
        ([training, validation, test].concat(), parts)
    }
}

impl Parts {
    /// The parts that end at these rows.
    fn of(training: usize, validation: usize, test: usize) -> Parts {
        let (training, validation, test) = (0..training, training..validation, validation..test);
        Parts { training, validation, test }
    }
}

/// All rows train.
impl Default for RowSplit {
    fn default() -> RowSplit {
        RowSplit::new(None, 0.0, 0.0, SplitMethod::Tail)
    }
}

/// A seed, and the number of the draw with it.
type Draw = (u64, u64);

/// Shuffles items, of the class `class` if they are rows of one.
fn shuffle<T>((seed, repeat): Draw, class: u64, items: &mut [T]) {
    // Labels take 32 bits.
    let index = repeat << 32 | class;
    RandomStream::new(seed, StreamPurpose::Split, index).shuffle(items);
}

fn shuffled(draw: Draw, mut rows: Vec<u32>) -> Vec<u32> {
    shuffle(draw, 0, &mut rows);
    rows
}

fn by_time(mut rows: Vec<u32>, times: &[f64]) -> Vec<u32> {
    rows.sort_by(|a, b| times[*a as usize].total_cmp(&times[*b as usize]));
    rows
}

/// Rows in such an order that every piece of it has the classes in proportion: the rows of each class
/// are shuffled, and stand at equal distances.
fn stratified(draw: Draw, rows: Vec<u32>, labels: &[u32]) -> Vec<u32> {
    let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
    let mut by_class = vec![Vec::new(); classes];
    rows.iter().for_each(|row| by_class[labels[*row as usize] as usize].push(*row));
    let mut places: Vec<(f64, u32)> = Vec::with_capacity(rows.len());
    for (rows, class) in by_class.iter_mut().zip(0..) {
        shuffle(draw, class, rows);
        let n = rows.len() as f64;
        let place = |(i, row): (usize, &u32)| ((i as f64 + 0.5) / n, *row);
        places.extend(rows.iter().enumerate().map(place));
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    places.into_iter().map(|(_, row)| row).collect()
}

/// The rows of each group.
fn rows_by_group(groups: &[u32]) -> Vec<Vec<u32>> {
    let n_groups = groups.iter().max().map_or(0, |group| *group as usize + 1);
    let mut by_group = vec![Vec::new(); n_groups];
    groups.iter().zip(0..).for_each(|(group, row)| by_group[*group as usize].push(row));
    by_group.retain(|rows| !rows.is_empty());
    by_group
}

type Groups = Vec<Vec<u32>>;

/// The first groups, at least one, with about `goal` rows, and the others. No group for no row.
fn nearest_to(goal: usize, mut groups: Groups) -> (Groups, Groups) {
    let (mut rows, mut taken) = (0, 0);
    for group in &groups {
        let after = rows + group.len();
        if goal == 0 || (0 < taken && goal.abs_diff(rows) <= goal.abs_diff(after)) {
            break;
        }
        (rows, taken) = (after, taken + 1);
    }
    let rest = groups.split_off(taken);
    (groups, rest)
}

/// The groups of a fold, and the others: in an order drawn anew for each repeat, each goes into the fold
/// with the fewest rows.
fn in_fold(fold: &Fold, mut groups: Groups) -> (Groups, Groups) {
    groups.sort_unstable();
    shuffle((fold.seed, fold.repeat), 0, &mut groups);
    let mut sizes = vec![0; fold.folds.max(1)];
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for rows in groups {
        let smallest = (0..sizes.len()).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
        sizes[smallest] += rows.len();
        if smallest == fold.fold { inside.push(rows) } else { outside.push(rows) }
    }
    (inside, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 110;

    fn split(method: SplitMethod) -> RowSplit {
        RowSplit::new(Some(100), 0.25, 0.2, method)
    }

    fn column() -> Column {
        Column::Index(0)
    }

    /// Sorted by label: 60 rows of one class, then 50 of the other; groups of 1 to 14 rows.
    fn order(split: &RowSplit) -> RowOrder {
        let labels: Vec<u32> = (0..ROWS as u32).map(|row| u32::from(row >= 60)).collect();
        let times: Vec<f64> = (0..ROWS).map(|row| (row * 37 % ROWS) as f64).collect();
        let groups: Vec<u32> = (0..ROWS).map(group).collect();
        let keys = SplitKeys { labels: &labels, times: &times, groups: &groups };
        split.order(ROWS, keys).unwrap()
    }

    /// The group of a row.
    fn group(row: usize) -> u32 {
        ((row * 37 % ROWS) as f64).sqrt() as u32
    }

    fn methods() -> [SplitMethod; 4] {
        [
            SplitMethod::Random { seed: 1 },
            SplitMethod::Stratified { seed: 1 },
            SplitMethod::Group { column: column(), seed: 1 },
            SplitMethod::Time { column: column() },
        ]
    }

    fn part(order: &RowOrder, part: &Range<usize>) -> Vec<u32> {
        order.rows[part.clone()].to_vec()
    }

    fn sorted(mut rows: Vec<u32>) -> Vec<u32> {
        rows.sort_unstable();
        rows
    }

    #[test]
    fn every_row_is_in_one_part() {
        for method in methods() {
            let split = split(method.clone());
            let found = order(&split);
            assert_eq!(sorted(found.rows.clone()), (0..ROWS as u32).collect::<Vec<_>>());
            assert_eq!(found.rows[100..], (100..110).collect::<Vec<_>>()[..]);
            assert_eq!(found, order(&split));
            let parts = &found.parts;
            assert_eq!((parts.training.start, parts.test.end), (0, 100));
            match method {
                SplitMethod::Group { .. } => assert!(parts.test.len().abs_diff(20) < 8),
                _ => assert_eq!(*parts, split.parts(ROWS)),
            }
        }
        assert_eq!(split(SplitMethod::Tail).order(ROWS, SplitKeys::default()), None);
        let random = |seed| order(&split(SplitMethod::Random { seed }));
        assert_ne!(random(1), random(2));
    }

    #[test]
    fn no_group_is_on_both_sides() {
        let method = SplitMethod::Group { column: column(), seed: 4 };
        let folds = (0..3).map(|fold| Some(Fold { fold, folds: 3, repeat: 1, seed: 0 }));
        for fold in folds.chain([None]) {
            let found = order(&split(method.clone()).with_fold(fold));
            let Parts { training, validation, test } = &found.parts;
            let groups = [training, validation, test].map(|rows| {
                let groups = part(&found, rows).into_iter().map(|row| group(row as usize));
                groups.collect::<std::collections::BTreeSet<_>>()
            });
            assert!(groups.iter().all(|groups| !groups.is_empty()), "{groups:?}");
            assert!(groups[0].is_disjoint(&groups[1]) && groups[0].is_disjoint(&groups[2]));
            assert!(groups[1].is_disjoint(&groups[2]));
        }
    }

    #[test]
    fn stratified_parts_have_the_classes_in_proportion() {
        let split = split(SplitMethod::Stratified { seed: 3 });
        let found = order(&split);
        let Parts { training, validation, test } = &found.parts;
        for (rows, want) in [(training, 24), (validation, 8), (test, 8)] {
            assert_eq!(part(&found, rows).iter().filter(|row| 60 <= **row).count(), want);
        }
    }

    #[test]
    fn the_latest_rows_are_kept_out() {
        let times = [5.0, 1.0, 4.0, 2.0, 3.0];
        let split = RowSplit::new(None, 0.25, 0.2, SplitMethod::Time { column: column() });
        let keys = SplitKeys { times: &times, ..SplitKeys::default() };
        assert_eq!(split.order(5, keys).unwrap().rows, [1, 3, 4, 2, 0]);
    }

    #[test]
    fn each_row_validates_in_one_fold_of_a_repeat() {
        let tail = std::iter::once(SplitMethod::Tail);
        for method in tail.chain(methods().into_iter().take(3)) {
            let fold = |fold, repeat| {
                let fold = Some(Fold { fold, folds: 3, repeat, seed: 2 });
                order(&RowSplit::new(Some(100), 0.0, 0.2, method.clone()).with_fold(fold))
            };
            let test = |order: &RowOrder| part(order, &order.parts.test);
            for repeat in 0..2 {
                let orders: Vec<_> = (0..3).map(|number| fold(number, repeat)).collect();
                assert!(orders.iter().all(|order| test(order) == test(&fold(0, 0))));
                let sizes = orders.iter().map(|order| order.parts.validation.len());
                assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 9, "{method:?}");
                let validated = orders.iter().map(|order| part(order, &order.parts.validation));
                let kept =
                    sorted([validated.collect::<Vec<_>>().concat(), test(&orders[0])].concat());
                assert_eq!(kept, (0..100).collect::<Vec<_>>());
            }
            let validated = |order: &RowOrder| part(order, &order.parts.validation);
            assert_ne!(validated(&fold(0, 0)), validated(&fold(0, 1)), "{method:?}");
        }
    }

    #[test]
    fn folds_in_time_train_on_what_is_before() {
        let times: Vec<f64> = (0..11).rev().map(f64::from).collect();
        let keys = SplitKeys { times: &times, ..SplitKeys::default() };
        let parts = |fold| {
            let method = SplitMethod::Time { column: column() };
            let fold = Some(Fold { fold, folds: 3, repeat: 0, seed: 0 });
            let found = RowSplit::new(None, 0.0, 0.1, method).with_fold(fold).order(11, keys);
            let found = found.unwrap();
            let Parts { training, validation, test } = &found.parts;
            [training, validation, test].map(|rows| part(&found, rows))
        };
        // Row 10 is the first in time; rows 1 and 0, the last two, are kept out.
        assert_eq!(parts(0), [vec![8, 9, 10], vec![6, 7], vec![0, 1]]);
        assert_eq!(parts(2), [vec![4, 5, 6, 7, 8, 9, 10], vec![2, 3], vec![0, 1]]);
    }
}
