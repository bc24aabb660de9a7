"""Who may walk where: a table of classes, and what the rows say; each case by hand."""

import itertools
import tomllib
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from facilityplan.errors import NetworkError
from facilityplan.network import LeftOut, Network

CRS = "EPSG:4547"
STREET = LineString([(0, 1000), (100, 1000)])


def lines(count):
    return [LineString([(0, 10 * n), (100, 10 * n)]) for n in range(count)]


def walked(overrides=None, **columns):
    """Return which of the rows are in the network; a street that is always in stands last."""
    count = len(next(iter(columns.values())))
    columns = {name: [*cells, None] for name, cells in columns.items()}
    roads = gpd.GeoDataFrame(columns, geometry=[*lines(count), STREET], crs=CRS)
    network = Network.from_lines(roads, walkable_classes=overrides)
    rows = {line.coords[0][1] / 10 for line in network.edges.lines} - {100}
    return sorted(int(row) for row in rows), network.report


def one(overrides=None, **cells):
    kept, _ = walked(overrides, **{name: [cell] for name, cell in cells.items()})
    return kept == [0]


TRUNK = [
    # class, foot, sidewalk, access -> walked on
    ("trunk", None, None, None, False),
    ("trunk_link", None, None, None, False),
    ("trunk", None, "both", None, True),
    ("trunk", None, "left", None, True),
    ("trunk", None, "right", None, True),
    ("trunk", None, "yes", None, True),
    ("trunk", None, "lane", None, True),
    ("trunk", None, "left;no", None, True),
    ("trunk", None, "separate", None, False),
    ("trunk", None, "no", None, False),
    ("trunk", None, "none", None, False),
    ("trunk", None, "双侧", None, True),
    ("trunk", None, "有", None, True),
    ("trunk", None, "无", None, False),
    ("trunk", "yes", None, None, True),
    ("trunk", "designated", None, None, True),
    ("trunk", "permissive", None, None, True),
    ("trunk", "yes", "separate", None, True),
    ("trunk", "no", "both", None, False),
    ("trunk", "use_sidepath", "both", None, False),
    ("trunk", None, "both", "no", False),
    ("trunk", "yes", None, "no", True),
    ("Trunk ", None, " Both", None, True),
]
OTHERS = [
    ("residential", None, "no", None, True),
    ("residential", "no", None, None, False),
    ("residential", "private", None, None, False),
    ("residential", None, None, "private", True),
    ("residential", None, None, "no", False),
    ("residential", "yes", None, "no", True),
    ("residential", None, None, "destination", True),
    ("service", "no;yes", None, None, True),
    (None, "no", None, None, False),
    (None, None, None, None, True),
    ("motorway", "yes", "both", "yes", False),
    ("construction", "designated", None, None, False),
    ("cycleway", None, None, None, True),
    ("cycleway", "no", None, None, False),
    ("trunk;residential", None, None, None, True),
    ("trunk;motorway", None, None, None, False),
]


@pytest.mark.parametrize(("road_class", "foot", "sidewalk", "access", "kept"), TRUNK + OTHERS)
def test_a_row(road_class, foot, sidewalk, access, kept):
    cells = {"class": road_class, "foot": foot, "sidewalk": sidewalk, "access": access}
    assert one(**cells) is kept


@pytest.mark.parametrize(
    ("said", "bare", "with_foot", "with_sidewalk"),
    [
        (True, True, True, True),
        (False, False, False, False),
        ("with_footway", False, True, True),
    ],
)
def test_a_class_that_the_caller_judges_otherwise(said, bare, with_foot, with_sidewalk):
    for road_class in ("trunk", "motorway", "cycleway", "wurzelweg"):
        table = {f" {road_class.upper()}": said}
        own = {"class": road_class}
        assert one(table, **own) is bare
        assert one(table, **own, foot="yes") is with_foot
        assert one(table, **own, sidewalk="both") is with_sidewalk
        assert one(table, **own, foot="no") is False


