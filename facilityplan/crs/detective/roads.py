"""A layer of points against the roads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from facilityplan.crs.datums import Floats
from facilityplan.crs.detective.hypotheses import HYPOTHESES, different, placed, same_datum
from facilityplan.crs.detective.judgement import Fit, Judgement, Support, verdict_of

SPACING_M: Final = 10.0
"""The roads are taken as points, this far apart at most."""
NEAR_M: Final = 500.0
"""Only places nearer to a road than this under every hypothesis count."""
TAIL_M: Final = 300.0
"""Farther away than this is no worse."""
MIN_POINTS: Final = 20

Z_DETRENDED: Final = 4.0
Z_PLAIN: Final = 3.0
PAIRED_T: Final = 3.0

_MOVES: Final = 80
_MOVE_M: Final = (250.0, 1500.0)
_BESIDE_M: Final = (100.0, 150.0, 200.0, 250.0)
_BESIDE_DIRECTIONS: Final = 12
_SEED: Final = 20260630
_OUT_OF_REACH_M: Final = 600.0


def _spread(distance_m: Floats) -> Floats:
    """Return how far each distance is from the usual one, as a ratio: true ones are alike."""
    size = np.log(np.minimum(distance_m, TAIL_M) + 30.0)
    apart: Floats = np.abs(size - np.median(size, axis=-1, keepdims=True))
    return apart


# Premises on the street show in the first, houses within the block in the second, centres of
# estates only in the tail; what is set back evenly shows in the last.
SCORES: Final[Mapping[str, Callable[[Floats], Floats]]] = MappingProxyType(
    {
        "near": lambda distance_m: np.minimum(distance_m, 100.0),
        "middle": lambda distance_m: np.interp(
            distance_m, [0.0, 60.0, 150.0, TAIL_M], [0.0, 60.0, 195.0, 255.0]
        ),
        "tail": lambda distance_m: np.minimum(distance_m, TAIL_M),
        "spread": _spread,
    }
)
"""Ways of scoring distances in metres, along the last axis; less is better."""


@dataclass(frozen=True)
class RoadPoints:
    """Roads as points in a search tree; built when first asked, for any number of layers.

    Parameters
    ----------
    lines
        Lines with a length, metres in the project's system.
    """

    lines: npt.NDArray[np.object_]

    @classmethod
    def of(cls, lines: Any, within: tuple[float, float, float, float] | None = None) -> RoadPoints:
        """Return the points of lines.

        Parameters
        ----------
        lines
            Lines of the roads, metres in the project's system; missing ones are left out.
        within
            Bounds in metres of what will be asked for; roads farther than 4 km from it are left
            out.
        """
        shapes = np.asarray(lines, dtype=object)
        shapes = shapes[shapely.length(shapes) > 0.0]
        if within is not None and len(shapes):
            west, south, east, north = within
            reach = 4000.0
            bounds = shapely.bounds(shapes)
            near = (bounds[:, 0] <= east + reach) & (bounds[:, 2] >= west - reach)
            near &= (bounds[:, 1] <= north + reach) & (bounds[:, 3] >= south - reach)
            shapes = shapes[near]
        return cls(shapes)

    @cached_property
    def tree(self) -> cKDTree | None:
        """The points, metres; ``None`` where there is no road."""
        if not len(self.lines):
            return None
        points = shapely.get_coordinates(shapely.segmentize(self.lines, SPACING_M))
        # Roads that stand twice, once each way, would double the tree; to the decimetre.
        key = np.round(points * 10.0).astype(np.int64) @ np.array([1 << 31, 1])
        return cKDTree(points[np.unique(key, return_index=True)[1]], balanced_tree=False)

    def distance_m(self, xy_m: Floats) -> Floats:
        """Return metres to the nearest road point, 600 where it is farther; shape less the last."""
        if self.tree is None:
            return np.full(xy_m.shape[:-1], _OUT_OF_REACH_M)
        found = self.tree.query(xy_m.reshape(-1, 2), distance_upper_bound=_OUT_OF_REACH_M)[0]
        near_m: Floats = np.minimum(found, _OUT_OF_REACH_M).reshape(xy_m.shape[:-1])
        return near_m


def against_roads(
    xy_m: npt.ArrayLike, roads: RoadPoints, crs: Any, declared: str = "wgs84"
) -> Judgement:
    """Judge a layer's declared datum by how it lies to the roads.

    The layer is put down under each hypothesis; places nearer than 500 m to a road under all of
    them count. A hypothesis is named where it scores better than the same pattern moved elsewhere
    (80 moves of 250 to 1,500 m, plain and with the trend across the city taken out), better than
    each other hypothesis point by point, and where no place beside it, within 250 m, is better
    still. Ways of scoring that name different ones cancel out. The same places give the same
    answer, whatever their order.

    Parameters
    ----------
    xy_m
        Places as they were read under the declared datum, n x 2, metres in ``crs``; repeats count
        once, more than 500 are sampled.
    roads
        Roads, metres in ``crs``, read under their own declaration.
    crs
        The project's projected system in metres.
    declared
        One of ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``.

    Returns
    -------
    Judgement
        ``agrees``, ``contradicts`` with the datum named, or ``undecided`` with the reason.

    Raises
    ------
    CrsError
        If the datum or the system is unknown, or the system is not in metres.
    """
    meant = same_datum(declared)
    places, total = different(xy_m)
    inside, under = placed(places, crs, declared)
    if inside.sum() < MIN_POINTS:
        reason = "outside_china" if inside.sum() < len(places) else "few_points"
        return _undecided(declared, reason, total)
    distance_m = roads.distance_m(under)
    counted = (distance_m < NEAR_M).all(axis=0)
    fits = _fits(distance_m[:, counted])
    used = int(counted.sum())
    if used < MIN_POINTS:
        return _undecided(declared, "few_near_roads", total, used, fits)
    support = _support(under[:, counted], distance_m[:, counted], roads)
    names = {item.datum for item in support if item.names}
    named = next(iter(names)) if len(names) == 1 else None
    reason = "scores_differ" if names else "no_clear_fit"
    verdict, said, why = verdict_of(named, declared, same=meant, reason=reason)
    return Judgement(verdict, declared, said, why, total, used, fits, support)


def _undecided(
    declared: str, reason: str, total: int, used: int = 0, fits: tuple[Fit, ...] = ()
) -> Judgement:
    verdict, named, why = verdict_of(None, declared, same=declared, reason=reason)
    return Judgement(verdict, declared, named, why, total, used, fits)


def _fits(distance_m: Floats) -> tuple[Fit, ...]:
    if not distance_m.shape[1]:
        return ()
    return tuple(
        Fit(datum, float(np.minimum(row, TAIL_M).mean()), float(np.median(row)))
        for datum, row in zip(HYPOTHESES, distance_m, strict=True)
    )


def _support(under: Floats, distance_m: Floats, roads: RoadPoints) -> tuple[Support, ...]:
    """Return what each way of scoring says; moves are the same for all of them."""
    rng = np.random.default_rng(_SEED)
    angle, size = rng.uniform(0.0, 2.0 * np.pi, _MOVES), rng.uniform(*_MOVE_M, _MOVES)
    moves = size[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    round_angle = np.linspace(0.0, 2.0 * np.pi, _BESIDE_DIRECTIONS, endpoint=False)
    ring = np.column_stack([np.cos(round_angle), np.sin(round_angle)])
    beside = np.concatenate([radius * ring for radius in _BESIDE_M])
    elsewhere: dict[int, tuple[Floats, Floats]] = {}
    found = []
    for name, score in SCORES.items():
        scored = score(distance_m)
        best = int(scored.mean(axis=1).argmin())
        if best not in elsewhere:
            away = roads.distance_m(under[best] + np.concatenate([moves, beside])[:, None, :])
            elsewhere[best] = away[:_MOVES], away[_MOVES:]
        moved, near = (score(away) for away in elsewhere[best])
        z, zd = _standing(float(scored[best].mean()), moved.mean(axis=1), moves)
        rivals = np.delete(scored, best, axis=0) - scored[best]
        t, t_near = float(_paired_t(rivals).min()), float(_paired_t(scored[best] - near).max())
        names = zd >= Z_DETRENDED and z >= Z_PLAIN and t >= PAIRED_T and t_near < PAIRED_T
        found.append(Support(name, HYPOTHESES[best], z, zd, t, t_near, names))
    return tuple(found)


def _standing(score: float, moved: Floats, moves: Floats) -> tuple[float, float]:
    """Return how far below the moved patterns a score is, plain and with the trend taken out."""
    x, y = (moves / _MOVE_M[1]).T
    terms = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    trend = np.linalg.lstsq(terms, moved, rcond=None)[0]
    rest = moved - terms @ trend
    left = len(moved) - terms.shape[1]
    z = (np.median(moved) - score) / _robust_sd(moved)
    zd = (trend[0] - score) / (_robust_sd(rest) * np.sqrt(len(moved) / left))
    return float(z), float(zd)


def _robust_sd(values: Floats) -> float:
    middle = np.median(values)
    # Never nought: a pattern that scores alike wherever it lies tells nothing.
    return max(1.4826 * float(np.median(np.abs(values - middle))), 1e-3 * abs(float(middle)), 1e-9)


def _paired_t(difference: Floats) -> Floats:
    """Return t of rows of differences, in the last axis."""
    error = difference.std(axis=-1, ddof=1) / np.sqrt(difference.shape[-1])
    t: Floats = difference.mean(axis=-1) / np.maximum(error, 1e-9)
    return t
