"""A typeface that has every character to be printed, found or refused before anything is drawn."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from facilityplan.errors import OutputError

SAMPLE: Final = "养老服务设施规划图例比例尺㎡"
"""A face without these is no Chinese face."""

_MOST_NAMED: Final = 12

_WINDOWS: Final = ("msyh.ttc", "msyh.ttf", "simhei.ttf", "Deng.ttf", "simsun.ttc")

_OTHERS: Final = (
    "NotoSansCJK",
    "NotoSansSC",
    "SourceHanSans",
    "wqy-microhei",
    "wqy-zenhei",
    "PingFang",
    "STHeiti",
    "Hiragino Sans GB",
    "DroidSansFallback",
)
"""Names of files of sans-serif Chinese faces on Linux and macOS, best first."""


@dataclass(frozen=True)
class Typeface:
    """A font file and the characters it has."""

    path: Path
    characters: frozenset[int]

    @property
    def properties(self) -> font_manager.FontProperties:
        """The face as matplotlib takes it."""
        return font_manager.FontProperties(fname=str(self.path))

    def missing(self, texts: Iterable[str]) -> str:
        """Return the characters of the texts that the face lacks, each once, in order."""
        found = {
            sign
            for text in texts
            for sign in text
            if ord(sign) not in self.characters and not sign.isspace()
        }
        return "".join(sorted(found))

    def require(self, texts: Iterable[str]) -> None:
        """Refuse texts that would print as empty boxes.

        Raises
        ------
        OutputError
            ``figure_font_lacks`` with the characters that are missing.
        """
        lacking = self.missing(texts)
        if lacking:
            raise OutputError(
                "figure_font_lacks",
                path=self.path,
                characters=lacking[:_MOST_NAMED],
                count=len(lacking),
            )


def read_typeface(path: Path) -> Typeface:
    """Return the face in a font file (the first of a collection).

    Raises
    ------
    OutputError
        ``figure_font_unreadable`` where the file is no font.
    """
    try:
        font_file = FT2Font(str(path))
        return Typeface(path, frozenset(font_file.get_charmap()))
    except (OSError, RuntimeError, ValueError) as broken:
        raise OutputError("figure_font_unreadable", path=path, reason=str(broken)) from None


def find_typeface(given: Path | None = None) -> Typeface:
    """Return a Chinese face: the one given, else Windows' own, else one that is installed.

    Parameters
    ----------
    given
        A font file of the user's; nothing else is tried then.

    Raises
    ------
    OutputError
        ``figure_font_unreadable`` or ``figure_font_lacks`` for the one given, ``figure_no_font``
        where none is installed: Chinese text would print as empty boxes.
    """
    if given is not None:
        face = read_typeface(given)
        face.require([SAMPLE])
        return face
    for path in _installed():
        try:
            face = read_typeface(path)
        except OutputError:
            continue  # a broken file beside good ones is not the user's business
        if not face.missing([SAMPLE]):
            return face
    raise OutputError("figure_no_font")


def _installed() -> Iterator[Path]:
    """Return the files of faces that are likely Chinese, best first."""
    windows = Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
    yield from (windows / name for name in _WINDOWS if (windows / name).is_file())
    files = sorted(map(Path, _system_files()))
    for name in _OTHERS:
        yield from (path for path in files if path.name.lower().startswith(name.lower()))


def _system_files() -> list[str]:
    return font_manager.findSystemFonts()
