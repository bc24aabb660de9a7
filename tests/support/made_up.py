"""A made-up document and a tiny city of plain rows, for the measures that read dates and tables."""

import datetime as dt

import geopandas as gpd
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards

CRS = "EPSG:4547"


def clause(measure, **more):
    """Return a clause of a measure; what is not given is filled in."""
    head = {
        "id": "M1",
        "group": "M1",
        "number": "一",
        "title": "要求",
        "title_en": "demand",
        "quote": "原文",
        "category": "ledger",
        "modality": "mandatory",
        "duty_holder": "bureau",
        "measure": measure,
        "document_id": "made-up",
        "document_number": "甲〔2020〕1号",
        "document_title": "试",
    }
    return standards.Clause.model_validate(head | more)


def document(*clauses, **more):
    """Return a city's document with those clauses."""
    head = {
        "id": "made-up",
        "short": "M",
        "number": "甲〔2020〕1号",
        "title": "试",
        "title_en": "made up",
        "issuer": "某市",
        "level": "municipal_document",
        "place": "某市",
        "jurisdiction": "410100",
        "issued": dt.date(2020, 1, 1),
        "in_force": dt.date(2020, 1, 1),
        "confidence": "A",
    }
    return standards.Document.model_validate(head | {"clauses": clauses} | more)


def frame(layer, rows):
    """Return a conformed layer of rows: at = (x, y), box = (w, s, e, n), or neither in a table."""
    if not rows:
        return layers.empty_layer(layer, CRS)
    contract = layers.LAYERS[layer]
    names = {key for row in rows for key in row} - {"at", "box"}
    names |= {"kind"} if layer == "facilities" else set()
    cells = {name: [row.get(name) for row in rows] for name in sorted(names)}
    if layer == "zones":
        cells.setdefault("name", cells["id"])
    if not contract.geometry:
        raw = gpd.GeoDataFrame(cells, geometry=[None] * len(rows))
    else:
        shapes = [Point(row["at"]) if "at" in row else box(*row["box"]) for row in rows]
        raw = gpd.GeoDataFrame(cells, geometry=shapes, crs=CRS)
    return layers.conform(raw, layer, kinds=standards.kind_words())


def city(as_of, options=None, **given):
    """Return a city of those layers, each a list of rows."""
    frames = {layer: frame(layer, rows) for layer, rows in given.items()}
    return layers.City("某市", CRS, as_of, frames, **(options or {}))


def context(clauses, as_of, options=None, network=None, head=None, **given):
    """Return the context of a tiny city under those clauses."""
    made = document(*clauses, **(head or {}))
    where = city(as_of, options, **given)
    return checks.Context(where, standards.resolve([made], as_of), network)


def judge(clauses, as_of, options=None, network=None, **given):
    """Return the findings of a tiny city under a clause, or several."""
    several = clauses if isinstance(clauses, (list, tuple)) else [clauses]
    return checks.assess_context(context(several, as_of, options, network, **given))
