"""A layer against another that shares names with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facilityplan.crs.detective.hypotheses import HYPOTHESES, placed, same_datum
from facilityplan.crs.detective.judgement import Fit, Judgement, verdict_of
from facilityplan.crs.detective.roads import TAIL_M

MIN_NAMES: Final = 8
APART_M: Final = 250.0
TIMES_BETTER: Final = 2.0


def against_names(
    xy_m: npt.ArrayLike,
    names: Sequence[str | None],
    other_xy_m: npt.ArrayLike,
    other_names: Sequence[str | None],
    crs: Any,
    declared: str = "wgs84",
) -> Judgement:
    """Judge a layer's declared datum by a layer that shares exact names with it.

    Names that stand once in each layer count. A hypothesis is named where the median distance
    between namesakes is below 250 m and that of each other hypothesis is more than twice as large.

    Parameters
    ----------
    xy_m, names
        The layer judged: places as they were read under the declared datum, n x 2, metres in
        ``crs``, and a name for each or ``None``.
    other_xy_m, other_names
        The layer that it is held against, taken to lie where it says.
    crs
        The project's projected system in metres.
    declared
        Datum of the layer judged.

    Returns
    -------
    Judgement
        Its fits give the distances between namesakes under each hypothesis.

    Raises
    ------
    CrsError
        If the datum or the system is unknown, or the system is not in metres.
    """
    meant = same_datum(declared)
    here, there = _once(names), _once(other_names)
    common = sorted(here.keys() & there.keys())
    mine = np.asarray(xy_m, dtype=np.float64).reshape(-1, 2)[[here[name] for name in common]]
    theirs = np.asarray(other_xy_m, dtype=np.float64).reshape(-1, 2)
    theirs = theirs[[there[name] for name in common]]
    finite = np.isfinite(mine).all(axis=1) & np.isfinite(theirs).all(axis=1)
    mine, theirs = mine[finite], theirs[finite]
    inside, under = placed(mine, crs, declared)
    used = int(inside.sum())
    if used < MIN_NAMES:
        reason = "outside_china" if len(mine) >= MIN_NAMES else "few_names"
        verdict, named, why = verdict_of(None, declared, same=meant, reason=reason)
        return Judgement(verdict, declared, named, why, len(common), used)
    apart_m = np.hypot(*np.moveaxis(under - theirs[inside], -1, 0))
    median_m = np.median(apart_m, axis=1)
    best, second = np.argsort(median_m, kind="stable")[:2]
    clear = median_m[best] < APART_M and median_m[second] > TIMES_BETTER * median_m[best]
    fits = tuple(
        Fit(datum, float(np.minimum(row, TAIL_M).mean()), float(middle))
        for datum, row, middle in zip(HYPOTHESES, apart_m, median_m, strict=True)
    )
    chosen = HYPOTHESES[best] if clear else None
    verdict, said, why = verdict_of(chosen, declared, same=meant, reason="no_clear_fit")
    return Judgement(verdict, declared, said, why, len(common), used, fits)


def _once(names: Sequence[str | None]) -> dict[str, int]:
    """Return the position of each name that stands once."""
    times = Counter(name for name in names if name)
    return {name: row for row, name in enumerate(names) if name and times[name] == 1}
