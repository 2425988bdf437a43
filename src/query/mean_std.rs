//! Mean and sample standard deviation.

use std::fmt;

use super::format::number;

/// The mean of some numbers, and how far they are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanStd {
    /// Their mean.
    pub mean: f64,
    /// The standard deviation of two or more, by n − 1.
    pub std: Option<f64>,
}

impl MeanStd {
    /// Of these numbers, unless there are none.
    pub fn of(numbers: &[f64]) -> Option<MeanStd> {
        let n = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let squares: f64 = numbers.iter().map(|x| (x - mean).powi(2)).sum();
        let std = (1 < numbers.len()).then(|| (squares / (n - 1.0)).sqrt());
        (!numbers.is_empty()).then_some(MeanStd { mean, std })
    }
}

impl fmt::Display for MeanStd {
    /// `0.1182 ± 0.0012`; the deviation has the digits of its mean.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = number(self.mean);
        match self.std {
            None => write!(out, "{text}"),
            Some(std) if text.contains('e') => write!(out, "{text} ± {}", number(std)),
            Some(std) => write!(out, "{text} ± {std:.4}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_of_samples() {
        let spread = MeanStd::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((spread.mean, spread.std), (2.5, Some((5.0_f64 / 3.0).sqrt())));
        assert_eq!(MeanStd::of(&[7.0]), Some(MeanStd { mean: 7.0, std: None }));
        assert_eq!(MeanStd::of(&[]), None);
    }
}
