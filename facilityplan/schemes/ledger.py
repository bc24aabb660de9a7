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
from facilityplan.standards import Comparator, Standards, Unit


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


def phase_ledger(scheme: Scheme, standards: Standards) -> list[PhaseLine]:
    """Return the ledger of floor area by phase, in the order of building.

    Required is the rate that binds times the households, without the least size, which is one for
    the whole scheme. Empty without phases or without a rate.
    """
    rates = [
        item.clause
        for item in standards.binding(FLOOR_AREA, Unit(setting="urban", status=scheme.status))
        if item.clause.parameters.get("part") == "rate"
        and item.clause.is_numeric
        and not item.undetermined
    ]
    if not rates or not scheme.phases:
        return []
    rate = rates[0].limit
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
