"""Made-up cities of any size for maps: estates in clusters, facilities among them, square zones."""

import datetime as dt

import geopandas as gpd
import numpy as np
import shapely

from facilityplan import layers, standards


def polygons(xy, rng, mean_m=45.0):
    """Return star-shaped estates of five to nine corners around points."""
    sizes = rng.integers(5, 10, len(xy))
    owner = np.repeat(np.arange(len(xy)), sizes)
    first = np.cumsum(sizes) - sizes
    turn = (np.arange(len(owner)) - first[owner] + rng.uniform(0, 0.6, len(owner))) / sizes[owner]
    radius = mean_m * rng.uniform(0.5, 1.5, len(xy))[owner] * rng.uniform(0.8, 1.2, len(owner))
    corners = xy[owner] + radius[:, None] * np.column_stack(
        [np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)]
    )
    rings = shapely.linearrings(corners, indices=owner)
    return shapely.polygons(rings)


def made_up_city(xy, facilities_xy, *, crs, seed, side=4, roads=None):
    """Return a city of estates at points, with names, households, and zones in a square grid."""
    rng = np.random.default_rng(seed)
    n, m = len(xy), len(facilities_xy)
    west, south = xy.min(axis=0) - 500
    east, north = xy.max(axis=0) + 500
    x, y = np.linspace(west, east, side + 1), np.linspace(south, north, side + 1)
    cells = [(i, j) for i in range(side) for j in range(side)]
    kinds = ["day_care", "home_care_station"]

    def frame(layer, columns, shapes):
        words = standards.kind_words() if layer == "facilities" else None
        return layers.conform(
            gpd.GeoDataFrame(columns, geometry=shapes, crs=crs), layer, kinds=words
        )

    own = {
        "zones": frame(
            "zones",
            {
                "id": [f"T{i}{j}" for i, j in cells],
                "name": [f"第{i + 1}{j + 1}街道" for i, j in cells],
                "level": ["town"] * len(cells),
            },
            [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i, j in cells],
        ),
        "residences": frame(
            "residences",
            {
                "id": [f"R{row:06}" for row in range(n)],
                "name": [f"{'春夏秋冬梅兰竹菊'[row % 8]}园小区{row}号院" for row in range(n)],
                "households": rng.integers(30, 900, n),
                "elders": rng.integers(5, 300, n),
                "status": ["existing"] * n,
                "setting": ["urban"] * n,
            },
            polygons(xy, rng),
        ),
        "facilities": frame(
            "facilities",
            {
                "id": [f"F{row:05}" for row in range(m)],
                "name": [f"养老服务站{row}" for row in range(m)],
                "kind": [kinds[row % 2] for row in range(m)],
                "status": ["运营"] * m,
                "beds": rng.integers(0, 40, m),
                "floor_area_m2": rng.integers(50, 1500, m).astype(float),
            },
            shapely.points(facilities_xy),
        ),
    }
    if roads is not None:
        own["roads"] = roads
    return layers.City("虚拟市", crs, dt.date(2026, 6, 30), own)


def clustered(n, seed, spread_m=1200.0, extent_m=20_000.0):
    """Return n points in clusters, metres."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(0, extent_m, (max(4, n // 400), 2))
    chosen = middles[rng.integers(0, len(middles), n)]
    return np.array([500_000.0, 3_850_000.0]) + chosen + rng.normal(0, spread_m, (n, 2))
