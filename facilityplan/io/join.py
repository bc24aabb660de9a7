"""Attributes that live in another table, joined to their geometries one to one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import numbers
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from facilityplan.errors import BadValueError, DuplicateIdError, MissingColumnError, SchemaError
from facilityplan.io.source import Table, Vector


def key_text(cell: Any) -> str:
    """Return a key as text to compare: full width as half, no blanks at the ends, 12.0 as 12.

    A missing key is the empty text.
    """
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell))
    if isinstance(cell, numbers.Real):
        number = float(cell)
        if math.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return unicodedata.normalize("NFKC", str(cell)).strip()


def _keys(frame: pd.DataFrame, key: str, file: str) -> list[str]:
    if key not in frame.columns:
        raise MissingColumnError(
            "table_no_such_column",
            file=file,
            column=key,
            columns=", ".join(str(name) for name in frame.columns),
        )
    return [key_text(cell) for cell in frame[key]]


def _refuse_duplicates(keys: Sequence[str], rows: Sequence[int], key: str, file: str) -> None:
    seen: dict[str, list[int]] = {}
    for text, row in zip(keys, rows, strict=True):
        if text:
            seen.setdefault(text, []).append(row)
    double = {text: places for text, places in seen.items() if len(places) > 1}
    if double:
        raise DuplicateIdError(
            "join_duplicate_key",
            file=file,
            column=key,
            rows=sorted(row for places in double.values() for row in places),
            keys=", ".join(list(double)[:10]),
        )


def _is_missing(cell: Any) -> bool:
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, float) and math.isnan(cell))
    )


def _joined(vector: Vector, table: Table, column: str, places: Sequence[int]) -> list[Any]:
    """Return a column's cells in the order of the geometries; two words on one thing are one."""
    cells = [None if _is_missing(cell) else cell for cell in table.frame[column]]
    values = [None if place < 0 else cells[place] for place in places]
    if column not in vector.frame.columns:
        return values
    own = vector.frame[column].tolist()
    apart = [
        int(table.rows[place])
        for place, theirs, ours in zip(places, values, own, strict=True)
        if place >= 0
        and theirs is not None
        and not _is_missing(ours)
        and key_text(theirs) != key_text(ours)
    ]
    if apart:
        raise SchemaError(
            "join_contradiction", file=table.file, column=column, rows=apart, other=vector.file
        )
    return [
        ours if theirs is None and not _is_missing(ours) else theirs
        for theirs, ours in zip(values, own, strict=True)
    ]


def join_attributes(vector: Vector, table: Table, key_vector: str, key_table: str) -> Vector:
    """Give geometries the attributes of a table, one row each.

    Keys are compared as text (:func:`key_text`). Where both hold a column of the same name, they
    must not contradict each other.

    Parameters
    ----------
    vector
        The geometries; rows and their order stay.
    table
        The attributes.
    key_vector, key_table
        Columns that hold the key.

    Returns
    -------
    Vector
        With the table's columns; ``unmatched`` has the rows of geometries without attributes,
        whose cells are empty.

    Raises
    ------
    MissingColumnError
        If a key column is not there.
    BadValueError
        If a row of the table has no key.
    DuplicateIdError
        If a key stands twice in either; with the rows.
    SchemaError
        If the table has keys that no geometry has, or contradicts the layer.
    """
    own = _keys(vector.frame, key_vector, vector.file)
    theirs = _keys(table.frame, key_table, table.file)
    nameless = [int(row) for row, text in zip(table.rows, theirs, strict=True) if not text]
    if nameless:
        raise BadValueError("join_missing_key", file=table.file, column=key_table, rows=nameless)
    _refuse_duplicates(own, vector.rows.tolist(), key_vector, vector.file)
    _refuse_duplicates(theirs, table.rows.tolist(), key_table, table.file)
    known = set(own)
    strange = [n for n, text in enumerate(theirs) if text not in known]
    if strange:
        raise SchemaError(
            "join_unknown_key",
            file=table.file,
            column=key_table,
            rows=[int(table.rows[n]) for n in strange],
            keys=", ".join(theirs[n] for n in strange[:10]),
            other=vector.file,
        )
    geometry = vector.frame.geometry.name
    if geometry in table.frame.columns:
        raise SchemaError("table_reserved_column", file=table.file, column=geometry)
    position = {text: n for n, text in enumerate(theirs)}
    places = [position.get(text, -1) if text else -1 for text in own]
    frame = vector.frame.copy()
    for column in table.frame.columns:
        if column == key_table and key_table == key_vector:
            continue
        frame[column] = pd.Series(
            _joined(vector, table, column, places), index=frame.index, dtype=object
        )
    unmatched = tuple(int(row) for row, place in zip(vector.rows, places, strict=True) if place < 0)
    return dataclasses.replace(vector, frame=frame, unmatched=unmatched)
