"""Records how many epochs Optuna spends until a trial is within 1 % of the best of a table of recorded runs.

    python crates/search/tests/optuna_epochs.py

needs optuna 5.0.0. The table, `mlp_table.csv`, has a line for each run of `mlp_table.toml`, in the order of the sweep:
the right answers of 400 validation rows after each of 20 epochs. `record_table.py` makes it from the folder of the
sweep.
"""

import json
import pathlib
import sys

import optuna

HERE = pathlib.Path(__file__).parent
SIZES = [("optimizer", 3), ("activation", 2), ("dropout", 3), ("batch", 4), ("units", 5), ("rate", 9)]
CHOICES = {"optimizer", "activation"}
EPOCHS = 20
MOST = 4000
SEEDS = 40


def curves():
    lines = (HERE / "mlp_table.csv").read_text().splitlines()
    return [[int(number) for number in line.split(",")] for line in lines]


def spent(table, goal, seed, sampler, pruner):
    """The epochs until a trial of all epochs reaches `goal`; none if `MOST` are not enough."""
    study = optuna.create_study(
        study_name=f"study-{seed}", direction="maximize", sampler=sampler, pruner=pruner
    )
    total, found = 0, None

    def objective(trial):
        nonlocal total, found
        index = 0
        for name, size in SIZES:
            if name in CHOICES:
                at = trial.suggest_categorical(name, list(range(size)))
            else:
                at = trial.suggest_int(name, 0, size - 1)
            index = index * size + at
        for epoch, value in enumerate(table[index], 1):
            total += 1
            trial.report(value, epoch)
            if epoch < EPOCHS and trial.should_prune():
                raise optuna.TrialPruned
        if found is None and goal <= value:
            found = total
            study.stop()
        if MOST <= total:
            study.stop()
        return value

    study.optimize(objective, n_trials=MOST)
    return found


def main():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    table = curves()
    goal = 0.99 * max(curve[-1] for curve in table)
    hyperband = lambda: optuna.pruners.HyperbandPruner(
        min_resource=1, max_resource=EPOCHS, reduction_factor=3
    )
    ways = {
        "tpe, hyperband": lambda seed: (optuna.samplers.TPESampler(seed=seed), hyperband()),
        "random, hyperband": lambda seed: (optuna.samplers.RandomSampler(seed=seed), hyperband()),
        "tpe, median": lambda seed: (
            optuna.samplers.TPESampler(seed=seed),
            optuna.pruners.MedianPruner(),
        ),
        "tpe": lambda seed: (optuna.samplers.TPESampler(seed=seed), optuna.pruners.NopPruner()),
    }
    seeds = int(sys.argv[1]) if 1 < len(sys.argv) else SEEDS
    epochs = {
        name: [spent(table, goal, seed, *way(seed)) for seed in range(seeds)]
        for name, way in ways.items()
    }
    told = {"optuna": optuna.__version__, "most": MOST, "epochs": epochs}
    (HERE / "optuna_epochs.json").write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
