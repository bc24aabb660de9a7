"""Which of a table's headers is which canonical column, by a dictionary of what people write.

The dictionary is data (``aliases.toml``). Nothing here is applied by itself: a proposal is shown,
and what the user keeps of it stands in ``project.toml``.

::

    propose_columns(headers, layer) -> Proposal
        .columns    {canonical: Match(header, score, unit)}   at most one each, score 0 to 1
        .ambiguous  {canonical: (header, header, ...)}        equally good: ask
        .guesses    {canonical: (header, ...)}                only contained in the header: ask
        .unused     (header, ...)
    require_clear(proposal, file=..., layer=...)              refuses what is ambiguous
    propose_coordinates(headers) -> (x header, y header) or None
    split_header("规模/用地面积（公顷）") -> Header(parts, unit, plain)
    quantity_of("floor_area_m2") -> "m2" or None
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from facilityplan.errors import SchemaError
from facilityplan.layers.contracts import LAYERS
from facilityplan.units import is_unit, plain_text

PATH_SIGN: Final = "/"
"""Sets the levels of a header over several rows apart."""

EXACT: Final = 1.0
LAST_LEVEL: Final = 0.9
QUALIFIED: Final = 0.8
WEAK: Final = 0.6
CONTAINED: Final = 0.4
LEAST: Final = WEAK
"""Least score at which a header is proposed; below it is only named as a guess."""

_LONGEST_HEADER: Final = 200
_BRACKETS: Final = re.compile(r"[(\[【〔<《]([^()\[\]【】〔〕<>《》]*)[)\]】〕>》]")
_LAST_BRACKET: Final = re.compile(_BRACKETS.pattern + r"(?=\s*(?:/|$))")
_GLUED: Final = re.compile(r"(?<=[^\W\d_a-z])(万?k?m2|hm2|ha|%)$")
_UNIT_WORD: Final = re.compile(r"^(?:计量)?单位\s*[:为]?\s*")
_ORNAMENT: Final = re.compile(
    r"^[*★#\s]+|^(?:\d{1,2}|[一二三四五六七八九十]{1,2})[、.．]|[*★:：\s]+$"
)
_TAIL: Final = re.compile(r"^(.*[^\W\d_a-z])[\s_:：/,、-]+([^\s_:：/,、-]+)$")


@dataclass(frozen=True)
class Header:
    """A header taken apart.

    Attributes
    ----------
    levels
        Its levels from the top, each without unit and blanks, small letters.
    unit
        The unit it names as written, ``None`` where none or several.
    several_units
        Whether it names several (``公顷/亩/㎡``): each cell has to say its own.
    plain
        The last level without any bracket.
    """

    levels: tuple[str, ...]
    unit: str | None
    several_units: bool
    plain: str


@dataclass(frozen=True)
class Match:
    """A header proposed for a canonical column, how sure (0 to 1), and the unit it names."""

    header: str
    score: float
    unit: str | None = None


@dataclass(frozen=True)
class Proposal:
    """What the headers of a table may be in a layer; see the module's text."""

    columns: Mapping[str, Match]
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guesses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@functools.cache
def _dictionary() -> Mapping[str, Any]:
    source = resources.files(__package__) / "aliases.toml"
    return MappingProxyType(tomllib.loads(source.read_text(encoding="utf-8")))


@functools.cache
def _characters() -> Mapping[int, int]:
    known = _dictionary()["characters"]
    return str.maketrans(known["traditional"], known["simplified"])


def _key(text: str) -> str:
    return re.sub(r"\s+", "", plain_text(text)).translate(_characters())


@functools.cache
def _words(layer: str) -> Mapping[str, Mapping[str, float]]:
    """Return per canonical column the words for it and the score of each."""
    known = _dictionary()["layers"].get(layer, {})
    words: dict[str, Mapping[str, float]] = {}
    for column in LAYERS[layer].columns:
        said = known.get(column, {})
        words[column] = {
            **{_key(name): WEAK for name in said.get("weak", ())},
            **{_key(name): EXACT for name in said.get("names", ())},
            _key(column): EXACT,
        }
    return MappingProxyType(words)


@functools.cache
def _quantities() -> Mapping[str, str]:
    table: Mapping[str, Sequence[str]] = _dictionary()["quantities"]
    return MappingProxyType({column: unit for unit, columns in table.items() for column in columns})


def quantity_of(column: str) -> str | None:
    """Return the unit that a canonical column is in (a key of ``units.UNIT_WORDS``), or nothing."""
    return _quantities().get(column)


def _is_unit_list(text: str) -> bool:
    pieces = [piece for piece in re.split(r"[/、,或]", text) if piece]
    return len(pieces) > 1 and all(is_unit(piece) for piece in pieces)


