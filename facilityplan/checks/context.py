"""What the checks of one city share: points, reach and membership, computed once when asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from facilityplan.checks.finding import UnitRef
from facilityplan.coverage import (
    Beside,
    DemandPoints,
    PointRule,
    Reach,
    Sight,
    beside,
    demand_points,
    sight_past,
    snap_demand,
    straight_reach,
    walking_reach,
)
from facilityplan.layers import City, points_of
from facilityplan.network import AreaAudit, Network, ServiceAreas, audit_service_areas
from facilityplan.network.snap import Snapped
from facilityplan.provision import (
    Attribution,
    Premises,
    Selection,
    attribute_premises,
    reaching,
    select,
    zone_membership,
)
from facilityplan.standards import Adoption, Clause, Standards, Unit

AUDIT_POINTS = 2000
"""Points drawn from the walking service areas of a clause, on streets and in polygons each."""

AUDIT_SEED = 0
"""The same points every time, so that a run gives the same bytes."""

FINEST_FIRST = ("village", "community", "town", "county", "city")


@dataclass(frozen=True)
class ServiceReach:
    """Reach of the residences to the facilities that a clause counts.

    ``undecided`` is the straight-line reach to facilities whose kind or status is not known;
    positions in all of them are those of the facilities layer. ``selection`` are the facilities
    that count for reach, ``beside`` the straight lines by the rules that measure from the outline.
    """

    straight: Reach
    walking: Reach | None
    undecided: Reach
    selection: Selection
    beside: Beside


@dataclass(frozen=True)
class WalkingAreas:
    """Walking service areas of the facilities that a clause counts, for display alone.

    ``rows`` are positions in the facilities layer, in the order of the areas; ``audit`` says how
    much of the areas is farther than the limit after all.
    """

    rows: npt.NDArray[np.int64]
    areas: ServiceAreas
    audit: AreaAudit


@dataclass(frozen=True)
class Context:
    """One city under one set of standards, with what is derived from them.

    Parameters
    ----------
    city, standards, network
        What is held against each other; ``None`` leaves out walking distances.
    given_sight
        The view past the barriers where it is known already; ``None`` works it out.
    """

    city: City
    standards: Standards
    network: Network | None = None
    given_sight: Sight | None = None
    _memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def _once(self, key: Any, compute: Any) -> Any:
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key]

    def binding(self, measure: str, unit: Unit) -> tuple[Adoption, ...]:
        """Return what binds a unit under a measure; units alike share one answer."""
        found: tuple[Adoption, ...] = self._once(
            ("binding", measure, unit), lambda: self.standards.binding(measure, unit)
        )
        return found

    def cells(self, layer: str, column: str) -> list[Any]:
        """Return a column of a layer as a plain list, for reading cell by cell."""
        key = ("cells", layer, column)
        if key not in self._memo:
            self._memo[key] = self.city.layer(layer)[column].tolist()
        found: list[Any] = self._memo[key]
        return found

    def residence_ref(self, row: int) -> UnitRef:
        """Return a residence as a finding names it."""
        return self._ref("residence", "residences", row)

    def zone_ref(self, row: int) -> UnitRef:
        """Return a zone as a finding names it."""
        return self._ref("zone", "zones", row)

    def facility_ref(self, row: int) -> UnitRef:
        """Return a facility as a finding names it."""
        return self._ref("facility", "facilities", row)

    def _ref(self, kind: str, layer: str, row: int) -> UnitRef:
        unit_id = self.cells(layer, "id")[row]
        name = self.cells(layer, "name")[row] or unit_id
        return UnitRef(kind, unit_id, name, int(self.cells(layer, "row")[row]))

    @property
    def demand(self) -> DemandPoints:
        """Points of the residences."""
        found: DemandPoints = self._once(
            "demand", lambda: self.demand_by(PointRule(self.city.reach.point))
        )
        return found

    def demand_by(self, rule: PointRule) -> DemandPoints:
        """Return the points of the residences by a rule, whatever the project's own is."""
        return demand_points(self.city.residences, self.city.layers.get("entrances"), rule)

    @property
    def sight(self) -> Sight | None:
        """What cuts a straight line, ``None`` where every line counts.

        Raises
        ------
        MissingLayerError
            If barriers are to count and the city has none.
        """
        if not self.city.reach.barriers or self.given_sight is not None:
            return self.given_sight
        found: Sight = self._once(
            "sight",
            lambda: sight_past(
                self.city.layer("barriers").geometry.to_numpy(),
                self.network,
                self.city.reach.barrier_opening_m,
            ),
        )
        return found

    @property
    def snapped_demand(self) -> Snapped | None:
        """Where the points of the residences meet the roads; ``None`` without a road graph."""
        network = self.network
        if network is None:
            return None
        found: Snapped = self._once(
            "snapped", lambda: snap_demand(self.demand, network, self.city.snap_limit_m)
        )
        return found

    def straight_to(self, facilities: npt.NDArray[np.int64]) -> Reach:
        """Return the straight-line reach to facilities; its positions are those in the list."""
        size = len(self.city.residences)
        return straight_reach(self.demand, self.facilities_xy[facilities], size, self.sight)

    @property
    def facilities_xy(self) -> npt.NDArray[np.float64]:
        """Points of the facilities, (m, 2) metres."""
        found: npt.NDArray[np.float64] = self._once(
            "facilities", lambda: points_of(self.city.facilities.geometry)
        )
        return found

    def selection(self, clause: Clause) -> Selection:
        """Return which facilities count for a clause."""
        found: Selection = self._once(
            ("select", clause.kinds, clause.kinds_serving_community, clause.statuses),
            lambda: select(
                self.city.facilities, clause.kinds, clause.statuses, clause.kinds_serving_community
            ),
        )
        return found

    def reaching(self, clause: Clause) -> Selection:
        """Return which facilities count for a clause's reach: see :func:`reaching`."""
        found: Selection = self._once(
            ("reaching", clause.kinds, clause.kinds_serving_community, clause.statuses),
            lambda: reaching(self.city, self.selection(clause)),
        )
        return found

    def service_reach(self, clause: Clause) -> ServiceReach:
        """Return the reach of all residences to the facilities that a clause counts."""
        key = ("reach", clause.kinds, clause.kinds_serving_community, clause.statuses)
        found: ServiceReach = self._once(key, lambda: self._service_reach(clause))
        return found

    def walking_areas(self, clause: Clause) -> WalkingAreas | None:
        """Return the walking service areas under a radius clause; ``None`` without roads."""
        network = self.network
        if network is None:
            return None
        rows = np.flatnonzero(self.reaching(clause).counting)
        key = ("areas", clause.limit, tuple(rows.tolist()))
        found: WalkingAreas = self._once(key, lambda: self._walking_areas(network, rows, clause))
        return found

    def _walking_areas(
        self, network: Network, rows: npt.NDArray[np.int64], clause: Clause
    ) -> WalkingAreas:
        xy, snap_m = self.facilities_xy[rows], self.city.snap_limit_m
        areas = network.service_areas(xy, clause.limit, max_snap_m=snap_m)
        audit = audit_service_areas(
            network, areas, xy, n_points=AUDIT_POINTS, seed=AUDIT_SEED, max_snap_m=snap_m
        )
        return WalkingAreas(rows, areas, audit)

    def _service_reach(self, clause: Clause) -> ServiceReach:
        selection = self.reaching(clause)
        walking = None
        if self.network is not None:
            walking = self._reach(selection.counting, on_foot=True)
        return ServiceReach(
            self._reach(selection.counting, on_foot=False),
            walking,
            self._reach(selection.undecided, on_foot=False),
            selection,
            self._beside(selection),
        )

    def _beside(self, selection: Selection) -> Beside:
        rows = np.flatnonzero(selection.counting)
        inner: npt.NDArray[np.float64] = self._once(
            "inner", lambda: points_of(self.city.residences.geometry)
        )
        return beside(self.city.residences, inner, self.facilities_xy[rows], self.sight)

    def _reach(self, chosen: npt.NDArray[np.bool_], *, on_foot: bool) -> Reach:
        rows = self.by_id(np.flatnonzero(chosen))
        size = len(self.city.residences)
        xy = self.facilities_xy[rows]
        if on_foot and self.network is not None:
            limit = self.city.snap_limit_m
            found = walking_reach(
                self.demand,
                xy,
                size,
                self.network,
                snap_limit_m=limit,
                snapped=self.snapped_demand,
            )
        else:
            found = self.straight_to(rows)
        position = np.where(found.facility >= 0, rows[found.facility] if len(rows) else -1, -1)
        return Reach(found.metric, found.distance_m, position, found.off_network)

    def by_id(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return facilities in the order of their ids, so that a tie does not hang on the file."""
        ids = self.city.facilities["id"].to_numpy(dtype=object)[rows].astype(str)
        return rows[np.argsort(ids, kind="stable")]

    def premises(self, clause: Clause) -> dict[int, list[Premises]]:
        """Return the premises that a clause counts, by position of the residence."""
        found: dict[int, list[Premises]] = self._once(
            ("premises", clause.kinds, clause.kinds_serving_community, clause.statuses),
            lambda: self.attribution(clause).of_residence(),
        )
        return found

    def attribution(self, clause: Clause) -> Attribution:
        """Return which premises count for which residence under a clause, and for none."""
        found: Attribution = self._once(
            ("attribution", clause.kinds, clause.kinds_serving_community, clause.statuses),
            lambda: attribute_premises(
                self.city.residences, self.city.facilities, self.selection(clause)
            ),
        )
        return found

    def zone_chain(self) -> list[tuple[int, ...]]:
        """Return for each residence the zones it is in, as positions, the finest first."""
        found: list[tuple[int, ...]] = self._once("chain", self._zone_chain)
        return found

    def _zone_chain(self) -> list[tuple[int, ...]]:
        """Follow the residence's own zone upwards; its point decides the levels above that.

        Where it names none, its point decides all of them.
        """
        residences = self.city.residences
        if not self.city.has("zones"):
            return [()] * len(residences)
        zones = self.city.zones
        position = {zone: row for row, zone in enumerate(zones["id"])}
        parent = [position.get(name, -1) for name in zones["parent"]]
        inner = points_of(residences.geometry)
        spatial = self._spatial_membership(inner, zones)
        levels = zones["level"].tolist()
        chains: list[tuple[int, ...]] = []
        for row, named in enumerate(residences["zone"]):
            chain: dict[str, int] = {}
            at = position.get(named, -1) if named is not None else -1
            while at >= 0 and levels[at] not in chain:
                chain[levels[at]] = at
                at = parent[at]
            # A community is no part of a village, nor a village of a community.
            named_to = max([1, *map(FINEST_FIRST.index, chain)]) if chain else -1
            for level in FINEST_FIRST[named_to + 1 :]:
                inside = int(spatial[level][row])
                if inside >= 0:
                    chain[level] = inside
            chains.append(tuple(chain[level] for level in FINEST_FIRST if level in chain))
        return chains

    @staticmethod
    def _spatial_membership(
        points: npt.NDArray[np.float64], zones: gpd.GeoDataFrame
    ) -> dict[str, npt.NDArray[np.int64]]:
        found: dict[str, npt.NDArray[np.int64]] = {}
        for level in FINEST_FIRST:
            rows = np.flatnonzero((zones["level"] == level).to_numpy())
            member = zone_membership(points, zones.iloc[rows])
            found[level] = np.where(member >= 0, rows[member] if len(rows) else -1, -1)
        return found

    def facilities_within(self, zones: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the facilities in any of those zones, by id; an edge has one owner a level."""
        return self._within("facilities", zones)

    def residences_within(self, zones: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the residences in any of those zones, by id."""
        return self._within("residences", zones)

    def zones_within(self, zones: Sequence[int], level: str) -> npt.NDArray[np.int64]:
        """Return the zones of a level that are, or lie in, any of those zones, by id."""
        found = self._within("zones", zones)
        levels = self.cells("zones", "level")
        return np.asarray([row for row in found.tolist() if levels[row] == level], dtype=np.int64)

    def _within(self, layer: str, zones: Sequence[int]) -> npt.NDArray[np.int64]:
        levels = self.cells("zones", "level")
        nothing = np.empty(0, dtype=np.int64)
        parts = [nothing]
        for zone in zones:
            level = levels[zone]
            grouped = self._once(
                ("within", layer, level), lambda level=level: _grouped(self._owners(layer, level))
            )
            parts.append(grouped.get(int(zone), nothing))
        found = np.unique(np.concatenate(parts)).tolist()
        # By id, so that no list in a finding hangs on the order of the file.
        names = self.cells(layer, "id")
        return np.asarray(sorted(found, key=lambda row: str(names[row])), dtype=np.int64)

    def _owners(self, layer: str, level: str) -> npt.NDArray[np.int64]:
        """Return the zone of a level that each row of a layer is in, -1 for none."""
        if layer == "facilities":
            rows = np.flatnonzero((self.city.zones["level"] == level).to_numpy())
            inside = zone_membership(self.facilities_xy, self.city.zones.iloc[rows])
            return np.where(inside >= 0, rows[inside] if len(rows) else -1, -1)
        above: npt.NDArray[np.int64] = self._once(
            ("above", level), lambda: self._zones_above(level)
        )
        if layer == "zones":
            return above
        finest = np.asarray([chain[0] if chain else -1 for chain in self.zone_chain()], dtype=int)
        return np.where(finest >= 0, above[finest], -1)

    def _zones_above(self, level: str) -> npt.NDArray[np.int64]:
        """Return the zone of a level that each zone is, or is in: by its parents, else its point."""
        zones = self.city.zones
        own = (zones["level"] == level).to_numpy()
        position = {zone: row for row, zone in enumerate(zones["id"])}
        parent = np.asarray([position.get(name, -1) for name in zones["parent"]], dtype=np.int64)
        found = np.where(own, np.arange(len(zones)), -1)
        at = parent
        for _ in FINEST_FIRST:
            hit = (found < 0) & (at >= 0) & own[at]
            found[hit] = at[hit]
            at = np.where(at >= 0, parent[at], -1)
        finer = zones["level"].isin(FINEST_FIRST[: FINEST_FIRST.index(level)]).to_numpy()
        rows, rest = np.flatnonzero(own), np.flatnonzero((found < 0) & finer)
        inside = zone_membership(points_of(zones.geometry.iloc[rest]), zones.iloc[rows])
        found[rest] = np.where(inside >= 0, rows[inside] if len(rows) else -1, -1)
        return found

    def residence_units(self) -> list[Unit]:
        """Return for each residence what decides which clauses speak of it."""
        found: list[Unit] = self._once("units", self._residence_units)
        return found

    def _residence_units(self) -> list[Unit]:
        residences = self.city.residences
        zones = self.city.layers.get("zones")
        units: list[Unit] = []
        for setting, status, chain in zip(
            residences["setting"], residences["status"], self.zone_chain(), strict=True
        ):
            inherited = setting
            names: list[str] = []
            if zones is not None:
                names = [self.cells("zones", "id")[row] for row in chain]
                said = [self.cells("zones", "setting")[row] for row in chain]
                inherited = setting or next((word for word in said if word is not None), None)
            named = self._places(chain)
            units.append(Unit(inherited, status, None, self._areas(names), named))
        return units

    def zone_units(self) -> list[Unit]:
        """Return for each zone what decides which clauses speak of it."""
        zones = self.city.zones
        return [
            Unit(setting, None, level, self._areas([zone]), self._places([row]))
            for row, (zone, setting, level) in enumerate(
                zip(zones["id"], zones["setting"], zones["level"], strict=True)
            )
        ]

    def _places(self, zones: Collection[int]) -> frozenset[str]:
        """Return the places that the documents name among zones; others are left out."""
        wanted: frozenset[str] = self._once(
            "places",
            lambda: frozenset(
                place for item in self.standards.clauses() for place in item.applies_to.places
            ),
        )
        columns = ("id", "name") if wanted else ()
        return wanted & {self.cells("zones", column)[row] for column in columns for row in zones}

    def _areas(self, zones: Collection[str]) -> frozenset[str]:
        members: dict[str, frozenset[str]] = self._once(
            "areas", lambda: {name: frozenset(ids) for name, ids in self.city.named_areas.items()}
        )
        return frozenset(area for area, ids in members.items() if not ids.isdisjoint(zones))

    def reading(self, clause: Clause, name: str) -> str:
        """Return the reading chosen for a clause's open question."""
        chosen = self.city.readings.get(clause.id, {}).get(name)
        return chosen or clause.readings[name].default

    def chosen(self, clause: Clause) -> frozenset[str]:
        """Return the answers taken to all of a clause's open questions."""
        return frozenset(self.reading(clause, name) for name in clause.readings)


def _grouped(owner: npt.NDArray[np.int64]) -> dict[int, npt.NDArray[np.int64]]:
    """Return the rows of each owner, ascending; -1 owns none."""
    order = np.argsort(owner, kind="stable").astype(np.int64)
    owners, first = np.unique(owner[order], return_index=True)
    parts = np.split(order, first[1:])
    return {int(key): part for key, part in zip(owners, parts, strict=True) if key >= 0}
