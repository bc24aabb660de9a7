"""Where a scheme lies: its outline, the facilities that count near it, the radius, both distances."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from facilityplan.checks import Context, Finding
from facilityplan.checks.wording import required_text, value_text, verdict_text
from facilityplan.coverage import PointRule
from facilityplan.layers import City, points_of
from facilityplan.network import shortest_way
from facilityplan.report.figures.form import shown
from facilityplan.report.figures.marks import Areas, Key, Label, Lines, Points
from facilityplan.report.figures.plates import (
    CIRCLES,
    FACILITY,
    MARKERS,
    MOST_NAMES,
    Layer,
    Plate,
    figure_text,
    ground,
    plain_residences,
    street_names,
)
from facilityplan.report.figures.plates import counted as with_count
from facilityplan.schemes import Review, geometry_of, in_city
from facilityplan.standards import Clause, kinds

_SCHEME: Final = ("#f4b6a6", "#b00020")
_STRAIGHT: Final = ("#2b2b2b", (0, (5, 3)))
_WALK: Final = "#0b6e99"
_NEAREST: Final = "#b00020"
_LEAST_M: Final = 300.0
"""So much ground round the scheme is always shown."""

RADIUS: Final = "service_radius"


@dataclass(frozen=True)
class _Reached:
    """What one radius clause reaches from the scheme; positions are those of the facilities."""

    finding: Finding
    clause: Clause
    counting: np.ndarray[Any, np.dtype[np.bool_]]
    doubtful: np.ndarray[Any, np.dtype[np.bool_]]
    nearest: int
    straight: Any | None
    on_foot: int
    way: Any | None
    asked_walk: bool


def location_plate(review: Review, context: Context, lang: str) -> Plate | None:
    """Return the figure of a scheme in its city; ``None`` where its sheet does not say where it is.

    Parameters
    ----------
    review
        The scheme's review with what the city says of it.
    context
        The city before the scheme.
    lang
        ``zh`` or ``en``.
    """
    around_it = review.surroundings
    shape = geometry_of(review.scheme, context.city.crs)
    if shape is None or around_it is None:
        return None
    alone = in_city(review.scheme, context, shape)
    clauses = {item.id: item for item in review.standards.clauses(RADIUS)}
    reached = [
        _reached(alone, item, clauses[item.clause_id])
        for item in around_it.findings
        if item.clause_id in clauses
    ]
    circles = _circles(reached, alone, shape)
    bounds = _bounds(shape, circles, reached)
    near = _within(context.city, shown(bounds))
    facilities, names = _facilities(context.city, reached, shown(bounds), lang)
    layers: list[Layer] = [*ground(near, lang, 0.8)]
    if near.has("residences") and len(near.residences):
        layers.append(plain_residences(near, lang))
    layers += [*_drawn_circles(reached, circles, lang), *_scheme(shape, lang)]
    layers += [*_ways(reached, lang), *facilities, *_marked(reached, alone, lang)]
    name = Label(review.scheme.name, *_middle(shape), 9.0, "#7a0016", 11.0)
    return Plate(
        "location",
        bounds,
        tuple(layers),
        (name, *names, *_streets(near, bounds)),
        tuple(_notes(shape, reached, context, lang)),
    )


def _reached(alone: Context, finding: Finding, clause: Clause) -> _Reached:
    """Return what the clause's own search found, so that the figure shows what was judged."""
    if not alone.city.has("facilities"):
        none = np.zeros(0, dtype=bool)
        return _Reached(finding, clause, none, none, -1, None, -1, None, asked_walk=False)
    reach = alone.service_reach(clause)
    nearest = int(reach.straight.facility[0])
    straight = None if nearest < 0 else _straight(alone, alone.facilities_xy[nearest])
    on_foot, way = -1, None
    if reach.walking is not None:
        on_foot = int(reach.walking.facility[0])
        if on_foot >= 0:
            way = _way(alone, alone.facilities_xy[on_foot], float(reach.walking.distance_m[0]))
    return _Reached(
        finding,
        clause,
        reach.selection.counting,
        reach.selection.undecided,
        nearest,
        straight,
        on_foot,
        way,
        asked_walk=reach.walking is not None,
    )


