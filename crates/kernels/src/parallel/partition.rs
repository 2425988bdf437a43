//! Division of outputs among the threads of a team, into ranges that no two threads share.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::team::Team;

/// An exclusive borrow that can be cut into disjoint ranges of units.
///
/// An implementor owns its borrow by a raw pointer, not by a reference: a part is made from `&self`
/// on several threads, and its writes must not go through a shared reference.
///
/// # Safety
/// Slices of disjoint ranges must share no number that can be written, and making a slice must
/// access no number.
pub unsafe trait Partition: Send + Sync {
    /// Number of units; panics when the members of a compound have different shapes.
    fn units(&self) -> usize;

    /// The units `from..to`.
    ///
    /// # Safety
    /// The range must lie inside the [`Partition::units`], which the caller has asked for, and be
    /// disjoint from that of every other slice in use. After the first slice `self` may make further
    /// slices, and must have no other use.
    unsafe fn slice(&self, from: usize, to: usize) -> Self;
}

/// Divided by columns; a unit is a vector of [`LANES`](crate::simd::LANES) columns.
pub struct ByCols<T>(pub T);

/// Divided by rows; a unit is a row.
pub struct ByRows<T>(pub T);

/// A mutable slice as a [`Partition`].
pub struct SliceMut<'a, T> {
    at: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: it is an exclusive borrow of a slice, and `&mut [T]` is `Send` where `T` is.
unsafe impl<T: Send> Send for SliceMut<'_, T> {}
// SAFETY: safe code reads through a shared `SliceMut`, and `&[T]` is `Sync` where `T` is. The writes of
// slices on other threads need `T: Send`, which the implementation of `Partition` asks for.
unsafe impl<T: Sync> Sync for SliceMut<'_, T> {}

impl<'a, T> ByRows<SliceMut<'a, T>> {
    /// The elements of `slice`, each a row.
    pub fn of(slice: &'a mut [T]) -> ByRows<SliceMut<'a, T>> {
        ByRows(SliceMut { at: slice.as_mut_ptr(), len: slice.len(), life: PhantomData })
    }
}

impl<T> Deref for SliceMut<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `self` borrows `len` elements from `at` on mutably, and lends them while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }
}

impl<T> DerefMut for SliceMut<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `self` borrows `len` elements from `at` on mutably, and is itself borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.at, self.len) }
    }
}

// SAFETY: different elements are different numbers, and a slice is made by pointer arithmetic alone.
unsafe impl<T: Send + Sync> Partition for ByRows<SliceMut<'_, T>> {
    fn units(&self) -> usize {
        self.0.len
    }

    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller promises that the range lies inside the slice.
        let at = unsafe { self.0.at.add(from) };
        ByRows(SliceMut { at, len: to - from, life: PhantomData })
    }
}

// SAFETY: each member keeps the promise for the range by itself.
unsafe impl<A: Partition, B: Partition> Partition for (A, B) {
    fn units(&self) -> usize {
        assert_eq!(self.0.units(), self.1.units(), "members of a partition have the same units");
        self.0.units()
    }

    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller promises the range for the units of the pair, which are those of each member.
        unsafe { (self.0.slice(from, to), self.1.slice(from, to)) }
    }
}

impl Team {
    /// Calls `work` on disjoint parts that cover `target`, one on each thread, with the first unit of
    /// the part.
    pub fn parallel_for<T: Partition>(&mut self, target: T, work: impl Fn(T, usize) + Sync) {
        let (size, units) = (self.size(), target.units());
        if self.is_serial() || units <= 1 {
            return work(target, 0);
        }
        self.broadcast(&|number| {
            let (from, to) = chunk_range(units, number, size);
            if from < to {
                // SAFETY: the ranges of different threads lie inside and are disjoint, and `target` was moved
                // in, so that it has no other use.
                work(unsafe { target.slice(from, to) }, from);
            }
        });
    }
}

/// The range of thread `number` of `size` in 0..`units`, as even as possible.
pub fn chunk_range(units: usize, number: usize, size: usize) -> (usize, usize) {
    (units * number / size, units * (number + 1) / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_slice_and_may_outlive_the_call() {
        let mut numbers: Vec<usize> = (0..7).collect();
        let kept = std::sync::Mutex::new(Vec::new());
        Team::new(3).parallel_for(ByRows::of(&mut numbers), |part, from| {
            kept.lock().unwrap().push((from, part.0));
        });
        for (from, mut part) in kept.into_inner().unwrap() {
            assert_eq!(part[0], from);
            part.iter_mut().for_each(|x| *x += 10);
        }
        assert!(numbers.into_iter().eq(10..17));
    }
}
