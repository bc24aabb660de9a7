"""The contract of every layer: what is refused, with all its rows; what is read, and as what."""

import datetime as dt
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from facilityplan import layers, standards
from facilityplan.errors import (
    BadValueError,
    DuplicateIdError,
    GeometryError,
    InputError,
    MissingColumnError,
    MissingLayerError,
    UnknownKindError,
)

CRS = "EPSG:4547"
KINDS = standards.kind_words()
BOWTIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def points(size):
    return [Point(at, 0) for at in range(size)]


def boxes(size):
    return [box(2 * at, 0, 2 * at + 1, 1) for at in range(size)]


def raw(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def refused(error, frame, layer, **options):
    with pytest.raises(error) as caught:
        layers.conform(frame, layer, file="资料.xlsx", kinds=KINDS, **options)
    said = caught.value
    assert said.exit_code == 3
    assert said.layer == layer
    for lang in ("zh", "en"):
        assert "资料.xlsx" in said.render(lang)
    return said


def test_duplicate_ids_name_all_their_rows():
    frame = raw(points(5), id=["a", "b", "a", "c", "b"])
    error = refused(DuplicateIdError, frame, "residences", rows=range(2, 7))
    assert error.rows == (2, 3, 4, 6)
    assert "a" in str(error)
    assert error.column == "id"


def test_the_same_id_written_as_number_and_text():
    error = refused(DuplicateIdError, raw(points(2), id=[12.0, "12"]), "residences")
    assert error.rows == (1, 2)


@pytest.mark.parametrize(
    ("layer", "column", "cells", "message", "rows"),
    [
        ("residences", "households", [1, -1, 3], "bad_count", (2,)),
        ("residences", "households", [1.5, 2, 3.25], "bad_count", (1, 3)),
        ("residences", "households", ["500户", "约500", 3], "bad_count", (1, 2)),
        ("residences", "households", ["1e400", 2, 3], "bad_count", (1,)),
        ("residences", "households", [math.inf, 2, 3], "bad_count", (1,)),
        ("residences", "households", ["5 00", 2, True], "bad_count", (1, 3)),
        ("residences", "population", ["=1+1", 2, "#N/A"], "bad_count", (1, 3)),
        ("facilities", "floor_area_m2", [-0.5, 2, "200㎡"], "bad_number", (1, 3)),
        ("facilities", "beds", [10.5, 2, 3], "bad_count", (1,)),
        ("facilities", "nonprofit", ["也许", "是", "否"], "bad_flag", (1,)),
        ("facilities", "opened", ["去年", "2020-13-01", "2020-01-01"], "bad_date", (1, 2)),
        ("facilities", "status", ["运营", "营业", "open"], "unknown_word", (2, 3)),
        ("facilities", "kind", ["养老院", "学校", "医院"], "unknown_word", (2, 3)),
        ("facilities", "operator", ["公办", "国有", "民办"], "unknown_word", (2,)),
        ("residences", "setting", ["城市", "城郊", "农村"], "unknown_word", (2,)),
        ("residences", "status", ["已建", "新建", "烂尾"], "unknown_word", (3,)),
        ("residences", "id", ["a", None, "  "], "blank_cell", (2, 3)),
    ],
)
def test_bad_cells_name_all_their_rows(layer, column, cells, message, rows):
    columns = {"id": ["a", "b", "c"], column: cells}
    if layer == "facilities":
        columns.setdefault("kind", [None] * 3)
    error = refused((BadValueError, UnknownKindError), raw(points(3), **columns), layer)
    assert (error.message, error.rows, error.column) == (message, rows, column)


def test_an_unknown_kind_lists_those_there_are():
    error = refused(UnknownKindError, raw(points(1), id=["a"], kind=["学校"]), "facilities")
    assert "学校" in str(error)
    for kind in standards.kinds().values():
        assert kind.zh in str(error)


def test_zones_must_say_their_name_and_level():
    frame = raw(boxes(3), id=["a", "b", "c"], name=["甲", None, "丙"], level=["市", "县", ""])
    error = refused(BadValueError, frame, "zones")
    assert (error.message, error.column, error.rows) == ("blank_cell", "name", (2,))
    frame["name"] = ["甲", "乙", "丙"]
    error = refused(BadValueError, frame, "zones")
    assert (error.message, error.column, error.rows) == ("blank_cell", "level", (3,))


@pytest.mark.parametrize(
    ("layer", "columns", "missing"),
    [
        ("zones", {"id": ["a"], "level": ["市"]}, "name"),
        ("zones", {"id": ["a"], "name": ["甲"]}, "level"),
        ("residences", {"households": [1]}, "id"),
        ("facilities", {"id": ["a"]}, "kind"),
        ("parcels", {"id": ["a"]}, "use"),
        ("entrances", {"name": ["a"]}, "residence"),
    ],
)
def test_missing_columns(layer, columns, missing):
    error = refused(MissingColumnError, raw(boxes(1), **columns), layer)
    assert error.column == missing
    error = refused(
        MissingColumnError, raw(boxes(1), **columns), layer, headers={missing: "某某列"}
    )
    assert "某某列" in str(error)


def test_no_rows():
    refused(MissingLayerError, raw([], id=[]), "residences")


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("zones", Point(0, 0)),
        ("residences", LineString([(0, 0), (1, 1)])),
        ("facilities", LineString([(0, 0), (1, 1)])),
        ("parcels", Point(0, 0)),
        ("candidates", shapely.MultiPoint([(0, 0), (1, 1)])),
        ("roads", Point(0, 0)),
        ("entrances", box(0, 0, 1, 1)),
        ("residences", shapely.GeometryCollection([Point(0, 0)])),
    ],
)
def test_wrong_geometry_types(layer, shape):
    good = {"zones": box, "parcels": box}.get(layer)
    fine = box(0, 0, 1, 1) if good else LineString([(0, 0), (5, 5)])
    if layer in {"residences", "facilities", "candidates", "entrances"}:
        fine = Point(3, 3)
    cells = dict.fromkeys(layers.LAYERS[layer].columns)
    columns = {name: [None, None] for name in cells}
    columns |= {"id": ["a", "b"], "name": ["甲", "乙"], "level": ["市", "市"]}
    columns |= {"use": ["A6", "A6"], "residence": ["a", "b"]}
    frame = raw([fine, shape], **{key: columns[key] for key in columns if key in cells})
    error = refused(GeometryError, frame, layer)
    assert (error.message, error.rows) == ("geometry_type", (2,))
    assert shape.geom_type in str(error)


