//! The plain twins: each kernel once more as its formula reads, one number at a time; the tests
//! hold the fast ones to these, and nothing else uses them.

/// C = C₀ + A B for A (m × k), B (k × n), C₀ (m × n), row-major without padding.
pub fn product(m: usize, k: usize, n: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] = a[i * k + p].mul_add(b[p * n + j], c[i * n + j]);
            }
        }
    }
}

/// The transpose of A (m × n).
pub fn transpose(m: usize, n: usize, a: &[f32]) -> Vec<f32> {
    (0..n).flat_map(|j| (0..m).map(move |i| a[i * n + j])).collect()
}

/// The sums of the columns of A (m × n), from the first row to the last.
pub fn column_sums(n: usize, a: &[f32]) -> Vec<f32> {
    (0..n).map(|j| a.chunks_exact(n).fold(0.0, |sum, row| sum + row[j])).collect()
}

/// softmax(z) of one row, in double precision.
pub fn softmax(z: &[f32]) -> Vec<f64> {
    let greatest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let e: Vec<f64> = z.iter().map(|z| f64::from(z - greatest).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// −Σ t ln softmax(z) of one row, in double precision.
pub fn crossentropy(z: &[f32], t: &[f32]) -> f64 {
    softmax(z).iter().zip(t).map(|(p, t)| -f64::from(*t) * p.ln()).sum()
}

/// The sums of the squares of each row of A (m × n), in double precision.
pub fn row_square_sums(n: usize, a: &[f32]) -> Vec<f64> {
    a.chunks_exact(n).map(|row| row.iter().map(|x| f64::from(*x).powi(2)).sum()).collect()
}

/// The sums of the squares of each column of A (m × n), from the first row to the last.
pub fn column_square_sums(n: usize, a: &[f32]) -> Vec<f32> {
    let add = |sum: f32, x: f32| x.mul_add(x, sum);
    (0..n).map(|j| a.chunks_exact(n).fold(0.0, |sum, row| add(sum, row[j]))).collect()
}
