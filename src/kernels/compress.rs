//! The instructions that bring together what the bits of a mask pick out of a vector (AVX-512 VBMI2): used
//! by who has seen that the processor has them, and has a plain way beside them.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::kernels::groups::GROUP;
use crate::kernels::mask::{WORD, Word, groups_in};

/// Proof that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compress(Has);

#[cfg(target_arch = "x86_64")]
type Has = ();

/// Other processors never have them.
#[cfg(not(target_arch = "x86_64"))]
type Has = std::convert::Infallible;

/// Numbers of two bytes in a vector.
const HALF: usize = WORD / 2;

// A word has a bit for each byte of a vector, and its groups for each half of as many.
const _: () = assert!(GROUP == 2);

impl Compress {
    /// The proof, if there is one.
    pub(super) fn detect() -> Option<Compress> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt")
        {
            return Some(Compress(()));
        }
        None
    }

    /// Writes the number of each bit that is set in `words` into `to`, ascending from the first bit's,
    /// which is `origin`. Returns how many there are.
    ///
    /// Panics when `to` has not room for 64 numbers more than these.
    #[inline(always)]
    pub(super) fn numbers(
        self,
        words: impl Iterator<Item = u64>,
        origin: u16,
        to: &mut [u16],
    ) -> usize {
        let Compress(has) = self;
        // SAFETY: there is proof that the processor has the instructions.
        #[cfg(target_arch = "x86_64")]
        return unsafe { numbers(has, words, origin, to) };
        #[cfg(not(target_arch = "x86_64"))]
        match has {}
    }

    /// Writes the groups of which some bit is set in `words` into `to`, where each such bit stands for the
    /// next of the bytes in `next`, and each other for 0. Returns how many groups and bytes there are.
    ///
    /// Panics when they are more than there is room for.
    pub(super) fn groups(
        self,
        words: &[Word],
        next: &[u8],
        to: &mut [[u8; GROUP]],
    ) -> (usize, usize) {
        let Compress(has) = self;
        // SAFETY: there is proof that the processor has the instructions.
        #[cfg(target_arch = "x86_64")]
        return unsafe { groups(has, words, next, to) };
        #[cfg(not(target_arch = "x86_64"))]
        match has {}
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn numbers((): Has, words: impl Iterator<Item = u64>, origin: u16, to: &mut [u16]) -> usize {
    const NUMBERS: [u16; HALF] = {
        let mut numbers = [0; HALF];
        let mut i = 0;
        while i < HALF {
            numbers[i] = i as u16;
            i += 1;
        }
        numbers
    };
    // SAFETY: the array is as great as a vector.
    let numbers = unsafe { _mm512_loadu_epi16(NUMBERS.as_ptr().cast()) };
    let mut numbers = _mm512_add_epi16(numbers, _mm512_set1_epi16(origin as i16));
    let mut n = 0;
    for word in words {
        for bits in [word as u32, (word >> HALF) as u32] {
            let to = to[n..].first_chunk_mut::<HALF>().expect("room for a vector");
            // SAFETY: the array is as great as a vector.
            unsafe {
                let picked = _mm512_maskz_compress_epi16(bits, numbers);
                _mm512_storeu_epi16(to.as_mut_ptr().cast(), picked);
            }
            n += bits.count_ones() as usize;
            numbers = _mm512_add_epi16(numbers, _mm512_set1_epi16(HALF as i16));
        }
    }
    n
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn groups((): Has, words: &[Word], next: &[u8], to: &mut [[u8; GROUP]]) -> (usize, usize) {
    let (mut n_groups, mut n_bytes) = (0, 0);
    for &word in words {
        let word = u64::from_le_bytes(word);
        let any = groups_in(word);
        let left = &next[n_bytes..];
        let mut few = [0; WORD];
        let bytes = left.first_chunk().unwrap_or_else(|| {
            few[..left.len()].copy_from_slice(left);
            &few
        });
        let mut groups = [[0; GROUP]; HALF];
        // SAFETY: the arrays are as great as a vector.
        unsafe {
            let bytes = _mm512_loadu_epi8(bytes.as_ptr().cast());
            let picked = _mm512_maskz_compress_epi16(any, _mm512_maskz_expand_epi8(word, bytes));
            _mm512_storeu_epi16(groups.as_mut_ptr().cast(), picked);
        }
        let n = any.count_ones() as usize;
        match to[n_groups..].first_chunk_mut() {
            Some(to) => *to = groups,
            None => to[n_groups..n_groups + n].copy_from_slice(&groups[..n]),
        }
        n_groups += n;
        n_bytes += word.count_ones() as usize;
    }
    (n_groups, n_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::grouping::one_by_one;

    proptest! {
        #[test]
        fn groups_are_those_of_the_plain_way(
            words in proptest::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..9),
            more in 0..70_usize,
        ) {
            let Some(compress) = Compress::detect() else { return Ok(()) };
            let n = words.iter().map(|word| word.count_ones() as usize).sum::<usize>();
            let next: Vec<u8> = (0..n + more).map(|i| 1 + (i % 255) as u8).collect();
            let n_groups: u32 = words.iter().map(|word| groups_in(*word).count_ones()).sum();
            let words: Vec<Word> = words.into_iter().map(u64::to_le_bytes).collect();
            let [mut got, mut want] = [(); 2].map(|()| vec![[0; GROUP]; n_groups as usize + more]);
            let counts = compress.groups(&words, &next, &mut got);
            prop_assert_eq!(counts, one_by_one(&words, &next, &mut want));
            prop_assert_eq!(counts, (n_groups as usize, n));
            prop_assert_eq!(&got[..counts.0], &want[..counts.0]);
        }
    }
}
