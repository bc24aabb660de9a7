"""Thresholds of the doctor: data with a source, in ``thresholds.toml``."""

from __future__ import annotations

import functools
import math
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Range:
    """What is plausible, ends included, and where that comes from."""

    low: float
    high: float
    source: str

    def holds(self, value: float) -> bool:
        """Tell whether a value is plausible."""
        return self.low <= value <= self.high


@functools.cache
def threshold(name: str) -> Range:
    """Return a threshold by its name.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    content = (resources.files(__package__) / "thresholds.toml").read_text(encoding="utf-8")
    entry = tomllib.loads(content)[name]
    return Range(
        float(entry.get("low", -math.inf)), float(entry.get("high", math.inf)), entry["source"]
    )
