"""The trials in which each search below LOGDIR reached the best of the search `random`: search_mnist.py RUNNER LOGDIR"""

import json
import pathlib
import subprocess
import sys

runner, logdir = sys.argv[1], pathlib.Path(sys.argv[2])


def search(name):
    [sweep] = (logdir / name).iterdir()
    shown = subprocess.run([runner, "show", sweep, "--json"], check=True, capture_output=True)
    return json.loads(shown.stdout)


random = search("random")
trial, best = random["best_so_far"][-1]
print(f"random search: the best of {len(random['trials'])} trials is {best:.4f}, of trial {trial}")
for folder in sorted(logdir.glob("tpe*")):
    found = search(folder.name)
    reached = [number for number, value in found["best_so_far"] if value <= best]
    last = found["best_so_far"][-1][1]
    told = f"after {reached[0] + 1} trials" if reached else f"not in {len(found['trials'])} trials"
    print(f"{folder.name}: {told}; its best is {last:.4f}")
