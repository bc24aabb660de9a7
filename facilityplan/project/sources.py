"""The file behind a layer, read by what it is."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from facilityplan.io.formats import kind_of_path
from facilityplan.io.graphml import read_graphml_roads
from facilityplan.io.osm import read_osm, read_osm_xml_roads
from facilityplan.io.sheets import read_messy_table
from facilityplan.io.source import Vector, refuse_address
from facilityplan.io.table import points_from_table
from facilityplan.io.vector import read_vector
from facilityplan.layers import LAYERS
from facilityplan.project.config import LayerSource


def read_plain(folder: Path, source: LayerSource) -> Vector:
    """Return a plain table in the shape of a layer without places."""
    refuse_address(source.path)
    table = read_messy_table(folder / source.path, sheet=source.sheet, encoding=source.encoding)
    frame = gpd.GeoDataFrame(table.frame, geometry=[None] * len(table.frame))
    return Vector(
        frame,
        table.rows,
        table.file,
        table.encoding,
        readings=table.readings,
        merged=table.merged,
        units=table.units,
    )


def read_source(folder: Path, layer: str, source: LayerSource) -> Vector:
    """Read a layer with places; what the file is is told by its content."""
    refuse_address(source.path)
    path = folder / source.path
    if source.x is not None and source.y is not None:
        table = read_messy_table(path, sheet=source.sheet, encoding=source.encoding)
        return points_from_table(table, source.x, source.y)
    kind = kind_of_path(path)
    roads = layer == "roads" if source.osm is None else source.osm.take == "roads"
    if kind == "graphml" and roads:
        return read_graphml_roads(path)
    if kind == "osm_xml" and roads:
        return read_osm_xml_roads(path)
    if source.osm is not None:
        tags = {
            key: value if value is True else list(value) for key, value in source.osm.tags.items()
        }
        return read_osm(path, layer=source.osm.take, tags=tags or None)
    if kind == "osm_pbf" and roads:
        return read_osm(path, layer="roads")
    areas = "LineString" not in LAYERS[layer].geometry
    return read_vector(path, layer=source.layer, encoding=source.encoding, areas=areas)
