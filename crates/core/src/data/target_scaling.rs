//! The scaling of real-valued targets, fitted on the rows that train, and its inverse.
//!
//! ```text
//! x = t                         or sign(t) ln(1 + |t|) with `log`
//! y = (x - shift) / divisor     standardize, log: mean and deviation of x;  min_max: min and max - min
//! t = y divisor + shift         then sign(x) (eˣ - 1) of |x| with `log`
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Targets;
use crate::data::number_fit::range;
use crate::data::standardization::LEAST;
use crate::data::training_rows::TrainingRows;

/// How real-valued targets are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetScaling {
    /// Mean 0 and variance 1.
    Standardize,
    /// From 0 to 1.
    MinMax,
    /// sign(t) ln(1 + |t|), then mean 0 and variance 1; for prices and counts.
    Log,
}

/// The scaling of one target with the numbers of the rows that train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetTransform {
    /// Whether the logarithm is taken.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub log: bool,
    /// Subtracted.
    pub shift: f64,
    /// Divided by.
    pub divisor: f64,
}

impl TargetTransform {
    /// The transform of each of `width` targets by the rows that train.
    pub(super) fn all_of(
        rows: &dyn TrainingRows,
        width: usize,
        scaling: TargetScaling,
    ) -> Vec<TargetTransform> {
        (0..width).map(|target| TargetTransform::fit(rows, target, scaling)).collect()
    }

    fn fit(rows: &dyn TrainingRows, target: usize, scaling: TargetScaling) -> TargetTransform {
        let log = scaling == TargetScaling::Log;
        let each = |see: &mut dyn FnMut(f64)| {
            rows.visit(&mut |_, targets, rows| {
                let Targets::Values { values, width } = targets else { return };
                for t in values[..rows * width].iter().skip(target).step_by(*width) {
                    let t = f64::from(*t);
                    see(if log { logarithm(t) } else { t });
                }
            });
        };
        let (mut n, mut sum, mut min, mut max) = (0.0_f64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        each(&mut |x| {
            n += 1.0;
            sum += x;
            (min, max) = (min.min(x), max.max(x));
        });
        let (shift, divisor) = match scaling {
            TargetScaling::MinMax => range(min, max),
            TargetScaling::Standardize | TargetScaling::Log => {
                let (n, mut squares) = (n.max(1.0), 0.0);
                let mean = sum / n;
                each(&mut |x| squares += (x - mean).powi(2));
                (mean, (squares / n).sqrt().max(LEAST))
            }
        };
        TargetTransform { log, shift, divisor }
    }

    /// The scaled target.
    pub fn apply(&self, t: f32) -> f32 {
        let t = f64::from(t);
        let x = if self.log { logarithm(t) } else { t };
        ((x - self.shift) / self.divisor) as f32
    }

    /// The target of a scaled one, in the unit of the data.
    pub fn undo(&self, y: f32) -> f32 {
        let x = f64::from(y) * self.divisor + self.shift;
        (if self.log { x.signum() * x.abs().exp_m1() } else { x }) as f32
    }

    /// Makes sure that a transform that was read from a file can be applied and undone.
    pub fn validate(&self) -> Result<(), String> {
        if self.shift.is_finite() && self.divisor.is_finite() && 0.0 < self.divisor {
            Ok(())
        } else {
            Err("its scaling of targets is damaged".to_owned())
        }
    }
}

fn logarithm(t: f64) -> f64 {
    t.signum() * t.abs().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::training_rows::FirstRows;
    use crate::data::{Inputs, Table, Values};

    fn table(values: &[f32], width: usize) -> Table {
        let inputs = Inputs::new(1, Values::Floats(vec![1.0; values.len() / width]));
        let targets = Targets::Values { values: values.to_vec(), width };
        Table::new(inputs, targets, vec![1])
    }

    /// NumPy: `(t - t[:3].mean(0)) / t[:3].std(0)`, also of `numpy.log1p(t)`.
    #[test]
    fn targets_are_scaled_by_the_rows_that_train() {
        let table = table(&[1.0, 100.0, 3.0, 200.0, 5.0, 600.0, 90.0, 7.0], 2);
        let apply = |scaling, t: [f32; 2]| {
            let all = TargetTransform::all_of(&FirstRows::new(&table, 3), 2, scaling);
            [all[0].apply(t[0]), all[1].apply(t[1])]
        };
        assert_eq!(apply(TargetScaling::Standardize, [90.0, 7.0]), [53.276_4, -1.356_326_5]);
        assert_eq!(apply(TargetScaling::MinMax, [90.0, 7.0]), [22.25, -0.186]);
        assert_eq!(apply(TargetScaling::Log, [90.0, 7.0]), [7.099_725_2, -4.574_595_5]);
    }

    #[test]
    fn scaling_is_undone() {
        let prices = table(&[-20.0, 3.5, 120_000.0, 0.0, 980_000.0], 1);
        for scaling in [TargetScaling::Standardize, TargetScaling::MinMax, TargetScaling::Log] {
            let transform = &TargetTransform::all_of(&FirstRows::new(&prices, 5), 1, scaling)[0];
            for t in [-20.0_f32, 3.5, 0.0, 120_000.0, 980_000.0, 5e6] {
                let back = transform.undo(transform.apply(t));
                assert!((back - t).abs() <= 3e-6 * t.abs().max(1e4), "{scaling:?} {t} {back}");
            }
        }
        // Equal targets have no deviation.
        let equal = table(&[7.0, 7.0], 1);
        let rows = FirstRows::new(&equal, 2);
        let constant = TargetTransform::fit(&rows, 0, TargetScaling::MinMax);
        assert_eq!((constant.apply(7.0), constant.undo(0.0)), (0.0, 7.0));
    }
}
