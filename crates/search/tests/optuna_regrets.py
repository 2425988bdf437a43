"""Records how close Optuna 5.0.0's TPE comes to the minimum of test functions in 100 trials, for many seeds.

    python crates/search/tests/optuna_regrets.py > crates/search/tests/optuna_regrets.json

Needs optuna==5.0.0; takes about 20 minutes on one core. `crates/search` is compared with the recorded regrets.
With a lag of L, trial k is asked for when the results of the trials before k - L are told.
"""

import json
import math
import sys
from concurrent.futures import ProcessPoolExecutor

import optuna

SEEDS = 300
TRIALS = 100
LAGS = [0, 3]

HARTMANN_A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
HARTMANN_P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]
HARTMANN_ALPHA = [1.0, 1.2, 3.0, 3.2]


def branin(x):
    x, y = 15 * x[0] - 5, 15 * x[1]
    a = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return a * a + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887357729739


def hartmann6(x):
    terms = zip(HARTMANN_ALPHA, HARTMANN_A, HARTMANN_P)
    value = sum(c * math.exp(-sum(a * (x - p) ** 2 for a, x, p in zip(A, x, P))) for c, A, P in terms)
    return 3.32236801141551 - value


def ackley5(x):
    x = [65.536 * x - 32.768 for x in x]
    mean_square = sum(x * x for x in x) / len(x)
    mean_cosine = sum(math.cos(2 * math.pi * x) for x in x) / len(x)
    return 20 + math.e - 20 * math.exp(-0.2 * math.sqrt(mean_square)) - math.exp(mean_cosine)


FUNCTIONS = {"branin": (branin, 2), "hartmann6": (hartmann6, 6), "ackley5": (ackley5, 5)}


def regret(job):
    name, lag, seed = job
    function, dimensions = FUNCTIONS[name]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    waiting, best = [], math.inf
    for _ in range(TRIALS):
        trial = study.ask()
        value = function([trial.suggest_float(f"x{i}", 0, 1) for i in range(dimensions)])
        best = min(best, value)
        waiting.append((trial, value))
        if len(waiting) > lag:
            study.tell(*waiting.pop(0))
    return best


def main():
    assert optuna.__version__ == "5.0.0", f"needs optuna==5.0.0, this is {optuna.__version__}"
    results = {}
    with ProcessPoolExecutor() as pool:
        for name in FUNCTIONS:
            for lag in LAGS:
                jobs = [(name, lag, seed) for seed in range(SEEDS)]
                regrets = pool.map(regret, jobs, chunksize=5)
                results[f"{name} lag {lag}"] = [float(f"{value:.6g}") for value in regrets]
                print(name, lag, file=sys.stderr)
    head = {"optuna": optuna.__version__, "trials": TRIALS, "seeds": SEEDS}
    print(json.dumps(head | {"regrets": results}, indent=None, separators=(",", ":")))


if __name__ == "__main__":
    main()
