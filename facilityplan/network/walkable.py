"""Which roads people walk on: the ``walkable`` column first, else the class of the road."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd

from facilityplan.errors import BadValueError
from facilityplan.network.millimetres import BoolArray

_NO: Final = frozenset({"", "no", "false", "f", "n", "0", "nan", "none"})


def walkable_table(overrides: Mapping[str, bool] | None = None) -> dict[str, bool]:
    """Return the classes of road and whether they are walked on, the caller's word last."""
    source = resources.files(__package__) / "walkable.toml"
    classes: dict[str, bool] = tomllib.loads(source.read_text(encoding="utf-8"))["classes"]
    return classes | {name.strip().lower(): flag for name, flag in (overrides or {}).items()}


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _class_names(value: Any) -> list[str]:
    # osmnx gives a list where it has joined streets of several classes
    values = value if isinstance(value, list | tuple | set) else [value]
    return [str(name).strip().lower() for name in values if not _is_missing(name)]


def _by_class(values: list[Any], table: Mapping[str, bool]) -> tuple[BoolArray, set[str]]:
    walked = np.ones(len(values), dtype=np.bool_)
    unknown: set[str] = set()
    for row, value in enumerate(values):
        names = [name for name in _class_names(value) if name]
        unknown.update(name for name in names if name not in table)
        walked[row] = not names or any(table.get(name, True) for name in names)
    return walked, unknown


def _by_flag(values: list[Any], walked: BoolArray) -> BoolArray:
    decided = walked.copy()
    wrong: list[int] = []
    for row, value in enumerate(values):
        if _is_missing(value):
            continue
        if isinstance(value, bool | np.bool_ | int | float | np.integer) and value in (0, 1):
            decided[row] = bool(value)
        else:
            wrong.append(row + 1)
    if wrong:
        raise BadValueError("network_walkable_value", column="walkable", rows=wrong)
    return decided


def walkable_rows(
    roads: Any, overrides: Mapping[str, bool] | None
) -> tuple[BoolArray, tuple[str, ...]]:
    """Return which rows of a frame are walked on, and the classes that no table knows, sorted.

    Raises
    ------
    BadValueError
        If the ``walkable`` column holds something other than yes, no or nothing.
    """
    walked = np.ones(len(roads), dtype=np.bool_)
    unknown: set[str] = set()
    if "class" in roads.columns:
        walked, unknown = _by_class(list(roads["class"]), walkable_table(overrides))
    if "walkable" in roads.columns:
        walked = _by_flag(list(roads["walkable"]), walked)
    return walked, tuple(sorted(unknown))


def grade_separated_rows(roads: Any) -> BoolArray:
    """Return which rows of a frame are bridges or tunnels, crossing others above or below."""
    apart = np.zeros(len(roads), dtype=np.bool_)
    for name in ("bridge", "tunnel"):
        if name in roads.columns:
            apart |= [
                not _is_missing(value) and str(value).strip().lower() not in _NO
                for value in roads[name]
            ]
    return apart