@pytest.mark.parametrize(
    ("shapes", "message", "rows"),
    [
        ([box(0, 0, 1, 1), None, Polygon()], "geometry_empty", (2, 3)),
        ([Point(0, 0), Point(), Point(1, 1)], "geometry_empty", (2,)),
        ([Point(0, 0), Point(math.nan, 0), Point(0, math.nan)], "geometry_invalid", (2, 3)),
        ([box(0, 0, 1, 1), BOWTIE, Point(2, 2)], "geometry_invalid", (2,)),
        ([box(0, 0, 1, 1), Point(math.inf, 0), Point(2, 2)], "geometry_invalid", (2,)),
    ],
)
def test_empty_and_invalid_geometry(shapes, message, rows):
    error = refused(GeometryError, raw(shapes, id=["a", "b", "c"]), "residences")
    assert (error.message, error.rows) == (message, rows)


# --- what is read -----------------------------------------------------------------------------


def test_every_chinese_word_is_taken():
    for layer, contract in layers.LAYERS.items():
        for name, column in contract.columns.items():
            if column.content != "choice":
                continue
            choices = column.choices or KINDS
            for canonical, words in choices.items():
                for word in (canonical, *words, f" {canonical} "):
                    columns = {
                        "id": ["a"],
                        "name": ["甲"],
                        "level": ["city"],
                        "kind": [None],
                        "use": ["A6"],
                        "residence": ["a"],
                        "facility": ["f"],
                    }
                    columns = {key: columns[key] for key in columns if key in contract.columns}
                    shapes = boxes(1) if "Polygon" in contract.geometry else points(1)
                    frame = raw(shapes, **(columns | {name: [word]}))
                    assert layers.conform(frame, layer, kinds=KINDS)[name].iloc[0] == canonical


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("１２００", 1200),
        ("１，２００", 1200),
        ("1,200", 1200),
        ("1,234,567", 1_234_567),
        (" 500 ", 500),
        ("500.0", 500),
        (500, 500),
        (np.int64(500), 500),
        (np.float32(500), 500),
        ("", math.nan),
        ("　", math.nan),
        (None, math.nan),
        (pd.NA, math.nan),
        (math.nan, math.nan),
        ("nan", math.nan),
        (0, 0),
    ],
)
def test_counts_as_people_write_them(cell, value):
    frame = raw(points(1), id=["a"], households=pd.Series([cell], dtype=object))
    found = layers.conform(frame, "residences")["households"].iloc[0]
    assert found == value or (math.isnan(found) and math.isnan(value))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2020-01-31", dt.date(2020, 1, 31)),
        ("2020/01/31", dt.date(2020, 1, 31)),
        ("2020-01-31 00:00:00", dt.date(2020, 1, 31)),
        (dt.date(2020, 1, 31), dt.date(2020, 1, 31)),
        (pd.Timestamp("2020-01-31 08:00").to_pydatetime(), dt.date(2020, 1, 31)),
        (pd.Timestamp("2020-01-31"), dt.date(2020, 1, 31)),
        (None, None),
        (pd.NaT, None),
        ("", None),
    ],
)
def test_dates(cell, value):
    frame = raw(points(2), id=["a", "b"], completed=pd.Series([cell, None], dtype=object))
    found = layers.conform(frame, "residences")["completed"]
    assert found.iloc[0] == value
    assert found.iloc[1] is None