@functools.lru_cache(maxsize=4096)
def split_header(header: str) -> Header:
    """Return a header's levels, and the unit it names in a bracket or at its end."""
    text = plain_text(header[:_LONGEST_HEADER]).replace("\n", "")
    units: list[str] = []
    several = False

    def take(found: re.Match[str]) -> str:
        nonlocal several
        inside = _UNIT_WORD.sub("", found[1]).replace(" ", "")
        if is_unit(inside):
            units.append(inside)
            return ""
        if _is_unit_list(inside):
            several = True
            return ""
        return found[0]

    text = _LAST_BRACKET.sub(take, text)
    if not units and (glued := _GLUED.search(text)) is not None:
        units.append(glued[1])
        text = text[: glued.start()]
    tail = _TAIL.match(text)
    if not units and tail is not None and is_unit(_UNIT_WORD.sub("", tail[2])):
        units.append(_UNIT_WORD.sub("", tail[2]))
        text = tail[1]
    levels = tuple(
        level
        for level in (_key(_ORNAMENT.sub("", part)) for part in text.split(PATH_SIGN))
        if level
    )
    plain = _key(_ORNAMENT.sub("", _BRACKETS.sub("", levels[-1]))) if levels else ""
    unit = units[-1] if len(set(units)) == 1 else None
    return Header(levels, unit, several or len(set(units)) > 1, plain)


def _score(header: str, words: Mapping[str, float]) -> float:
    """Return how well a header fits a column."""
    parts = split_header(header)
    if not parts.levels:
        return 0.0
    whole, last = "".join(parts.levels), parts.levels[-1]
    found = max(words.get(_key(header), 0.0), words.get(whole, 0.0))
    found = max(found, words.get(PATH_SIGN.join(parts.levels), 0.0))
    if len(parts.levels) > 1:
        found = max(found, words.get(last, 0.0) * LAST_LEVEL)
    if parts.plain != last:
        found = max(found, words.get(parts.plain, 0.0) * QUALIFIED)
    if not found and any(
        len(word) > 2 and score == EXACT and (parts.plain.endswith(word) or word in parts.plain)
        for word, score in words.items()
    ):
        return CONTAINED
    return found


def propose_columns(headers: Sequence[str], layer: str) -> Proposal:
    """Return which header each canonical column of a layer may stand under.

    Parameters
    ----------
    headers
        The headers of a table, as read.
    layer
        A key of :data:`facilityplan.layers.contracts.LAYERS`.

    Returns
    -------
    Proposal
        A header stands for one column at most and a column under one header at most. Equally good
        headers, or one that fits two columns equally well, are ambiguous.
    """
    words = _words(layer)
    scores = {
        (column, header): score
        for column in words
        for header in dict.fromkeys(headers)
        if (score := _score(header, words[column])) > 0
    }
    columns: dict[str, Match] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    open_scores = {pair: score for pair, score in scores.items() if score >= LEAST * QUALIFIED}
    while open_scores:
        best = max(open_scores.values())
        level = [pair for pair, score in open_scores.items() if score == best]
        for column in dict.fromkeys(column for column, _ in level):
            fitting = [header for c, header in level if c == column]
            shared = [h for h in fitting if sum(other == h for _, other in level) > 1]
            if len(fitting) > 1 or shared:
                ambiguous[column] = tuple(fitting)
            else:
                columns[column] = Match(fitting[0], best, split_header(fitting[0]).unit)
        taken = {match.header for match in columns.values()}
        open_scores = {
            (column, header): score
            for (column, header), score in open_scores.items()
            if score < best
            and column not in columns
            and column not in ambiguous
            and header not in taken
        }
    settled = {match.header for match in columns.values()}
    asked = {header for found in ambiguous.values() for header in found}
    guesses = {
        column: found
        for column in words
        if column not in columns and column not in ambiguous
        if (found := tuple(h for h in headers if (column, h) in scores and h not in settled))
    }
    unused = tuple(header for header in headers if header not in settled | asked)
    return Proposal(columns, ambiguous, guesses, unused)


def require_clear(proposal: Proposal, *, file: str, layer: str) -> Mapping[str, Match]:
    """Return the proposed columns where nothing is ambiguous.

    Raises
    ------
    SchemaError
        If a column may stand under several headers; with them.
    """
    if proposal.ambiguous:
        candidates = "；".join(
            f"{column} ← {'、'.join(headers)}" for column, headers in proposal.ambiguous.items()
        )
        raise SchemaError("columns_ambiguous", file=file, layer=layer, candidates=candidates)
    return proposal.columns


def propose_coordinates(headers: Sequence[str]) -> tuple[str, str] | None:
    """Return the headers of longitude and latitude where a table has one of each."""
    known = _dictionary()["coordinates"]
    found = []
    for axis in ("x", "y"):
        words = {_key(word) for word in known[axis]}
        fitting = [
            header
            for header in headers
            if words & {_key(header), split_header(header).plain, *split_header(header).levels[-1:]}
        ]
        if len(fitting) != 1:
            return None
        found.append(fitting[0])
    return found[0], found[1]
