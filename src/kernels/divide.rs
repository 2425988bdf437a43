//! How work is divided among a team: by outputs, into ranges that no two members share.

use crate::kernels::{LANES, Target, Team, ViewMut};

/// Something that can be cut into ranges of units which do not overlap.
///
/// # Safety
/// Parts of ranges that do not overlap must share no number that can be written.
pub unsafe trait Divide: Send + Sync {
    /// Number of units.
    fn units(&self) -> usize;

    /// The units `from..to`.
    ///
    /// # Safety
    /// The range must lie inside, and overlap no other part that is in use.
    unsafe fn part(&self, from: usize, to: usize) -> Self;
}

/// Divided by whole vectors of columns.
pub struct Columns<T>(pub T);

/// Divided by rows.
pub struct Rows<T>(pub T);

impl Team {
    /// Calls `work` on parts of `whole` that together are all of it, one for each member (or for a caller
    /// that is alone), with the unit at which the part starts.
    pub fn divide<T: Divide>(&mut self, whole: T, work: impl Fn(T, usize) + Sync) {
        let (size, units) = (self.size(), whole.units());
        if self.is_alone() || units <= 1 {
            return work(whole, 0);
        }
        self.call(&|number| {
            let (from, to) = share(units, number, size);
            if from < to {
                // SAFETY: the shares of different members do not overlap.
                work(unsafe { whole.part(from, to) }, from);
            }
        });
    }
}

/// The share of member `number` of `size` in 0..`units`: as even as it goes.
pub fn share(units: usize, number: usize, size: usize) -> (usize, usize) {
    (units * number / size, units * (number + 1) / size)
}

// SAFETY: different rows are different numbers.
unsafe impl Divide for Rows<ViewMut<'_>> {
    fn units(&self) -> usize {
        self.0.rows
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range.
        let at = unsafe { self.0.at.add(from * self.0.stride) };
        Rows(self.0.alias(at, to - from, self.0.cols))
    }
}

// SAFETY: different columns are different numbers, and a part's padding is that of the last one.
unsafe impl Divide for Columns<ViewMut<'_>> {
    fn units(&self) -> usize {
        self.0.cols.div_ceil(LANES)
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range.
        let at = unsafe { self.0.at.add(from * LANES) };
        let cols = self.0.cols.min(to * LANES) - from * LANES;
        Columns(self.0.alias(at, self.0.rows, cols))
    }
}

// SAFETY: as the views that it consists of.
unsafe impl Divide for Columns<Target<'_>> {
    fn units(&self) -> usize {
        self.0.value.cols.div_ceil(LANES)
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range.
        let cut = |view: &ViewMut<'_>| unsafe {
            Columns(view.alias(view.at, view.rows, view.cols)).part(from, to).0
        };
        Columns(self.0.map(cut))
    }
}

// SAFETY: as the views that it consists of.
unsafe impl Divide for Rows<Target<'_>> {
    fn units(&self) -> usize {
        self.0.value.rows
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range.
        let cut = |view: &ViewMut<'_>| unsafe {
            Rows(view.alias(view.at, view.rows, view.cols)).part(from, to).0
        };
        Rows(self.0.map(cut))
    }
}

// SAFETY: different elements are different numbers.
unsafe impl<T: Send + Sync> Divide for Rows<&mut [T]> {
    fn units(&self) -> usize {
        self.0.len()
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches that the range lies inside and that no one else uses it.
        Rows(unsafe {
            std::slice::from_raw_parts_mut(self.0.as_ptr().cast_mut().add(from), to - from)
        })
    }
}

// SAFETY: as its members, which have the same units.
unsafe impl<A: Divide, B: Divide> Divide for (A, B) {
    fn units(&self) -> usize {
        assert_eq!(self.0.units(), self.1.units(), "what is divided together has the same units");
        self.0.units()
    }

    unsafe fn part(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller vouches for the range.
        unsafe { (self.0.part(from, to), self.1.part(from, to)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Matrix;

    #[test]
    fn parts_are_all_of_the_whole_on_any_number_of_threads() {
        for (rows, cols) in [(0, 5), (1, 1), (3, 16), (7, 33), (32, 100)] {
            for size in 1..5 {
                let mut team = Team::new(size);
                let mut m = Matrix::zeros(rows, cols);
                team.divide(Columns(m.view_mut(rows)), |mut part, from| {
                    for r in 0..rows {
                        for (i, x) in part.0.row(r).iter_mut().enumerate() {
                            *x += (from * LANES + i + 1) as f32;
                        }
                    }
                });
                team.divide(Rows(m.view_mut(rows)), |mut part, from| {
                    for r in 0..part.0.rows() {
                        part.0.row(r).iter_mut().for_each(|x| *x += 1000.0 * (from + r) as f32);
                    }
                });
                for r in 0..rows {
                    for (i, x) in m.row(r).iter().enumerate() {
                        assert_eq!(*x, 1000.0 * r as f32 + i as f32 + 1.0);
                    }
                }
            }
        }
    }
}
