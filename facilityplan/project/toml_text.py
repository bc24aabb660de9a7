"""``project.toml`` as text: the tables a project has, in their order, and nothing else TOML can."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Mapping[str, Any]) -> str:
    """Return a table as TOML that reads back equal.

    Parameters
    ----------
    table
        Text, numbers, flags, dates, lists of these, tables, and lists of tables; ``None`` is left
        out.

    Raises
    ------
    TypeError
        If it holds anything else.
    """
    return "\n".join(_lines(table, ())).lstrip("\n") + "\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    # JSON escapes what TOML does; DEL is the one sign that only TOML forbids.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {inner} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(item) for item in value)}]"
    raise TypeError(f"{type(value).__name__} has no place in TOML")


def _is_tables(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(item, Mapping) for item in value)
    )


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping) and not _is_tables(v)}
    lines = [
        f"{_key(name)} = {_value(value)}" for name, value in plain.items() if value is not None
    ]
    for name, value in table.items():
        here = (*path, name)
        head = ".".join(_key(part) for part in here)
        if isinstance(value, Mapping):
            inner = _lines(value, here)
            # A table of tables alone needs no line of its own.
            alone = bool(inner) and all(
                isinstance(v, Mapping) or _is_tables(v) for v in value.values()
            )
            lines += inner if alone else ["", f"[{head}]", *inner]
        elif _is_tables(value):
            for item in value:
                lines += ["", f"[[{head}]]", *_lines(item, here)]
    return lines