def _straight(alone: Context, xy: Any) -> Any:
    """Return the straight line as it was measured: from the point of the project's own rule."""
    demand = alone.demand
    if demand.areas is not None and demand.areas[0] is not None:
        return shapely.shortest_line(demand.areas[0], shapely.Point(xy))
    apart = np.hypot(*(demand.xy - xy).T)
    farthest = demand.rule[0] is PointRule.FARTHEST_POINT
    at = int(np.argmax(apart) if farthest else np.argmin(apart))
    return shapely.LineString([demand.xy[at], xy])


def _way(alone: Context, xy: Any, walked_m: float) -> Any | None:
    """Return the way whose length is the distance judged, of all points that it may start from."""
    if alone.network is None or not math.isfinite(walked_m):
        return None
    found = [
        shortest_way(
            alone.network,
            start,
            xy,
            within_m=walked_m + 1.0,
            max_snap_m=alone.city.snap_limit_m,
        )
        for start in alone.demand.xy
    ]
    ways = [way for way in found if way is not None]
    return min(ways, key=lambda way: abs(way.length - walked_m)) if ways else None


def _circles(reached: Sequence[_Reached], alone: Context, shape: Any) -> list[Any]:
    """Return each clause's circle: round the nearest facility that counts, else round the scheme.

    A service radius is a facility's: the land that it serves. Where none counts, the circle round
    the scheme shows where one would have to stand.
    """
    found: list[Any] = []
    for item in reached:
        limit = item.clause.limit if item.clause.is_numeric else math.nan
        if not math.isfinite(limit):
            found.append(None)
        elif item.nearest >= 0:
            spot = shapely.Point(alone.facilities_xy[item.nearest])
            found.append(shapely.buffer(spot, limit, quad_segs=32))
        else:
            found.append(shapely.buffer(shapely.Point(_middle(shape)), limit, quad_segs=32))
    return found


def _middle(shape: Any) -> tuple[float, float]:
    x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    return float(x), float(y)


def _bounds(
    shape: Any, circles: Sequence[Any], reached: Sequence[_Reached]
) -> tuple[float, float, float, float]:
    seen = [shapely.buffer(shape, _LEAST_M), *(item for item in circles if item is not None)]
    for item in reached:
        seen += [line for line in (item.straight, item.way) if line is not None]
    west, south, east, north = shapely.total_bounds(seen).tolist()
    margin = 0.04 * max(east - west, north - south)
    return west - margin, south - margin, east + margin, north + margin


def _within(city: City, box: Any) -> City:
    """Return the city with what is to be seen in the frame and nothing else."""
    layers = {
        name: frame.iloc[np.sort(frame.sindex.query(box, predicate="intersects"))]
        for name, frame in city.layers.items()
        if name in {"zones", "roads", "barriers", "residences"}
    }
    return dataclasses.replace(city, layers=layers)


def _scheme(shape: Any, lang: str) -> list[Layer]:
    if shape.area > 0:
        key = Key(figure_text("location.scheme", lang), "area", *_SCHEME)
        return [Areas([shape], key, 1.2, 0.85)]
    xy = np.asarray([_middle(shape)])
    return [Points(xy, Key(figure_text("location.scheme_point", lang), "*", *_SCHEME, size=10.0))]


def _drawn_circles(reached: Sequence[_Reached], circles: Sequence[Any], lang: str) -> list[Layer]:
    layers: list[Layer] = []
    for item, circle in zip(reached, circles, strict=True):
        if circle is None:
            continue
        name = "radius" if item.nearest >= 0 else "location.radius_of_scheme"
        said = figure_text(name, lang, clause=item.clause.id, limit=f"{item.clause.limit:g}")
        fill, line = CIRCLES[len(layers) % len(CIRCLES)]
        layers.append(Areas([circle], Key(said, "area", fill, line), 0.8, 0.45))
    return layers


def _ways(reached: Sequence[_Reached], lang: str) -> list[Layer]:
    """Return the lines measured, each once: two clauses may count the same facilities."""
    straight = {item.straight.wkb: item.straight for item in reached if item.straight is not None}
    walked = {item.way.wkb: item.way for item in reached if item.way is not None}
    dash = _STRAIGHT[1]
    line = Key(figure_text("location.straight", lang), "line", "none", _STRAIGHT[0], dash=dash)
    way = Key(figure_text("location.walking", lang), "line", "none", _WALK)
    return [Lines(list(walked.values()), way, 1.8), Lines(list(straight.values()), line, 1.1)]


