"""Supply and demand by street, and the facilities that there are, summed from the findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.radius_coverage import MEASURE as RADIUS
from facilityplan.provision import total_as_written, zone_membership
from facilityplan.siting import Count, Proposal
from facilityplan.standards import kinds

STREET = "town"
"""Level of the zones that guidance is given for."""


@dataclass(frozen=True)
class StreetBalance:
    """Demand and supply of one street or township.

    Parameters
    ----------
    zone_id, name
        The street.
    residences
        Estates and village settlements in it.
    households, elders
        Of these, with how many have no figure.
    radius_missed, radius_undecided
        Residences beyond the service radius, and those that cannot be judged.
    required_m2, provided_m2, short_m2
        Floor area by the clauses that bind the residences; a residence with more than it needs
        makes up for no other, so that ``short_m2`` is not the difference of the two. ``None``
        where no such clause binds any residence: nothing is asked, which is not a gap of zero.
    floor_area_undecided
        Residences whose floor area cannot be judged; in none of the three sums.
    facilities
        In operation, of the kinds that are elder care.
    beds
        Of these, with how many have no figure.
    proposed
        Candidates of the plan that closes all gaps, by id.
    """

    zone_id: str
    name: str
    residences: int
    households: Count
    elders: Count
    radius_missed: int
    radius_undecided: int
    required_m2: float | None
    provided_m2: float | None
    short_m2: float | None
    floor_area_undecided: int
    facilities: int
    beds: Count
    proposed: tuple[str, ...]


@dataclass(frozen=True)
class Inventory:
    """Facilities of one kind in one state: how many, their beds and floor area."""

    kind: str
    status: str
    facilities: int
    beds: Count
    floor_area_m2: Count


def balance_of(
    context: Context, findings: Sequence[Finding], proposal: Proposal
) -> tuple[StreetBalance, ...]:
    """Return one balance a street, by id; none where the city has no zones of that level."""
    city = context.city
    if not city.has("zones"):
        return ()
    clauses = {clause.id: clause.measure for clause in context.standards.clauses()}
    of_unit: dict[tuple[str, str], list[Finding]] = {}
    for item in findings:
        if item.unit_kind == "residence":
            of_unit.setdefault((clauses[item.clause_id], item.unit_id), []).append(item)
    rows = np.flatnonzero((city.zones["level"] == STREET).to_numpy(dtype=bool))
    order = sorted(rows.tolist(), key=lambda row: str(city.zones["id"].iloc[row]))
    return tuple(_street(context, row, of_unit, proposal) for row in order)


def _street(
    context: Context,
    zone: int,
    of_unit: dict[tuple[str, str], list[Finding]],
    proposal: Proposal,
) -> StreetBalance:
    city = context.city
    residences = city.residences.iloc[context.residences_within([zone])]
    radius = [_worst(of_unit.get((RADIUS, name), [])) for name in residences["id"]]
    areas = [item for name in residences["id"] for item in of_unit.get((FLOOR_AREA, name), [])]
    bound = [item for item in areas if item.verdict is not Verdict.NOT_APPLICABLE]
    judged = [item for item in bound if item.verdict is not Verdict.INSUFFICIENT_DATA]
    inside = city.facilities.iloc[context.facilities_within([zone])]
    care = inside[(inside["status"] == "operating") & inside["kind"].isin(_care())]
    return StreetBalance(
        zone_id=str(city.zones["id"].iloc[zone]),
        name=str(city.zones["name"].iloc[zone]),
        residences=len(residences),
        households=count(residences["households"].to_numpy(dtype=float)),
        elders=count(residences["elders"].to_numpy(dtype=float)),
        radius_missed=radius.count(Verdict.NON_COMPLIANT),
        radius_undecided=radius.count(Verdict.INSUFFICIENT_DATA),
        required_m2=_sum(bound, (item.required or 0.0 for item in judged)),
        provided_m2=_sum(bound, (item.value or 0.0 for item in judged)),
        short_m2=_sum(bound, (item.shortfall for item in judged)),
        floor_area_undecided=len(bound) - len(judged),
        facilities=len(care),
        beds=count(care["beds"].to_numpy(dtype=float)),
        proposed=_proposed(context, zone, proposal),
    )


def _sum(bound: Sequence[Finding], figures: Iterable[float]) -> float | None:
    """Return a sum of floor area; none where no clause asks for any."""
    return total_as_written(figures) if bound else None


def _worst(found: Sequence[Finding]) -> Verdict | None:
    verdicts = {item.verdict for item in found}
    for verdict in (Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA, Verdict.COMPLIANT):
        if verdict in verdicts:
            return verdict
    return None


def _care() -> list[str]:
    """Return the kinds where elders are cared for: premises near homes, and institutions."""
    return [name for name, kind in kinds().items() if kind.tier in {"community", "institution"}]


def _proposed(context: Context, zone: int, proposal: Proposal) -> tuple[str, ...]:
    if proposal.cover_all is None or not proposal.cover_all.sites:
        return ()
    sites = proposal.cover_all.sites
    points = np.asarray([(site.x, site.y) for site in sites], dtype=float)
    streets = context.city.zones[context.city.zones["level"] == STREET]
    found = zone_membership(points, streets)
    own = str(context.city.zones["id"].iloc[zone])
    ids = streets["id"].to_numpy(dtype=str)
    return tuple(
        site.candidate_id
        for site, row in zip(sites, found.tolist(), strict=True)
        if row >= 0 and ids[row] == own
    )


def inventory_of(context: Context) -> tuple[Inventory, ...]:
    """Return the facilities by kind and state; kinds in their order, then states."""
    facilities = context.city.facilities
    rank = {name: place for place, name in enumerate(kinds())}
    keys = {
        (str(kind), str(status))
        for kind, status in zip(facilities["kind"], facilities["status"], strict=True)
        if kind is not None and status is not None
    }
    found = []
    for kind, status in sorted(keys, key=lambda key: (rank[key[0]], key[1])):
        rows = facilities[(facilities["kind"] == kind) & (facilities["status"] == status)]
        found.append(
            Inventory(
                kind,
                status,
                len(rows),
                count(rows["beds"].to_numpy(dtype=float)),
                count(rows["floor_area_m2"].to_numpy(dtype=float)),
            )
        )
    return tuple(found)


def count(figures: np.ndarray) -> Count:
    """Return the sum of the figures known, and how many are not."""
    known = np.isfinite(figures)
    return Count(total_as_written(figures[known].tolist()), int((~known).sum()))
