"""Floor area, beds, land and facility counts: what is required against what is provided.

Which premises count for which residence: those a facility names in ``serves``, shared by their
households; else the residence that contains it. Premises that name none and lie in none count for
none and are listed. No premises is counted twice in full.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.layers import LEVELS, City, points_of

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def as_written(figure: float) -> Fraction:
    """Return the number that a cell says: 10.1, not the binary fraction nearest to it.

    Sums and ratios are taken of these, so that 10.1 and 20.2 square metres make 30.3 and nothing
    misses a demand by a digit that nobody wrote.
    """
    return Fraction(repr(float(figure)))


def total_as_written(figures: Iterable[float]) -> float:
    """Return the sum of figures as they are written."""
    return float(sum(map(as_written, figures), Fraction(0)))


@dataclass(frozen=True)
class Selection:
    """Which facilities count for a clause, by position, and which cannot be decided."""

    counting: Flags
    undecided: Flags


@dataclass(frozen=True)
class Premises:
    """A facility's part in one residence.

    Parameters
    ----------
    facility, residence
        Positions in their frames.
    part, whole
        The facility counts here by ``part / whole``: households of this residence and of all that
        it serves, NaN where they are not known; 1 and 1 where it serves one residence.
    rule
        ``serves`` or ``contains``.
    decided
        Whether the facility's kind and status are known.
    """

    facility: int
    residence: int
    part: float
    whole: float
    rule: str
    decided: bool

    @property
    def shared(self) -> bool:
        """Whether other residences have a part in the facility too."""
        return self.part != self.whole

    def of(self, figure: float) -> Fraction | None:
        """Return this residence's part of a figure of the facility; ``None`` if not known."""
        if not (math.isfinite(figure) and self.whole > 0):
            return None
        return as_written(figure) * as_written(self.part) / as_written(self.whole)


@dataclass(frozen=True)
class Attribution:
    """Which premises count for which residence, and those that count for none."""

    premises: tuple[Premises, ...]
    unattributed: tuple[int, ...]

    def of_residence(self) -> dict[int, list[Premises]]:
        """Return the premises of each residence that has any, by position."""
        found: dict[int, list[Premises]] = {}
        for item in self.premises:
            found.setdefault(item.residence, []).append(item)
        return found


@dataclass(frozen=True)
class Provided:
    """A sum with what is known of it: at least ``known``; exact where nothing is ``missing``."""

    known: float
    missing: tuple[str, ...]
    parts: tuple[tuple[str, float], ...]

    @property
    def is_exact(self) -> bool:
        """Whether every part is known."""
        return not self.missing


def select(
    facilities: gpd.GeoDataFrame,
    kinds: Collection[str],
    statuses: Collection[str],
    kinds_serving_community: Collection[str] = (),
) -> Selection:
    """Return which facilities count by kind and status, and which may but are not fully described.

    Parameters
    ----------
    facilities
        One row a facility.
    kinds, statuses
        Those that count; an empty list of either means all.
    kinds_serving_community
        Kinds that count only where ``serves_community`` says so. Where it says nothing they do
        not count: a clause asks for the flag.
    """
    kind = facilities["kind"].to_numpy(dtype=object)
    status = facilities["status"].to_numpy(dtype=object)
    serves = facilities["serves_community"].to_numpy(dtype=object)
    every_kind, every_status = not kinds, not statuses
    right_kind = np.asarray(
        [
            every_kind or k in kinds or (k in kinds_serving_community and flag is True)
            for k, flag in zip(kind, serves, strict=True)
        ],
        dtype=bool,
    )
    right_status = np.asarray([every_status or s in statuses for s in status], dtype=bool)
    no_kind = np.asarray([k is None for k in kind], dtype=bool) & (not every_kind)
    no_status = np.asarray([s is None for s in status], dtype=bool) & (not every_status)
    may = (right_kind | no_kind) & (right_status | no_status)
    return Selection(right_kind & right_status, may & (no_kind | no_status))


def reaching(city: City, selection: Selection) -> Selection:
    """Return which of the selected facilities count for reach.

    All of them do, also those beyond the boundary, unless the project says otherwise: then those
    outside all zones of the highest level do not.

    Raises
    ------
    MissingLayerError
        If facilities outside are not to count and the city has no zones to be outside of.
    """
    if city.reach.facilities_outside or not selection.counting.size:
        return selection
    levels = city.zones["level"]
    highest = next((level for level in LEVELS if (levels == level).any()), None)
    zones = city.zones[levels == highest]
    inside = zone_membership(points_of(city.facilities.geometry), zones) >= 0
    return Selection(selection.counting & inside, selection.undecided & inside)


