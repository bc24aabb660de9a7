"""Each layer of points held against the roads and against namesakes, when a project is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import geopandas as gpd
import numpy as np
import shapely

from facilityplan.crs import numbers_in
from facilityplan.crs.datums import Floats
from facilityplan.crs.detective import (
    MARGIN_M,
    Fit,
    Judgement,
    RoadPoints,
    Verdict,
    against_names,
    against_roads,
    readings_within,
    share_inside,
)
from facilityplan.errors import CrsError, MissingCrsError
from facilityplan.layers import points_of
from facilityplan.locale import Listed
from facilityplan.project.config import ProjectConfig

CHECKED_LAYERS: Final = ("residences", "facilities", "candidates", "entrances")
"""Layers of places that lie along roads."""

_FEW: Final = 0.5
"""With fewer of its points than this near the roads at all, a layer may be in another zone."""


@dataclass(frozen=True)
class Declared:
    """One file of a layer of places, as it was read.

    Parameters
    ----------
    xy_m
        Its points, n x 2, metres in the project's system.
    names
        A name for each point or ``None``.
    datum
        Datum declared, ``None`` where a system was declared or the file has its own.
    crs
        That system, ``None`` where only a datum is declared.
    confirmed
        Why the declaration holds whatever the roads say; the user's words.
    """

    layer: str
    file: str
    xy_m: Floats
    names: Sequence[str | None]
    datum: str | None
    crs: str | None
    confirmed: str | None

    @property
    def meant(self) -> str:
        """The datum that its degrees were read under."""
        return self.datum or "wgs84"


def check_datums(
    parts: Sequence[Declared], roads: Any, zones: Any, crs: str
) -> tuple[dict[str, Any], ...]:
    """Hold each file against the roads and against files that share names with it.

    Parameters
    ----------
    parts
        The files.
    roads
        Lines, metres in ``crs``; none: only names can tell.
    zones
        Polygons, metres in ``crs``, for the record; may be none.
    crs
        The project's projected system.

    Returns
    -------
    tuple of dict
        For each file what was found, plain values for the manifest.

    Raises
    ------
    CrsError
        If a file contradicts what is declared for it and the project does not confirm it.
    """
    lines = np.asarray(roads, dtype=object)
    xy = np.concatenate([part.xy_m for part in parts]) if parts else np.empty((0, 2))
    around = (*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()) if len(xy) else None
    points = RoadPoints.of(lines, within=around)
    if len(lines):
        bounds = tuple(float(value) for value in shapely.total_bounds(lines))
        for part in parts:
            _check_extent(part, bounds, crs)
    judged = [against_roads(part.xy_m, points, crs, part.meant) for part in parts]
    for part, judgement in zip(parts, judged, strict=True):
        if judgement.verdict is Verdict.CONTRADICTS and part.confirmed is None:
            raise _contradiction(part, judgement)
    _check_names(parts, judged, crs)
    return tuple(
        _record(part, judgement, share_inside(part.xy_m, zones, crs, part.meant))
        for part, judgement in zip(parts, judged, strict=True)
    )


def likely_datum(xy_m: Floats, roads: Any, crs: str, error: MissingCrsError) -> MissingCrsError:
    """Return the error for a layer that declares nothing, with the datum that the roads name.

    Parameters
    ----------
    xy_m
        The layer's points read as WGS84, n x 2, metres in ``crs``.
    roads
        Lines, metres in ``crs``.
    crs
        The project's projected system.
    error
        What is to be raised; the same is returned where the roads name nothing.
    """
    judgement = against_roads(xy_m, RoadPoints.of(roads), crs, "wgs84")
    strongest = judgement.strongest
    if judgement.named is None or strongest is None:
        return error
    return MissingCrsError(
        "crs_missing_likely",
        layer=error.layer,
        file=error.file,
        named=judgement.named,
        named_m=_fit(judgement.fits, judgement.named).mean_m,
        used=judgement.used,
        points=judgement.points,
        z=strongest.z,
        zd=strongest.zd,
        t=strongest.t,
    )


def _record(part: Declared, judgement: Judgement, inside: Mapping[str, float]) -> dict[str, Any]:
    shares = {datum: float(np.round(share, 4)) for datum, share in inside.items()}
    return {
        "datum_check": {**judgement.as_dict(), "inside_zones": shares},
        "datum_confirmed": part.confirmed,
    }


def _check_extent(part: Declared, bounds: tuple[float, ...], crs: str) -> None:
    """Refuse metres that lie nowhere near the roads, and among them when read otherwise."""
    if part.crs is None or part.confirmed is not None or not len(part.xy_m):
        return
    west, south, east, north = bounds
    x, y = part.xy_m.T
    near = (x >= west - MARGIN_M) & (x <= east + MARGIN_M)
    near &= (y >= south - MARGIN_M) & (y <= north + MARGIN_M)
    if near.mean() >= _FEW:
        return
    numbers = numbers_in(part.xy_m, crs, part.crs)
    own, *others = readings_within(numbers, part.crs, (west, south, east, north), crs)
    if not others:
        return
    raise CrsError(
        "crs_reading_contradicts",
        layer=part.layer,
        file=part.file,
        declared=own.crs,
        share=own.inside,
        better=Listed(f"{item.crs} (x ↔ y)" if item.swapped else item.crs for item in others),
        better_share=max(item.inside for item in others),
    )


def _fit(fits: Sequence[Fit], datum: str) -> Fit:
    meant = "wgs84" if datum == "cgcs2000" else datum
    return next(item for item in fits if item.datum == meant)


def _contradiction(part: Declared, judgement: Judgement) -> CrsError:
    strongest, named = judgement.strongest, str(judgement.named)
    if strongest is None:
        raise AssertionError("named without support")
    # Degrees take another datum; metres of a shifted datum have to become degrees again first.
    degrees = part.datum is not None
    return CrsError(
        "crs_datum_contradicts" if degrees else "crs_datum_contradicts_metres",
        layer=part.layer,
        file=part.file,
        declared=part.datum or part.crs,
        named=named,
        used=judgement.used,
        points=judgement.points,
        declared_m=_fit(judgement.fits, part.meant).mean_m,
        named_m=_fit(judgement.fits, named).mean_m,
        z=strongest.z,
        zd=strongest.zd,
        t=strongest.t,
    )


def _check_names(parts: Sequence[Declared], judged: Sequence[Judgement], crs: str) -> None:
    """Refuse a file whose namesakes in another say that it lies elsewhere."""
    for one, judgement in zip(parts, judged, strict=True):
        # What the roads confirm is not doubted for a name, and what the user confirms neither.
        if judgement.verdict is not Verdict.UNDECIDED or one.confirmed is not None:
            continue
        for other in parts:
            if other is one or other.layer == one.layer:
                continue
            found = against_names(one.xy_m, one.names, other.xy_m, other.names, crs, one.meant)
            if found.verdict is not Verdict.CONTRADICTS or other.confirmed is not None:
                continue
            named = str(found.named)
            raise CrsError(
                "crs_datum_contradicts_names",
                layer=one.layer,
                file=one.file,
                other=f"{other.layer} ({other.file})",
                declared=one.datum or one.crs,
                named=named,
                used=found.used,
                declared_m=_fit(found.fits, one.meant).median_m,
                named_m=_fit(found.fits, named).median_m,
            )


class LayerPart(Protocol):
    """One file of a layer as it was read."""

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """Its rows in the file's order."""


