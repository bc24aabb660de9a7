"""Files of a project as they are read for the doctor: one raw frame each, whatever they hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from facilityplan.errors import FacilityPlanError
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import Reading, refuse_address
from facilityplan.layers import LAYERS, as_text
from facilityplan.project.config import LayerSource
from facilityplan.project.sources import read_source

FileKey = tuple[str, str | None]
"""File as ``project.toml`` names it, and the layer or sheet inside it."""


@dataclass(frozen=True, eq=False)
class RawFile:
    """A file as it was read, before anything is made of it.

    Parameters
    ----------
    frame
        Columns of the file; a GeoDataFrame where it has geometries.
    rows
        Row numbers as the user's program shows them.
    encoding
        Encoding of its text, where it has one.
    table
        Whether it is a table.
    readings
        What was settled while reading.
    merged
        Per column the rows that were filled from a merged cell.
    units
        Per column the unit that a line above the table gives.
    """

    key: FileKey
    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    encoding: str | None
    table: bool
    readings: tuple[Reading, ...] = ()
    merged: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole_rows(self) -> tuple[str, ...]:
        """Each row as one text, to tell copies; a row that says nothing is empty."""
        plain = self.frame
        cells = [
            [as_text(cell) or "" for cell in plain[name]]
            for name in plain.columns
            if name != "geometry"
        ]
        shapes = (
            ["" if s is None or s.is_empty else s.wkb_hex for s in self.frame.geometry]
            if isinstance(self.frame, gpd.GeoDataFrame)
            else [""] * len(plain)
        )
        joined = zip(*cells, strict=True) if cells else ((),) * len(plain)
        return tuple(
            "\x1f".join((*row, shape)) if any(row) or shape else ""
            for row, shape in zip(joined, shapes, strict=True)
        )


class RawFiles:
    """Files of one folder, each read once; what cannot be read raises each time it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[FileKey, RawFile | FacilityPlanError] = {}

    def of_source(self, layer: str, source: LayerSource) -> RawFile:
        """Return the file with a layer's rows.

        Raises
        ------
        FacilityPlanError
            If it cannot be read.
        """
        if not LAYERS[layer].geometry or source.x is not None:
            return self.table(source.path, source.sheet, source.encoding)
        osm = source.osm
        part = source.layer if osm is None else f"{osm.take} {sorted(osm.tags.items())}"
        return self._once(
            (source.path, part), lambda: read_source(self.folder, layer, source), table=False
        )

    def table(self, path: str, sheet: str | None, encoding: str | None) -> RawFile:
        """Return a table.

        Raises
        ------
        FacilityPlanError
            If it cannot be read.
        """
        return self._once(
            (path, sheet),
            lambda: read_messy_table(self.folder / path, sheet=sheet, encoding=encoding),
            table=True,
        )

    def known(self, path: str, part: str | None) -> RawFile:
        """Return a file that was read already."""
        kept = self._read[path, part]
        if isinstance(kept, FacilityPlanError):
            raise kept
        return kept

    def _once(self, key: FileKey, read: Any, *, table: bool) -> RawFile:
        if key not in self._read:
            try:
                refuse_address(key[0])
                found = read()
                self._read[key] = RawFile(
                    key,
                    found.frame,
                    found.rows,
                    found.encoding,
                    table,
                    found.readings,
                    found.merged,
                    found.units,
                )
            except FacilityPlanError as error:
                self._read[key] = error
        kept = self._read[key]
        if isinstance(kept, FacilityPlanError):
            raise kept
        return kept


def alike(wanted: str, there: Mapping[str, Any] | list[str]) -> str | None:
    """Return the only header that is the wanted one but for blanks, width and case."""
    plain = plain_word(wanted)
    same = [name for name in there if plain_word(str(name)) == plain]
    return str(same[0]) if len(same) == 1 else None


def plain_word(name: str) -> str:
    """Return a word without blanks, in half width and small letters, to compare."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