@pytest.mark.parametrize("flag", [True, False, 1, 0, 1.0, np.False_])
def test_the_walkable_column_outweighs_all(flag):
    for road_class, foot, access in (("motorway", "no", "no"), ("footway", "yes", None)):
        cells = {"class": road_class, "foot": foot, "access": access, "walkable": flag}
        assert one(**cells) is bool(flag)


@pytest.mark.parametrize(
    ("cells", "kept"), [([True, False], [0]), ([1.0, 0.0], [0]), ([1, 0], [0]), (["是", "否"], [0])]
)
def test_flags_of_all_sorts(cells, kept):
    assert walked(foot=cells)[0] == kept


@pytest.mark.parametrize("blank", [None, float("nan"), pd.NA, "", "  "])
def test_empty_cells_say_nothing(blank):
    cells = {"class": "residential", "foot": blank, "sidewalk": blank, "access": blank}
    assert one(**cells)
    kept, report = walked(**{"class": [blank], "foot": [blank]})
    assert kept == [0]
    assert (report.footways_stated, report.unknown_words, report.left_out) == (False, (), ())


def test_lists_of_classes_as_osmnx_gives_them():
    assert one(**{"class": ["trunk", "primary"]})
    assert not one(**{"class": ["trunk", "motorway_link"]})
    kept, report = walked(**{"class": [["trunk", "motorway"], ["trunk", "motorway"]]})
    assert kept == []
    assert [(item.road_class, item.rows) for item in report.left_out] == [("motorway;trunk", 2)]


def test_what_is_left_out_is_told_by_reason_and_class():
    _, report = walked(
        **{
            "class": ["motorway", "motorway", "trunk", "residential", "service", None, "trunk"],
            "foot": [None, "yes", None, "no", None, "no", "yes"],
            "access": [None, None, None, None, "no", None, None],
            "walkable": [None, None, None, None, None, None, False],
        }
    )
    assert report.left_out == (
        LeftOut("trunk", "walkable", 1, 100.0),
        LeftOut("motorway", "class", 2, 200.0),
        LeftOut("", "foot", 1, 100.0),
        LeftOut("residential", "foot", 1, 100.0),
        LeftOut("service", "access", 1, 100.0),
        LeftOut("trunk", "no_footway", 1, 100.0),
    )
    assert report.excluded_rows == 7
    assert report.footways_stated


def test_words_that_no_table_knows_are_told_and_say_nothing():
    kept, report = walked(
        **{
            "class": ["trunk", "residential", "residential"],
            "sidewalk": ["perhaps", None, None],
            "foot": [None, "Maybe", None],
            "access": [None, None, "wurzel"],
        }
    )
    assert kept == [1, 2]
    assert report.unknown_words == ("access=wurzel", "foot=maybe", "sidewalk=perhaps")


def test_data_that_say_nothing_of_footways_are_told_apart():
    assert not walked(**{"class": ["trunk", "primary"]})[1].footways_stated
    assert not walked(**{"class": ["trunk"], "sidewalk": [None]})[1].footways_stated
    assert walked(**{"class": ["trunk"], "sidewalk": ["no"]})[1].footways_stated
    with pytest.raises(NetworkError) as caught:
        Network.from_lines(gpd.GeoDataFrame({"class": ["trunk"]}, geometry=lines(1), crs=CRS))
    assert caught.value.message == "network_empty"


def test_the_tables_hold_only_what_is_understood():
    source = resources.files("facilityplan.network") / "walkable.toml"
    tables = tomllib.loads(source.read_text(encoding="utf-8"))
    assert set(tables) == {"classes", "foot", "sidewalk", "access"}
    assert all(value in (True, False, "with_footway") for value in tables["classes"].values())
    for name in ("foot", "sidewalk", "access"):
        assert all(value in (True, False, "silent") for value in tables[name].values())
    words = itertools.chain.from_iterable(tables.values())
    assert all(word == word.strip().lower() and ";" not in word for word in words)
    # a sidewalk that is not there closes no street
    assert False not in tables["sidewalk"].values()
