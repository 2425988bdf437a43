"""Writes `mlp_table.csv` from the folder of the sweep of `mlp_table.toml`.

    runner run crates/search/tests/mlp_table.toml --logdir logs -q
    python crates/search/tests/record_table.py logs/mlp_table/TIME
"""

import csv
import pathlib
import sys

ROWS = 400
EPOCHS = 20


def curve(run):
    """The right answers after each epoch; those of the last again after an early end."""
    with open(run / "history.csv", newline="") as file:
        values = [round(float(line["val_accuracy"]) * ROWS) for line in csv.DictReader(file)]
    return values + values[-1:] * (EPOCHS - len(values))


def main():
    runs = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.name[0].isdigit())
    lines = [",".join(map(str, curve(run))) + "\n" for run in runs]
    pathlib.Path(__file__).with_name("mlp_table.csv").write_text("".join(lines))


if __name__ == "__main__":
    main()
