"""Writes a dictionary as TOML."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from ._program import RunnerError


def to_toml(config: Mapping[str, Any]) -> str:
    """The config as TOML, a line for each key of the top level. `None` leaves a key out."""
    pairs = [(key, value) for key, value in config.items() if value is not None]
    return "".join(f"{_key(key)} = {_value(value, key)}\n" for key, value in pairs)


def _value(value: Any, place: str) -> str:
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()  # a scalar of NumPy
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, (str, PathLike)):
        return _string(fspath(value))
    if isinstance(value, Mapping):
        pairs = [(key, inner) for key, inner in value.items() if inner is not None]
        inside = ", ".join(f"{_key(key)} = {_value(inner, f'{place}.{key}')}" for key, inner in pairs)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple, range)):
        return f"[{', '.join(_value(inner, f'{place}.{at}') for at, inner in enumerate(value))}]"
    raise RunnerError(
        f"config: {place}: got {value!r}, want a string, a number, a boolean, a list or a dictionary"
    )


def _float(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = repr(value)
    return text if any(letter in text for letter in ".e") else f"{text}.0"


def _key(key: Any) -> str:
    return _string(str(key))


def _string(text: str) -> str:
    # JSON's strings are TOML's, but for the one control character that JSON leaves alone.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
