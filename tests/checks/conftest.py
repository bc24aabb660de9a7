"""Tiny cities made of plain dicts: at = (x, y) or box = (west, south, east, north), in metres."""

import datetime as dt

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards

CRS = "EPSG:4547"


def conformed(layer, rows):
    names = {key for row in rows for key in row} - {"at", "box", "shape"}
    if layer == "facilities":
        names |= {"kind"}
    cells = {name: [row.get(name) for row in rows] for name in sorted(names)}
    if layer == "zones":
        cells.setdefault("name", cells["id"])
    shapes = [
        row["shape"] if "shape" in row else Point(row["at"]) if "at" in row else box(*row["box"])
        for row in rows
    ]
    raw = gpd.GeoDataFrame(cells, geometry=shapes, crs=CRS)
    return layers.conform(raw, layer, kinds=standards.kind_words())


@pytest.fixture(scope="session")
def make_city():
    def build(options=None, **given):
        frames = {layer: conformed(layer, rows) for layer, rows in given.items()}
        return layers.City("试", CRS, dt.date(2023, 1, 1), frames, **(options or {}))

    return build


@pytest.fixture(scope="session")
def judge(make_city):
    """Return the findings of one clause by unit id, for a city given as plain dicts."""

    def find(document_id, clause_id, options=None, **given):
        city = make_city(options, **given)
        resolved = standards.resolve([standards.load(document_id)], city.as_of)
        clause = standards.load(document_id).clause(clause_id)
        return {
            item.unit_id: item
            for item in checks.assess(city, resolved, measures={clause.measure})
            if item.clause_id == clause_id
        }

    return find
