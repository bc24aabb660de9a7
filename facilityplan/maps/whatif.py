"""What the page needs to try things out by itself: roads, points, rules and what there is.

Coordinates keep all their bits and lengths are whole millimetres, so that ``desk/reach.js`` finds
the distances that :mod:`facilityplan.network` finds, and ``desk/model.js`` what follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from facilityplan.checks import Context, Finding, Verdict
from facilityplan.checks.counting import beds_column, counted
from facilityplan.checks.finding import doubt_of
from facilityplan.checks.floor_area import MEASURE as FLOOR_AREA
from facilityplan.checks.floor_area import demand_of
from facilityplan.checks.radius_coverage import MEASURE as RADIUS
from facilityplan.layers import LEVELS, points_of
from facilityplan.maps.content import number
from facilityplan.maps.projection import projection
from facilityplan.network import Network
from facilityplan.network.snap import Snapped
from facilityplan.provision import as_written, attribute_premises, select
from facilityplan.scenario.file import extent
from facilityplan.standards import Clause, kinds

BEDS: Final = "beds_per_1000"
PLAIN_BASES: Final = ("beds",)
"""Columns of beds that the page can change."""


def whatif_content(context: Context, findings: Sequence[Finding]) -> dict[str, Any] | None:
    """Return what the page recomputes with; ``None`` where no radius clause binds a residence.

    Parameters
    ----------
    context
        City, standards and roads.
    findings
        Of that context.
    """
    city = context.city
    if not (city.has("residences") and city.has("facilities")):
        return None
    rules = _radius_rules(context)
    if not rules:
        return None
    demand = context.demand
    snapped = context.snapped_demand
    return {
        # A boundary, a barrier or the city's edge is not in the page: then it only estimates.
        "exact": demand.areas is None and context.sight is None and city.reach.facilities_outside,
        "complete": city.facilities_complete,
        "snapLimit": city.snap_limit_m,
        "extent": extent(city),
        "projection": projection(city.crs, extent(city)),
        "points": {
            "x": demand.xy[:, 0],
            "y": demand.xy[:, 1],
            "owner": demand.owner,
            "farthest": np.flatnonzero(demand.farthest),
            **_snaps(snapped),
        },
        "graph": None if context.network is None else _graph(context.network),
        "facilities": _facilities(context),
        "rules": rules,
        "floor": _floor_area(context),
        "beds": _beds(context, findings),
        "chain": [list(chain) for chain in context.zone_chain()],
        "population": [number(v) for v in city.residences["population"].to_numpy(dtype=float)],
        "candidates": _candidates(context),
        "kinds": [
            {"id": kind.id, "zh": kind.zh, "en": kind.en, "tier": kind.tier}
            for kind in kinds().values()
        ],
    }


def _snaps(snapped: Snapped | None) -> dict[str, Any]:
    if snapped is None:
        return {}
    return {
        "edge": snapped.edge,
        "along": snapped.position_mm,
        "off": snapped.off_mm,
        "lost": np.flatnonzero(snapped.off_network),
    }


def _graph(network: Network) -> dict[str, Any]:
    """Return the vertices of all edges once, and each edge as the vertices it runs through.

    Edges stay in their order: of equally near ones the lowest is taken.
    """
    edges = network.edges
    xy, edge = shapely.get_coordinates(edges.lines, return_index=True)
    vertices, ids = np.unique(xy, axis=0, return_inverse=True)
    ids = np.asarray(ids).reshape(-1)
    first = np.flatnonzero(np.append(True, edge[1:] != edge[:-1]))
    last = np.append(first[1:], len(edge)) - 1
    # Nodes closer than a millimetre are one place.
    stands = edges.place != np.arange(len(edges.place))
    vertex_of = np.zeros(len(edges.node_xy), dtype=np.int64)
    vertex_of[edges.tail], vertex_of[edges.head] = ids[first], ids[last]
    return {
        "x": vertices[:, 0],
        "y": vertices[:, 1],
        "ids": ids,
        "sizes": np.bincount(edge, minlength=len(edges.lines)),
        "mm": edges.length_mm,
        "alias": vertex_of[stands],
        "place": vertex_of[edges.place[stands]],
    }


def _facilities(context: Context) -> dict[str, Any]:
    city = context.city
    frame = city.facilities
    position = {name: row for row, name in enumerate(city.residences["id"])}
    xy = context.facilities_xy
    snapped = None
    if context.network is not None:
        snapped = context.network.snap(xy, max_snap_m=city.snap_limit_m)
    every = select(frame, (), ())
    holder = np.full(len(frame), -1, dtype=np.int64)
    bare = frame.assign(serves=[None] * len(frame))
    for item in attribute_premises(city.residences, bare, every).premises:
        holder[item.facility] = item.residence
    zones = [[] for _ in range(len(frame))] if not city.has("zones") else _zones_of(context)
    return {
        "x": xy[:, 0],
        "y": xy[:, 1],
        **_snaps(snapped),
        "kind": [kind or "" for kind in frame["kind"]],
        "status": [status or "" for status in frame["status"]],
        "community": [-1 if flag is None else int(flag) for flag in frame["serves_community"]],
        "floorArea": [number(v) for v in frame["floor_area_m2"].to_numpy(dtype=float)],
        "beds": [number(v) for v in frame["beds"].to_numpy(dtype=float)],
        "serves": [[position[name] for name in served or ()] for served in frame["serves"]],
        "holder": holder,
        "zones": zones,
    }


def _zones_of(context: Context) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(len(context.city.facilities))]
    levels = context.city.zones["level"].to_numpy()
    for level in LEVELS:
        rows = np.flatnonzero(levels == level)
        for zone in rows.tolist():
            for facility in context.facilities_within([zone]).tolist():
                found[facility].append(zone)
    return found


def _counting(clause: Clause) -> dict[str, Any]:
    return {
        "kinds": list(clause.kinds),
        "statuses": list(clause.statuses),
        "serving": list(clause.kinds_serving_community),
    }


def _radius_rules(context: Context) -> list[dict[str, Any]]:
    """Return each radius clause with the residences it binds and those it cannot judge."""
    bound: dict[str, tuple[Clause, list[int], list[int]]] = {}
    for row, unit in enumerate(context.residence_units()):
        for adoption in context.binding(RADIUS, unit):
            clause = adoption.clause
            _, rows, doubt = bound.setdefault(clause.id, (clause, [], []))
            (rows if doubt_of(adoption) is None else doubt).append(row)
    return [
        {
            "clause": name,
            "limit": clause.limit,
            "comparator": clause.comparator.value,
            "rows": rows,
            "doubt": doubt,
            **_counting(clause),
        }
        for name, (clause, rows, doubt) in sorted(bound.items())
        if clause.is_numeric and clause.comparator is not None
    ]


def _floor_area(context: Context) -> list[dict[str, Any]]:
    """Return, for each set of premises counted, the estates judged and what they must have."""
    households = context.city.residences["households"].to_numpy(dtype=float)
    groups: dict[str, dict[str, Any]] = {}
    for row, unit in enumerate(context.residence_units()):
        adopted = context.binding(FLOOR_AREA, unit)
        if not adopted or any(item.undetermined for item in adopted):
            continue
        demand = demand_of(
            context.residence_ref(row), float(households[row]), adopted, context.city.readings
        )
        parts = [item for item in (demand.rate, demand.minimum) if item is not None]
        silent = any(not item.clause.is_numeric for item in parts)
        if silent or (demand.rate is not None and not households[row] > 0):
            continue
        by_rate = 0.0
        if demand.rate is not None:
            by_rate = float(
                as_written(demand.rate.clause.limit) * as_written(households[row]) / 100
            )
        least = 0.0 if demand.minimum is None else demand.minimum.clause.limit
        procured = demand.minimum is not None and demand.floor_200 == "procured_only"
        clause = parts[0].clause
        name = "/".join(sorted(item.clause.id for item in parts))
        group = groups.setdefault(
            name, {"clause": name, "rows": [], "required": [], **_counting(clause)}
        )
        group["rows"].append(row)
        group["required"].append(by_rate if procured else max(by_rate, least))
    return [groups[name] for name in sorted(groups)]


def _beds(context: Context, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return the zones whose beds a clause judges, with the persons they are for."""
    if not context.city.has("zones"):
        return []
    clauses = {clause.id: clause for clause in context.standards.clauses(BEDS)}
    position = {name: row for row, name in enumerate(context.city.zones["id"])}
    found: list[dict[str, Any]] = []
    for finding in findings:
        clause = clauses.get(finding.clause_id)
        persons = finding.formula.get("persons") if finding.formula else None
        known = finding.verdict in {Verdict.COMPLIANT, Verdict.NON_COMPLIANT}
        if clause is None or persons is None or not known or clause.comparator is None:
            continue
        plain = beds_column(clause) in PLAIN_BASES and "alternative_kinds" not in clause.parameters
        if finding.unit_id not in position or not plain:
            continue
        selection = counted(context, clause)
        may = selection.counting | selection.undecided
        found.append(
            {
                "clause": clause.id,
                "zone": position[finding.unit_id],
                "persons": persons,
                "limit": clause.limit,
                "comparator": clause.comparator.value,
                "listed": int(may.sum()),
                **_counting(clause),
            }
        )
    return found


def _candidates(context: Context) -> dict[str, Any]:
    city = context.city
    if not city.has("candidates"):
        return {"x": [], "y": []}
    xy = _points(context)
    snapped = None
    if context.network is not None:
        snapped = context.network.snap(xy, max_snap_m=city.snap_limit_m)
    return {"x": xy[:, 0], "y": xy[:, 1], **_snaps(snapped)}


def _points(context: Context) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = points_of(context.city.layer("candidates").geometry)
    return found


def spoken_kinds(content: Mapping[str, Any] | None, lang: str) -> dict[str, Any] | None:
    """Return the content with the kinds' names in one language."""
    if content is None:
        return None
    named = [{"id": k["id"], "name": k[lang], "tier": k["tier"]} for k in content["kinds"]]
    return {**content, "kinds": named}
