//! How work is divided among a team: by outputs, into ranges that no two members share.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::parallel::Team;

/// Something that can be cut into ranges of units which do not overlap.
///
/// # Safety
/// Parts of ranges that do not overlap must share no number that can be written, nor may a part and its
/// whole while nothing but [`Partition::part`] is called on the whole.
pub unsafe trait Partition: Send + Sync {
    /// Number of units; panics when the members of the whole do not fit each other.
    fn units(&self) -> usize;

    /// The units `from..to`.
    ///
    /// # Safety
    /// The range must lie inside the [`Partition::units`], which have been asked for, and overlap no other
    /// part that is in use; and the whole itself must not be used any more but for its parts.
    unsafe fn part(&self, from: usize, to: usize) -> Self;
}

/// Divided by whole vectors of columns.
pub struct ByCols<T>(pub T);

/// Divided by rows.
pub struct ByRows<T>(pub T);

/// A slice that can be divided: unlike `&mut [T]`, it still is the owner of its elements when a shared
/// borrow of it makes the parts.
pub struct SliceMut<'a, T> {
    at: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: it is an exclusive borrow, and `&mut [T]` is `Send` where `T` is.
unsafe impl<T: Send> Send for SliceMut<'_, T> {}
// SAFETY: through a shared one elements can only be read, and `&[T]` is `Sync` where `T` is.
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
        // SAFETY: the elements are borrowed mutably by `self`, and lent from it.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }
}

impl<T> DerefMut for SliceMut<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: the elements are borrowed mutably by `self`, and lent from it mutably.
        unsafe { std::slice::from_raw_parts_mut(self.at, self.len) }
    }
}

impl Team {
    /// Calls `work` on parts of `whole` that together are all of it, one for each member (or for a caller
    /// that is alone), with the unit at which the part starts.
    pub fn divide<T: Partition>(&mut self, whole: T, work: impl Fn(T, usize) + Sync) {
        let (size, units) = (self.size(), whole.units());
        if self.is_alone() || units <= 1 {
            return work(whole, 0);
        }
        self.call(&|number| {
            let (from, to) = chunk_range(units, number, size);
            if from < to {
                // SAFETY: the shares of different members lie inside and do not overlap, and `whole` was given
                // up for them.
                work(unsafe { whole.part(from, to) }, from);
            }
        });
    }
}

/// The share of member `number` of `size` in 0..`units`: as even as it goes.
pub fn chunk_range(units: usize, number: usize, size: usize) -> (usize, usize) {
    (units * number / size, units * (number + 1) / size)
}

// SAFETY: different elements are different numbers.
unsafe impl<T: Send + Sync> Partition for ByRows<SliceMut<'_, T>> {
    fn units(&self) -> usize {
        self.0.len
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches that the range lies inside.
        let at = unsafe { self.0.at.add(from) };
        ByRows(SliceMut { at, len: to - from, life: PhantomData })
    }
}

// SAFETY: the members have the same units, and each keeps the promise by itself.
unsafe impl<A: Partition, B: Partition> Partition for (A, B) {
    fn units(&self) -> usize {
        assert_eq!(self.0.units(), self.1.units(), "what is divided together has the same units");
        self.0.units()
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range, and the units of both are the same.
        unsafe { (self.0.part(from, to), self.1.part(from, to)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_slice_are_all_of_it_and_may_outlive_the_division() {
        let mut numbers: Vec<usize> = (0..7).collect();
        let kept = std::sync::Mutex::new(Vec::new());
        Team::new(3).divide(ByRows::of(&mut numbers), |part, from| {
            kept.lock().unwrap().push((from, part.0));
        });
        for (from, mut part) in kept.into_inner().unwrap() {
            assert_eq!(part[0], from);
            part.iter_mut().for_each(|x| *x += 10);
        }
        assert!(numbers.into_iter().eq(10..17));
    }
}
