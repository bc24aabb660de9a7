"""A new city is one TOML file beside this test: 25 clauses of 22 measures, judged with no code."""

import datetime as dt
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards

FILE = Path(__file__).with_name("gucheng-2030-1.toml")
CRS = "EPSG:4547"
AS_OF = dt.date(2031, 1, 1)

# What is done by hand is in the comments; the clause says what is demanded.
OUTCOMES = {
    # 250 m and 2960.574 m to the centre
    ("GC01", "南苑"): ("compliant", 250, 300),
    ("GC02", "北村"): ("non_compliant", 2960.574, 800),
    # 400 households x 25 / 100 are 100 m2; 200 m2 are there, which is less than the 350 of GC04
    ("GC04", "南苑"): ("non_compliant", 200, 350),
    ("GC05", "南苑"): ("compliant", 1, 1),
    # 250 m to its own community's centre: "at least 250" triggers
    ("GC06", "南苑"): ("non_compliant", 0, 150),
    ("GC07", "东街道"): ("non_compliant", 1, 2),
    # 10 + 20 beds for 1000 elders: "more than 30" is missed by 30
    ("GC08", "古城"): ("non_compliant", 30, 30),
    # 150 m x 100 m for 100,000 persons
    ("GC09", "古城"): ("compliant", 0.15, 0.15),
    # the clause says no number
    ("GC10", "北村"): ("insufficient_data", None, None),
    ("GC10", "南苑"): ("insufficient_data", None, None),
    # the only town has day care
    ("GC11", "古城"): ("compliant", 1, 1),
    # 100 + 60 beds; 40 of them added, not more than 40; 60 nursing beds of 160
    ("GC12", "古城"): ("non_compliant", 160, 200),
    ("GC13", "古城"): ("non_compliant", 40, 40),
    ("GC14", "古城"): ("compliant", 0.375, 0.375),
    # one of two homes is private; (70 + 50) / 160 beds are taken
    ("GC15", "古城"): ("compliant", 0.5, 0.5),
    ("GC16", "古城"): ("non_compliant", 0.75, 0.8),
    # 南苑 misses GC04; 北村, if it is new and keeps all, is the other one of two
    ("GC17", "古城"): ("non_compliant", 0.5, 1),
    ("GC18", "南苑"): ("compliant", 250, 260),
    ("GC19", "甲院"): ("compliant", 100, 60),
    ("GC19", "乙院"): ("non_compliant", 60, 60),
    ("GC20", "卫生"): ("non_compliant", 400, 350),
    # planned on the same day, delivered a day late
    ("GC21", "南苑"): ("non_compliant", 1, 2),
    ("GC22", "古城"): ("compliant", 0.9, 0.9),
    ("GC23", "福利中心"): ("compliant", 1, 1),
    # from 2028-01-01 to 2031-01-01
    ("GC24", "乙院"): ("compliant", 3, 3),
    ("GC25", "南苑"): ("non_compliant", 0, 1),
}

TABLES = {
    "zones": {
        "id": ["古城", "东街道", "某社区"],
        "name": ["古城", "东街道", "某社区"],
        "level": ["市", "街道", "社区"],
        "elders_65": [1000, None, None],
        "registered_population": [100_000, None, None],
    },
    "residences": {
        "id": ["南苑", "北村"],
        "setting": ["城市", "农村"],
        "status": ["新建", None],
        "households": [400, 90],
        "completed": ["2030-10-01", None],
    },
    "facilities": {
        "id": ["日照", "中心", "甲院", "乙院", "卫生"],
        "kind": ["日间照料中心", "社区养老服务中心", "养老院", "护理院", "社区卫生服务中心"],
        "status": ["运营"] * 5,
        "floor_area_m2": [200, 900, 3000, 2000, 400],
        "beds": [10, 20, 100, 60, None],
        "serves": ["南苑", None, None, None, None],
        "operator": [None, None, "民办", "公办", None],
        "nursing_beds": [None, None, 0, 60, None],
        "beds_added": [None, None, 40, 0, None],
        "beds_added_year": [None, None, 2030, None, None],
        "residents": [None, None, 70, 50, None],
        "medical_care": [None, None, "是", "否", None],
    },
    "parcels": {"id": ["地"], "use": ["E1"]},
    "deliveries": {
        "residence": ["南苑", "南苑"],
        "stage": ["规划", "交付"],
        "dwellings": ["2029-01-01", "2030-10-01"],
        "premises": ["2029-01-01", "2030-10-02"],
    },
    "indicators": {"indicator": ["签约率"], "zone": ["古城"], "year": [2030], "value": [0.9]},
    "milestones": {"milestone": ["福利中心"], "done": ["2030-06-30"]},
    "clocks": {"facility": ["乙院"], "clock": ["备案"], "started": ["2028-01-01"]},
    "register": {"residence": ["南苑"], "built": ["是"], "handed_over": ["是"], "use": ["出租"]},
}
SHAPES = {
    "zones": [
        box(-9000, -9000, 9000, 9000),
        box(-5000, -500, 5000, 500),
        box(-50, -50, 999, 50),
    ],
    "residences": [box(-10, -10, 10, 10), box(-10, 2940, 10, 2960)],
    "facilities": [
        Point(0, -300),
        Point(250, 0),
        Point(2000, 0),
        Point(3000, 0),
        Point(2000, 400),
    ],
    "parcels": [box(0, 0, 150, 100)],
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    folder = tmp_path_factory.mktemp("standards")
    shutil.copy(FILE, folder)
    return standards.load("gucheng-2030-1", folder)


@pytest.fixture(scope="module")
def found(document):
    kinds = standards.kind_words()
    frames = {
        name: layers.conform(
            gpd.GeoDataFrame(
                table, geometry=SHAPES.get(name, [None] * len(next(iter(table.values())))), crs=CRS
            ),
            name,
            kinds=kinds,
        )
        for name, table in TABLES.items()
    }
    city = layers.City("古城", CRS, AS_OF, frames)
    return {
        (item.clause_id, item.unit_id): (
            item.verdict.value,
            None if item.value is None else checks.tidy(item.value),
            item.required,
        )
        for item in checks.assess(city, standards.resolve([document], AS_OF))
    }


def test_twenty_five_clauses_of_twenty_two_measures(document):
    assert len(document.clauses) == 25
    assert len({clause.measure for clause in document.clauses}) == 22


def test_every_clause_is_judged(document, found):
    assert {clause for clause, _ in found} == {clause.id for clause in document.clauses}


@pytest.mark.parametrize("key", OUTCOMES, ids="-".join)
def test_verdict_and_sum(found, key):
    assert found[key] == OUTCOMES[key]


def test_what_is_not_said_is_not_judged(found):
    # 北村 does not say whether it is new or existing
    for clause in ("GC03", "GC05", "GC21"):
        assert found[clause, "北村"][0] == "insufficient_data"
