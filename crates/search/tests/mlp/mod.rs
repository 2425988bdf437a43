//! The table of 3,240 recorded runs of small networks, `mlp_table.csv`: every combination of `mlp_table.toml`.
//! `record_table.py` makes it from the folder of the sweep.

use search::{Domain, Parameter, Point, Space};

/// The epochs of each run.
pub(crate) const EPOCHS: usize = 20;
/// Optimizer, activation, dropout, batch, units, rate; the first two have no order.
const SIZES: [usize; 6] = [3, 2, 3, 4, 5, 9];
const UNORDERED: usize = 2;

/// The right answers of each run after each epoch.
pub(crate) fn table() -> Vec<Vec<f64>> {
    let lines = include_str!("../mlp_table.csv").lines();
    let table: Vec<Vec<f64>> =
        lines.map(|line| line.split(',').map(|text| text.parse().unwrap()).collect()).collect();
    assert_eq!(table.len(), SIZES.iter().product::<usize>());
    assert!(table.iter().all(|curve| curve.len() == EPOCHS));
    table
}

/// The space of the runs.
pub(crate) fn space() -> Space {
    let domain = |(at, size): (usize, &usize)| {
        if at < UNORDERED {
            Domain::Choice { options: *size }
        } else {
            Domain::Integer { min: 0, max: *size as i64 - 1, step: 1, log: false }
        }
    };
    Space::new(SIZES.iter().enumerate().map(domain).map(Parameter::new).collect())
}

/// The line of a point in the table.
pub(crate) fn line(point: &Point) -> usize {
    let digits = point.iter().zip(SIZES);
    digits.fold(0, |index, (digit, size)| index * size + digit.unwrap() as usize)
}
