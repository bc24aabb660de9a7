"""A scheme in its city: the radius, the community's centre, and what it adds to the streets' needs.

The scheme stands in the city as one more residence, at the outline or the point of its sheet. The
city itself is left as it is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.checks import (
    Context,
    Finding,
    conditional_station,
    floor_area,
    required_facility,
    service_radius,
)
from facilityplan.checks.finding import doubt_of, undecided
from facilityplan.crs import to_project
from facilityplan.errors import BadValueError
from facilityplan.layers import conform, stack
from facilityplan.provision import as_written, select
from facilityplan.schemes.contradictions import without_contradictions
from facilityplan.schemes.model import Scheme
from facilityplan.schemes.review import ref_of, station_finding
from facilityplan.standards import Standards, Unit

ID: Final = "\x00scheme"
"""Id of the scheme among the residences; no file can hold it."""

STREET: Final = "town"

RADIUS: Final = "service_radius"
"""Measure that only the city around a scheme can answer."""

DATUM_WORDS: Final = {
    "wgs84": ("wgs84", "wgs-84", "wgs 84"),
    "cgcs2000": ("cgcs2000", "2000国家大地坐标系", "国家2000"),
    "gcj02": ("gcj02", "gcj-02", "高德", "腾讯", "火星坐标"),
    "bd09": ("bd09", "bd-09", "百度"),
}
"""What people write for a datum of degrees."""


@dataclass(frozen=True)
class StreetNeed:
    """What a street needs and has, before the scheme and with it; square metres of floor area.

    ``share`` is the part of the scheme's land that lies in the street. ``undecided`` counts the
    residences whose need or provision is not known: the sums are over the others.
    """

    zone: str
    name: str
    share: float
    households_before: float
    households_added: float
    required_before_m2: float
    required_added_m2: float
    provided_before_m2: float
    provided_added_m2: float
    undecided: int

    @property
    def gap_before_m2(self) -> float:
        """Need not met before, summed over the street as a whole."""
        return max(self.required_before_m2 - self.provided_before_m2, 0.0)

    @property
    def gap_after_m2(self) -> float:
        """Need not met with the scheme."""
        required = self.required_before_m2 + self.required_added_m2
        return max(required - self.provided_before_m2 - self.provided_added_m2, 0.0)


@dataclass(frozen=True)
class Surroundings:
    """What the city around a scheme says of it.

    ``outside`` is the share of the scheme that lies in no street of the city's; 0 where the city
    has none to lie in.
    """

    findings: tuple[Finding, ...]
    streets: tuple[StreetNeed, ...]
    community: str | None
    placed: bool
    outside: float = 0.0


def is_placed(scheme: Scheme) -> bool:
    """Return whether a sheet gives an outline or a point, be it well or badly written."""
    point = math.isfinite(scheme.number("x")) and math.isfinite(scheme.number("y"))
    return point or scheme.words("outline") is not None


def geometry_of(scheme: Scheme, crs: str) -> Any | None:
    """Return a scheme's outline, else its point, in the city's system; ``None`` without either.

    Raises
    ------
    BadValueError
        If the outline is no WKT, or its coordinate system is not said.
    CrsError
        If coordinates cannot lie in the system that is said.
    """
    outline, x, y = scheme.words("outline"), scheme.number("x"), scheme.number("y")
    where: dict[str, Any] = {"file": scheme.file, "rows": [scheme.row]}
    if outline is not None:
        try:
            shape = shapely.from_wkt(outline)
        except shapely.errors.GEOSException as error:
            raise BadValueError("scheme_bad_outline", found=outline[:40], **where) from error
    elif math.isfinite(x) and math.isfinite(y):
        shape = shapely.Point(x, y)
    else:
        return None
    said = scheme.words("crs")
    if said is None:
        raise BadValueError("scheme_no_crs", **where)
    plain = said.strip().lower()
    datum = next((name for name, words in DATUM_WORDS.items() if plain in words), None)
    frame = gpd.GeoDataFrame(geometry=[shape])
    moved = to_project(
        frame, crs, datum=datum, crs=None if datum else said, file=scheme.file, rows=[scheme.row]
    )
    return moved.geometry.iloc[0]


def around(scheme: Scheme, city: Context, needs: Sequence[Finding] | None = None) -> Surroundings:
    """Return what the city says of a scheme.

    Parameters
    ----------
    city
        The city before the scheme; documents and judging date are its own.
    needs
        Findings of floor area in the city, where they are known already.

    Returns
    -------
    Surroundings
        Findings on service radius, station and the community's centre; nothing but findings of
        insufficient data where the sheet does not say where the scheme is.
    """
    shape = geometry_of(scheme, city.city.crs)
    if shape is None:
        unplaced = _radius_unknown(scheme, city.standards, "reason.scheme_unplaced")
        return Surroundings(tuple(unplaced), (), None, placed=False)
    scheme = without_contradictions(scheme)
    own = _as_residence(scheme, city, shape)
    with_scheme = _with(own, city, ())
    chain = with_scheme.zone_chain()[-1]
    levels = with_scheme.cells("zones", "level") if city.city.has("zones") else []
    community = next((row for row in chain if levels[row] == "community"), None)
    findings = [_renamed(item, scheme) for item in service_radius.evaluate(with_scheme)]
    findings += _stations(scheme, with_scheme, community)
    findings += _centre(scheme, city, own, community)
    shares = _shares(shape, city)
    streets = _streets(scheme, city, shares or {}, needs)
    name = None if community is None else str(city.cells("zones", "name")[community])
    # Streets are drawn to the millimetre; what is left of a sum of shares is no land.
    outside = 0.0 if shares is None else max(0.0, round(1.0 - sum(shares.values()), 3))
    return Surroundings(tuple(findings), tuple(streets), name, placed=True, outside=outside)


def floor_area_needs(city: Context) -> list[Finding]:
    """Return the findings of floor area in the city, to be used for many schemes."""
    return floor_area.evaluate(city) if city.city.has("residences") else []


def without_city(scheme: Scheme, standards: Standards) -> list[Finding]:
    """Return the findings on service radius of a scheme whose city nobody gave."""
    return _radius_unknown(scheme, standards, "reason.no_city_given")


def _radius_unknown(scheme: Scheme, standards: Standards, reason: str) -> list[Finding]:
    """Return a finding of insufficient data for each radius clause: none is left out in silence."""
    unit = Unit(setting="urban", status=scheme.status)
    return [
        undecided(
            adoption, ref_of(scheme), doubt_of(adoption) or reason, required=adoption.clause.value
        )
        for adoption in standards.binding(RADIUS, unit)
    ]


def in_city(scheme: Scheme, city: Context, shape: Any) -> Context:
    """Return the city with the scheme as its only residence, to be asked what reaches it."""
    return _with(_as_residence(scheme, city, shape), city, ())


def _as_residence(scheme: Scheme, city: Context, shape: Any) -> gpd.GeoDataFrame:
    """Return the scheme as a row of the layer of residences."""
    frame = gpd.GeoDataFrame(
        {
            "id": [ID],
            "name": [scheme.name],
            "zone": [_zone_id(scheme, city)],
            "setting": ["urban"],
            "status": [scheme.status],
            "households": [scheme.households],
            "population": [scheme.number("population")],
        },
        geometry=[shape],
        crs=city.city.crs,
    )
    return conform(frame, "residences", rows=[scheme.row], file=scheme.file)


def _with(own: gpd.GeoDataFrame, city: Context, rows: Sequence[int]) -> Context:
    """Return the city with some of its residences and, behind them, the scheme."""
    base = city.city
    grown = stack([base.residences.iloc[list(rows)], own], base.crs) if len(rows) else own
    layers = {**base.layers, "residences": grown}
    layers.pop("entrances", None)
    changed = dataclasses.replace(base, layers=layers)
    return Context(changed, city.standards, city.network, city.sight)


def _zone_id(scheme: Scheme, city: Context) -> str | None:
    """Return the community that the sheet names, by id or by a name that only one zone has."""
    said = scheme.words("community")
    if said is None or not city.city.has("zones"):
        return None
    ids, names = city.cells("zones", "id"), city.cells("zones", "name")
    if said in ids:
        return said
    called = [zone for zone, name in zip(ids, names, strict=True) if name == said]
    return called[0] if len(called) == 1 else None


def _renamed(finding: Finding, scheme: Scheme) -> Finding:
    ref = ref_of(scheme)
    farthest = scheme.number("farthest_dwelling_m")
    evidence = dict(finding.evidence)
    if math.isfinite(farthest):
        evidence["farthest_dwelling_m"] = farthest
    return dataclasses.replace(
        finding, unit_kind=ref.kind, unit_id=ref.id, unit_name=ref.name, evidence=evidence
    )


def _stations(scheme: Scheme, with_scheme: Context, community: int | None) -> list[Finding]:
    """Judge the station rule by the distance to the centre of the scheme's own community."""
    findings, ref = [], ref_of(scheme)
    unit = with_scheme.residence_units()[-1]
    for adoption in with_scheme.binding("conditional_station", unit):
        clause = adoption.clause
        doubt = doubt_of(adoption)
        if doubt is not None:
            findings.append(undecided(adoption, ref, doubt))
        elif not with_scheme.city.has("facilities") or community is None:
            findings.append(undecided(adoption, ref, "reason.no_community", required=clause.limit))
        else:
            centres = select(
                with_scheme.city.facilities, clause.parameters["centre_kinds"], ("operating",)
            )
            reach = conditional_station.centre_reach(with_scheme, centres.counting)
            distance = float(reach.distance_m[-1])
            name = str(with_scheme.cells("zones", "name")[community])
            if not math.isfinite(distance):
                reading = with_scheme.reading(clause, "no_centre")
                findings.append(
                    station_finding(scheme, adoption, ref, distance, reading, community=name)
                )
            else:
                findings.append(station_finding(scheme, adoption, ref, distance, community=name))
    return findings


