"""Text of the user's that XML and SQLite take as it is, and that no program acts on."""

from __future__ import annotations

import re
from typing import Final

_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(value: object) -> str:
    """Return text without control characters and lone surrogates; line ends stay, a tab is a blank.

    What stays is inert only where it is written as text: a cell for text, a bound parameter.
    """
    return _NOT_TEXT.sub("", str(value).replace("\t", " "))


MOST_CHARACTERS: Final = 4_000
"""What is longer is no name and no number; LibreOffice lays out ten times as much for minutes."""


def readable(value: object) -> str:
    """Return printable text of a length that a page can hold, cut with a mark where it is longer."""
    said = printable(value)
    return said if len(said) <= MOST_CHARACTERS else f"{said[: MOST_CHARACTERS - 1]}…"