def test_a_date_column_with_gaps():
    when = pd.to_datetime(pd.Series(["2020-01-31", None]))
    found = layers.conform(raw(points(2), id=["a", "b"], completed=when), "residences")
    assert found["completed"].tolist() == [dt.date(2020, 1, 31), None]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), ("有", True), (True, True), (1, True), ("否", False), (0.0, False), ("", None)],
)
def test_flags(cell, value):
    frame = raw(
        points(1), id=["a"], kind=["养老院"], serves_community=pd.Series([cell], dtype=object)
    )
    found = layers.conform(frame, "facilities", kinds=KINDS)["serves_community"].iloc[0]
    assert found is value


@pytest.mark.parametrize(
    ("cell", "ids"),
    [
        ("甲；乙", ("甲", "乙")),
        ("甲;乙、丙,丁，戊 己", ("甲", "乙", "丙", "丁", "戊", "己")),
        (12.0, ("12",)),
        ("；", ()),
        (None, ()),
    ],
)
def test_lists_of_ids(cell, ids):
    frame = raw(points(1), id=["a"], kind=["养老院"], serves=pd.Series([cell], dtype=object))
    assert layers.conform(frame, "facilities", kinds=KINDS)["serves"].iloc[0] == ids


def test_columns_that_the_file_does_not_have_are_there_and_empty():
    for layer, contract in layers.LAYERS.items():
        empty = layers.empty_layer(layer, CRS)
        assert list(empty.columns)[:-1] == ["row", *contract.columns]
    found = layers.conform(raw(points(2), id=["a", "b"]), "residences")
    assert np.isnan(found["households"]).all()
    assert found["setting"].tolist() == [None, None]
    assert found["row"].tolist() == [1, 2]
    assert (
        layers.conform(raw(points(1), id=["a"], kind=[None]), "facilities")["serves"].iloc[0] == ()
    )


