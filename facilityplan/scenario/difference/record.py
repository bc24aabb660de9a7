"""What one run found, as its files say it: the side of a comparison."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.radius_coverage import MEASURE as RADIUS

Row = Mapping[str, Any]
UnitKey = tuple[str, str]
FindingKey = tuple[str, str, str, int]

OPERATING: Final = "operating"

_LAYER: Final = {"residence": "residences", "zone": "zones", "facility": "facilities"}


@dataclass(frozen=True)
class RunRecord:
    """A run as its files say it.

    Parameters
    ----------
    name
        Name of its folder, for messages.
    manifest, findings, layers
        Contents of the files of these names.
    rates
        Those of ``coverage.json``; empty where the project has no coverage.
    """

    name: str
    manifest: Row
    findings: Row
    layers: Row
    rates: Sequence[Row]

    @property
    def project(self) -> str:
        """What the run calls its place."""
        return str(self.manifest["project"])

    @property
    def as_of(self) -> str:
        """The judging date."""
        return str(self.manifest["as_of"])

    @property
    def crs(self) -> str:
        """The system of all coordinates."""
        return str(self.layers["crs"])

    @property
    def clauses(self) -> Mapping[str, Row]:
        """Clauses of all its documents, by id."""
        found: Mapping[str, Row] = self.findings["clauses"]
        return found

    @functools.cached_property
    def rows(self) -> Mapping[str, Mapping[str, Row]]:
        """Rows of each layer by id."""
        return {
            layer: {str(row["id"]): row for row in self.layers[layer]} for layer in _LAYER.values()
        }

    @functools.cached_property
    def by_key(self) -> Mapping[FindingKey, Row]:
        """Findings by clause, kind of unit, unit, and their number where a unit has several."""
        seen: Counter[tuple[str, str, str]] = Counter()
        found = {}
        for item in self.findings["findings"]:
            key = (item["clause_id"], item["unit_kind"], item["unit_id"])
            found[*key, seen[key]] = item
            seen[key] += 1
        return found

    @functools.cached_property
    def of_residences(self) -> Mapping[str, Mapping[str, Sequence[Row]]]:
        """Findings of the residences by measure and id: radius and floor area."""
        found: dict[str, dict[str, list[Row]]] = {RADIUS: {}, FLOOR_AREA: {}}
        for item in self.findings["findings"]:
            measure = self.clauses[item["clause_id"]]["measure"]
            if item["unit_kind"] == "residence" and measure in found:
                found[measure].setdefault(item["unit_id"], []).append(item)
        return found

    def row_of(self, kind: str, unit_id: str) -> Row | None:
        """Return the row of a unit; ``None`` where the layers have none of that id."""
        # A scheme under review that stands among the residences is told by their id.
        layer = _LAYER.get(kind, "residences")
        return self.rows[layer].get(unit_id)

    def zone_name(self, zone: str | None) -> str | None:
        """Return the name of a zone, ``None`` without one."""
        row = None if zone is None else self.rows["zones"].get(zone)
        return None if row is None else str(row["name"])
