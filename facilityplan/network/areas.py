"""Service areas for display: a band along the streets walked, no wider than the walk still goes.

Each straight piece of street gives one polygon, whose outline is the ends of rays that leave the
street at right angles, and those of rays around its end where the street turns or stops. A ray is
as long as the walk from the facility may still go there, and ends where a street that is not
walked becomes the nearer one. No verdict ever comes from these polygons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from facilityplan.network.millimetres import BoolArray, FloatArray, IntArray, ranges
from facilityplan.network.noding import Edges
from facilityplan.network.service import Bends, Stretches, along_metres, cut

HALF_WIDTH_M: Final = 25.0
"""How far the area reaches from a street, unless the caller says otherwise."""

_ARC: Final = np.pi / 10
"""Widest angle between two rays around a vertex: the chord loses 1.2 % of the arc's height."""

_STEP_M: Final = 3.0
"""Widest space between two rays of a piece beside a street that is not walked."""

_LEAST_M: Final = 0.01
"""A ray that another street cuts is no shorter, so that a bridge does not tear the band apart."""

_GROWTH_M: Final = 0.0005
"""The farthest that the outline of a piece overlaps its neighbours."""

_GOLDEN: Final = 0.6180339887498949
"""Multiples of it, less their whole parts, are spread evenly: no two are alike for long."""

GRID_M: Final = 0.001
"""What the coordinates of polygons are whole multiples of."""

_CHUNK: Final = 32
"""Facilities worked on at a time: what they need fits a processor's cache."""


@dataclass(frozen=True, eq=False)
class ServiceAreas:
    """What lies within a walking distance of each facility, by itself.

    Attributes
    ----------
    lines
        The streets, cut exactly at the limit: a MultiLineString each, shape (facilities,).
    polygons
        A band along them for display, holes kept: a MultiPolygon each, shape (facilities,);
        ``None`` where they were not asked for. Never a basis of a verdict.
    limit_m, half_width_m
        The farthest to walk, the facility's off-network leg included, and the farthest that the
        band reaches from a street.
    """

    lines: NDArray[np.object_]
    polygons: NDArray[np.object_] | None
    limit_m: float
    half_width_m: float


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts of edges, each array of shape (parts,), the rest of the limit at both ends (parts, 2)."""

    facility: IntArray
    edge: IntArray
    begin_mm: FloatArray
    end_mm: FloatArray
    left_mm: FloatArray


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Straight pieces of street, each array of shape (pieces,); the walk runs one way along each.

    ``left_m`` is what is left of the limit at both ends, shape (pieces, 2); ``bend`` names the
    straight stretch of street that a piece is part of.
    """

    facility: IntArray
    begin: FloatArray
    end: FloatArray
    left_m: FloatArray
    bend: IntArray
    at_begin: BoolArray
    at_end: BoolArray

    @property
    def length_m(self) -> FloatArray:
        return np.asarray(np.hypot(*(self.end - self.begin).T))


@dataclass(frozen=True, eq=False)
class _Rays:
    """Rays from pieces of street, each array of shape (rays,) or (rays, 2); ``unit`` is 1 m long.

    ``order`` says where the end of a ray stands in the outline of its piece, ``needed`` whether the
    outline of a piece beside no other street has it.
    """

    piece: IntArray
    order: FloatArray
    origin: FloatArray
    unit: FloatArray
    length_m: FloatArray
    needed: BoolArray


def _monotone(stretches: Stretches) -> _Parts:
    """Return the parts of stretches that are walked in one direction."""
    span, rows = stretches.span_mm, np.arange(len(stretches.edge))
    from_begin, from_end = stretches.begin_left_mm, stretches.end_left_mm
    # where both walks meet; half a millimetre counts
    meet = np.clip((from_begin - from_end + span) / 2.0, 0.0, span)
    whole = stretches.is_whole
    ahead = np.where(whole, meet, from_begin)
    back = np.where(whole, span - meet, from_end)
    stretch = np.concatenate([rows, rows])
    begin = np.concatenate([stretches.begin_mm, stretches.end_mm - back])
    end = np.concatenate([stretches.begin_mm + ahead, stretches.end_mm])
    left = np.concatenate(
        [np.stack([from_begin, from_begin - ahead]), np.stack([from_end - back, from_end])], axis=1
    )
    some = np.flatnonzero(end > begin)
    some = some[np.lexsort((begin[some], stretch[some]))]
    stretch = stretch[some]
    return _Parts(
        stretches.facility[stretch],
        stretches.edge[stretch],
        begin[some],
        end[some],
        left[:, some].T,
    )