def test_the_input_stays_as_it_was_and_the_index_has_no_say():
    frame = raw(boxes(3), id=["c", "a", "b"], households=["１", 2.0, None], other=[1, 2, 3])
    frame.index = [7, 7, 1]
    before = frame.copy()
    found = layers.conform(frame, "residences", rows=[2, 3, 4])
    assert frame.equals(before)
    assert found["id"].tolist() == ["c", "a", "b"]
    assert found.index.tolist() == [0, 1, 2]
    assert found["row"].tolist() == [2, 3, 4]
    assert "other" not in found
    assert found.crs == frame.crs


def test_conforming_twice_changes_nothing():
    frame = raw(
        [*points(1), MultiPolygon(boxes(2))],
        id=["a", "b"],
        kind=["养老院", None],
        serves=["a；b", None],
        opened=["2020-01-01", None],
        nonprofit=["是", None],
        beds=["１０", None],
    )
    once = layers.conform(frame, "facilities", kinds=KINDS)
    columns = {
        name: once[name] if name != "serves" else ["；".join(ids) for ids in once[name]]
        for name in once.columns
        if name != "geometry"
    }
    again = layers.conform(raw(list(once.geometry), **columns), "facilities", kinds=KINDS)
    assert again.equals(once)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(),
    st.text(max_size=8),
    st.dates(),
    st.sampled_from(["运营", "１２", "是", "2020-01-01", "养老院", pd.NaT, pd.NA, "a;b"]),
)


@settings(max_examples=examples(150), deadline=None)
@given(
    st.sampled_from(
        [name for name in layers.LAYERS["facilities"].columns if name not in {"id", "kind"}]
    ),
    st.lists(CELLS, min_size=1, max_size=4),
)
def test_any_cells_are_read_or_refused_by_name(column, cells):
    columns = {
        "id": [f"f{at}" for at in range(len(cells))],
        "kind": [None] * len(cells),
        column: pd.Series(cells, dtype=object),
    }
    frame = raw(points(len(cells)), **columns)
    refusal = None
    try:
        found = layers.conform(frame, "facilities", kinds=KINDS)
    except InputError as error:
        refusal = error
    if refusal is not None:
        assert refusal.column == column
        assert 0 < len(refusal.rows) <= len(cells)
        assert str(refusal)
    elif layers.LAYERS["facilities"].columns[column].content in {"number", "count"}:
        known = found[column].dropna()
        assert (known >= 0).all()
        assert np.isfinite(known).all()


def test_points_of_lie_inside():
    crescent = box(0, 0, 10, 10).difference(box(1, 1, 10, 9))
    frame = gpd.GeoSeries([crescent, Point(3, 4)], crs=CRS)
    inside, given_point = layers.points_of(frame)
    assert crescent.contains(Point(inside))
    assert given_point.tolist() == [3, 4]


def test_a_layer_that_the_project_does_not_have():
    city = layers.City("甲", CRS, dt.date(2026, 6, 30), {})
    assert not city.has("zones")
    for name in ("zones", "residences", "facilities"):
        with pytest.raises(MissingLayerError) as caught:
            getattr(city, name)
        assert caught.value.layer == name


@pytest.mark.parametrize(
    "written", ["2026/6/30", "2026年6月30日", "2026-06-30 00:00:00", "2026.6.30"]
)
def test_dates_as_people_write_them(written):
    frame = raw([box(0, 0, 1, 1)], id=["a"], completed=[written])
    assert layers.conform(frame, "residences")["completed"][0] == dt.date(2026, 6, 30)


def test_a_date_with_a_tail_is_refused():
    frame = raw([box(0, 0, 1, 1)], id=["a"], completed=["2026-06-301"])
    refused(BadValueError, frame, "residences")