def _centre(
    scheme: Scheme, city: Context, own: gpd.GeoDataFrame, community: int | None
) -> list[Finding]:
    """Judge the centre of the scheme's community, its households counted in."""
    clauses = [
        clause
        for clause in city.standards.clauses(required_facility.MEASURE)
        if "trigger_households" in clause.parameters and "community" in clause.applies_to.level
    ]
    if community is None or not clauses or not city.city.has("facilities"):
        return []
    zone = city.cells("zones", "id")[community]
    rows: list[int] = (
        city.residences_within([community]).tolist() if city.city.has("residences") else []
    )
    grown = _with(own, city, rows)
    zones = grown.city.zones.copy()
    households = zones["households"].to_numpy(dtype=float).copy()
    households[community] += scheme.households  # NaN stays NaN: the residences are summed
    zones["households"] = households
    layers = {**grown.city.layers, "zones": zones}
    changed = dataclasses.replace(grown.city, layers=layers)
    context = Context(changed, city.standards, city.network, city.sight)
    wanted = {clause.id for clause in clauses}
    ref = ref_of(scheme)
    return [
        dataclasses.replace(
            item,
            unit_kind=ref.kind,
            unit_id=ref.id,
            unit_name=ref.name,
            evidence={**item.evidence, "community": zone, "with_scheme": True},
        )
        for item in required_facility.evaluate(context, [community])
        if item.clause_id in wanted
    ]


