"""Opens a journal with Optuna, draws its plots and prints the studies as JSON: python read.py study.log"""

import json
import math
import sys
import warnings

import optuna

warnings.simplefilter("error", UserWarning)
optuna.logging.set_verbosity(optuna.logging.ERROR)
path = sys.argv[1]
storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(path))
studies = {}
for name in optuna.get_all_study_names(storage):
    study = optuna.load_study(study_name=name, storage=storage)
    trials = [
        {
            "state": trial.state.name,
            "value": trial.value if trial.state.name in ("COMPLETE", "PRUNED") else None,
            "params": trial.params,
            "intermediate": trial.intermediate_values,
            "run": trial.user_attrs.get("run"),
            "cause": trial.user_attrs.get("cause"),
            "distributions": {key: repr(value) for key, value in trial.distributions.items()},
        }
        for trial in study.trials
    ]
    # Each value is one of its distribution, and the search can go on in Optuna.
    for trial in study.trials:
        for key, value in trial.params.items():
            distribution = trial.distributions[key]
            assert distribution._contains(distribution.to_internal_repr(value)), (key, value)
    trial = study.ask()
    trial.suggest_float("optimizer.learning_rate", 1e-3, 1e3, log=True)
    assert math.isfinite(trial.params["optimizer.learning_rate"])
    studies[name] = {
        "direction": study.direction.name,
        "metric_names": study.metric_names,
        "best": study.best_trial.number,
        "trials": trials,
    }
print(json.dumps(studies))
