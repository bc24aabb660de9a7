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
