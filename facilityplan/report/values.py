"""Values as JSON takes them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from facilityplan.checks import tidy


def plain(value: Any) -> Any:
    """Return a value as JSON takes it: NaN and infinity are ``None``, dates ISO text.

    Whole numbers are ints and others keep nine decimals, so that the dust of binary fractions
    does not show.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, str):
        # A lone surrogate cannot be written as UTF-8.
        return str(value).encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool) else _finite(float(value))


def _finite(number: float) -> float | None:
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else tidy(number)
