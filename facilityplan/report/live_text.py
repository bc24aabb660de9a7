"""Sentences of a workbook that follow its figures: formulas made of our own words and cell names.

No text of a user's ever gets into one: what is not a message of ours is a cell's name.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Final

from facilityplan import locale

_LONGEST: Final = 250
"""Excel takes texts of up to 255 characters in a formula."""


def quoted(text: str) -> str:
    """Return a text of ours as an expression of a formula."""
    pieces = [text[at : at + _LONGEST] for at in range(0, len(text), _LONGEST)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def message(message_id: str, cells: Mapping[str, str], lang: str | None) -> str:
    """Return an expression that is a message with cells, or sums of them, for its placeholders.

    Raises
    ------
    KeyError
        If there is no such message or a placeholder has no cell.
    """
    text = locale.catalogue(locale.language(lang))[message_id]
    parts = []
    for words, name, _, _ in string.Formatter().parse(text):
        parts += [quoted(words)] if words else []
        parts += [] if name is None else [cells[name]]
    return "&".join(parts)


def floor_area_sum(line: int, *, has_minimum: bool, agrees: str, lang: str | None) -> str:
    """Return the sum behind a required floor area in words, or what is missing for it.

    Parameters
    ----------
    line
        Row of the sheet: households in D, rate in E, least size in F, designed area in H.
    agrees
        Condition that totals are the sums of the phases.
    """
    cells = {
        "households": f"D{line}",
        "rate": f"E{line}",
        "by_rate": f"ROUND(D{line}*E{line}/100,9)",
        "minimum": f"F{line}",
    }
    said = message(f"formula.floor_area{'_minimum' if has_minimum else ''}", cells, lang)
    no_area, no_households, zero = (
        message(f"reason.{name}", {}, lang)
        for name in ("scheme_area_unknown", "households_unknown", "households_zero")
    )
    torn = message("verdict.insufficient_data", {}, lang)
    known = f"IF(ISNUMBER(H{line}),{said},{no_area})"
    counted = f"IF(N(D{line})>0,{known},{zero})"
    return f"IF(NOT({agrees}),{torn},IF(ISNUMBER(D{line}),{counted},{no_households}))"
