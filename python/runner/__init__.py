"""Train networks from Python with the program `runner`, and read its runs as data frames.

Everything goes through the program's own command line and JSON::

    import runner

    result = runner.run({"model": {"layers": [
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]}, "training": {"epochs": 2, "metrics": ["accuracy"]}})
    print(result.runs[0].last["accuracy"])

    runs = runner.load("logs")          # a row for each run, hyperparameters as columns
    epochs = runner.history("logs")     # a row for each epoch of each run
"""

from ._frames import history, load
from ._program import RunnerError, program
from ._run import Result, Run, run

__all__ = ["Result", "Run", "RunnerError", "history", "load", "program", "run"]
