import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from facilityplan import layers, standards

CRS = "EPSG:4547"


@pytest.fixture(scope="session")
def frame():
    """Return a conformed layer from plain dicts; at = (x, y) or box = (w, s, e, n), metres."""

    def build(layer, rows):
        names = {key for row in rows for key in row} - {"at", "box"}
        names |= {"kind"} if layer == "facilities" else set()
        cells = {name: [row.get(name) for row in rows] for name in sorted(names)}
        shapes = [Point(row["at"]) if "at" in row else box(*row["box"]) for row in rows]
        raw = gpd.GeoDataFrame(cells, geometry=shapes, crs=CRS)
        return layers.conform(raw, layer, kinds=standards.kind_words())

    return build