def attribute_premises(
    residences: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, selection: Selection
) -> Attribution:
    """Return which of the selected premises count for which residence.

    Parameters
    ----------
    residences, facilities
        One row each, the same projected CRS.
    selection
        Facilities that count or may count.

    Raises
    ------
    KeyError
        If a facility serves a residence that is not there (projects refuse it when they open).
    """
    position = {residence: row for row, residence in enumerate(residences["id"])}
    households = residences["households"].to_numpy(dtype=float)
    chosen = np.flatnonzero(selection.counting | selection.undecided)
    serves = facilities["serves"].to_numpy(dtype=object)
    container = _containing(residences, facilities.iloc[chosen])
    premises: list[Premises] = []
    unattributed: list[int] = []
    for row, inside in zip(chosen.tolist(), container, strict=True):
        decided = bool(selection.counting[row])
        served = serves[row]
        if served:
            rows = [position[residence] for residence in dict.fromkeys(served)]
            total = float(households[rows].sum())
            for residence in rows:
                part, whole = (1.0, 1.0) if len(rows) == 1 else (households[residence], total)
                premises.append(Premises(row, residence, float(part), whole, "serves", decided))
        elif inside >= 0:
            premises.append(Premises(row, inside, 1.0, 1.0, "contains", decided))
        else:
            unattributed.append(row)
    return Attribution(tuple(premises), tuple(unattributed))


def _containing(residences: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> list[int]:
    """Return the residence that holds each facility, -1 for none; the lowest id owns an edge."""
    found = np.full(len(facilities), -1, dtype=np.int64)
    if len(facilities) == 0 or len(residences) == 0:
        return found.tolist()
    points = shapely.points(points_of(facilities.geometry))
    pairs = shapely.STRtree(residences.geometry.to_numpy()).query(points, predicate="intersects")
    ids = residences["id"].tolist()
    for point, residence in sorted(
        zip(pairs[0].tolist(), pairs[1].tolist(), strict=True), key=lambda p: (p[0], ids[p[1]])
    ):
        if found[point] < 0:
            found[point] = residence
    return found.tolist()


def floor_area(premises: Sequence[Premises], facilities: gpd.GeoDataFrame) -> Provided:
    """Return the floor area that one residence's premises provide, in square metres."""
    ids = facilities["id"].to_numpy(dtype=object)
    area_m2 = facilities["floor_area_m2"].to_numpy(dtype=float)
    parts: list[tuple[str, float]] = []
    missing: list[str] = []
    total = Fraction(0)
    for item in premises:
        own = item.of(float(area_m2[item.facility]))
        if item.decided and own is not None:
            total += own
            parts.append((ids[item.facility], float(own)))
        elif area_m2[item.facility] != 0:
            missing.append(ids[item.facility])
    return Provided(float(total), tuple(missing), tuple(parts))


def zone_membership(points: npt.NDArray[Any], zones: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return the zone each point lies in, (n,) positions, -1 for none; the lowest id owns an edge.

    Parameters
    ----------
    points
        (n, 2) metres in the CRS of the zones.
    zones
        Zones of one level.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points) == 0 or len(zones) == 0:
        return found
    order = np.argsort(zones["id"].to_numpy(dtype=str), kind="stable")
    rank = np.empty(len(zones), dtype=np.int64)
    rank[order] = np.arange(len(zones))
    pairs = shapely.STRtree(zones.geometry.to_numpy()).query(
        shapely.points(points), predicate="intersects"
    )
    best = np.full(len(points), len(zones), dtype=np.int64)
    np.minimum.at(best, pairs[0], rank[pairs[1]])
    inside = best < len(zones)
    found[inside] = order[best[inside]]
    return found


def beds(
    rows: npt.NDArray[np.int64], facilities: gpd.GeoDataFrame, selection: Selection
) -> Provided:
    """Return the beds of the selected facilities among ``rows``."""
    ids = facilities["id"].to_numpy(dtype=object)
    count = facilities["beds"].to_numpy(dtype=float)
    parts: list[tuple[str, float]] = []
    missing: list[str] = []
    for row in rows.tolist():
        if selection.counting[row] and np.isfinite(count[row]):
            parts.append((ids[row], float(count[row])))
        elif selection.counting[row] or (selection.undecided[row] and count[row] != 0):
            missing.append(ids[row])
    return Provided(float(sum(number for _, number in parts)), tuple(missing), tuple(parts))


def land_of(zone: Any, parcels: gpd.GeoDataFrame, uses: Collection[str]) -> Provided:
    """Return the planned land of those uses in a zone, square metres; a parcel counts by its part.

    A parcel's stated ``area_m2`` wins over that of its polygon; a parcel across the zone's edge
    counts by the share of its polygon inside.
    """
    wanted = parcels[parcels["use"].isin(list(uses))]
    parts: list[tuple[str, float]] = []
    for parcel_id, stated, polygon in zip(
        wanted["id"], wanted["area_m2"], wanted.geometry, strict=True
    ):
        whole = shapely.area(polygon)
        area = stated if np.isfinite(stated) else whole
        if shapely.covers(zone, polygon):
            # An intersection may start its ring elsewhere, and its area differ in the last digit.
            parts.append((parcel_id, float(area)))
            continue
        inside = shapely.area(shapely.intersection(polygon, zone))
        if inside > 0:
            parts.append((parcel_id, float(area * inside / whole)))
    return Provided(total_as_written(area for _, area in parts), (), tuple(parts))
