//! Which vector instructions this processor has, found out once and proven by a value; the only
//! place where one implementation is chosen over another (but for two small ones in `compress.rs`).

use super::portable::Portable;
use super::vector::Kernel;
#[cfg(target_arch = "x86_64")]
use super::x86::{avx2, avx512};

/// Proof that the processor has a set of vector instructions, and the key to the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arch(Isa);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Fused,
    Unfused,
}

impl Arch {
    /// The best that this processor has.
    pub fn detect() -> Arch {
        Arch::available()[0]
    }

    /// All that can run here, the best first; for tests that hold them to each other.
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
        levels.push(Isa::Fused);
        levels.into_iter().map(Arch).collect()
    }

    /// What the instructions are called.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "AVX2",
            Isa::Fused => "portable",
            Isa::Unfused => "portable, without fused multiply-add",
        }
    }

    /// Runs `kernel` with this processor's vectors.
    #[inline(always)]
    pub fn dispatch<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: a `Arch` of this level is made only where the features were detected.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => unsafe { avx512::run(kernel) },
            // SAFETY: a `Arch` of this level is made only where the features were detected.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => unsafe { avx2::run(kernel) },
            Isa::Fused => kernel.run(Portable::<true>),
            Isa::Unfused => kernel.run(Portable::<false>),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    // Every processor with AVX2 has the others; slots are taken apart, and bits counted, with them.
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}
