"""One value in two languages: what is alike once, what differs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

LANGS: Final = ("zh", "en")
"""Languages that a map speaks."""

MARK: Final = "§"
"""Key of an object that holds a value by language; ``desk/data.js`` takes the one spoken."""


def bilingual(zh: Any, en: Any) -> Any:
    """Return two values of one shape as one; where they differ, an object by language stands."""
    if isinstance(zh, Mapping) and isinstance(en, Mapping) and zh.keys() == en.keys():
        return {key: bilingual(zh[key], en[key]) for key in zh}
    if type(zh) is type(en) and _alike(zh, en):
        return zh
    if isinstance(zh, list) and isinstance(en, list) and len(zh) == len(en):
        nested = all(isinstance(item, (Mapping, list)) for item in (*zh, *en))
        if nested:
            return [bilingual(one, other) for one, other in zip(zh, en, strict=True)]
    return {MARK: {"zh": zh, "en": en}}


def _alike(one: Any, other: Any) -> bool:
    same = one is other or one == other
    return bool(same if isinstance(same, bool) else same.all())
