#!/usr/bin/env python3
"""Writes the tables of data/tables: iris and wine as scikit-learn ships them, and made-up houses.

The houses have the columns of the California housing data of the 1990 census, and more: missing
rooms, a district in words, and the block that several houses share. No value is a real one.

    python3 scripts/tables.py [FOLDER] [--houses]

scikit-learn is needed, except for the houses alone.
"""

import argparse
import csv
import math
import random
from pathlib import Path

ROOT = Path(__file__).parent.parent
DISTRICTS = ["inland", "valley", "bay", "coast"]


def write(path, head, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def houses(path, n=1200, seed=7):
    """Prices in 100,000: income, district and rooms matter, age and people a little."""
    draw = random.Random(seed)
    rows = []
    while len(rows) < n:
        block = f"b{len({row[0] for row in rows}):03}"
        district = draw.choices(range(4), [4, 3, 2, 1])[0]
        latitude, longitude = draw.uniform(32.5, 41.9), draw.uniform(-124.3, -114.6)
        income = draw.lognormvariate(1.2, 0.4) * (1 + 0.15 * district)
        for _ in range(min(draw.randint(2, 10), n - len(rows))):
            age = draw.randint(1, 52)
            rooms = max(1.0, draw.gauss(5.2, 1.3))
            people = max(1.0, draw.gauss(3, 0.8))
            price = 0.42 * income + 0.35 * district + 0.22 * math.sqrt(rooms) - 0.08 * people
            price += 0.004 * (age - 25) + 0.3 * math.sin(latitude) + draw.gauss(0, 0.25)
            shown = "" if draw.random() < 0.05 else f"{rooms:.2f}"
            rows.append([block, DISTRICTS[district], f"{latitude:.2f}", f"{longitude:.2f}",
                         f"{income * draw.uniform(0.9, 1.1):.4f}", age, shown, f"{people:.2f}",
                         f"{max(price, 0.15):.3f}"])
    draw.shuffle(rows)
    head = ["block", "district", "latitude", "longitude", "income", "age", "rooms", "people", "price"]
    write(path, head, rows)


def shipped(path, load, label):
    data = load()
    # "alcalinity_of_ash" and "sepal_length": names without units and blanks.
    columns = [column.split(" (")[0].replace(" ", "_").replace("/", "_") for column in data.feature_names]
    rows = ([*map(repr, map(float, x)), data.target_names[y]] for x, y in zip(data.data, data.target))
    write(path, [*columns, label], rows)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", nargs="?", type=Path, default=ROOT / "data" / "tables")
    arguments.add_argument("--houses", action="store_true", help="the houses alone")
    given = arguments.parse_args()
    houses(given.folder / "houses.csv")
    if not given.houses:
        from sklearn.datasets import load_iris, load_wine

        shipped(given.folder / "iris.csv", load_iris, "species")
        shipped(given.folder / "wine.csv", load_wine, "cultivar")
