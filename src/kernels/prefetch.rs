//! Asks for memory to be brought near before it is used; it reads nothing, and changes no result.

/// Asks for all cache lines of `data`.
#[inline(always)]
pub(super) fn prefetch<T>(data: &[T]) {
    prefetch_at(data.as_ptr(), data.len());
}

/// Asks for the cache lines of `n` values from `at` on, wherever that is.
#[inline(always)]
pub(super) fn prefetch_at<T>(at: *const T, n: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..n * size_of::<T>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never fails, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast::<i8>().wrapping_add(line)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, n);
}