def _streets(
    scheme: Scheme, city: Context, shares: dict[int, float], needs: Sequence[Finding] | None
) -> list[StreetNeed]:
    if not shares or not city.city.has("residences"):
        return []
    found = floor_area_needs(city) if needs is None else needs
    by_unit = {item.unit_id: item for item in found}
    own = _own_need(scheme, city)
    return [_street(city, row, share, scheme, own, by_unit) for row, share in shares.items()]


def _shares(shape: Any, city: Context) -> dict[int, float] | None:
    """Return the share of the scheme in each street that it lies in, by area; a point has one.

    ``None`` where the city has no streets.
    """
    if not city.city.has("zones"):
        return None
    levels = city.cells("zones", "level")
    rows = [row for row, level in enumerate(levels) if level == STREET]
    if not rows:
        return None
    zones = city.city.zones.geometry.to_numpy()[rows]
    if shape.area > 0:
        areas = shapely.area(shapely.intersection(zones, shape)) / shape.area
        # A rim that two maps draw a little differently is no second street.
        return {row: float(part) for row, part in zip(rows, areas, strict=True) if part > 0.001}
    inside = np.flatnonzero(shapely.covers(zones, shape))
    return {rows[int(inside[0])]: 1.0} if len(inside) else {}


def _own_need(scheme: Scheme, city: Context) -> float:
    unit = Unit(setting="urban", status=scheme.status)
    rates = [
        item.clause.limit
        for item in city.standards.binding(floor_area.MEASURE, unit)
        if item.clause.parameters["part"] == "rate" and item.clause.is_numeric
    ]
    if not rates or not math.isfinite(scheme.households):
        return math.nan
    return float(as_written(rates[0]) * as_written(scheme.households) / 100)


def _street(
    city: Context,
    row: int,
    share: float,
    scheme: Scheme,
    own_need_m2: float,
    by_unit: dict[str, Finding],
) -> StreetNeed:
    ids = city.cells("residences", "id")
    inside = city.residences_within([row])
    households = city.city.residences["households"].to_numpy(dtype=float)[inside]
    findings = [by_unit[ids[at]] for at in inside.tolist() if ids[at] in by_unit]
    known = [item for item in findings if item.required is not None and item.value is not None]
    return StreetNeed(
        zone=str(city.cells("zones", "id")[row]),
        name=str(city.cells("zones", "name")[row]),
        share=share,
        households_before=float(np.nansum(households)),
        households_added=scheme.households * share,
        required_before_m2=float(sum(as_written(item.required or 0.0) for item in known)),
        required_added_m2=own_need_m2 * share,
        provided_before_m2=float(sum(as_written(item.value or 0.0) for item in known)),
        provided_added_m2=scheme.elder_floor_area_m2 * share,
        undecided=len(findings) - len(known),
    )
