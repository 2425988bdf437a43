//! The choice of an instruction set at run time: [`Arch`] proves that the processor has it.

use super::portable::Portable;
use super::vector::Kernel;
#[cfg(target_arch = "x86_64")]
use super::x86::{avx2, avx512};

/// An instruction set of this processor. Kernels run by [`Arch::dispatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arch(Isa);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Unfused,
    // On x86-64 for tests of equal bits alone: half of the code of all kernels would be this one's.
    #[cfg(any(not(target_arch = "x86_64"), debug_assertions))]
    Fused,
}

impl Arch {
    /// The best instruction set of this processor.
    pub fn detect() -> Arch {
        Arch::available()[0]
    }

    /// All instruction sets of this processor, the best first, for tests of equal bits.
    pub fn available() -> Vec<Arch> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx2()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
            {
                levels.push(Isa::Avx512);
            }
            if has_avx2() {
                levels.push(Isa::Avx2);
            }
            if levels.is_empty() {
                levels.push(Isa::Unfused);
            }
        }
        #[cfg(any(not(target_arch = "x86_64"), debug_assertions))]
        levels.push(Isa::Fused);
        levels.into_iter().map(Arch).collect()
    }

    /// The name of the instruction set.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Isa::Unfused => "portable, without fused multiply-add",
            #[cfg(any(not(target_arch = "x86_64"), debug_assertions))]
            Isa::Fused => "portable",
        }
    }

    /// Runs `kernel` with the vectors of the instruction set.
    #[inline(always)]
    pub fn dispatch<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: `available` makes this value only where it detects the features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { avx512::run(kernel) },
            // SAFETY: `available` makes this value only where it detects the features.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::run(kernel) },
            #[cfg(target_arch = "x86_64")]
            Isa::Unfused => kernel.run(Portable::<false>),
            #[cfg(any(not(target_arch = "x86_64"), debug_assertions))]
            Isa::Fused => kernel.run(Portable::<true>),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    // Every processor with AVX2 has the other features; the sparse kernels use them.
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}
