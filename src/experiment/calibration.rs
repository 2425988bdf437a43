//! The calibration of classes: how often a prediction of some probability is right.

use super::answers::Answers;

/// The number of bins.
const BINS: usize = 10;

/// The reliability diagram of the predicted classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// The expected calibration error: Σ nᵢ/n · |accuracyᵢ − confidenceᵢ| over the bins
    /// ([Guo et al. 2017](https://arxiv.org/abs/1706.04599)).
    pub error: f64,
    /// The bins with rows, in the order of their probabilities.
    pub bins: Vec<CalibrationBin>,
}

/// The rows whose predicted class has a probability of some range.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationBin {
    /// The lower end of the range; the upper one is 0.1 above.
    pub from: f64,
    /// The number of rows.
    pub rows: usize,
    /// The mean probability of the predicted class.
    pub confidence: f64,
    /// The share of rows with the right class.
    pub accuracy: f64,
}

impl Calibration {
    /// The calibration of answers; none for real values and without rows.
    pub fn of(answers: &Answers) -> Option<Calibration> {
        answers.classes().filter(|_| !answers.is_empty())?;
        let mut sums = [(0_usize, 0.0_f64, 0_usize); BINS];
        for place in 0..answers.len() {
            let predicted = answers.predicted(place);
            let confidence = f64::from(answers.outputs(place)[predicted]);
            let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
            let (rows, sum, right) = &mut sums[bin];
            *rows += 1;
            *sum += confidence;
            *right += usize::from(answers.class(place) == Some(predicted));
        }
        let bin = |(at, (rows, sum, right)): (usize, (usize, f64, usize))| CalibrationBin {
            from: at as f64 / BINS as f64,
            rows,
            confidence: sum / rows as f64,
            accuracy: right as f64 / rows as f64,
        };
        let filled = sums.into_iter().enumerate().filter(|(_, (rows, ..))| 0 < *rows);
        let bins: Vec<_> = filled.map(bin).collect();
        let share = |bin: &CalibrationBin| bin.rows as f64 / answers.len() as f64;
        let error = bins.iter().map(|bin| share(bin) * (bin.accuracy - bin.confidence).abs()).sum();
        Some(Calibration { error, bins })
    }
}
