"""Records how many epochs Keras Tuner's Hyperband spends until a trial is within 1 % of the best of the table of runs.

    python crates/search/tests/keras_tuner_epochs.py

needs optuna 5.0.0, and keras-tuner 1.4.8 with keras and a backend such as tensorflow-cpu. `optuna_epochs.py` tells of the table and records
Optuna's side. Keras Tuner decides what to train, for how long and what goes on; the table stands for the training, and
a promoted trial spends the epochs that it lacks.
"""

import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras_tuner
from optuna_epochs import CHOICES, EPOCHS, HERE, MOST, SEEDS, SIZES, curves


def spent(table, goal, seed, folder):
    """The epochs until a trial of all epochs reaches `goal`; none if `MOST` are not enough."""
    space = keras_tuner.HyperParameters()
    for name, size in SIZES:
        space.Choice(name, list(range(size)), ordered=name not in CHOICES)
    oracle = keras_tuner.oracles.HyperbandOracle(
        objective=keras_tuner.Objective("right", "max"),
        max_epochs=EPOCHS,
        factor=3,
        hyperband_iterations=None,
        # Each draw adds 1 to the seed, so that neighbouring seeds are one search, shifted.
        seed=100_000 * seed,
        hyperparameters=space,
    )
    oracle.verbose = 0
    oracle._set_project_dir(folder, "search")
    total = 0
    while total < MOST:
        trial = oracle.create_trial("tuner0")
        values = trial.hyperparameters.values
        index = 0
        for name, size in SIZES:
            index = index * size + values[name]
        epochs = values["tuner/epochs"]
        total += epochs - values["tuner/initial_epoch"]
        right = table[index][epochs - 1]
        if epochs == EPOCHS and goal <= right:
            return total
        oracle.update_trial(trial.trial_id, {"right": right})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return None


def main():
    table = curves()
    goal = 0.99 * max(curve[-1] for curve in table)
    seeds = int(sys.argv[1]) if 1 < len(sys.argv) else SEEDS
    epochs = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            epochs.append(spent(table, goal, seed, folder))
    told = {"keras-tuner": keras_tuner.__version__, "most": MOST, "epochs": {"hyperband": epochs}}
    (HERE / "keras_tuner_epochs.json").write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
