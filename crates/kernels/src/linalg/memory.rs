//! Asks the system for large pages under long buffers, so that what is read here and there in them is
//! found without a walk through page tables; it changes no result.

/// Asks for large pages under `buffer`, which nobody has touched yet: memory that was only just asked
/// for has no pages at all. The system may well refuse.
#[cfg(all(target_os = "linux", not(miri)))]
pub fn advise_huge_pages<T>(buffer: &mut [T]) {
    /// What is large on most machines, and whole pages where it is not.
    const LARGE: usize = 1 << 21;
    let (from, size) = (buffer.as_mut_ptr().addr(), size_of_val(buffer));
    let (from, to) = (from.next_multiple_of(LARGE), (from + size) / LARGE * LARGE);
    if from < to {
        let start = buffer.as_mut_ptr().cast::<libc::c_void>().with_addr(from);
        // SAFETY: all of these pages belong to the buffer; the advice leaves what is in them.
        unsafe { libc::madvise(start, to - from, libc::MADV_HUGEPAGE) };
    }
}

/// Other systems are not asked, nor is Miri, which has no such call.
#[cfg(any(not(target_os = "linux"), miri))]
pub fn advise_huge_pages<T>(_: &mut [T]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_buffer_stays_there() {
        for n in [0, 1, 1 << 19, (1 << 20) + 17] {
            let mut numbers: Vec<u32> = (0..n).collect();
            advise_huge_pages(&mut numbers);
            assert!(numbers.iter().copied().eq(0..n));
        }
    }
}
