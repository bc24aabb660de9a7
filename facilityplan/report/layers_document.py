"""The layers of a run as plain values: what two runs are compared by, each row with its regions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from facilityplan.checks import Context
from facilityplan.layers import LAYERS, points_of
from facilityplan.report.documents import FORMAT
from facilityplan.report.values import plain

REGIONS: Final = ("town", "county")
"""Levels that every row is given its zone of."""

LAYERS_KEPT: Final = ("zones", "residences", "facilities")


def layers_document(context: Context) -> dict[str, Any]:
    """Return zones, residences and facilities by id, without what is not known of them.

    A row has its canonical columns, its point in metres (zones have none), and the ids of the
    street and the county that the checks count it in.
    """
    city = context.city
    document: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "project": city.name,
            "as_of": city.as_of,
            "crs": city.crs,
            **{name: _rows(context, name) for name in LAYERS_KEPT},
        }
    )
    return document


def _rows(context: Context, layer: str) -> list[dict[str, Any]]:
    if not context.city.has(layer):
        return []
    frame = context.city.layer(layer)
    columns = [name for name in LAYERS[layer].columns if name in frame.columns]
    cells = {name: frame[name].tolist() for name in columns}
    rows = [
        {name: cells[name][at] for name in columns if _is_known(cells[name][at])}
        for at in range(len(frame))
    ]
    if layer != "zones":
        points = np.round(points_of(frame.geometry), 3).tolist()
        for row, (x, y) in zip(rows, points, strict=True):
            row |= {"x": x, "y": y}
    for level in REGIONS:
        for at, zone in _owners(context, layer, level).items():
            rows[at][level] = zone
    return sorted(rows, key=lambda row: str(row["id"]))


def _is_known(cell: Any) -> bool:
    if isinstance(cell, (list, tuple, set, frozenset)):
        return bool(cell)
    return not pd.isna(cell)


def _owners(context: Context, layer: str, level: str) -> dict[int, str]:
    """Return the zone of a level, by id, that each row of a layer is in or is."""
    city = context.city
    if not city.has("zones"):
        return {}
    ids, levels = city.zones["id"].tolist(), sorted(set(city.zones["level"]))
    found: dict[int, str] = {}
    for zone in np.flatnonzero((city.zones["level"] == level).to_numpy()).tolist():
        if layer == "zones":
            rows = [row for finer in levels for row in context.zones_within([zone], finer).tolist()]
        elif layer == "residences":
            rows = context.residences_within([zone]).tolist()
        else:
            rows = context.facilities_within([zone]).tolist()
        found |= dict.fromkeys(rows, str(ids[zone]))
    return found
