//! Histograms for the Histograms and Distributions dashboards.
//!
//! `BUCKETS` buckets of equal width cover \[min, max\]; each is a row (left, right, count). The index
//! of `x` is ⌊(x − min) / width⌋, and the maximum belongs to the last bucket. Equal numbers are all
//! counted in the last bucket; an empty input gives rows of 0.
//!
//! Format: `histogram_pb` in [`tensorboard/plugins/histogram/summary_v2.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/histogram/summary_v2.py).

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// TensorBoard's default.
const BUCKETS: usize = 30;

/// Encodes the histogram of the finite `numbers` under `tag`.
pub fn histogram(tag: &str, numbers: impl IntoIterator<Item = f32>) -> Summary {
    let numbers: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).map(f64::from).collect();
    let mut tensor = tensor(DataType::DT_DOUBLE, &[BUCKETS as i64, 3]);
    tensor.tensor_content =
        buckets(&numbers).as_flattened().iter().flat_map(|x| x.to_le_bytes()).collect();
    tensor_summary(tag, tensor, "histograms", Vec::new())
}

fn buckets(numbers: &[f64]) -> [[f64; 3]; BUCKETS] {
    let mut buckets = [[0.0; 3]; BUCKETS];
    let min = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let max = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max < min {
        return buckets;
    }
    let width = (max - min) / BUCKETS as f64;
    let edge = |i: usize| if i == BUCKETS { max } else { min + i as f64 * width };
    for (i, bucket) in buckets.iter_mut().enumerate() {
        *bucket = [edge(i), edge(i + 1), 0.0];
    }
    for x in numbers {
        let place = if width == 0.0 { BUCKETS } else { ((x - min) / width) as usize };
        buckets[place.min(BUCKETS - 1)][2] += 1.0;
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::assert_same_message;

    #[test]
    fn histogram_matches_tensorboard() {
        // TensorBoard 2.21.0, `tensorboard.plugins.histogram.summary_v2.histogram_pb("w",
        // np.array([1.0, 2.0, 2.5, 4.0]))`
        assert_same_message(&histogram("w", [1.0, 2.0, 2.5, 4.0, f32::NAN]), HISTOGRAM);
    }

    #[test]
    fn degenerate_inputs_have_buckets() {
        let mut equal = [[3.0, 3.0, 0.0]; BUCKETS];
        equal[BUCKETS - 1][2] = 2.0;
        assert_eq!(buckets(&[3.0, 3.0]), equal);
        assert_eq!(buckets(&[]), [[0.0; 3]; BUCKETS]);
    }

    const HISTOGRAM: &str = "\
0af5050a017742df05080212081202081e1202080322d005000000000000f03f9a9999999999f13f00000000\
0000f03f9a9999999999f13f333333333333f33f0000000000000000333333333333f33fcdccccccccccf43f\
0000000000000000cdccccccccccf43f666666666666f63f0000000000000000666666666666f63f00000000\
0000f83f0000000000000000000000000000f83f9a9999999999f93f00000000000000009a9999999999f93f\
343333333333fb3f0000000000000000343333333333fb3fcdccccccccccfc3f0000000000000000cdcccccc\
ccccfc3f666666666666fe3f0000000000000000666666666666fe3f00000000000000400000000000000000\
0000000000000040cdcccccccccc0040000000000000f03fcdcccccccccc00409a9999999999014000000000\
000000009a999999999901406666666666660240000000000000000066666666666602403433333333330340\
00000000000000003433333333330340000000000000044000000000000000000000000000000440cdcccccc\
cccc0440000000000000f03fcdcccccccccc04409a9999999999054000000000000000009a99999999990540\
6666666666660640000000000000000066666666666606403433333333330740000000000000000034333333\
33330740000000000000084000000000000000000000000000000840cdcccccccccc08400000000000000000\
cdcccccccccc08409a9999999999094000000000000000009a999999999909406766666666660a4000000000\
000000006766666666660a403433333333330b4000000000000000003433333333330b400000000000000c40\
00000000000000000000000000000c40cdcccccccccc0c400000000000000000cdcccccccccc0c409a999999\
99990d4000000000000000009a99999999990d406766666666660e4000000000000000006766666666660e40\
3433333333330f4000000000000000003433333333330f400000000000001040000000000000f03f4a0e0a0c\
0a0a686973746f6772616d73";
}
