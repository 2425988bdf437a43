//! TensorRule powers from multiplications alone: the same bits on every machine, which the platform's
//! own function does not promise.

/// xⁿ, by squaring.
pub(super) fn power(x: f64, mut n: u64) -> f64 {
    let (mut square, mut product) = (x, 1.0);
    while n != 0 {
        if n % 2 == 1 {
            product *= square;
        }
        square *= square;
        n /= 2;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::power;

    #[test]
    fn powers_are_those_of_the_platform_but_for_roundings() {
        for x in [0.0, 0.5, 0.9, f64::from(0.999f32), 0.9999] {
            for n in [0u64, 1, 2, 3, 10, 999, 48_000, 10_000_000] {
                let want = x.powf(n as f64);
                assert!((power(x, n) - want).abs() <= 1e-11 * want, "{x} to the {n}");
            }
        }
    }
}
