"""The module `runner`: configs as dictionaries, runs as data frames. The program is the one in PATH."""

import math
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

import pandas
import polars

import runner
from runner._toml import to_toml

LAYERS = [{"type": "dense", "units": 10, "activation": "softmax"}]
SMALL = {
    "data": {"dataset": "mnist", "limit": 200, "validation_split": 0.2},
    "model": {"layers": LAYERS},
    "optimizer": "adam",
    "training": {"epochs": 2, "metrics": ["accuracy"]},
}


class InFolder(unittest.TestCase):
    """A test in an empty folder."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)


class Running(InFolder):
    def test_a_dictionary_trains(self) -> None:
        lines: list[str] = []
        result = runner.run(SMALL, name="small", tags=["first"], progress=lines.append)
        (run,) = result.runs
        self.assertEqual((run.name, run.status, run.epochs), ("small", "completed", 2))
        self.assertIn("val_accuracy", run.last)
        self.assertTrue((run.dir / "model.safetensors").is_file())
        self.assertTrue(lines[0].startswith("Epoch 1/2"), lines)
        self.assertEqual([path.name for path in Path(".").iterdir()], ["logs"])

    def test_lists_of_values_sweep(self) -> None:
        rates = {"optimizer": "sgd", "optimizer.learning_rate": [0.1, 0.01]}
        result = runner.run(SMALL, set=rates, progress=False)
        self.assertEqual(len(result.runs), 2)
        self.assertEqual(result.best.last["val_loss"], min(r.last["val_loss"] for r in result.runs))

    def test_files_train_too(self) -> None:
        Path("a.toml").write_text(to_toml(SMALL))
        self.assertEqual(runner.run(Path("a.toml"), progress=False).runs[0].name, "a")

    def test_mistakes_are_the_programs_own(self) -> None:
        with self.assertRaises(runner.RunnerError) as caught:
            runner.run({**SMALL, "optimizer": {"name": "adam", "learning_rat": 1}}, progress=False)
        self.assertIn("help: ", str(caught.exception))
        self.assertIn("learning_rate", str(caught.exception))
        self.assertEqual(list(Path(".").iterdir()), [])

    def test_failed_runs_raise_unless_they_are_wanted(self) -> None:
        wild = {"optimizer": {"name": "sgd", "learning_rate": 1e38}}
        lines: list[str] = []
        with self.assertRaisesRegex(runner.RunnerError, "a smaller learning rate may help"):
            runner.run({**SMALL, **wild}, progress=lines.append)
        self.assertEqual(lines, [])
        result = runner.run({**SMALL, **wild}, progress=lines.append, check=False)
        self.assertEqual(result.runs[0].status, "failed")
        self.assertIn("a smaller learning rate may help", "\n".join(lines))

    def test_a_mistake_is_said_by_the_exception_alone(self) -> None:
        lines: list[str] = []
        with self.assertRaises(runner.RunnerError):
            runner.run(SMALL, set={"optimizer.learning_rat": 1}, progress=lines.append)
        self.assertEqual(lines, [])

    def test_failures_of_a_sweep_follow_its_progress(self) -> None:
        lines: list[str] = []
        rates = {"optimizer.learning_rate": [1e38, 0.1], "optimizer.name": "sgd"}
        with self.assertRaisesRegex(runner.RunnerError, "^0000-learning_rate=1e38: the loss became"):
            runner.run(SMALL, set=rates, progress=lines.append)
        self.assertEqual([line for line in lines if line.startswith("error: ")], [])
        self.assertEqual(len([line for line in lines if line[0] == "["]), 2, lines)

    def test_an_interrupt_saves_the_run(self) -> None:
        long = {**SMALL, "training": {"epochs": 100_000_000}}

        def interrupt(_: str) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            runner.run(long, progress=interrupt)
        self.assertEqual(list(runner.load("logs")["status"]), ["stopped"])

    def test_the_module_is_the_program(self) -> None:
        words = [sys.executable, "-m", "runner", "--version"]
        said = subprocess.run(words, capture_output=True, text=True, check=True)
        self.assertRegex(said.stdout, r"^runner \d")


class Reading(InFolder):
    def setUp(self) -> None:
        super().setUp()
        runner.run(SMALL, set={"optimizer.learning_rate": [0.1, 0.01]}, name="rates", progress=False)

    def test_runs_are_rows_with_their_hyperparameters(self) -> None:
        frame = runner.load("logs")
        self.assertIsInstance(frame, pandas.DataFrame)
        self.assertEqual(sorted(frame["optimizer.learning_rate"]), [0.01, 0.1])
        self.assertEqual(list(frame["model.layers.0.units"]), [10, 10])
        self.assertEqual(str(frame["started"].dt.tz), "UTC")
        best = frame.sort_values("val_loss").iloc[0]
        self.assertEqual(best["best.epoch"], int(best["best.epoch"]))

    def test_only_what_differs_are_columns_on_demand(self) -> None:
        frame = runner.load("logs", all_keys=False)
        self.assertIn("optimizer.learning_rate", frame)
        self.assertNotIn("model.layers.0.units", frame)

    def test_polars_has_the_same(self) -> None:
        frame = runner.load("logs", library="polars")
        self.assertIsInstance(frame, polars.DataFrame)
        self.assertEqual(frame["started"].dtype, polars.Datetime("us", "UTC"))
        wanted = runner.load("logs")
        self.assertEqual(frame.columns, list(wanted.columns))
        self.assertEqual(frame["val_loss"].to_list(), list(wanted["val_loss"]))

    def test_histories_have_a_row_for_each_epoch(self) -> None:
        frame = runner.history("logs")
        self.assertEqual(list(frame["epoch"]), [0, 1, 0, 1])
        one = runner.history([frame["run"][0]], library="polars")
        self.assertEqual(one.height, 2)

    def test_filters_are_those_of_list(self) -> None:
        frame = runner.load("logs", filters=["optimizer.learning_rate=0.1"])
        self.assertEqual(len(frame), 1)
        self.assertTrue(runner.load("logs", filters=["status=failed"]).empty)

    def test_problems_name_a_way_out(self) -> None:
        with self.assertRaisesRegex(runner.RunnerError, "there is no folder `nowhere`"):
            runner.load("nowhere")
        with self.assertRaisesRegex(runner.RunnerError, "want 'pandas' or 'polars'"):
            runner.load("logs", library="numpy")  # type: ignore[call-overload]


class Documents(InFolder):
    def test_the_code_of_the_page_runs(self) -> None:
        page = Path(__file__).parents[2] / "docs/python.md"
        (code,) = page.read_text(encoding="utf-8").split("```python\n")[1:]
        names: dict[str, object] = {}
        exec(code.split("```")[0], names)
        self.assertEqual(len(names["runs"]), 2)
        self.assertEqual(names["epochs"].height, 10)


class Toml(unittest.TestCase):
    def test_a_dictionary_is_read_back(self) -> None:
        value = {
            "text": 'a"b\\c\n\t\x00\x7f\U0001f600',
            "numbers": [1, -2, 1e-7, 1e22, 0.1, math.inf],
            "flag": True,
            "key with.dots": {"": [], "deep": {"er": [{"a": 1}, {}]}},
        }
        self.assertEqual(tomllib.loads(to_toml(value)), value)
        self.assertEqual(to_toml({"left out": None}), "")

    def test_other_types_are_refused_with_their_place(self) -> None:
        with self.assertRaisesRegex(runner.RunnerError, r"config: a\.b\.1: got <object"):
            to_toml({"a": {"b": [1, object()]}})


if __name__ == "__main__":
    unittest.main()
