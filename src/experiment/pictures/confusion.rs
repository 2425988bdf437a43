//! The confusion matrix as a picture: a row for each class, a column for each prediction.
//!
//! The diagonal is blue by the share of the row. All other cells are red by the root of their share
//! of the greatest mistake. On one scale with the hits, the few mistakes of a good network would be
//! invisible.

use super::canvas::{BLACK, Color, GRAY, WHITE, canvas, fill, mix};
use super::text::{TextStyle, centered, ending, fit, length};
use super::view::PredictionView;
use crate::events::{Picture, Summary, image};

/// The maximum number of classes with numbers in the cells.
const MOST_NUMBERED: usize = 20;
/// Pixels of all cells together, for more classes.
const SIDE: usize = 880;
/// TensorBoard shows the picture at half size, so texts have twice the necessary height.
const SIZE: f32 = 25.0;
/// The height of recall and precision.
const SMALL: f32 = 19.0;
const PRECISION: &str = "precision";
const BLUE: Color = [8, 64, 129];
const RED: Color = [203, 24, 29];
/// Pixels for the title and for the name of an axis.
const TITLE: usize = 42;
const AXIS: usize = 36;
/// The longest name of a class in pixels.
const LONGEST: f32 = 150.0;

/// The picture of all rows; none for real values.
pub(super) fn confusion_matrix(view: &PredictionView<'_>) -> Option<Summary> {
    let counts = view.of.confusion()?;
    let names: Vec<_> = (0..counts.len()).map(|class| view.name(class)).collect();
    Some(image("confusion_matrix", &[draw(&counts, &names)]))
}

/// The position of the cells.
struct CellGrid {
    left: usize,
    top: usize,
    cell: usize,
    n: usize,
    numbered: bool,
}

fn draw(counts: &[Vec<u64>], names: &[String]) -> Picture {
    let n = counts.len();
    let numbered = n <= MOST_NUMBERED;
    let cell = if numbered { 54 } else { (SIDE / n).max(1) };
    let names: Vec<_> = names.iter().map(|name| fit(name, SIZE, LONGEST)).collect();
    let longest = names.iter().map(|name| length(name, SIZE)).fold(0.0, f32::max);
    // The name of the last row stands below the names of the classes.
    let below = if numbered { length(PRECISION, SMALL) } else { 0.0 };
    let margin = AXIS + longest.max(below - AXIS as f32).ceil() as usize + 14;
    // Column names wider than their cells run upwards.
    let upwards = cell as f32 - 4.0 < longest;
    let top = TITLE + AXIS + if upwards { longest.ceil() as usize + 14 } else { 34 };
    let grid = CellGrid { left: margin, top, cell, n, numbered };
    let totals = if numbered { cell + 20 } else { 12 };
    let mut picture = canvas(margin + n * cell + totals, top + n * cell + totals);
    cells(&mut picture, &grid, counts);
    axes(&mut picture, &grid, &names, upwards);
    if numbered {
        shares(&mut picture, &grid, counts);
    }
    title(&mut picture, counts);
    picture
}

fn title(picture: &mut Picture, counts: &[Vec<u64>]) {
    let rows: u64 = counts.iter().flatten().sum();
    let hits: u64 = (0..counts.len()).map(|class| counts[class][class]).sum();
    let text = format!("{rows} rows, accuracy {:.4}", hits as f64 / rows.max(1) as f64);
    let middle = (picture.width as f32 / 2.0, TITLE as f32 / 2.0 + 2.0);
    centered(picture, middle, &text, TextStyle::new(SIZE, BLACK));
}

fn cells(picture: &mut Picture, grid: &CellGrid, counts: &[Vec<u64>]) {
    let share = |label: usize, predicted: usize| {
        counts[label][predicted] as f32 / counts[label].iter().sum::<u64>().max(1) as f32
    };
    let pairs =
        || (0..grid.n).flat_map(|label| (0..grid.n).map(move |predicted| (label, predicted)));
    let wrong = pairs().filter(|(label, predicted)| label != predicted);
    let worst = wrong.map(|(label, predicted)| share(label, predicted)).fold(0.0, f32::max);
    let gap = usize::from(8 < grid.cell);
    for (label, predicted) in pairs() {
        let (count, share) = (counts[label][predicted], share(label, predicted));
        let (full, depth) = match label == predicted {
            true => (BLUE, share),
            false if worst == 0.0 => (RED, 0.0),
            false => (RED, 0.9 * (share / worst).sqrt()),
        };
        let (x, y) = (grid.left + predicted * grid.cell, grid.top + label * grid.cell);
        let ground = if count == 0 { [247; 3] } else { mix(WHITE, full, 0.08 + 0.92 * depth) };
        fill(picture, (x, y), (grid.cell - gap, grid.cell - gap), ground);
        if grid.numbered {
            let color = match count {
                0 => [190; 3],
                _ if 0.55 < depth => WHITE,
                _ => BLACK,
            };
            let half = grid.cell as f32 / 2.0;
            let middle = (x as f32 + half, y as f32 + half);
            let text = count.to_string();
            let size = (grid.cell as f32 - 6.0) / length(&text, 1.0);
            centered(picture, middle, &text, TextStyle::new(size.min(SIZE), color));
        }
    }
}

