//! The instructions that bring together what the bits of a mask pick out of a vector (AVX-512 VBMI2): used
//! by who has seen that the processor has them, and has a plain way beside them.

use crate::kernels::groups::GROUP;
use crate::kernels::mask::Word;

/// Proof that the processor has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compress(vbmi2::Has);

impl Compress {
    /// The proof, if there is one.
    pub(super) fn detect() -> Option<Compress> {
        vbmi2::detect().map(Compress)
    }

    /// Writes the number of each bit that is set in `words` into `to`, ascending; each word comes with the
    /// number of its first bit. Returns how many there are.
    ///
    /// Panics when there is no room for 32 numbers behind those of the words before.
    #[inline(always)]
    pub(super) fn numbers(self, words: impl Iterator<Item = (u64, u16)>, to: &mut [u16]) -> usize {
        // SAFETY: there is proof that the processor has the instructions.
        unsafe { vbmi2::numbers(self.0, words, to) }
    }

    /// Writes the groups of which some bit is set in `words` into `to`, where each such bit stands for the
    /// next of the bytes in `next`, which must be as many, and each other for 0. Returns how many groups
    /// and bytes there are.
    ///
    /// Panics when there is no room for them.
    pub(super) fn groups(
        self,
        words: &[Word],
        next: &[u8],
        to: &mut [[u8; GROUP]],
    ) -> (usize, usize) {
        // SAFETY: there is proof that the processor has the instructions.
        unsafe { vbmi2::groups(self.0, words, next, to) }
    }
}

#[cfg(target_arch = "x86_64")]
mod vbmi2 {
    use std::arch::x86_64::*;

    use crate::kernels::groups::GROUP;
    use crate::kernels::mask::{WORD, Word, groups_in};

    #[derive(Clone, Copy, Debug)]
    pub(super) struct Has;

    /// Numbers of two bytes in a vector, which has 64 bytes, one for each bit of a word.
    const HALF: usize = WORD / 2;

    pub(super) fn detect() -> Option<Has> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Has)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
    pub(super) fn numbers(
        Has: Has,
        words: impl Iterator<Item = (u64, u16)>,
        to: &mut [u16],
    ) -> usize {
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
        let mut n = 0;
        for (word, first) in words {
            let mut numbers = _mm512_add_epi16(numbers, _mm512_set1_epi16(first as i16));
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

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
    pub(super) fn groups(
        Has: Has,
        words: &[Word],
        next: &[u8],
        to: &mut [[u8; GROUP]],
    ) -> (usize, usize) {
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
                let bytes =
                    _mm512_maskz_expand_epi8(word, _mm512_loadu_epi8(bytes.as_ptr().cast()));
                let picked = _mm512_maskz_compress_epi16(any, bytes);
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
}

/// Other processors never have them.
#[cfg(not(target_arch = "x86_64"))]
mod vbmi2 {
    use crate::kernels::groups::GROUP;
    use crate::kernels::mask::Word;

    pub(super) type Has = std::convert::Infallible;

    pub(super) fn detect() -> Option<Has> {
        None
    }

    /// # Safety
    /// Nobody can call it.
    pub(super) unsafe fn numbers(
        has: Has,
        _: impl Iterator<Item = (u64, u16)>,
        _: &mut [u16],
    ) -> usize {
        match has {}
    }

    /// # Safety
    /// Nobody can call it.
    pub(super) unsafe fn groups(
        has: Has,
        _: &[Word],
        _: &[u8],
        _: &mut [[u8; GROUP]],
    ) -> (usize, usize) {
        match has {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernels::grouping::one_by_one;
    use crate::kernels::mask::groups_in;

    proptest! {
        #[test]
        fn groups_are_those_of_the_plain_way(
            words in proptest::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..9),
            more in 0..70_usize,
        ) {
            // Without the instructions there is only the plain way.
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
