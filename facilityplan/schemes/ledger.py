"""Phase by phase: what each needs and has, and what lags; and what is workable beyond the law."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from facilityplan.checks import Finding
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.provision import as_written
from facilityplan.schemes.model import Scheme
from facilityplan.schemes.premises import ATTRIBUTES, dwellings_share
from facilityplan.standards import Clause, Comparator, Standards, Unit


@dataclass(frozen=True)
class PhaseLine:
    """One phase of the ledger; areas in square metres, NaN where not known.

    ``state``: ``kept`` (with the phases before it it has what they need), ``lag`` (the premises
    come in a later phase), ``short`` (no later phase makes up for it) or ``unknown``.
    """

    phase: str
    households: float
    required_m2: float
    designed_m2: float
    required_so_far_m2: float
    designed_so_far_m2: float
    state: str


@dataclass(frozen=True)
class Remark:
    """What a reviewer should know beyond the clauses; it never turns a verdict.

    ``id`` is a message id below ``scheme.remark``; ``source`` names where the figure is from and
    ``confidence`` how well it is known (B: a public page, C: to be verified).
    """

    id: str
    parameters: Mapping[str, Any]
    source: str = ""
    confidence: str = ""


@dataclass(frozen=True)
class AreaRule:
    """What binds for floor area: square metres per 100 households, and the least size in all."""

    rate: Clause
    minimum: Clause | None

    def required_m2(self, households: float) -> float:
        """Return the floor area required; NaN where the households are not known."""
        by_rate = _required(self.rate.limit, households)
        least = 0.0 if self.minimum is None else self.minimum.limit
        return by_rate if math.isnan(by_rate) else max(by_rate, least)


def area_rule(scheme: Scheme, standards: Standards) -> AreaRule | None:
    """Return what binds a scheme for floor area; ``None`` where that is not known or no number."""
    adopted = standards.binding(FLOOR_AREA, Unit(setting="urban", status=scheme.status))
    if any(item.undetermined or not item.clause.is_numeric for item in adopted):
        return None
    parts = {item.clause.parameters["part"]: item.clause for item in adopted}
    return AreaRule(parts["rate"], parts.get("minimum")) if "rate" in parts else None


def lacks_number(scheme: Scheme, standards: Standards) -> bool:
    """Return whether no document gives the square metres per 100 households, whatever is known."""
    adopted = standards.binding(FLOOR_AREA, Unit(setting="urban", status=scheme.status))
    rates = [item for item in adopted if item.clause.parameters["part"] == "rate"]
    return not any(item.clause.is_numeric for item in rates)


def phase_ledger(scheme: Scheme, standards: Standards) -> list[PhaseLine]:
    """Return the ledger of floor area by phase, in the order of building.

    Required is the rate that binds times the households, without the least size, which is one for
    the whole scheme. Empty without phases or without a rate.
    """
    rule = area_rule(scheme, standards)
    if rule is None or not scheme.phases:
        return []
    rate = rule.rate.limit
    needed = [_required(rate, phase.households) for phase in scheme.phases]
    designed = [phase.elder_floor_area_m2 for phase in scheme.phases]
    enough_in_all = _sum(designed) >= _sum(needed)
    lines = []
    for at, phase in enumerate(scheme.phases):
        so_far, there = _sum(needed[: at + 1]), _sum(designed[: at + 1])
        state = "kept" if there >= so_far else ("lag" if enough_in_all else "short")
        if math.isnan(so_far) or math.isnan(there):
            state = "unknown"
        lines.append(
            PhaseLine(phase.name, phase.households, needed[at], designed[at], so_far, there, state)
        )
    return lines


def served_by(scheme: Scheme, lines: Sequence[PhaseLine]) -> list[tuple[int, ...] | None]:
    """Return, for each phase, the phases whose premises its dwellings need, by position.

    Premises of its own and, where it lags, those of the later phases that make up for it (as far
    as there are any). Empty where earlier phases have built enough for it; ``None`` where that
    cannot be said: no rate binds, or a figure is missing.
    """
    areas = [phase.elder_floor_area_m2 for phase in scheme.phases]
    found: list[tuple[int, ...] | None] = []
    for at, phase in enumerate(scheme.phases):
        # Premises whose area is not given, or that have a date, are premises.
        own = () if areas[at] == 0 and not phase.dates_of_premises() else (at,)
        state = lines[at].state if lines else "unknown"
        if state in {"lag", "short"}:
            needed = lines[at].required_so_far_m2
            later = []
            for after in range(at + 1, len(areas)):
                later += [after] if areas[after] > 0 else []
                if lines[after].designed_so_far_m2 >= needed:
                    break
            own = (*own, *later) or (at,)
        found.append(None if not own and state != "kept" else own)
    return found


def _required(rate: float, households: float) -> float:
    if not math.isfinite(households):
        return math.nan
    return float(as_written(rate) * as_written(households) / 100)


def _sum(figures: Sequence[float]) -> float:
    if not all(math.isfinite(figure) for figure in figures):
        return math.nan
    return float(sum(as_written(figure) for figure in figures))


@functools.cache
def _advice() -> tuple[Mapping[str, Any], ...]:
    source = resources.files(__package__) / "advice.toml"
    return tuple(tomllib.loads(source.read_text(encoding="utf-8"))["advice"])


def remarks(
    scheme: Scheme, lines: Sequence[PhaseLine], findings: Sequence[Finding]
) -> list[Remark]:
    """Return what the figures suggest beyond the clauses, each with its source.

    Parameters
    ----------
    lines
        The scheme's phase ledger.
    findings
        Its findings; what a clause judges is not said twice.
    """
    judged = {item.evidence.get("attribute") for item in findings}
    found = [Remark(f"phase_{line.state}", {"phase": line.phase, **_areas(line)})
             for line in lines if line.state in {"lag", "short"}]  # fmt: skip
    share = dwellings_share(scheme)
    if share > 0:
        found.append(Remark("dwellings_before", {"percent": share * 100}))
    for item in _advice():
        value = ATTRIBUTES[item["attribute"]](scheme)
        from_storey = item.get("from_storey")
        storeys = scheme.storeys
        if item["attribute"] in judged or math.isnan(value):
            continue
        if from_storey is not None and (storeys is None or storeys[-1] < from_storey):
            continue
        if not Comparator(item["comparator"]).holds(value, item["value"]):
            said = {"value": value, "limit": float(item["value"])}
            found.append(Remark(item["id"], said, item["source"], item["confidence"]))
    return found


def _areas(line: PhaseLine) -> dict[str, float]:
    return {"required": line.required_so_far_m2, "designed": line.designed_so_far_m2}
