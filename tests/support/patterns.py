"""Points strewn along real roads, as a file in some datum would have them."""

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from facilityplan import crs

DATUMS = ("wgs84", "gcj02", "bd09")
PLACES = {
    "jinan": ("jinan_roads/edges.shp", 4548),
    "zhengzhou": ("zhengzhou_roads/roads.geojson", 4547),
}


class Streets:
    """A city's roads in metres, and points beside them."""

    def __init__(self, data, name):
        path, code = PLACES[name]
        if not (data / path).exists():
            pytest.skip("../shared/data is absent")
        self.crs = f"EPSG:{code}"
        self.to_metres = Transformer.from_crs(4326, code, always_xy=True).transform
        self.to_degrees = Transformer.from_crs(code, 4326, always_xy=True).transform
        shapes = np.asarray(pyogrio.read_dataframe(data / path).geometry.array, dtype=object)
        lines = shapely.transform(shapes, lambda xy: np.column_stack(self.to_metres(*xy.T)))
        self.lines = lines[shapely.length(lines) > 0]
        self.length = shapely.length(self.lines)

    def beside(self, rng, n, off):
        """Return n points that far off the roads, on either side, metres."""
        row = rng.choice(len(self.lines), n, p=self.length / self.length.sum())
        at, far = rng.uniform(0, self.length[row]), self.length[row]

        def point(along):
            along = np.clip(along, 0, far)
            found = shapely.line_interpolate_point(self.lines[row], along)
            return shapely.get_coordinates(found)

        along = point(at + 1) - point(at - 1)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        aside = rng.uniform(*off, n) * rng.choice([-1, 1], n)
        return point(at) + aside[:, None] * np.column_stack([-along[:, 1], along[:, 0]])

    def strewn(self, rng, n):
        """Return n points uniformly at random within 400 m of a road, metres."""
        bounds = shapely.total_bounds(self.lines)
        tree = shapely.STRtree(self.lines)
        found = np.empty((0, 2))
        while len(found) < n:
            xy = rng.uniform(bounds[:2], bounds[2:], (4 * n, 2))
            near = tree.query_nearest(shapely.points(xy), max_distance=400, all_matches=False)[0]
            found = np.concatenate([found, xy[np.unique(near)]])
        return found[:n]

    def moved(self, rng, n, off):
        """Return points beside the roads, moved together by 1 to 3 km in some direction."""
        angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(1000, 3000)
        return self.beside(rng, n, off) + size * np.array([np.cos(angle), np.sin(angle)])

    def read(self, xy, true, declared):
        """Return where points lie that are in one datum and are read as another, metres."""
        raw = crs.convert(*self.to_degrees(*xy.T), "wgs84", true)
        return np.column_stack(self.to_metres(*crs.convert(*raw, declared, "wgs84")))
