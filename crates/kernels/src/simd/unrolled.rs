//! Several vectors in step: the chains of dependent operations of a formula overlap.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::vector::{F32x16, LANES, Simd, SimdFloat};

/// `N` vectors: every operation runs on all of them before the next operation.
///
/// A processor looks a few hundred instructions ahead for independent work; in this order it finds
/// some.
#[derive(Clone, Copy)]
pub(crate) struct Unrolled<V, const N: usize>(pub(crate) [V; N]);

/// A loop over the vectors, since a closure would be compiled without their instructions.
macro_rules! each {
    ($i:ident => $value:expr, $first:expr) => {{
        let mut out = $first;
        for $i in 0..N {
            out[$i] = $value;
        }
        Unrolled(out)
    }};
}

impl<V: F32x16, const N: usize> Unrolled<V, N> {
    /// Reads `N` vectors that follow each other.
    ///
    /// # Safety
    /// `from` must be valid for reading that many numbers.
    #[inline(always)]
    pub(crate) unsafe fn load_ptr(simd: V::Simd, from: *const f32) -> Self {
        // SAFETY: the caller promises N vectors.
        each!(i => unsafe { simd.load_ptr(from.add(i * LANES)) }, [simd.splat(0.0); N])
    }

    /// Writes `N` vectors one after the other.
    ///
    /// # Safety
    /// `to` must be valid for writing that many numbers.
    #[inline(always)]
    pub(crate) unsafe fn store_ptr(self, to: *mut f32) {
        for (i, v) in self.0.into_iter().enumerate() {
            // SAFETY: the caller promises N vectors.
            unsafe { v.store_ptr(to.add(i * LANES)) };
        }
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<V: F32x16, const N: usize> $trait for Unrolled<V, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                each!(i => $trait::$method(self.0[i], other.0[i]), self.0)
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl<V: F32x16, const N: usize> Neg for Unrolled<V, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        each!(i => -self.0[i], self.0)
    }
}

/// Methods of one vector for each of several, with vectors and scalars as arguments.
macro_rules! each_method {
    ($($method:ident($($vector:ident),*; $($scalar:ident: $type:ty)?);)*) => { $(
        #[inline(always)]
        fn $method(self, $($vector: Self,)* $($scalar: $type)?) -> Self {
            each!(i => self.0[i].$method($($vector.0[i],)* $($scalar)?), self.0)
        }
    )* };
}

impl<V: F32x16, const N: usize> SimdFloat for Unrolled<V, N> {
    each_method! {
        mul_add(b, c;);
        sqrt(;);
        max(other;);
        min(other;);
        abs(;);
        round(;);
        exp2i(;);
        rsqrt_guess(; magic: i32);
        reciprocal_guess(; magic: i32);
        select_lt(other, yes, no;);
        flush_tiny(;);
    }

    #[inline(always)]
    fn splat(self, x: f32) -> Self {
        Unrolled([self.0[0].splat(x); N])
    }

    #[inline(always)]
    fn frexp(self) -> (Self, Self) {
        (each!(i => self.0[i].frexp().0, self.0), each!(i => self.0[i].frexp().1, self.0))
    }
}
