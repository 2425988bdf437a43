"""Trains a config that is a dictionary, and shows its progress."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Union

from ._program import RunnerError, message, program
from ._toml import to_toml

Config = Union[Mapping[str, Any], str, "PathLike[str]"]


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    name: str
    #: Its folder; None if it never started.
    dir: Path | None
    #: completed, stopped, failed or skipped.
    status: str
    error: str | None
    epochs: int
    seconds: float
    #: The numbers of the last epoch, such as `val_loss`.
    last: dict[str, float]
    #: The numbers of the best epoch, with `epoch` from 0.
    best: dict[str, float]
    #: The swept settings of the run, such as `learning_rate=0.01`.
    changes: str | None


@dataclass(frozen=True)
class Result:
    """How the runs of a config ended, in the order of the plan."""

    runs: list[Run]

    @property
    def best(self) -> Run:
        """The completed run with the least `val_loss`, or `loss` without validation."""
        done = [run for run in self.runs if run.status == "completed"]
        if not done:
            raise RunnerError("no run has completed")
        return min(done, key=lambda run: run.last.get("val_loss", run.last.get("loss", 0.0)))


def run(
    config: Config,
    *,
    name: str | None = None,
    logdir: str | PathLike[str] = "logs",
    set: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    threads: int | None = None,
    tags: Sequence[str] = (),
    note: str | None = None,
    progress: bool | Callable[[str], None] = True,
    check: bool = True,
) -> Result:
    """Trains every run of a config: a dictionary with the keys of the TOML, or the path of a file.

    `set` overrides keys by dotted path; a list of values sweeps. Progress goes to stderr, in a
    notebook to one place of its output, or line by line to a function. Relative paths in a dictionary
    are those from the current folder. A failed run raises RunnerError unless `check` is false.
    An interrupt lets the program save its state before KeyboardInterrupt goes on.
    """
    options = ["--json", "--progress", "plain", "--logdir", fspath(logdir)]
    for flag, value in [("--jobs", jobs), ("--threads", threads), ("--note", note)]:
        options += [] if value is None else [flag, str(value)]
    options += [word for tag in tags for word in ("--tag", tag)]
    for key, value in (set or {}).items():
        options += ["--set", f"{key}={_override(key, value)}"]
    options += [] if name is None else ["--name", name]
    show = progress if callable(progress) else _progress_display() if progress else None
    with _file(config) as path:
        status, printed, said = _call(["run", path, *options], show)
    if isinstance(config, Mapping):
        said = said.replace(path, "config")
    if status not in (0, 1, 75) or not printed or (check and status == 1):
        raise RunnerError(message(said, status))
    if show is not None:
        for line in said.splitlines():
            show(line)
    return Result([_run(value) for value in json.loads(printed)["runs"]])


def _run(value: dict[str, Any]) -> Run:
    folder = value["dir"]
    return Run(
        name=value["name"],
        dir=None if folder is None else Path(folder),
        status=value["status"],
        error=value["error"],
        epochs=value["epochs"] or 0,
        seconds=value["seconds"] or 0.0,
        last=value["last"] or {},
        best=value["best"] or {},
        changes=value["changes"],
    )


def _override(key: str, value: Any) -> str:
    several = isinstance(value, (list, tuple, range))
    values = list(value) if several else [value]
    lines = [to_toml({key: one}).split(" = ", 1)[1].strip() for one in values]
    return ",".join(lines)


@contextmanager
def _file(config: Config) -> Iterator[str]:
    """The file of a config; of a dictionary in the current folder, where its paths begin."""
    if not isinstance(config, Mapping):
        yield fspath(config)
        return
    folder = "." if os.access(".", os.W_OK) else None
    number, path = tempfile.mkstemp(prefix=".runner-", suffix=".toml", dir=folder)
    try:
        with open(number, "w", encoding="utf-8") as file:
            # Without a name the run would be called by its file.
            file.write(to_toml({"name": "python", **config}))
        yield path
    finally:
        os.unlink(path)


def _call(arguments: list[str], show: Callable[[str], None] | None) -> tuple[int, str, str]:
    """Calls the program and shows its progress; returns its exit status, its output and its errors."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        child = subprocess.Popen(
            [str(program()), "--color", "never", *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # A group of its own: an interrupt of the notebook reaches it once, from here.
            start_new_session=True,
        )
        lines, interrupted = _listen(child, show)
        out.seek(0)
        printed = out.read()
    if interrupted:
        raise KeyboardInterrupt
    said = "".join(lines)
    return child.returncode, printed, said[max(f"\n{said}".find("\nerror: "), 0) :]


def _listen(
    child: subprocess.Popen[str], show: Callable[[str], None] | None
) -> tuple[list[str], bool]:
    """Shows the program's lines up to the first error, which an exception may repeat.

    Returns the lines that were not shown, and whether the program was interrupted.
    """
    hidden: list[str] = []
    failed = interrupted = False
    assert child.stderr is not None
    with child.stderr as stderr:
        while True:
            try:
                for line in stderr:
                    failed = failed or line.startswith("error: ")
                    if failed or show is None:
                        hidden.append(line)
                    else:
                        show(line.rstrip("\n"))
                child.wait()
                return hidden, interrupted
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)
                interrupted, show = True, None
            except BaseException:
                child.kill()
                child.wait()
                raise


def _progress_display() -> Callable[[str], None]:
    """Shows lines on stderr; in a notebook the last of them, in one place."""
    try:
        from IPython import get_ipython  # type: ignore[import-not-found, unused-ignore]
        from IPython.display import display  # type: ignore[import-not-found, unused-ignore]
    except ModuleNotFoundError:
        return _to_stderr
    if getattr(get_ipython(), "kernel", None) is None:
        return _to_stderr
    lines: list[str] = []
    first = {"text/plain": ""}
    handle = display(first, raw=True, display_id=True)  # type: ignore[no-untyped-call, unused-ignore]

    def show(line: str) -> None:
        lines.append(line)
        handle.update({"text/plain": "\n".join(lines[-8:])}, raw=True)

    return show


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