/// The names of the axes and of the classes; with many classes, only every n-th class is named.
fn axes(picture: &mut Picture, grid: &CellGrid, names: &[String], upwards: bool) {
    let side = (grid.n * grid.cell) as f32;
    let (left, top) = (grid.left as f32, grid.top as f32);
    let black = TextStyle::new(SIZE, BLACK);
    let middle = (left + side / 2.0, TITLE as f32 + AXIS as f32 / 2.0);
    centered(picture, middle, "predicted class", black);
    let middle = (AXIS as f32 / 2.0, top + side / 2.0);
    centered(picture, middle, "true class", TextStyle { upwards: true, ..black });
    let every = (SIZE as usize + 4).div_ceil(grid.cell);
    let gray = TextStyle::new(SIZE, GRAY);
    for (class, name) in names.iter().enumerate().step_by(every) {
        let at = (class * grid.cell) as f32 + grid.cell as f32 / 2.0;
        ending(picture, (left - 8.0, top + at), name, gray);
        if upwards {
            let start = (left + at, top - 8.0);
            super::text::starting(picture, start, name, TextStyle { upwards, ..gray });
        } else {
            centered(picture, (left + at, top - 17.0), name, gray);
        }
    }
}

/// Recall at the end of each row, precision at the end of each column.
fn shares(picture: &mut Picture, grid: &CellGrid, counts: &[Vec<u64>]) {
    let style = TextStyle::new(SMALL, GRAY);
    let end = (grid.n * grid.cell) as f32;
    let (left, top) = (grid.left as f32, grid.top as f32);
    let half = grid.cell as f32 / 2.0;
    let text = |hits: u64, all: u64| match all {
        0 => "–".to_owned(),
        all => format!("{:.3}", hits as f64 / all as f64),
    };
    for class in 0..grid.n {
        let at = (class * grid.cell) as f32 + half;
        let hits = counts[class][class];
        let recall = text(hits, counts[class].iter().sum());
        centered(picture, (left + end + half, top + at), &recall, style);
        let precision = text(hits, counts.iter().map(|row| row[class]).sum());
        centered(picture, (left + at, top + end + 20.0), &precision, style);
    }
    centered(picture, (left + end + half, top - 17.0), "recall", style);
    ending(picture, (left - 8.0, top + end + 20.0), PRECISION, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(picture: &Picture, x: usize, y: usize) -> Color {
        let at = 3 * (y * picture.width + x);
        [picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]]
    }

    #[test]
    fn one_mistake_in_a_thousand_is_seen() {
        let names: Vec<_> = (0..3).map(|class| class.to_string()).collect();
        let counts = vec![vec![999, 1, 0], vec![0, 1000, 0], vec![20, 0, 980]];
        let picture = draw(&counts, &names);
        let margin = picture.width - 3 * 54 - (54 + 20);
        let top = picture.height - 3 * 54 - (54 + 20);
        let corner = |label: usize, predicted: usize| {
            pixel(&picture, margin + predicted * 54 + 2, top + label * 54 + 2)
        };
        let [hit, mistake, none] = [corner(0, 0), corner(0, 1), corner(0, 2)];
        assert!(hit[2] > hit[0], "blue: {hit:?}");
        assert!(mistake[0] > mistake[2] + 20, "red: {mistake:?}");
        assert_eq!(none, [247; 3]);
        let worst = corner(2, 0);
        assert!(worst[1] < mistake[1], "more is darker: {worst:?}");
    }

    #[test]
    fn any_number_of_classes_and_any_name_fits() {
        for n in [2, 20, 21, 100, 1000] {
            let names: Vec<_> = (0..n).map(|class| "大".repeat(class % 40)).collect();
            let picture = draw(&vec![vec![0; n]; n], &names);
            assert!(picture.width < 1400 && picture.height < 1400, "{n}");
        }
    }
}
