"""Finds the program and calls it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path


class RunnerError(Exception):
    """The program could not do what it was asked for; the text is what it said."""


def program() -> Path:
    """The program that is installed with this module, or else the one in PATH."""
    name = "runner.exe" if os.name == "nt" else "runner"
    schemes = [None, f"{os.name}_user"]
    for scheme in schemes:
        folder = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        path = Path(folder) / name
        if path.is_file():
            return path
    found = shutil.which("runner")
    if found is None:
        raise RunnerError(
            "there is no program `runner` beside this module or in PATH\n"
            "  help: install it with `pip install`, `cargo install --path .` or the Debian package"
        )
    return Path(found)


def ask(arguments: Sequence[str]) -> str:
    """What a command of the program prints. A message without an error becomes a warning."""
    done = subprocess.run(
        [str(program()), "--color", "never", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0 and not done.stdout:
        raise RunnerError(message(done.stderr, done.returncode))
    if done.returncode != 0:
        import warnings

        warnings.warn(done.stderr.strip(), RuntimeWarning, stacklevel=3)
    return done.stdout


def message(said: str, status: int) -> str:
    """The program's message without its `error: `."""
    return said.strip().removeprefix("error: ") or f"runner ended with exit status {status}"
