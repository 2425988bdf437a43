"""Runs and histories as data frames of pandas or Polars."""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, Union, overload

from ._program import RunnerError, ask

if TYPE_CHECKING:
    import pandas
    import polars

Library = Literal["pandas", "polars"]
Path = Union[str, "PathLike[str]"]

# Columns of `runner list --json` that stay as they are; `last` and `best` are spread.
_RECORD = ["dir", "name", "sweep", "status", "error", "note", "seed"]
_TIMES = ["started", "finished"]
_MEASURED = ["seconds", "epochs"]


@overload
def load(
    logdir: Path = ..., *, filters: Sequence[str] = ..., all_keys: bool = ...,
    library: Literal["pandas"] = ...,
) -> pandas.DataFrame: ...


@overload
def load(
    logdir: Path = ..., *, filters: Sequence[str] = ..., all_keys: bool = ...,
    library: Literal["polars"],
) -> polars.DataFrame: ...


def load(
    logdir: Path = "logs",
    *,
    filters: Sequence[str] = (),
    all_keys: bool = True,
    library: Library = "pandas",
) -> pandas.DataFrame | polars.DataFrame:
    """The runs below a folder, a row each, the youngest first.

    The columns are the record of a run (`dir`, `name`, `status`, ...), its hyperparameters by dotted
    path (`optimizer.learning_rate`), the numbers of its last epoch (`val_loss`) and of its best
    (`best.val_loss`, `best.epoch` from 0). With `all_keys=False` only hyperparameters that differ
    are columns. A filter is that of `runner list --filter`, such as `status=completed`.
    """
    folder = fspath(logdir)
    conditions = [word for text in filters for word in ("--filter", text)]
    runs = json.loads(ask(["list", folder, "--json", *conditions]))["runs"]
    keys = _hyperparameters(folder, all_keys) if any(run["epochs"] for run in runs) else {}
    rows = [_row(run, keys.get(run["dir"], {})) for run in runs]
    frame: pandas.DataFrame | polars.DataFrame = _frame(rows, _TIMES, library)
    return frame


@overload
def history(
    runs: Path | Sequence[Path] = ..., *, all_keys: bool = ..., library: Literal["pandas"] = ...,
) -> pandas.DataFrame: ...


@overload
def history(
    runs: Path | Sequence[Path] = ..., *, all_keys: bool = ..., library: Literal["polars"],
) -> polars.DataFrame: ...


def history(
    runs: Path | Sequence[Path] = "logs", *, all_keys: bool = False, library: Library = "pandas",
) -> pandas.DataFrame | polars.DataFrame:
    """The epochs of runs, sweeps or folders, a row each: the table of `runner export`."""
    words = [runs] if isinstance(runs, (str, PathLike)) else list(runs)
    flags = ["--all-keys"] if all_keys else []
    rows = json.loads(ask(["export", "--format", "json", *flags, *(fspath(word) for word in words)]))
    frame: pandas.DataFrame | polars.DataFrame = _frame(rows, [], library)
    return frame


def _row(run: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    row = {name: run[name] for name in _RECORD}
    row["tags"] = run["tags"]
    row |= {name: run[name] for name in [*_TIMES, *_MEASURED]}
    row |= keys
    row |= run["last"] or {}
    row |= {f"best.{name}": value for name, value in (run["best"] or {}).items()}
    return row


def _hyperparameters(folder: str, all_keys: bool) -> dict[str, dict[str, Any]]:
    """The hyperparameters of every run with an epoch, by the run's folder."""
    flags = ["--all-keys"] if all_keys else []
    rows = json.loads(ask(["export", folder, "--format", "json", *flags]))
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["run"] not in found:
            names = list(row)[3 : list(row).index("epoch")]
            found[row["run"]] = {name: row[name] for name in names}
    return found


def _frame(rows: list[dict[str, Any]], times: list[str], library: Library) -> Any:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    table = {name: [row.get(name) for row in rows] for name in columns}
    try:
        if library == "pandas":
            import pandas

            frame = pandas.DataFrame(table)
            for name in times:
                if name in frame:
                    frame[name] = pandas.to_datetime(frame[name], utc=True, format="ISO8601")
            return frame
        if library == "polars":
            import polars

            data = polars.DataFrame(table, infer_schema_length=None, strict=False)
            present = [name for name in times if name in data and data[name].dtype == polars.String]
            return data.with_columns(polars.col(present).str.to_datetime(time_zone="UTC"))
    except ModuleNotFoundError as error:
        raise RunnerError(f"{error}\n  help: pip install {library}") from None
    raise RunnerError(f"library: got {library!r}, want 'pandas' or 'polars'")
