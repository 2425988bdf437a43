//! Asks for memory to be brought near before it is used; it reads nothing, and changes no result.

/// Bytes of a line of the cache.
pub(super) const LINE: usize = 64;

/// Asks for all cache lines of `data`.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    let start = data.as_ptr().cast::<u8>();
    let before = start.addr() % LINE;
    prefetch_at(start.wrapping_sub(before), before + size_of_val(data));
}

/// Asks for the cache lines of `n` values from `at` on, wherever that is.
#[inline(always)]
pub(super) fn prefetch_at<T>(at: *const T, n: usize) {
    for line in (0..n * size_of::<T>()).step_by(LINE) {
        ask(at.cast::<u8>().wrapping_add(line));
    }
}

#[inline(always)]
fn ask(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never fails, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
