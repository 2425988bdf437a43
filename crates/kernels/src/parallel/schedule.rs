//! Work that is dealt out to a team: each member does what is in its own hand and then helps the
//! others, because a processor may be slower than its neighbour for a while.
//!
//! So it is left to chance who does a piece, but not what comes of it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::team::Line;
use crate::parallel::{Partition, Team};

/// Some units of one of several wholes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk {
    /// Which of the wholes.
    pub whole: usize,
    /// Which of its pieces.
    pub number: usize,
    /// The first unit.
    pub from: usize,
    /// The unit after the last.
    pub to: usize,
}

/// Pieces of several wholes in hands, no two of which overlap; made once and dealt out many times.
///
/// Hands hold numbers alone: whatever else the members were told would have to travel from one
/// processor to the other in every step.
pub struct WorkSchedule {
    hands: Vec<Hand>,
}

struct Hand {
    pieces: Vec<Chunk>,
    /// Which are left: from the lower half's number to before the upper half's.
    left: Line<AtomicU64>,
}

impl WorkSchedule {
    /// The pieces of each member; what is in the hands of more than there are, all do together.
    ///
    /// Panics when two of them overlap.
    pub fn new(hands: Vec<Vec<Chunk>>) -> WorkSchedule {
        let mut pieces: Vec<Chunk> = hands.concat();
        pieces.sort_by_key(|piece| (piece.whole, piece.from, piece.to));
        for pair in pieces.windows(2) {
            let apart = pair[0].whole < pair[1].whole || pair[0].to <= pair[1].from;
            assert!(apart, "{:?} and {:?} overlap", pair[0], pair[1]);
        }
        let hand = |pieces| Hand { pieces, left: Line(AtomicU64::new(0)) };
        WorkSchedule { hands: hands.into_iter().map(hand).collect() }
    }
}

impl Hand {
    /// The first piece that is left, or the last.
    fn take(&self, first: bool) -> Option<Chunk> {
        let take = |left: u64| {
            let left_over = left & 0xffff_ffff < left >> 32;
            left_over.then(|| if first { left + 1 } else { left - (1 << 32) })
        };
        let left = self.left.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        let taken = if first { left & 0xffff_ffff } else { (left >> 32) - 1 };
        Some(self.pieces[taken as usize])
    }
}

impl Team {
    /// Calls `work` on every piece of the `wholes` that `deal` has. Each member takes those of its own
    /// hand, from the first to the last, and then those of the others, from the last on: most pieces
    /// are done by the same member every time, in whose cache they are.
    ///
    /// Panics when a piece is not inside its whole.
    pub fn deal<T: Partition>(
        &mut self,
        deal: &mut WorkSchedule,
        wholes: impl IntoIterator<Item = T>,
        work: impl Fn(T, Chunk) + Sync,
    ) {
        // The wholes are moved in: `work` may keep their parts, and no alias of a whole may remain.
        let wholes: Vec<T> = wholes.into_iter().collect();
        for hand in &mut deal.hands {
            let inside = |p: &Chunk| p.from <= p.to && p.to <= wholes[p.whole].units();
            assert!(hand.pieces.iter().all(inside), "a piece lies inside its whole");
            *hand.left.0.get_mut() = (hand.pieces.len() as u64) << 32;
        }
        let hands = &deal.hands;
        // SAFETY: the piece lies inside, no other overlaps it, each is taken once, and all wholes were given
        // up for their pieces.
        let work = |p: Chunk| work(unsafe { wholes[p.whole].part(p.from, p.to) }, p);
        if self.is_alone() {
            return hands.iter().flat_map(|hand| &hand.pieces).for_each(|piece| work(*piece));
        }
        self.call(&|number| {
            for i in 0..hands.len() {
                let hand = &hands[(number + i) % hands.len()];
                while let Some(piece) = hand.take(i == 0) {
                    work(piece);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::ByRows;

    fn piece(whole: usize, number: usize, from: usize, to: usize) -> Chunk {
        Chunk { whole, number, from, to }
    }

    #[test]
    fn every_piece_is_done_once_whoever_does_it() {
        let hands = [
            vec![],
            vec![piece(0, 0, 0, 3), piece(1, 0, 0, 1)],
            vec![piece(0, 1, 3, 4), piece(0, 2, 3, 3), piece(1, 1, 2, 5)],
        ];
        for (size, skip) in (1..5).flat_map(|size| (0..3).map(move |skip| (size, skip))) {
            let (mut team, mut deal) = (Team::new(size), WorkSchedule::new(hands[skip..].to_vec()));
            for _ in 0..20 {
                let (mut a, mut b) = ([0; 4], [0; 5]);
                let wholes = [ByRows::of(&mut a), ByRows::of(&mut b)];
                team.deal(&mut deal, wholes, |mut part, piece| {
                    part.0.iter_mut().for_each(|x| *x += 1 + 10 * piece.number);
                });
                let (first, second) = if skip < 2 { (1, 1) } else { (0, 0) };
                assert_eq!(a, [first, first, first, 11], "{size} threads");
                assert_eq!(b, [second, 0, 11, 11, 11], "{size} threads");
            }
        }
    }

    #[test]
    #[should_panic(expected = "overlap")]
    fn pieces_that_overlap_are_refused() {
        WorkSchedule::new(vec![
            vec![piece(0, 0, 0, 3)],
            vec![piece(1, 0, 0, 9), piece(0, 1, 2, 4)],
        ]);
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_piece_outside_is_refused() {
        let mut whole = [0; 4];
        let mut deal = WorkSchedule::new(vec![vec![piece(0, 0, 3, 5)]]);
        Team::new(1).deal(&mut deal, [ByRows::of(&mut whole)], |_, _| ());
    }
}