def check_layers(
    config: ProjectConfig,
    parts: Mapping[str, Sequence[LayerPart]],
    layers: Mapping[str, gpd.GeoDataFrame],
    choices: list[Mapping[str, Any]],
) -> None:
    """Hold each layer of places against the roads; what is found goes to the choices.

    Parameters
    ----------
    config
        What the project declares.
    parts
        The files of each layer as they were read, in the order of the choices.
    layers
        The layers in the project's system.
    choices
        What was settled while reading; each layer of places gets its record.

    Raises
    ------
    CrsError
        If a layer contradicts its declaration, with the numbers.
    """
    declared: list[Declared] = []
    at: list[int] = []
    read = [
        (name, source, part)
        for name, sources in config.layers.items()
        for source, part in zip(sources, parts[name], strict=True)
    ]
    for position, (name, source, part) in enumerate(read):
        if name not in CHECKED_LAYERS or part.frame.empty:
            continue
        known = "name" in part.frame.columns
        names = part.frame["name"].tolist() if known else [None] * len(part.frame)
        # What was shifted by parameters has no other zone to be tried in.
        stated = source.datum is None and source.helmert is None
        system = choices[position]["crs"] if stated else None
        declared.append(
            Declared(
                name,
                source.path,
                points_of(part.frame.geometry),
                names,
                source.datum,
                system,
                source.datum_checked,
            )
        )
        at.append(position)
    none = np.empty(0, dtype=object)
    roads, zones = (
        layers[name].geometry.to_numpy() if name in layers else none for name in ("roads", "zones")
    )
    found = check_datums(declared, roads, zones, config.project.crs)
    for position, record in zip(at, found, strict=True):
        choices[position] = {**choices[position], **record}
