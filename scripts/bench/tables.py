"""Cross-validates the same networks in `runner` and scikit-learn, and prints a Markdown table.

    python scripts/bench/tables.py [RUNNER [TABLE...]]     in a Python with scikit-learn

RUNNER is the program, `target/release/runner` by default, TABLE one of the five. Five tables that scikit-learn ships, five
folds, three seeds of the weights. Both have the rows of `runner`'s folds, inputs standardised by the
rows that train, layers of 64 and 32 units with relu, Adam at 0.001, batches of 32, 100 epochs, no L2.
Values to be estimated are standardised in the table. Each has one thread; the time of `runner` is of
whole processes, that of scikit-learn of `fit` and `predict` alone.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy
import sklearn
from sklearn import datasets
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parent.parent.parent
EPOCHS, FOLDS, SEEDS, LAYERS, BATCH = 100, 5, [0, 1, 2], (64, 32), 32
TABLES = ["iris", "wine", "breast_cancer", "digits", "diabetes"]


def table(name):
    """Inputs, labels, and whether these are classes."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    classes = name != "diabetes"
    return x, y if classes else (y - y.mean()) / y.std(), classes


def config(folder, name, x, y, classes):
    with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{i}" for i in range(x.shape[1])), "y"])
        writer.writerows([*map(repr, map(float, row)), f"c{label}" if classes else repr(float(label))]
                         for row, label in zip(x, y))
    hidden = "".join(f'{{ type = "dense", units = {n}, activation = "relu" }}, ' for n in LAYERS)
    last = f'units = {len(set(y))}, activation = "softmax"' if classes else "units = 1"
    loss = "categorical_crossentropy" if classes else "mean_squared_error"
    metric = "accuracy" if classes else "r2_score"
    text = f"""
[data]
dataset = "{name}.csv"
standardize = true
task = "{'classification' if classes else 'regression'}"
[model]
layers = [{hidden}{{ type = "dense", {last} }}]
[optimizer]
name = "adam"
learning_rate = 0.001
epsilon = 1e-8 # as in scikit-learn
[training]
epochs = {EPOCHS}
batch_size = {BATCH}
loss = "{loss}"
metrics = ["{metric}"]
[cross_validation]
folds = {FOLDS}
[sweep]
seeds = {SEEDS}
"""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def score(truth, predicted, classes):
    if classes:
        return float(numpy.mean(truth == predicted))
    return 1 - float(((truth - predicted) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def by_runner(runner, folder, path, y, classes):
    """The score of each fold and seed, the seconds, and the fold of each row."""
    command = [runner, "run", path, "-j", "1", "--threads", "1", "--quiet", "--logdir", folder / "logs"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    (found,) = (folder / "logs" / path.stem).glob("*/out_of_fold.csv")
    with open(found, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    folds, scores = numpy.full(len(y), -1), []
    for seed in SEEDS:
        for fold in range(FOLDS):
            here = [row for row in rows if (row["seed"], row["fold"]) == (str(seed), str(fold))]
            numbers = [int(row["row"]) for row in here]
            folds[numbers] = fold
            kind = str if classes else float
            truth = numpy.array([kind(row["truth"]) for row in here])
            predicted = numpy.array([kind(row["predicted"]) for row in here])
            scores.append(score(truth, predicted, classes))
    assert (folds >= 0).all()
    return scores, seconds, folds


def by_sklearn(x, y, classes, folds):
    kind = MLPClassifier if classes else MLPRegressor
    scores, seconds = [], 0.0
    for seed in SEEDS:
        for fold in range(FOLDS):
            network = kind(hidden_layer_sizes=LAYERS, batch_size=BATCH, max_iter=EPOCHS, alpha=0.0,
                           tol=0.0, n_iter_no_change=EPOCHS, random_state=seed)
            model = make_pipeline(StandardScaler(), network)
            begun = time.perf_counter()
            model.fit(x[folds != fold], y[folds != fold])
            predicted = model.predict(x[folds == fold])
            seconds += time.perf_counter() - begun
            scores.append(score(y[folds == fold], predicted, classes))
    return scores, seconds


def main():
    warnings.filterwarnings("ignore", module="sklearn")
    runner = os.path.abspath(sys.argv[1] if 1 < len(sys.argv) else ROOT / "target/release/runner")
    print(f"scikit-learn {sklearn.__version__}, {len(SEEDS)} seeds of {FOLDS} folds\n")
    print("| table | rows, inputs | | `runner` | scikit-learn | `runner`, time | scikit-learn, time | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in sys.argv[2:] or TABLES:
        x, y, classes = table(name)
        with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
            path = config(Path(folder), name, x, y, classes)
            ours, our_time, folds = by_runner(runner, Path(folder), path, y, classes)
            theirs, their_time = by_sklearn(x, y, classes, folds)
        shown = [f"{numpy.mean(s):.4f} ± {numpy.std(s, ddof=1):.4f}" for s in (ours, theirs)]
        print(f"| {name} | {x.shape[0]}, {x.shape[1]} | {'accuracy' if classes else 'r2'} | {shown[0]} "
              f"| {shown[1]} | {our_time:.2f} s | {their_time:.2f} s | {their_time / our_time:.1f}x |",
              flush=True)


if __name__ == "__main__":
    main()
