//! The moving average of the weights; nothing else.
//!
//! ```text
//! a ← w                                          first update
//! a ← a + (1 − µ) (w − a)                        later
//! ```

use super::CommonArgs;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The rule of an average: its weight is a, its gradient w.
#[derive(Clone, Copy)]
pub struct Ema {
    /// 1 − µ, or 1 in the first update.
    one_minus_momentum: f32,
    /// Whether the average then takes the weights' place.
    pub overwrites: bool,
}

impl Ema {
    /// The rule after the batch number `iterations`, counted from 0, if weights are averaged.
    pub fn for_step(shared: &CommonArgs, iterations: u64) -> Option<Ema> {
        let update = iterations / shared.batches();
        let one_minus_momentum = if update == 0 { 1.0 } else { (1.0 - shared.ema_momentum) as f32 };
        let every = shared.ema_overwrite_frequency;
        let overwrites = every.is_some_and(|every| (update + 1).is_multiple_of(every));
        shared.use_ema.then_some(Ema { one_minus_momentum, overwrites })
    }
}

impl UpdateRule for Ema {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, a: L, w: L, _: &mut [L; MAX_SLOTS]) -> L {
        (w - a).mul_add(a.splat(self.one_minus_momentum), a)
    }
}
