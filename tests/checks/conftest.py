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


@pytest.fixture(scope="session")
def judge_made(make_city):
    """Return the findings of a clause made up here, by unit id: its fields, then the city's rows."""

    def find(fields, options=None, *, beside=(), **given):
        city = make_city(options, **given)
        head = {
            "id": "made-up-1",
            "short": "MU",
            "number": "试〔2020〕1号",
            "title": "试行办法",
            "title_en": "Made up",
            "issuer": "试市",
            "level": "municipal_document",
            "place": "试市",
            "jurisdiction": "999900",
            "issued": dt.date(2020, 1, 1),
            "in_force": dt.date(2020, 1, 1),
            "confidence": "A",
        }
        clauses = [made_clause(f"M{at}", row) for at, row in enumerate((fields, *beside))]
        document = standards.Document.model_validate({**head, "clauses": clauses})
        resolved = standards.resolve([document], city.as_of)
        found = checks.assess(city, resolved, measures={fields["measure"]})
        return {item.unit_id: item for item in found if item.clause_id == "M0"}

    return find


def made_clause(clause_id, fields):
    return {
        "id": clause_id,
        "group": clause_id,
        "number": "一",
        "title": "条",
        "title_en": "clause",
        "quote": "应",
        "category": "statistic",
        "modality": "mandatory",
        "duty_holder": "bureau",
        "document_id": "made-up-1",
        "document_number": "试〔2020〕1号",
        "document_title": "试行办法",
        "statuses": ("operating",),
        **fields,
    }
