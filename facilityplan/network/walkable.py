"""Which roads people walk on: what the row says, then its class, by a table that users change."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facilityplan.errors import BadValueError
from facilityplan.network.millimetres import BoolArray, IntArray

WITH_FOOTWAY: Final = "with_footway"
"""Word of the table for a class that is walked on only where the row says there is a footway."""

Walked = bool | Literal["with_footway"]
"""What the table says of a class."""

_NO: Final = frozenset({"", "no", "false", "f", "n", "0", "nan", "none"})
_SILENT: Final = "silent"
_OUT, _MAYBE, _IN = 0, 1, 2
_CLOSES, _SAYS_NOTHING, _OPENS = -1, 0, 1


class Reason(StrEnum):
    """Why a road is left out."""

    WALKABLE = "walkable"
    CLASS = "class"
    FOOT = "foot"
    ACCESS = "access"
    NO_FOOTWAY = "no_footway"


@dataclass(frozen=True)
class LeftOut:
    """Roads that nobody walks on, of one class and for one reason.

    Attributes
    ----------
    road_class
        The class, lower case; several of one row are set apart by semicolons; "" for none.
    reason
        What decided: the column ``walkable``, the class, the column ``foot``, the column
        ``access``, or that a class that needs a footway has none stated.
    rows
        Number of rows.
    length_m
        Their length as drawn, in metres.
    """

    road_class: str
    reason: Reason
    rows: int
    length_m: float


@dataclass(frozen=True, eq=False)
class Judged:
    """What is said of the rows of a frame, each array of shape (rows,).

    Attributes
    ----------
    walked
        Which rows are walked on.
    reason
        Why a row is not, as a position in ``Reason``; -1 where it is.
    road_class
        The class of each row as :class:`LeftOut` writes it.
    unknown_classes
        Classes that the table does not know, sorted; they count as walkable.
    unknown_words
        Words of ``foot``, ``sidewalk`` and ``access`` that the tables do not know, as
        ``column=word``, sorted; they say nothing.
    footways_stated
        Whether any row says anything at all of walkers or of a footway.
    """

    walked: BoolArray
    reason: IntArray
    road_class: NDArray[np.object_]
    unknown_classes: tuple[str, ...]
    unknown_words: tuple[str, ...]
    footways_stated: bool


def walkable_tables() -> dict[str, dict[str, Any]]:
    """Return the tables of ``walkable.toml``: classes, and the words of foot, sidewalk, access."""
    source = resources.files(__package__) / "walkable.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def walkable_table(overrides: Mapping[str, Walked] | None = None) -> dict[str, Walked]:
    """Return the classes of road and whether they are walked on, the caller's word last."""
    classes: dict[str, Walked] = walkable_tables()["classes"]
    return classes | {name.strip().lower(): flag for name, flag in (overrides or {}).items()}


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _distinct(column: Any) -> tuple[IntArray, list[Any]]:
    """Return the number of each cell's value, -1 where it is empty, and the values by number."""
    cells = np.fromiter(column.to_numpy(), dtype=object, count=len(column))
    try:
        numbers, values = pd.factorize(cells)
    except TypeError:
        # osmnx gives a list where it has joined streets of several classes, and a list has no hash
        lists = (list, set, np.ndarray)
        tuples = (tuple(cell) if isinstance(cell, lists) else cell for cell in cells)
        numbers, values = pd.factorize(np.fromiter(tuples, dtype=object, count=len(column)))
    return numbers.astype(np.int64), list(values)


def _words(value: Any) -> list[str]:
    """Return the words of a cell, lower case; 1.0 is 1."""
    parts = value if isinstance(value, tuple) else (value,)
    words: list[str] = []
    for part in parts:
        if _is_missing(part):
            continue
        whole = isinstance(part, float) and part.is_integer()
        said = str(int(part)) if whole else str(part)
        words.extend(word.strip().lower() for word in said.split(";"))
    return [word for word in words if word]


def _by_class(column: Any, table: Mapping[str, Walked]) -> tuple[IntArray, Any, set[str]]:
    """Return for each row whether its class is in, out or needs a footway, and the class."""
    numbers, values = _distinct(column)
    names = [_words(value) for value in values]
    worth = {True: _IN, WITH_FOOTWAY: _MAYBE, False: _OUT}
    # the last of both stands for the rows that have no class: number -1
    states = [max((worth[table.get(n, True)] for n in own), default=_IN) for own in names]
    shown = [*(";".join(sorted(set(own))) for own in names), ""]
    unknown = {name for own in names for name in own if name not in table}
    state = np.array([*states, _IN], dtype=np.int64)[numbers]
    return state, np.array(shown, dtype=object)[numbers], unknown


