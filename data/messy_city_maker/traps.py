"""What is planted: each trap with the problems that the doctor has to name for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Expected:
    """One problem, by its id and its place."""

    id: str
    layer: str | None
    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None


class Traps:
    """The list of what is planted."""

    def __init__(self) -> None:
        self.planted: list[dict[str, Any]] = []

    def plant(self, trap: str, *expected: Expected) -> None:
        """Write down one trap."""
        self.planted.append({"trap": trap, "problems": [asdict(item) for item in expected]})
