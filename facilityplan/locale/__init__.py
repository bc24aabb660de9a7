"""Message catalogues: every sentence a user reads, in Chinese and in English.

A message is named by a dotted id (``error.missing_column.text``) and filled with named
parameters. Catalogues are TOML files, one per room of the package, below ``zh_CN`` and ``en``.
Results carry ids and parameters; text is made at the edge, in the user's language.
"""

from __future__ import annotations

import functools
import os
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Final, Self

LANGUAGES: Final = ("zh", "en")
_FOLDER: Final = {"zh": "zh_CN", "en": "en"}


def language(explicit: str | None = None) -> str:
    """Return the language to speak: the one asked for, else ``FACILITYPLAN_LANG``, else Chinese.

    Parameters
    ----------
    explicit
        ``"zh"``, ``"en"`` or ``None``.

    Raises
    ------
    ValueError
        If the language is neither ``zh`` nor ``en``.
    """
    chosen = explicit or os.environ.get("FACILITYPLAN_LANG") or "zh"
    if chosen not in LANGUAGES:
        raise ValueError(f"language {chosen!r}: use one of {', '.join(LANGUAGES)}")
    return chosen


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


@functools.cache
def catalogue(lang: str) -> Mapping[str, str]:
    """Return all messages of one language, by dotted id."""
    messages: dict[str, str] = {}
    folder = resources.files(__package__) / _FOLDER[lang]
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for key, value in _flatten(tomllib.loads(entry.read_text(encoding="utf-8"))):
            if key in messages:
                raise ValueError(
                    f"message {key} stands twice in the {lang} catalogue ({entry.name})"
                )
            messages[key] = value
    return messages


def placeholders(message: str) -> frozenset[str]:
    """Return the names that a message wants to be filled with."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(message) if name)


def text(message_id: str, lang: str | None = None, /, **parameters: Any) -> str:
    """Return the sentence of that id, filled in.

    Parameters
    ----------
    message_id
        Dotted id, for instance ``verdict.compliant``.
    lang
        ``"zh"`` or ``"en"``; ``None`` takes :func:`language`.
    **parameters
        Values for the placeholders. They are inserted as they are: escaping for HTML, Excel or
        CSV is the business of whoever writes that format (:mod:`facilityplan.files`).

    Raises
    ------
    KeyError
        If there is no such message or a placeholder has no value.
    """
    spoken = language(lang)
    said = {name: _in_language(value, spoken) for name, value in parameters.items()}
    return catalogue(spoken)[message_id].format(**said)


class Listed(str):
    """Names in a list, kept apart: a sentence joins them as its language does.

    As plain text it is the Chinese list.

    Parameters
    ----------
    parts
        The names, in their order.
    more
        What stands behind the last where there are more of them.
    """

    __slots__ = ("more", "parts")
    parts: tuple[str, ...]
    more: str

    def __new__(cls, parts: Iterable[str], more: str = "") -> Self:
        """Return the names as the Chinese list that also knows them apart."""
        own = tuple(parts)
        said = super().__new__(cls, joined(own, "zh") + more)
        said.parts, said.more = own, more
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the names apart on the way between processes."""
        return Listed, (self.parts, self.more)


def joined(parts: Iterable[str], lang: str | None = None) -> str:
    """Return names as a list of that language."""
    spoken = language(lang)
    return catalogue(spoken)["list_separator"].join(_in_language(part, spoken) for part in parts)


def _in_language(value: Any, lang: str) -> Any:
    """Return a value as a sentence of that language takes it: lists joined, all else as it is."""
    return joined(value.parts, lang) + value.more if isinstance(value, Listed) else value
