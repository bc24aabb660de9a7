import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.errors import (
    BadValueError,
    DuplicateIdError,
    MissingColumnError,
    SchemaError,
)
from facilityplan.io.join import join_attributes, key_text
from facilityplan.io.source import Table, Vector


def vector(keys, **columns):
    frame = gpd.GeoDataFrame(
        {"编号": keys, **columns}, geometry=[shapely.Point(n, n) for n in range(len(keys))]
    )
    return Vector(frame, np.arange(1, len(keys) + 1), "estates.gpkg", "utf-8")


def table(keys, **columns):
    frame = pd.DataFrame({"编号": pd.Series(keys, dtype=object), **columns})
    return Table(frame, np.arange(2, len(keys) + 2), "estates.xlsx", None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (12.0, "12"),
        (12, " 12 "),
        ("Ａ１２", "A12"),
        (np.int64(7), 7.0),
        (1.5, "1.5"),
        ("甲－１", "甲-1"),
        (1e15, "1000000000000000"),
    ],
)
def test_keys_that_are_the_same(one, other):
    assert key_text(one) == key_text(other)


@pytest.mark.parametrize("cell", [None, "", "  ", float("nan"), pd.NA, pd.NaT, np.nan])
def test_keys_that_are_missing(cell):
    assert key_text(cell) == ""


def test_attributes_follow_their_geometry():
    layer = vector(["3", "1", None, "2", "9"])
    joined = join_attributes(
        layer, table([1.0, "２", "3 "], 户数=[10.0, 20.0, None], 名=["a", "b", "c"]), "编号", "编号"
    )
    assert joined.frame["户数"].tolist() == [None, 10.0, None, 20.0, None]
    assert joined.frame["名"].tolist() == ["c", "a", None, "b", None]
    assert joined.unmatched == (3, 5)
    assert joined.rows.tolist() == [1, 2, 3, 4, 5]
    assert list(layer.frame.columns) == ["编号", "geometry"]
    assert joined.frame["编号"].tolist()[:2] == ["3", "1"]


def test_keys_of_two_names_keep_both():
    other = table(["1"]).frame.rename(columns={"编号": "小区号"})
    joined = join_attributes(
        vector(["1"]), Table(other, np.array([2]), "t.csv", "utf-8"), "编号", "小区号"
    )
    assert joined.frame[["编号", "小区号"]].iloc[0].tolist() == ["1", "1"]


def test_doubles_are_refused_with_all_their_rows(refused):
    with pytest.raises(DuplicateIdError) as caught:
        join_attributes(vector(["1", "2"]), table(["1", 1.0, "2"]), "编号", "编号")
    refused(caught, "join_duplicate_key")
    assert (caught.value.file, caught.value.rows) == ("estates.xlsx", (2, 3))
    with pytest.raises(DuplicateIdError) as caught:
        join_attributes(vector(["1", "2", "1", "2"]), table(["1"]), "编号", "编号")
    assert (caught.value.file, caught.value.rows) == ("estates.gpkg", (1, 2, 3, 4))


def test_keys_nobody_has_are_listed(refused):
    with pytest.raises(SchemaError) as caught:
        join_attributes(vector(["1"]), table(["1", "合计"]), "编号", "编号")
    refused(caught, "join_unknown_key")
    assert caught.value.rows == (3,)
    assert "合计" in caught.value.render("zh")


def test_rows_without_key_and_columns_that_are_not_there(refused):
    with pytest.raises(BadValueError) as caught:
        join_attributes(vector(["1"]), table(["1", None]), "编号", "编号")
    refused(caught, "join_missing_key")
    assert caught.value.rows == (3,)
    for keys in (("code", "编号"), ("编号", "code")):
        with pytest.raises(MissingColumnError) as caught:
            join_attributes(vector(["1"]), table(["1"]), *keys)
        refused(caught, "table_no_such_column")
    with pytest.raises(SchemaError) as caught:
        join_attributes(vector(["1"]), table(["1"], geometry=["x"]), "编号", "编号")
    refused(caught, "table_reserved_column")


def test_a_column_in_both_must_agree(refused):
    layer = vector(["1", "2", "3"], 名=["甲", None, "丙"])
    joined = join_attributes(layer, table(["1", "2", "3"], 名=["甲 ", "乙", None]), "编号", "编号")
    assert joined.frame["名"].tolist() == ["甲 ", "乙", "丙"]
    with pytest.raises(SchemaError) as caught:
        join_attributes(layer, table(["1", "3"], 名=["甲", "丁"]), "编号", "编号")
    refused(caught, "join_contradiction")
    assert caught.value.rows == (3,)


@given(
    own=st.lists(st.integers(0, 30), unique=True, max_size=20),
    data=st.data(),
)
@settings(max_examples=examples(80), deadline=None)
def test_no_row_is_made_or_lost(own, data):
    theirs = data.draw(st.permutations(own)) if own else []
    theirs = theirs[: data.draw(st.integers(0, len(theirs)))]
    joined = join_attributes(
        vector([str(key) for key in own]),
        table([float(key) for key in theirs], v=[key * 10 for key in theirs]),
        "编号",
        "编号",
    )
    expected = {key: key * 10 for key in theirs}
    assert joined.frame["v"].tolist() == [expected.get(key) for key in own]
    assert len(joined.unmatched) == len(own) - len(theirs)
