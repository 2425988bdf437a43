//! The number at the start of a text, without looking for its end first.
//!
//! Digits are collected as an integer m, and the decimal point as a power of ten. If m < 2^53 and the power is at most
//! 10^22, both are exact floats, and one multiplication or division rounds correctly
//! ([Clinger 1990](https://doi.org/10.1145/93548.93557)). All other numbers are left to the standard library.

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The most digits that an integer of 64 bits always holds.
const MAX_DIGITS: usize = 19;

/// The number that a text begins with, and its length; none if the standard library has to decide.
#[inline]
pub(super) fn fast_number(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let (whole, point) = digits(text, start, 0);
    let (mut mantissa, mut end, mut power) = (whole, point, 0_i32);
    let mut n_digits = point - start;
    if text.get(point) == Some(&b'.') {
        (mantissa, end) = digits(text, point + 1, whole);
        n_digits += end - point - 1;
        power = -((end - point - 1) as i32);
    }
    if n_digits == 0 || MAX_DIGITS < n_digits {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let (exponent, after) = exponent(text, end + 1)?;
        (power, end) = (power + exponent, after);
    }
    // Trailing zeros, as of `8.692932128906250000e-01`, are digits without a meaning.
    while 1 << 53 <= mantissa && mantissa.is_multiple_of(10) {
        (mantissa, power) = (mantissa / 10, power + 1);
    }
    let scale = *POWERS.get(power.unsigned_abs() as usize)?;
    if 1 << 53 <= mantissa {
        return None;
    }
    let size = if power < 0 { mantissa as f64 / scale } else { mantissa as f64 * scale };
    Some((if negative { -size } else { size }, end))
}

/// Digits from a place on, behind those of a number; with the place of their end.
#[inline]
fn digits(text: &[u8], start: usize, number: u64) -> (u64, usize) {
    let (mut at, mut number) = (start, number);
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (number, at)
}

/// An exponent of at most three digits, and the place of its end.
#[inline]
fn exponent(text: &[u8], start: usize) -> Option<(i32, usize)> {
    let (negative, start) = match text.get(start) {
        Some(b'-') => (true, start + 1),
        Some(b'+') => (false, start + 1),
        _ => (false, start),
    };
    let (number, end) = digits(text, start, 0);
    let known = start < end && end - start <= 3;
    known.then_some((if negative { -(number as i32) } else { number as i32 }, end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_numbers_are_fast() {
        for text in ["0", "-0.0", "1.5", ".5", "5.", "-12e3", "1E-7", "8.692932128906250000e-01"] {
            let (number, length) = fast_number(text.as_bytes()).unwrap();
            assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            assert_eq!(length, text.len());
        }
        assert_eq!(fast_number(b"12,3"), Some((12.0, 2)));
        for text in [
            "",
            "-",
            ".",
            "x",
            "1e",
            "1e+",
            "1e99",
            "12345678901234567890",
            "0.1234567890123456789",
        ] {
            assert_eq!(fast_number(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// Where it answers, it answers with the bits of the standard library.
        #[test]
        fn numbers_are_those_of_the_standard_library(
            text in prop_oneof![
                "-?[0-9]{0,20}[.]?[0-9]{0,20}([eE][+-]?[0-9]{1,3})?",
                any::<f64>().prop_map(|x| x.to_string()),
                any::<f32>().prop_map(|x| format!("{x:e}")),
            ]
        ) {
            if let Some((number, length)) = fast_number(text.as_bytes()) {
                prop_assert_eq!(number.to_bits(), text[..length].parse::<f64>().unwrap().to_bits());
            }
        }
    }
}