def _facilities(
    city: City, reached: Sequence[_Reached], box: Any, lang: str
) -> tuple[list[Layer], list[Label]]:
    """Return what counts within the frame, a marker a kind, and the names of the nearest."""
    if not reached or not city.has("facilities"):
        return [], []
    xy = points_of(city.facilities.geometry)
    seen = shapely.intersects_xy(box, xy[:, 0], xy[:, 1])
    counting = seen & np.logical_or.reduce([item.counting for item in reached])
    doubtful = seen & ~counting & np.logical_or.reduce([item.doubtful for item in reached])
    kind = city.facilities["kind"].to_numpy(dtype=object)
    layers: list[Layer] = []
    for place, (name, known) in enumerate(kinds().items()):
        rows = counting & (kind == name)
        said = with_count(known.zh if lang == "zh" else known.en, int(rows.sum()), lang)
        marker = MARKERS[place % len(MARKERS)]
        layers.append(Points(xy[rows], Key(said, marker, *FACILITY, size=6.5)))
    said = with_count(figure_text("location.doubtful", lang), int(doubtful.sum()), lang)
    layers.append(Points(xy[doubtful], Key(said, "o", "#ffffff", FACILITY[0], size=6.0)))
    rows = np.flatnonzero(counting | doubtful)
    first = {item.nearest for item in reached} | {item.on_foot for item in reached}
    middle = np.asarray(box.centroid.coords[0])
    order = sorted(rows.tolist(), key=lambda at: (at not in first, *(np.abs(xy[at] - middle))))
    told = city.facilities["name"].fillna(city.facilities["id"]).astype(str).tolist()
    names = [
        Label(told[at], float(xy[at, 0]), float(xy[at, 1]), 7.0, "#0d4339", 11.0)
        for at in order[:MOST_NAMES]
    ]
    return layers, names


def _marked(reached: Sequence[_Reached], alone: Context, lang: str) -> list[Layer]:
    """Return a ring round each facility that a distance was measured to."""
    rows = sorted({at for item in reached for at in (item.nearest, item.on_foot)} - {-1})
    if not rows:
        return []
    key = Key(figure_text("location.nearest", lang), "o", "none", _NEAREST, size=11.0)
    return [Points(alone.facilities_xy[rows], key)]


def _streets(near: City, bounds: tuple[float, float, float, float]) -> list[Label]:
    """Return the streets' names within what is seen of each: a street is larger than the frame."""
    if not near.has("zones"):
        return []
    box = shapely.box(*bounds)
    cut = near.zones.copy()
    cut.geometry = shapely.intersection(cut.geometry.to_numpy(), box)
    cut = cut[~cut.geometry.is_empty]
    return street_names(dataclasses.replace(near, layers={**near.layers, "zones": cut}))


def _notes(shape: Any, reached: Sequence[_Reached], context: Context, lang: str) -> list[str]:
    said = []
    if shape.area == 0:
        said.append(figure_text("location.no_outline", lang))
    if not reached:
        said.append(figure_text("location.no_clause", lang))
    for item in reached:
        said.append(
            figure_text(
                "location.judged",
                lang,
                clause=item.clause.id,
                verdict=verdict_text(item.finding, lang),
                required=required_text(item.finding, lang),
                value=value_text(item.finding, lang),
            )
        )
        said += _of_ways(item, context, lang)
    return list(dict.fromkeys(said))


def _of_ways(item: _Reached, context: Context, lang: str) -> list[str]:
    """Return both distances with the facility's name, or why one of them is not there."""

    def name(at: int) -> str:
        cells = context.cells("facilities", "name")[at] or context.cells("facilities", "id")[at]
        return str(cells)

    if item.straight is None:
        return [figure_text("location.none_counts", lang)]
    said = [
        figure_text(
            "location.straight_to", lang, to=name(item.nearest), metres=item.straight.length
        )
    ]
    if not item.asked_walk:
        said.append(figure_text("location.no_roads", lang))
    elif item.way is None:
        said.append(figure_text("location.no_way", lang))
    else:
        walked = {"to": name(item.on_foot), "metres": item.way.length}
        said.append(figure_text("location.walking_to", lang, **walked))
    return said