def _straight(edges: Edges, parts: _Parts, bends: Bends, line: IntArray) -> _Pieces:
    """Return the straight pieces of parts of edges; ``line`` says which of the bends' each is."""
    length_mm = edges.length_mm[parts.edge]
    begin_m = along_metres(bends, line, parts.begin_mm, length_mm)
    end_m = along_metres(bends, line, parts.end_mm, length_mm)
    way = cut(bends, line, begin_m, end_m)
    row = np.flatnonzero(way.part[1:] == way.part[:-1])
    row = row[way.along_m[row + 1] > way.along_m[row]]
    low, part = way.bend[row], way.part[row]
    # along a part the rest of the limit falls or rises by a metre each metre
    slope = np.diff(parts.left_mm)[:, 0] / (parts.end_mm - parts.begin_mm)
    along_m = np.stack([way.along_m[row], way.along_m[row + 1]], axis=1) - begin_m[part, None]
    left_m = parts.left_mm[part, :1] / 1000.0 + slope[part, None] * along_m
    return _Pieces(
        facility=parts.facility[part],
        begin=way.xy[row],
        end=way.xy[row + 1],
        # where the walk ends nothing is left, whatever the sum says in the last digits
        left_m=np.where(left_m < 1e-6, 0.0, left_m),
        bend=low,
        at_begin=way.along_m[row] == bends.along_m[low],
        at_end=way.along_m[row + 1] == bends.along_m[low + 1],
    )


def _not_walked(edges: Edges, tree: Any, stretches: Stretches, reach_m: float) -> _Parts:
    """Return the parts of edges that are not walked near those that are."""
    some = np.flatnonzero(~stretches.is_whole)
    walked, row = np.unique(stretches.edge, return_inverse=True)
    here, there = tree.query(edges.lines[walked], predicate="dwithin", distance=reach_m)
    # each facility's neighbours, less those that it enters
    order = np.argsort(here, kind="stable")
    starts = np.searchsorted(here[order], np.arange(len(walked) + 1))
    size = np.diff(starts)[row]
    near = there[order][ranges(starts[row], size)]
    n_edges = len(edges.tail)
    entered = stretches.facility * n_edges + stretches.edge
    beside = np.setdiff1d(np.repeat(stretches.facility, size) * n_edges + near, entered)
    facility, edge = np.divmod(beside, n_edges)
    begin_mm = (stretches.begin_mm + stretches.begin_left_mm)[some]
    end_mm = (stretches.end_mm - stretches.end_left_mm)[some]
    return _Parts(
        np.concatenate([stretches.facility[some], facility]),
        np.concatenate([stretches.edge[some], edge]),
        np.concatenate([begin_mm, np.zeros(len(edge))]),
        np.concatenate([end_mm, edges.length_mm[edge]]),
        np.zeros((len(some) + len(edge), 2)),
    )


