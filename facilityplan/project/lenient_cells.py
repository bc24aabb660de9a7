"""Cells read as people write them, as far as they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from facilityplan.errors import BadValueError, FacilityPlanError, SchemaError
from facilityplan.io.interpret import CellPlace, interpret_cells
from facilityplan.io.source import Reading
from facilityplan.project.config import LayerSource
from facilityplan.project.raw_files import RawFile

_PLAIN: Final = ("figure_text", "date_text")
"""Refusals of a cell by itself; the contract of the column says why."""


def interpret_leniently(
    cells: Sequence[Any], name: str, layer: str, place: CellPlace
) -> tuple[list[Any], list[Reading], dict[int, FacilityPlanError]]:
    """Return cells as :func:`interpret_cells` does, and by position those that it refuses.

    A cell that is refused by itself comes out as it went in.
    """
    held: set[int] = set()
    plain: set[int] = set()
    bad: dict[int, FacilityPlanError] = {}
    while True:
        tried = [None if n in held else cell for n, cell in enumerate(cells)]
        try:
            values, settled = interpret_cells(tried, name, layer=layer, place=place)
        except BadValueError as error:
            rows = set(error.rows)
            at = {n for n, row in enumerate(place.rows) if int(row) in rows and n not in held}
            at = {n for n in at if cells[n] is not None}
            if not at:
                return list(cells), [], bad
            held |= at
            if error.message in _PLAIN:
                plain |= at
            else:
                bad |= dict.fromkeys(at, error)
            continue
        except SchemaError as error:
            return [None] * len(cells), [], {0: error}
        return [cells[n] if n in plain else v for n, v in enumerate(values)], settled, bad


def guessed_encoding(file: RawFile, source: LayerSource) -> list[Reading]:
    """Return that a text is in an encoding that nobody stated, other than UTF-8."""
    if source.encoding is not None or file.encoding is None or file.encoding.startswith("utf-8"):
        return []
    return [Reading("encoding", parameters={"encoding": file.encoding})]