def _by_words(
    roads: Any, name: str, meanings: Mapping[str, bool | str]
) -> tuple[IntArray, set[str], bool]:
    """Return for each row whether a column opens or closes it, unknown words, and if any is said."""
    if name not in roads.columns:
        return np.zeros(len(roads), dtype=np.int64), set(), False
    numbers, values = _distinct(roads[name])
    words = [_words(value) for value in values]
    worth = {True: _OPENS, False: _CLOSES, _SILENT: _SAYS_NOTHING}
    says: list[int] = []
    for own in words:
        found = {worth[meanings.get(word, _SILENT)] for word in own}
        says.append(_OPENS if _OPENS in found else min(found, default=_SAYS_NOTHING))
    unknown = {f"{name}={word}" for own in words for word in own if word not in meanings}
    return np.array([*says, _SAYS_NOTHING], dtype=np.int64)[numbers], unknown, any(words)


def _by_flag(column: Any) -> IntArray:
    """Return for each row whether its flag opens or closes it.

    Raises
    ------
    BadValueError
        If a cell is neither yes, no nor nothing.
    """
    numbers, values = _distinct(column)
    says = np.zeros(len(values) + 1, dtype=np.int64)
    wrong: list[int] = []
    for number, value in enumerate(values):
        if isinstance(value, bool | np.bool_ | int | float | np.integer) and value in (0, 1):
            says[number] = _OPENS if value else _CLOSES
        else:
            wrong.append(number)
    if wrong:
        rows = (np.flatnonzero(np.isin(numbers, wrong)) + 1).tolist()
        raise BadValueError("network_walkable_value", column="walkable", rows=rows)
    return says[numbers]


def judge_rows(roads: Any, overrides: Mapping[str, Walked] | None) -> Judged:
    """Return which rows of a frame are walked on, and why the others are not.

    Parameters
    ----------
    roads
        A frame; the columns ``walkable``, ``class``, ``foot``, ``sidewalk`` and ``access`` are
        looked at where they are there.
    overrides
        Classes of road to judge otherwise than the table does.

    Raises
    ------
    BadValueError
        If the ``walkable`` column holds something other than yes, no or nothing.
    """
    tables, size = walkable_tables(), len(roads)
    state = np.full(size, _IN, dtype=np.int64)
    shown: NDArray[np.object_] = np.full(size, "", dtype=object)
    unknown: set[str] = set()
    if "class" in roads.columns:
        state, shown, unknown = _by_class(roads["class"], walkable_table(overrides))
    foot, odd_foot, has_foot = _by_words(roads, "foot", tables["foot"])
    side, odd_side, has_side = _by_words(roads, "sidewalk", tables["sidewalk"])
    access, odd_access, _ = _by_words(roads, "access", tables["access"])
    bare = (state == _MAYBE) & (foot != _OPENS) & (side != _OPENS)
    reasons = list(Reason)
    reason = np.full(size, -1, dtype=np.int64)
    # The later outweighs the earlier.
    for why, rows in (
        (Reason.NO_FOOTWAY, bare),
        (Reason.ACCESS, (access == _CLOSES) & (foot != _OPENS)),
        (Reason.FOOT, foot == _CLOSES),
        (Reason.CLASS, state == _OUT),
    ):
        reason[rows] = reasons.index(why)
    if "walkable" in roads.columns:
        flag = _by_flag(roads["walkable"])
        reason[flag == _OPENS] = -1
        reason[flag == _CLOSES] = reasons.index(Reason.WALKABLE)
    return Judged(
        walked=reason < 0,
        reason=reason,
        road_class=shown,
        unknown_classes=tuple(sorted(unknown)),
        unknown_words=tuple(sorted(odd_foot | odd_side | odd_access)),
        footways_stated=has_foot or has_side,
    )


def left_out(judged: Judged, rows: IntArray, length_mm: IntArray) -> tuple[LeftOut, ...]:
    """Return what is left out, by reason and class.

    Parameters
    ----------
    judged
        What was said of all rows.
    rows
        Rows that are left out, shape (k,).
    length_mm
        Length of each of them, shape (k,).
    """
    reasons = list(Reason)
    found: dict[tuple[int, str], list[int]] = {}
    for row, length in zip(rows.tolist(), length_mm.tolist(), strict=True):
        total = found.setdefault((int(judged.reason[row]), judged.road_class[row]), [0, 0])
        total[0] += 1
        total[1] += length
    return tuple(
        LeftOut(name, reasons[number], count, total_mm / 1000.0)
        for (number, name), (count, total_mm) in sorted(found.items())
    )


def grade_separated_rows(roads: Any) -> BoolArray:
    """Return which rows of a frame are bridges or tunnels, crossing others above or below."""
    apart = np.zeros(len(roads), dtype=np.bool_)
    for name in ("bridge", "tunnel"):
        if name in roads.columns:
            numbers, values = _distinct(roads[name])
            says = [str(value).strip().lower() not in _NO for value in values]
            apart |= np.array([*says, False], dtype=np.bool_)[numbers]
    return apart
