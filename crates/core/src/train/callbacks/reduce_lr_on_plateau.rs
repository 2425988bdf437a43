//! Reduces the learning rate when a number no longer improves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::train::{Direction, Logs};

/// The arguments of Keras's `ReduceLROnPlateau`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReduceLrOnPlateau {
    /// The monitored number: a name of the history, such as `val_loss` or `val_accuracy`.
    pub monitor: String,
    /// The factor by which the learning rate is multiplied.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub factor: f64,
    /// Epochs without improvement after which the learning rate is reduced.
    pub patience: usize,
    /// Whether a smaller or a greater number is better; `auto` decides by the name.
    pub mode: Direction,
    /// The least change that counts as an improvement, in the unit of the monitored number.
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// Epochs after a reduction that are not counted as without improvement.
    pub cooldown: usize,
    /// The least learning rate.
    #[schemars(range(min = 0.0))]
    pub min_lr: f64,
}

impl Default for ReduceLrOnPlateau {
    fn default() -> ReduceLrOnPlateau {
        ReduceLrOnPlateau {
            monitor: "val_loss".to_owned(),
            factor: 0.1,
            patience: 10,
            mode: Direction::Auto,
            min_delta: 1e-4,
            cooldown: 0,
            min_lr: 0.0,
        }
    }
}

/// The state of the callback.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReduceLrState {
    /// Epochs since the last improvement or reduction.
    pub wait: usize,
    /// Remaining epochs of the cooldown.
    pub cooldown: usize,
    /// The best value.
    pub best: Option<f64>,
}

impl ReduceLrState {
    /// Reads the logs of an epoch; returns the new learning rate, if `rate` changes.
    pub(crate) fn on_epoch_end(
        &mut self,
        rule: &ReduceLrOnPlateau,
        logs: &Logs,
        rate: f32,
    ) -> Option<f32> {
        let value = logs.get(&rule.monitor)?;
        if 0 < self.cooldown {
            self.cooldown -= 1;
            self.wait = 0;
        }
        let improves = |best| rule.mode.improves(&rule.monitor, value, best, rule.min_delta);
        if !value.is_nan() && self.best.is_none_or(improves) {
            (self.best, self.wait) = (Some(value), 0);
            return None;
        }
        if 0 < self.cooldown {
            return None;
        }
        self.wait += 1;
        if self.wait < rule.patience || f64::from(rate) <= f64::from(rule.min_lr as f32) {
            return None;
        }
        (self.wait, self.cooldown) = (0, rule.cooldown);
        Some((f64::from(rate) * rule.factor).max(rule.min_lr) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The learning rates after each epoch, from 1.
    fn rates(rule: &ReduceLrOnPlateau, values: &[f64]) -> Vec<f32> {
        let (mut plateau, mut rate) = (ReduceLrState::default(), 1.0);
        let mut rates = Vec::new();
        for value in values {
            let logs = Logs(vec![(rule.monitor.clone(), *value)]);
            rate = plateau.on_epoch_end(rule, &logs, rate).unwrap_or(rate);
            rates.push(rate);
        }
        rates
    }

    #[test]
    fn patience_cooldown_and_the_least_rate_are_those_of_keras() {
        let rule = |patience, cooldown| ReduceLrOnPlateau {
            patience,
            cooldown,
            factor: 0.5,
            min_lr: 0.2,
            ..ReduceLrOnPlateau::default()
        };
        let flat = [3.0; 8];
        assert_eq!(rates(&rule(2, 0), &flat), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]);
        assert_eq!(rates(&rule(0, 0), &flat), [1.0, 0.5, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2]);
        assert_eq!(rates(&rule(1, 2), &flat), [1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]);
        let better = [3.0, 2.0, 2.0, 1.0, f64::NAN, 0.5];
        assert_eq!(rates(&rule(2, 0), &better), [1.0; 6]);
    }
}
