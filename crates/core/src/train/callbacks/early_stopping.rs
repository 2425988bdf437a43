//! Early stopping: ends a fit when a number no longer improves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Network;
use crate::train::{Direction, Logs};

/// The arguments of Keras's `EarlyStopping`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// The monitored number: a name of the history, such as `val_loss` or `val_accuracy`.
    pub monitor: String,
    /// The least change that counts as an improvement, in the unit of the monitored number.
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// Epochs without improvement after which training stops.
    pub patience: usize,
    /// Whether a smaller or a greater number is better; `auto` decides by the name.
    pub mode: Direction,
    /// A value of the monitored number that must be improved on as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 0.3))]
    pub baseline: Option<f64>,
    /// End with the weights of the best epoch instead of the last.
    pub restore_best_weights: bool,
    /// Epochs before the number is monitored.
    pub start_from_epoch: usize,
}

impl Default for EarlyStopping {
    fn default() -> EarlyStopping {
        EarlyStopping {
            monitor: "val_loss".to_owned(),
            min_delta: 0.0,
            patience: 0,
            mode: Direction::Auto,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
        }
    }
}

/// The state of early stopping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EarlyStoppingState {
    /// Epochs since the last improvement.
    pub wait: usize,
    /// The best value and its epoch (from 0).
    pub best: Option<(f64, usize)>,
    /// The weights of the best epoch, for `restore_best_weights`.
    pub weights: Option<Network>,
    /// Whether early stopping has ended the fit.
    pub stopped: bool,
}

impl EarlyStoppingState {
    /// Reads the logs of an epoch; returns whether to stop.
    ///
    /// As Keras 3, but NaN never improves on a value.
    pub(crate) fn on_epoch_end(
        &mut self,
        rule: &EarlyStopping,
        epoch: usize,
        logs: &Logs,
        network: &Network,
    ) -> bool {
        let Some(value) = logs.get(&rule.monitor).filter(|_| rule.start_from_epoch <= epoch) else {
            return false;
        };
        self.wait += 1;
        if !value.is_nan() && self.best.is_none_or(|(best, _)| rule.improves(value, best)) {
            self.best = Some((value, epoch));
            self.weights = rule.restore_best_weights.then(|| network.clone());
            if rule.baseline.is_none_or(|baseline| rule.improves(value, baseline)) {
                self.wait = 0;
            }
            return false;
        }
        self.stopped = rule.patience <= self.wait && 0 < epoch;
        self.stopped
    }

    /// The weights of the best epoch, if restored.
    pub(crate) fn take_best(&mut self) -> Option<Network> {
        self.weights.take()
    }
}

impl EarlyStopping {
    fn improves(&self, value: f64, reference: f64) -> bool {
        self.mode.improves(&self.monitor, value, reference, self.min_delta.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The epoch (from 0) after which a fit on `values` stops.
    fn epochs(rule: &EarlyStopping, values: &[f64]) -> usize {
        let network = Network { layers: Vec::new() };
        let mut watch = EarlyStoppingState::default();
        let stops = |(epoch, value): (usize, &f64)| {
            let logs = Logs(vec![(rule.monitor.clone(), *value)]);
            watch.on_epoch_end(rule, epoch, &logs, &network)
        };
        values.iter().enumerate().position(stops).unwrap_or(values.len())
    }

    #[test]
    fn patience_counts_epochs_without_improvement() {
        let rule = |patience| EarlyStopping { patience, ..EarlyStopping::default() };
        let values = [5.0, 4.0, 4.5, 4.2, 3.9, 4.0, 4.0, 4.0];
        assert_eq!(epochs(&rule(0), &values), 2);
        assert_eq!(epochs(&rule(1), &values), 2);
        assert_eq!(epochs(&rule(2), &values), 3);
        assert_eq!(epochs(&rule(3), &values), 7);
        assert_eq!(epochs(&rule(0), &[f64::NAN, 1.0, 0.5, f64::NAN]), 3);
    }

    #[test]
    fn direction_delta_baseline_and_start_are_those_of_keras() {
        let default = EarlyStopping::default();
        let accuracy = EarlyStopping { monitor: "val_accuracy".to_owned(), ..default.clone() };
        assert_eq!(epochs(&accuracy, &[0.5, 0.6, 0.7, 0.7, 0.8]), 3);
        let delta = EarlyStopping { min_delta: -0.5, ..default.clone() };
        assert_eq!(epochs(&delta, &[5.0, 4.4, 4.0, 1.0]), 2);
        let baseline = EarlyStopping { baseline: Some(3.0), patience: 3, ..default.clone() };
        assert_eq!(epochs(&baseline, &[5.0, 4.5, 4.0, 3.5, 3.6]), 4);
        let late = EarlyStopping { start_from_epoch: 3, ..default };
        assert_eq!(epochs(&late, &[1.0, 2.0, 3.0, 4.0, 3.0, 5.0]), 5);
    }
}
