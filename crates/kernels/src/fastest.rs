//! Picks the fastest of several rooms for results that are all alike; it changes no result.
//!
//! How long the first layer's product takes depends on the physical pages that its sums lie in, beside
//! those of what it reads meanwhile: with the same addresses on other pages it took up to half as long
//! again, and it went by pairs of pages. Probably a load waits for an earlier store where the
//! processor cannot tell their places apart by the bits that it compares. Nobody can ask for pages, and
//! those that a room has it keeps; so some rooms are tried, which takes less time than it is worth.

use std::time::{Duration, Instant};

use crate::kernels::Matrix;

/// Rooms to choose from.
const CHOICE: usize = 6;

/// Numbers in a room above which there is no choice: so many do not stay in the nearest cache.
const GREAT: usize = 1 << 13;

/// Uses before the first is timed, when what is read has found its last place, and until the last.
const SETTLED: usize = 64;
const TRIED: usize = SETTLED + 24 * CHOICE;

/// Room for a result that is written over and over.
pub struct Fastest {
    rooms: Vec<Matrix>,
    spent: [Duration; CHOICE],
    uses: usize,
    /// The room that was filled last.
    last: usize,
}

impl Fastest {
    /// Rooms for as many rows and columns.
    pub fn new(rows: usize, cols: usize) -> Fastest {
        let choice = if rows * cols <= GREAT { CHOICE } else { 1 };
        let rooms = (0..choice).map(|_| Matrix::zeros(rows, cols)).collect();
        Fastest { rooms, spent: [Duration::ZERO; CHOICE], uses: 0, last: 0 }
    }

    /// Has `work` fill one of the rooms.
    pub fn fill(&mut self, work: impl FnOnce(&mut Matrix)) {
        if self.uses == TRIED && 1 < self.rooms.len() {
            let best = (0..CHOICE).min_by_key(|&room| self.spent[room]).unwrap_or(0);
            (self.rooms, self.last) = (vec![self.rooms.swap_remove(best)], 0);
        }
        let [room] = &mut self.rooms[..] else { return self.try_out(work) };
        work(room);
    }

    fn try_out(&mut self, work: impl FnOnce(&mut Matrix)) {
        self.last = self.uses % CHOICE;
        let start = Instant::now();
        work(&mut self.rooms[self.last]);
        if SETTLED <= self.uses {
            self.spent[self.last] += start.elapsed();
        }
        self.uses += 1;
    }

    /// The room that was filled last, to be filled by work that does not read what lies about.
    pub fn current(&mut self) -> &mut Matrix {
        &mut self.rooms[self.last]
    }

    /// What was filled last.
    pub fn filled(&self) -> &Matrix {
        &self.rooms[self.last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills the room as often, with another number each time.
    fn fill(fastest: &mut Fastest, times: usize) {
        for i in 0..times {
            fastest.fill(|room| room.row_mut(0)[0] = i as f32);
            assert_eq!(fastest.filled().row(0)[0], i as f32, "what was put there last");
        }
    }

    #[test]
    fn the_room_that_took_least_stays() {
        let mut fastest = Fastest::new(1, 1);
        let good = fastest.rooms[2].row(0).as_ptr();
        fill(&mut fastest, TRIED);
        assert!(fastest.spent.iter().all(|spent| *spent != Duration::ZERO));
        fastest.spent = [5, 4, 1, 3, 2, 6].map(Duration::from_millis);
        fill(&mut fastest, TRIED);
        assert_eq!((fastest.rooms.len(), fastest.filled().row(0).as_ptr()), (1, good));
    }

    #[test]
    fn great_rooms_are_not_tried() {
        let mut fastest = Fastest::new(GREAT + 1, 1);
        assert_eq!(fastest.rooms.len(), 1);
        fill(&mut fastest, 2 * TRIED);
    }
}
