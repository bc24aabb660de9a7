"""What was settled while reading tables, as notices: approximate figures, units, rows left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from facilityplan.doctor.notices import Notice
from facilityplan.locale import Listed

ROWS_SHOWN: Final = 10
"""How many row numbers a notice lists; an ellipsis stands for the others, the manifest has all."""


def _listed(rows: Sequence[int]) -> str:
    shown = Listed(str(row) for row in rows[:ROWS_SHOWN])
    return shown if len(rows) <= ROWS_SHOWN else f"{shown}……（{len(rows)}）"


def readings(choices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Return what was settled while reading each file, in the order it was read.

    Parameters
    ----------
    choices
        What was settled while reading, one entry a file; ``readings`` of each as
        :meth:`facilityplan.io.source.Reading.as_choice` gives them.
    """
    return [
        Notice(
            f"read_{reading['message']}",
            choice.get("layer", ""),
            (),
            {
                **reading["parameters"],
                "file": choice["path"],
                "column": reading["column"] or "",
                "rows": _listed(reading["rows"]),
            },
        )
        for choice in choices
        for reading in choice.get("readings", ())
    ]
