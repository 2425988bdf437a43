//! How near predictions are to the true values of each target.

use crate::experiment::Answers;

/// The errors of a target.
///
/// ```text
/// mean absolute error        Σ |y - t| / n
/// root mean squared error    sqrt(Σ (y - t)² / n)
/// r2                         1 - Σ (y - t)² / Σ (t - mean t)²
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetScores {
    /// The mean absolute error.
    pub mean_absolute_error: f64,
    /// The root mean squared error.
    pub root_mean_squared_error: f64,
    /// The coefficient of determination; NaN if all true values are the same.
    pub r2: f64,
}

impl TargetScores {
    /// The errors of each target; none of classes.
    pub fn of(answers: &Answers) -> Vec<TargetScores> {
        let width = answers.values(0).map_or(0, <[f32]>::len);
        (0..width).map(|target| one(answers, target)).collect()
    }
}

fn one(answers: &Answers, target: usize) -> TargetScores {
    let rows = || {
        let row = |place: usize| Some((answers.outputs(place), answers.values(place)?));
        (0..answers.len())
            .filter_map(row)
            .map(|(y, t)| (f64::from(y[target]), f64::from(t[target])))
    };
    let n = answers.len() as f64;
    let mean = rows().map(|(_, t)| t).sum::<f64>() / n;
    let squares: f64 = rows().map(|(y, t)| (y - t).powi(2)).sum();
    let spread: f64 = rows().map(|(_, t)| (t - mean).powi(2)).sum();
    TargetScores {
        mean_absolute_error: rows().map(|(y, t)| (y - t).abs()).sum::<f64>() / n,
        root_mean_squared_error: (squares / n).sqrt(),
        r2: if spread == 0.0 { f64::NAN } else { 1.0 - squares / spread },
    }
}
