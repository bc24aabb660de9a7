"""What a map should show at a spot, found from the geometries by shapely and pyproj alone.

The rules that a reader of the map relies on: an estate is drawn where it lies, as large as it is
and a little larger for its outline, never smaller than three pixels, in the colour of its verdict,
the worst verdict on top.
"""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely

FAR = 13
"""Below this zoom an estate's outline is as broad as three pixels and of the fill's colour."""

SMALL, LARGE = 3.0, 8.0
"""In pixels: below the first an estate is a square; what exceeds the second lies on top, from far."""

COLOURS = {
    "compliant": ("#67a9cf", "#2166ac"),
    "non_compliant": ("#e8601c", "#8f2a00"),
    "insufficient_data": ("#f6e8a6", "#7a6400", "#5b4a00"),
    "not_applicable": ("#d5d9de", "#8a9099"),
    "": ("#f4f5f6", "#aab0b8"),
}
"""Fill and line of each verdict, of no verdict last."""

ORDER = ("", "not_applicable", "compliant", "insufficient_data", "non_compliant")
"""Verdicts from the ground up."""

_HALF_EQUATOR_M = 20_037_508.342789244
_TILE = 256


@dataclass
class Picture:
    """What one pane shows: colours by pixel, and where the window lies in the world."""

    rgba: np.ndarray
    zoom: int
    corner: tuple[float, float]
    ratio: float

    def pixels(self, lon, lat):
        """Return where spots lie, in pixels of the picture."""
        to_metres = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
        x, y = to_metres.transform(lon, lat)
        whole = _TILE * 2.0**self.zoom
        east = (np.asarray(x) / _HALF_EQUATOR_M + 1) / 2 * whole - self.corner[0]
        south = (1 - np.asarray(y) / _HALF_EQUATOR_M) / 2 * whole - self.corner[1]
        return np.column_stack([east, south]) * self.ratio

    def seen(self):
        """Return the verdict that each pixel shows, by position in ORDER; -1 where there is none."""
        parts = [(ORDER.index(name), code) for name, codes in COLOURS.items() for code in codes]
        palette = [[int(code[at : at + 2], 16) for at in (1, 3, 5)] for _, code in parts]
        off = [
            np.abs(self.rgba[..., :3].astype(np.int16) - np.array(colour)).sum(axis=2)
            for colour in palette
        ]
        nearest = np.array([own for own, _ in parts])[np.argmin(off, axis=0)]
        return np.where(self.rgba[..., 3] > 127, nearest, -1)

    def expected(self, geometries, crs, verdicts, spots):
        """Return the verdict that should be seen at each spot (x, y in pixels), as ``seen`` does."""
        to_degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
        placed = shapely.transform(
            np.asarray(geometries),
            lambda xy: self.pixels(*to_degrees.transform(xy[:, 0], xy[:, 1])),
        )
        rank = np.array([ORDER.index(verdict) for verdict in verdicts])
        west, south, east, north = shapely.bounds(placed).T
        side = np.maximum(east - west, north - south) / self.ratio
        point = shapely.get_type_id(placed) == 0
        far = self.zoom < FAR
        line = np.where(rank == ORDER.index("non_compliant"), 1.5, 1.0)
        margin = np.where(point, 5.0, 0) + (1.5 if far else line / 2) * ~(point & far)
        half = round(SMALL * self.ratio) / 2
        x, y = (west + east) / 2, (south + north) / 2
        drawn = np.where(
            (side < SMALL) & ~point,
            shapely.box(x - half, y - half, x + half, y + half),
            shapely.buffer(placed, margin * self.ratio),
        )
        on_top = (side >= (LARGE if far else SMALL)) | (point & (not far))
        height = rank + len(ORDER) * on_top
        spot, shape = shapely.STRtree(drawn).query(shapely.points(spots), predicate="intersects")
        highest = np.full(len(spots), -1)
        np.maximum.at(highest, spot, height[shape])
        return np.where(highest < 0, -1, highest % len(ORDER))


def agreement(picture, geometries, crs, verdicts, *, n=40_000, seed=0):
    """Compare what is seen with what is expected at random pixels.

    Returns
    -------
    dict
        For each verdict and ``"nothing"``: the share of pixels seen and expected to show it, of
        the whole window; and the share of pixels at which the two differ as ``"apart"``.
    """
    seen = picture.seen()
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, seen.shape[0], n), rng.integers(0, seen.shape[1], n)
    expected = picture.expected(
        geometries, crs, verdicts, np.column_stack([columns + 0.5, rows + 0.5])
    )
    found = {
        name or "none": (float((seen == own).mean()), float((expected == own).mean()))
        for own, name in enumerate(ORDER)
    }
    found["nothing"] = (float((seen == -1).mean()), float((expected == -1).mean()))
    found["apart"] = float((seen[rows, columns] != expected).mean())
    return found
