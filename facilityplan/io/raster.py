"""Population grids in: one band of a GeoTIFF, with nothing about it guessed.

The file is read from memory, so that nothing lying beside it (.tfw, .aux.xml, .ovr) has a say.
Counts are never resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facilityplan.crs import grid_system, row_areas_m2
from facilityplan.errors import SourceLimitError, UnreadableSourceError
from facilityplan.io.guard import guarded
from facilityplan.io.source import local_file, read_bytes
from facilityplan.io.tiff import check_sums

Floats = npt.NDArray[np.float64]

MAX_RASTER_CELLS: Final = 50_000_000
"""Cells of a grid that is taken: 400 MB once unpacked."""

_TIFF_STARTS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class GridUnit(StrEnum):
    """What the cells of a grid hold."""

    PERSONS = "persons"
    PERSONS_PER_KM2 = "persons_per_km2"


@dataclass(frozen=True, eq=False)
class PopulationGrid:
    """Persons by cell, north up.

    Attributes
    ----------
    persons
        (rows, columns) persons in each cell, the first row northernmost; NaN where the file has
        no data.
    west, north
        Upper left corner, in the unit of ``crs``.
    cell_width, cell_height
        Size of a cell, above zero, in the unit of ``crs``.
    crs
        The grid's own system, a pyproj CRS; degrees or metres.
    unit
        What the file's cells held.
    file
        Name of the file.
    """

    persons: Floats
    west: float
    north: float
    cell_width: float
    cell_height: float
    crs: Any
    unit: GridUnit
    file: str


@guarded
def read_population(path: str | Path, unit: str, *, crs: str | None = None) -> PopulationGrid:
    """Return a population grid.

    Parameters
    ----------
    path
        A GeoTIFF of one band.
    unit
        ``persons`` (in each cell) or ``persons_per_km2``.
    crs
        The system that the project states for it; must not contradict the file's own.

    Raises
    ------
    UnreadableSourceError
        If there is no such file, it is damaged or no GeoTIFF, has several bands, no place on the
        ground, is rotated, or holds negative or infinite figures, or no figure at all.
    SourceLimitError
        If it is an address, or larger than the limits.
    CrsError
        If neither file nor project names a system, they contradict each other, or densities are
        in a system whose lengths are no metres.
    """
    place = local_file(path)
    content = read_bytes(place)
    if not content.startswith(_TIFF_STARTS):
        raise UnreadableSourceError("raster_not_geotiff", file=place.name)
    check_sums(content, place.name)
    cells, transform, own = _unpack(content, place.name)
    if transform.b or transform.d:
        raise UnreadableSourceError("raster_rotated", file=place.name)
    if transform.is_identity or not transform.a or not transform.e:
        raise UnreadableSourceError("raster_without_place", file=place.name)
    west, north = transform.c, transform.f
    if transform.e > 0:
        cells, north = cells[::-1], north + transform.e * len(cells)
    if transform.a < 0:
        cells, west = cells[:, ::-1], west + transform.a * cells.shape[1]
    _check_cells(cells, place.name)
    held = GridUnit(unit)
    system = grid_system(own, crs, file=place.name)
    width, height = abs(transform.a), abs(transform.e)
    if held is GridUnit.PERSONS_PER_KM2:
        area_m2 = row_areas_m2(system, north, width, height, len(cells), file=place.name)
        cells = cells * (area_m2[:, np.newaxis] / 1e6)
    return PopulationGrid(
        np.ascontiguousarray(cells), west, north, width, height, system, held, place.name
    )


def _unpack(content: bytes, file: str) -> tuple[Floats, Any, str | None]:
    """Return the cells, NaN where there is no data, the affine transform and the CRS as WKT."""
    import rasterio  # noqa: PLC0415  takes a quarter of a second, and few projects have a grid
    from rasterio.errors import RasterioError  # noqa: PLC0415 - with it

    try:
        with (
            rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"),
            rasterio.MemoryFile(content) as memory,
            memory.open(driver="GTiff") as source,
        ):
            if source.count != 1:
                raise UnreadableSourceError("raster_bands", file=file, bands=source.count)
            if source.width * source.height > MAX_RASTER_CELLS:
                raise SourceLimitError(
                    "raster_too_large",
                    file=file,
                    columns=source.width,
                    lines=source.height,
                    limit=MAX_RASTER_CELLS,
                )
            if np.dtype(source.dtypes[0]).kind not in "uif":
                raise UnreadableSourceError("raster_type", file=file, found=source.dtypes[0])
            masked = source.read(1, masked=True)
            cells = masked.astype(np.float64) * source.scales[0] + source.offsets[0]
            filled: Floats = cells.filled(np.nan)
            return filled, source.transform, source.crs.to_wkt() if source.crs else None
    except (RasterioError, ValueError, OSError) as error:
        if isinstance(error, (UnreadableSourceError, SourceLimitError)):
            raise
        reason = str(error).split("/vsimem", maxsplit=1)[0] or type(error).__name__
        raise UnreadableSourceError("source_unreadable", file=file, reason=reason) from error


def _check_cells(cells: Floats, file: str) -> None:
    negative = int((cells < 0).sum())
    if negative:
        least = float(np.nanmin(cells))
        raise UnreadableSourceError("raster_negative", file=file, cells=negative, least=least)
    if np.isinf(cells).any():
        raise UnreadableSourceError("raster_infinite", file=file)
    if np.isnan(cells).all():
        raise UnreadableSourceError("raster_no_data", file=file)
