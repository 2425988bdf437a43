//! 32-bit numbers as text: the shortest decimal with the same bits after parsing, without rounding
//! for display.

/// The shortest decimal for `value`, a 32-bit number in 64 bits. Non-finite values are `nan`, `inf`
/// and `-inf`.
pub(super) fn to_text(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return "nan".to_owned();
    }
    let magnitude = value.abs();
    let long = magnitude.is_finite() && !(1e-4..1e16).contains(&magnitude);
    if long && magnitude != 0.0 { format!("{value:e}") } else { value.to_string() }
}

/// Parses the text of [`to_text`].
pub(super) fn from_text(text: &str) -> Option<f64> {
    text.parse::<f32>().ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_shortest() {
        let cases = [
            (0.3353f32, "0.3353"),
            (0.001, "0.001"),
            (1e-7, "1e-7"),
            (3.402_823_5e38, "3.4028235e38"),
            (1.0, "1"),
            (0.0, "0"),
            (-2.5, "-2.5"),
            (16_777_216.0, "16777216"),
            (f32::NAN, "nan"),
            (f32::INFINITY, "inf"),
            (f32::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(to_text(f64::from(value)), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_comes_back(bits: u32) {
            let value = f64::from(f32::from_bits(bits));
            let back = from_text(&to_text(value)).unwrap();
            assert!(back.to_bits() == value.to_bits() || back.is_nan() && value.is_nan());
        }
    }

    #[test]
    fn words_are_no_numbers() {
        assert_eq!(from_text("four"), None);
        assert_eq!(from_text(""), None);
    }
}
