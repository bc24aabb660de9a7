"""Keys of tables and coordinates as text, as far as they can be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from facilityplan.doctor import Action, Fix, Problem, Severity
from facilityplan.io.join import key_text
from facilityplan.project.raw_files import RawFile, plain_word

_DMS: Final = re.compile(
    r"(\d{1,3})[°度](\d{1,2})[′'分](\d{1,2}(?:\.\d+)?)(?:[″\"秒]|''|′′)?[ENen东北经纬]*"
)
_BARE_DEGREES: Final = re.compile(r"(?:[东北][经纬])?(\d{1,3}\.\d+)[°度]?[ENen]?")


def keys_of(
    table: RawFile, header: str, known: Collection[str], layer: str
) -> tuple[dict[str, int], list[Problem]]:
    """Return the position of each key of a table, and the keys that are missing, double, unknown.

    Parameters
    ----------
    header
        Column with the keys.
    known
        Keys of the geometries.
    layer
        Layer of the geometries.
    """
    first: dict[str, int] = {}
    problems: list[Problem] = []
    wholes = table.whole_rows
    plain = {plain_word(key): key for key in known}
    for n, cell in enumerate(table.frame[header]):
        key, fix, name = key_text(cell), None, None
        other = first.get(key)
        if not wholes[n]:
            name, fix = "empty_row", Fix(Action.DROP)
        elif not key:
            name = "key_missing"
        elif other is not None and wholes[n] == wholes[other]:
            name, fix = "duplicate_row", Fix(Action.DROP)
        elif other is not None:
            name = "key_duplicate"
        elif key in known:
            first[key] = n
        else:
            name = "key_unknown"
            meant = plain.get(plain_word(key))
            if meant is not None and meant not in first:
                fix = Fix(Action.SET, meant, header)
                first[meant] = n
        if name is not None:
            problems.append(
                Problem(
                    name,
                    Severity.ERROR,
                    layer=layer,
                    file=table.key[0],
                    sheet=table.key[1],
                    row=int(table.rows[n]),
                    column=None if name in {"empty_row", "duplicate_row"} else header,
                    value=key or None,
                    item=key or None,
                    parameters={} if other is None else {"other": int(table.rows[other])},
                    fix=fix,
                )
            )
    return first, problems


def as_degrees(text: str) -> float | None:
    """Return degrees, minutes and seconds, or degrees with a sign, as decimal degrees."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    parts = _DMS.fullmatch(plain)
    if parts is not None and float(parts[2]) < 60 and float(parts[3]) < 60:
        return round(float(parts[1]) + float(parts[2]) / 60 + float(parts[3]) / 3600, 9)
    bare = _BARE_DEGREES.fullmatch(plain)
    return None if bare is None else float(bare[1])
