"""One file of a layer as the doctor sees it: what could be read, wherever it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely


@dataclass(frozen=True, eq=False)
class Place:
    """File, layer or sheet inside it, and the row number of each row, (n,)."""

    file: str
    sheet: str | None
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """One file of a layer.

    Parameters
    ----------
    layer
        Name of the layer.
    frame
        Canonical columns, what could not be read empty; geometry in the project's system in
        metres, ``None`` where there is none or it could not be placed.
    own
        Where the geometries were read.
    headers
        What the user's file calls a canonical column.
    joined
        Where the columns were read that come from a table of attributes.
    whole_rows
        Raw rows as text, to tell exact copies; same order.
    unplaced
        Positions of rows without a place of which that was told already.
    """

    layer: str
    frame: gpd.GeoDataFrame
    own: Place
    headers: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, Place] = field(default_factory=dict)
    whole_rows: tuple[str, ...] = ()
    unplaced: frozenset[int] = frozenset()

    def place(self, column: str | None) -> Place:
        """Return where a column was read; ``None``: the geometries."""
        return self.own if column is None else self.joined.get(column, self.own)

    def item(self, position: int) -> str | None:
        """Return the id of a row, where it has one."""
        if "id" not in self.frame.columns:
            return None
        value = self.frame["id"].iloc[position]
        return None if value is None else str(value)

    def at(self, position: int) -> tuple[float, float] | None:
        """Return a point of a row's geometry, metres; ``None`` where there is none."""
        if self.frame.empty:
            return None
        shape = self.frame.geometry.iloc[position]
        if shape is None or shape.is_empty:
            return None
        xy = shapely.get_coordinates(shape)
        if not np.isfinite(xy).all():
            return None
        inner = shape.representative_point() if shape.is_valid else shapely.points(xy[0])
        return float(inner.x), float(inner.y)

    def column(self, name: str) -> list[Any]:
        """Return the cells of a canonical column."""
        return list(self.frame[name]) if name in self.frame.columns else []
