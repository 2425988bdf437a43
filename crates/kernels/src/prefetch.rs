//! Asks for memory to be brought near before it is used; it reads nothing, and changes no result.

use std::ops::Range;
use std::ptr;

/// Bytes of a line of the cache.
pub(super) const LINE: usize = 64;

/// Asks for all cache lines of `data`.
#[inline(always)]
pub fn prefetch<T>(data: &[T]) {
    prefetch_at(data.as_ptr(), data.len());
}

/// Asks for the cache lines of `n` values from `at` on, wherever that is.
#[inline(always)]
pub(super) fn prefetch_at<T>(at: *const T, n: usize) {
    for line in (0..n * size_of::<T>()).step_by(LINE) {
        ask(at.cast::<u8>().wrapping_add(line));
    }
}

/// Lines of the cache that are asked for one by one, between other work: many at once have to wait
/// for each other, and what is read meanwhile waits with them.
pub(super) struct Lines {
    next: *const u8,
    end: *const u8,
}

impl Lines {
    /// No lines.
    pub(super) const NONE: Lines = Lines { next: ptr::null(), end: ptr::null() };

    /// The lines that `data` lies in.
    #[inline(always)]
    pub(super) fn of<T>(data: &[T]) -> Lines {
        let Range { start, end } = data.as_ptr_range();
        let start = start.cast::<u8>();
        Lines { next: start.wrapping_sub(start.addr() % LINE), end: end.cast() }
    }

    /// Asks for the next line; false if there is none.
    #[inline(always)]
    pub(super) fn ask(&mut self) -> bool {
        let is_left = self.next < self.end;
        if is_left {
            ask(self.next);
            self.next = self.next.wrapping_add(LINE);
        }
        is_left
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_asked_for_once() {
        let room = vec![0u8; 1024];
        let start = room.as_ptr().align_offset(LINE);
        for (from, n, lines) in [(0, 0, 0), (0, 1, 1), (0, 64, 1), (63, 2, 2), (60, 132, 3)] {
            let mut left = Lines::of(&room[start + from..start + from + n]);
            assert_eq!((0..9).filter(|_| left.ask()).count(), lines, "{n} bytes from {from} on");
        }
        assert!(!{ Lines::NONE }.ask());
    }
}