def _turns(edges: Edges, used: IntArray, bends: Bends) -> tuple[FloatArray, FloatArray]:
    """Return the angle that no piece's band covers, at the begin and the end of each straight.

    Both arrays have one value a vertex of ``bends``, for the straight that starts there. An angle
    lies between the band of the straight and that of the next one counterclockwise, and is given
    to the first of both; it is more than zero at one straight of a vertex at most, on the outer
    side of a turn, and half a circle where a street stops.
    """
    n = len(bends.xy)
    last = np.zeros(n, dtype=np.bool_)
    last[bends.starts[1:] - 1] = True
    low = np.flatnonzero(~last)
    step = bends.xy[low + 1] - bends.xy[low]
    angle = np.arctan2(step[:, 1], step[:, 0])
    # vertices inside edges are their own, those at the ends are the nodes'
    name = len(edges.node_xy) + np.arange(n)
    name[bends.starts[:-1]] = edges.place[edges.tail[used]]
    name[bends.starts[1:] - 1] = edges.place[edges.head[used]]
    vertex = np.concatenate([name[low], name[low + 1]])
    away = np.mod(np.concatenate([angle, angle + np.pi]), 2 * np.pi)
    order = np.lexsort((away, vertex))
    vertex, away = vertex[order], away[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = vertex[1:] != vertex[:-1]
    group = np.cumsum(first) - 1
    following = np.arange(1, len(order) + 1)
    turned = np.append(first[1:], True)
    following[turned] = np.flatnonzero(first)[group[turned]]
    gap = away[following] - away + np.where(turned, 2 * np.pi, 0.0)
    open_angle = np.empty(len(order))
    open_angle[order] = np.maximum(gap - np.pi, 0.0)
    at_begin, at_end = np.zeros(n), np.zeros(n)
    at_begin[low], at_end[low] = open_angle[: len(low)], open_angle[len(low) :]
    return at_begin, at_end


def _side_rays(pieces: _Pieces, width_m: float, eaten: BoolArray) -> _Rays:
    """Return the rays to both sides, at the ends, where the band narrows, and often where eaten."""
    length_m, count = pieces.length_m, len(pieces.bend)
    steps = np.where(eaten, np.ceil(length_m / _STEP_M), 1.0).astype(np.int64)
    piece = np.repeat(np.arange(count), steps + 1)
    share = ranges(np.zeros(count, dtype=np.int64), steps + 1) / steps[piece]
    # the band narrows from where the walk may just still go its full width
    narrows = np.flatnonzero(
        (pieces.left_m.min(axis=1) < width_m) & (pieces.left_m.max(axis=1) > width_m)
    )
    first, second = pieces.left_m[narrows].T
    needed = np.concatenate([(share == 0) | (share == 1), np.ones(len(narrows), dtype=np.bool_)])
    piece = np.concatenate([piece, narrows])
    share = np.concatenate([share, (width_m - first) / (second - first)])
    left_m = pieces.left_m[piece, 0] + share * (pieces.left_m[piece, 1] - pieces.left_m[piece, 0])
    origin = pieces.begin[piece] + share[:, None] * (pieces.end - pieces.begin)[piece]
    ahead = (pieces.end - pieces.begin)[piece] / length_m[piece, None]
    right = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    return _Rays(
        piece=np.concatenate([piece, piece]),
        # right side ahead, then left side back; arcs come between
        order=np.concatenate([share, 4.0 - share]),
        origin=np.concatenate([origin, origin]),
        unit=np.concatenate([right, -right]),
        length_m=np.minimum(np.concatenate([left_m, left_m]), width_m),
        needed=np.tile(needed, 2),
    )


def _arc_rays(
    pieces: _Pieces, which: int, angle: FloatArray, is_end: BoolArray, width_m: float
) -> _Rays:
    """Return the rays around one end (0 or 1) of the pieces, counterclockwise from the band."""
    length_m = np.minimum(pieces.left_m[:, which], width_m)
    round_it = np.flatnonzero(is_end & (angle > 1e-6) & (length_m > 0.001))
    angle, length_m = angle[round_it], length_m[round_it]
    full = angle > np.pi - 1e-6
    steps = np.maximum(np.ceil(angle / _ARC - 1e-9), 1).astype(np.int64)
    # a full half circle meets the band on the other side; a smaller one goes back by the vertex
    inner = steps - full
    row = np.repeat(np.arange(len(round_it)), inner)
    number = ranges(np.ones(len(round_it), dtype=np.int64), inner)
    step = (pieces.end - pieces.begin)[round_it]
    start = np.arctan2(step[:, 1], step[:, 0]) + (-np.pi / 2 if which else np.pi / 2)
    turned = start[row] + angle[row] * number / steps[row]
    place = (pieces.end if which else pieces.begin)[round_it]
    back = np.flatnonzero(~full)
    base = 1.0 if which else 4.0
    return _Rays(
        piece=np.concatenate([round_it[row], round_it[back]]),
        order=np.concatenate([base + number / (steps[row] + 1), np.full(len(back), base + 1.5)]),
        origin=np.concatenate([place[row], place[back]]),
        unit=np.concatenate(
            [np.stack([np.cos(turned), np.sin(turned)], axis=1), np.zeros((len(back), 2))]
        ),
        length_m=np.concatenate([length_m[row], np.zeros(len(back))]),
        needed=np.ones(len(row) + len(back), dtype=np.bool_),
    )


def _joined(*several: _Rays) -> _Rays:
    return _Rays(
        *(
            np.concatenate([getattr(rays, name) for rays in several])
            for name in ("piece", "order", "origin", "unit", "length_m", "needed")
        )
    )


def _first_nearer(rays: _Rays, ray: IntArray, others: _Pieces, other: IntArray) -> FloatArray:
    """Return how far along each ray a straight street becomes as near as the ray's origin.

    From there on it stays nearer. Towards a point at ``v`` from the origin that is
    ``v.v / 2 n.v``; towards a line at height ``h``, ``h / (1 - n.m)`` with the line's normal m on
    the origin's side; inf where it never is.
    """
    step = others.end - others.begin
    length = others.length_m
    along_x, along_y = (step / length[:, None]).T[:, other]
    length = length[other]
    ray_x, ray_y = rays.unit.T[:, ray]
    x, y = rays.origin.T[:, ray] - others.begin.T[:, other]
    # in the street's own frame: the way along it and the height above it, on the origin's side
    foot, height = x * along_x + y * along_y, y * along_x - x * along_y
    run, rise = ray_x * along_x + ray_y * along_y, ray_y * along_x - ray_x * along_y
    rise = np.where(height < 0, -rise, rise)
    height = np.abs(height)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = height / (1 - rise)
        meets = foot + best * run
        best[~((meets > 0) & (meets < length))] = np.inf
        for ahead in (-foot, length - foot):
            towards = ahead * run - height * rise
            far = (ahead * ahead + height * height) / (2 * towards)
            best = np.where((towards > 0) & (far < best), far, best)
    return np.asarray(best)


def _beside(
    pieces: _Pieces, others: _Pieces, width_m: float, limit_m: float
) -> tuple[IntArray, IntArray]:
    """Return (piece, other) of those of one facility so near that one may cut the other's band."""
    # every facility's streets are moved to a place of their own: one index serves all
    base = np.unique(pieces.facility, return_index=True)
    where = np.searchsorted(base[0], pieces.facility)
    away = np.stack([np.arange(len(base[0])) * (2 * limit_m + 1000.0), np.zeros(len(base[0]))], 1)
    shift = away - pieces.begin[base[1]]
    mine = shapely.linestrings(np.stack([pieces.begin, pieces.end], 1) + shift[where][:, None])
    theirs = shift[np.searchsorted(base[0], others.facility)][:, None]
    tree = shapely.STRtree(shapely.linestrings(np.stack([others.begin, others.end], 1) + theirs))
    reach_m = 2 * np.minimum(pieces.left_m.max(axis=1), width_m)
    piece, other = tree.query(mine, predicate="dwithin", distance=reach_m)
    keep = (pieces.facility[piece] == others.facility[other]) & (
        pieces.bend[piece] != others.bend[other]
    )
    order = np.lexsort((other[keep], piece[keep]))
    return piece[keep][order], other[keep][order]


def _shortened(
    rays: _Rays, others: _Pieces, pairs: tuple[IntArray, IntArray], n_pieces: int
) -> tuple[FloatArray, BoolArray]:
    """Return the length of the rays up to where another street is nearer, and which pieces lose."""
    piece, other = pairs
    starts = np.searchsorted(piece, np.arange(n_pieces + 1))
    size = np.diff(starts)[rays.piece]
    ray = np.repeat(np.arange(len(rays.piece)), size)
    against = other[ranges(starts[rays.piece], size)]
    nearer_m = _first_nearer(rays, ray, others, against)
    shortest = np.full(len(rays.piece), np.inf)
    np.minimum.at(shortest, ray, nearer_m)
    cut_off = shortest < rays.length_m - 1e-9
    eaten = np.zeros(n_pieces, dtype=np.bool_)
    eaten[rays.piece[cut_off]] = True
    shortest = np.maximum(shortest, np.minimum(rays.length_m, _LEAST_M))
    return np.where(cut_off, shortest, rays.length_m), eaten


def _outlines(pieces: _Pieces, rays: _Rays, length_m: FloatArray) -> FloatArray:
    """Return the ends of rays, shape (rays, 2), each piece's up to half a millimetre farther out.

    So neighbours overlap, each by another amount, instead of sharing an edge up to the last
    digits, over which GEOS sometimes loses a part or fills a hole without a word.
    """
    number = np.arange(len(pieces.bend))
    number -= np.searchsorted(pieces.facility, pieces.facility)
    more_m = (_GROWTH_M * (1 + np.mod(number * _GOLDEN, 1.0)) / 2)[rays.piece]
    ahead = ((pieces.end - pieces.begin) / pieces.length_m[:, None])[rays.piece]
    at_end = (rays.order >= 1) & (rays.order <= 3)
    at_begin = (rays.order <= 0) | (rays.order >= 4)
    along_m = more_m * (at_end.astype(np.float64) - at_begin)
    ends = rays.origin + along_m[:, None] * ahead + (length_m + more_m)[:, None] * rays.unit
    return np.asarray(ends)


def _inner(pieces: _Pieces, width_m: float, eaten: BoolArray) -> FloatArray:
    """Return points inside each band, shape (pieces, 6, 2): on the street where it is eaten."""
    step = pieces.end - pieces.begin
    aside = np.stack([step[:, 1], -step[:, 0]], axis=1) / pieces.length_m[:, None]
    spots = []
    for share in (0.1, 0.5, 0.9):
        left_m = pieces.left_m @ (1 - share, share)
        height = np.where(eaten, 0.0, np.minimum(left_m, width_m) / 2)[:, None] * aside
        middle = pieces.begin + share * step
        spots += [middle + height, middle - height]
    return np.stack(spots, axis=1)


def _bands(
    pieces: _Pieces,
    others: _Pieces,
    turns: tuple[FloatArray, FloatArray],
    width_m: float,
    limit_m: float,
) -> tuple[NDArray[np.object_], FloatArray]:
    """Return the band of each piece as a polygon, and points inside, shape (pieces, 6, 2)."""
    pairs = _beside(pieces, others, width_m, limit_m)
    paired = np.zeros(len(pieces.bend), dtype=np.bool_)
    paired[pairs[0]] = True
    rays = _joined(
        _side_rays(pieces, width_m, paired),
        _arc_rays(pieces, 1, turns[1][pieces.bend], pieces.at_end, width_m),
        _arc_rays(pieces, 0, turns[0][pieces.bend], pieces.at_begin, width_m),
    )
    length_m, eaten = _shortened(rays, others, pairs, len(pieces.bend))
    keep = np.flatnonzero(rays.needed | eaten[rays.piece])
    keep = keep[np.lexsort((rays.order[keep], rays.piece[keep]))]
    outline = _outlines(pieces, rays, length_m)[keep]
    bands: NDArray[np.object_] = shapely.polygons(
        shapely.linearrings(outline, indices=rays.piece[keep])
    )
    return bands, _inner(pieces, width_m, eaten)


def united(bands: NDArray[np.object_], spots: FloatArray) -> Any:
    """Return the union of bands, which has all the spots inside.

    On plain coordinates GEOS is four times as fast as on a grid, and not always right.
    """
    union = shapely.union_all(bands)
    shapely.prepare(union)
    if shapely.intersects_xy(union, *spots.T).all():
        return union
    return shapely.union_all(bands, grid_size=GRID_M)


def polygons(
    edges: Edges, tree: Any, stretches: Stretches, n_facilities: int, width_m: float, limit_m: float
) -> NDArray[np.object_]:
    """Return the band along what each facility's walk reaches, shape (n_facilities,).

    Parameters
    ----------
    edges, tree
        The edges and the index over their lines.
    stretches
        What each facility enters, with the rest of its limit.
    n_facilities
        How many there are.
    width_m
        The farthest that the band reaches from a street.
    limit_m
        The farthest to walk.
    """
    found = np.full(n_facilities, shapely.MultiPolygon(), dtype=object)
    for begin in range(0, n_facilities, _CHUNK):
        rows = slice(*np.searchsorted(stretches.facility, [begin, begin + _CHUNK]))
        own = stretches.at(rows)
        if not len(own.edge):
            continue
        walked, free = _monotone(own), _not_walked(edges, tree, own, 2 * width_m)
        used, line = np.unique(np.concatenate([walked.edge, free.edge]), return_inverse=True)
        bends = Bends.of(edges.lines[used])
        pieces = _straight(edges, walked, bends, line[: len(walked.edge)])
        others = _straight(edges, free, bends, line[len(walked.edge) :])
        bands, spots = _bands(pieces, others, _turns(edges, used, bends), width_m, limit_m)
        facility, first = np.unique(pieces.facility, return_index=True)
        last = np.append(first[1:], len(bands))
        for number, low, high in zip(facility, first, last, strict=True):
            found[number] = united(bands[low:high], spots[low:high].reshape(-1, 2))
    # to the millimetre: bands that touch leave hairlines that are no holes
    parts, row = shapely.get_parts(shapely.set_precision(found, GRID_M), return_index=True)
    some = np.unique(row)
    found[:] = shapely.MultiPolygon()
    found[some] = shapely.multipolygons(parts, indices=np.searchsorted(some, row))
    return found
