//! Huge pages for long buffers, which save walks through page tables at random reads.

/// Advises the system to use huge pages for `buffer`, before its first use: untouched memory has no
/// pages yet. The system may refuse; no result depends on it.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn advise_huge_pages<T>(buffer: &mut [T]) {
    /// The size of a huge page on most machines, and whole pages on the others.
    const HUGE_PAGE: usize = 1 << 21;
    let (from, size) = (buffer.as_mut_ptr().addr(), size_of_val(buffer));
    let (from, to) = (from.next_multiple_of(HUGE_PAGE), (from + size) / HUGE_PAGE * HUGE_PAGE);
    if from < to {
        let start = buffer.as_mut_ptr().cast::<libc::c_void>().with_addr(from);
        // SAFETY: all of these pages belong to the buffer; the advice leaves what is in them.
        unsafe { libc::madvise(start, to - from, libc::MADV_HUGEPAGE) };
    }
}

/// Other systems, and Miri, have no such call.
#[cfg(any(not(target_os = "linux"), miri))]
pub(crate) fn advise_huge_pages<T>(_: &mut [T]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_survive() {
        for n in [0, 1, 1 << 19, (1 << 20) + 17] {
            let mut numbers: Vec<u32> = (0..n).collect();
            advise_huge_pages(&mut numbers);
            assert!(numbers.iter().copied().eq(0..n));
        }
    }
}
