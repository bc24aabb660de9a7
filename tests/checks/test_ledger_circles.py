"""Circles, equipment and adjacency, in a town small enough to measure by hand."""

import datetime as dt
import math

import geopandas as gpd
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import CRS, clause, judge
from shapely.geometry import LineString

from facilityplan.network import Network

FEW = settings(max_examples=examples(30), deadline=None)
AS_OF = dt.date(2023, 9, 1)
SPEED = {
    "question": "速度？",
    "question_en": "speed?",
    "default": "60",
    "options": ["60", "48"],
}
ESTATE = {"id": "甲", "at": (0, 0), "setting": "城市"}


def circle(**more):
    head = {
        "comparator": "<=",
        "value": 15,
        "unit": "min",
        "kinds": ["day_care"],
        "statuses": ["operating"],
        "parameters": {"metric": "walking"},
        "readings": {"speed": SPEED},
    }
    return clause("circle", **(head | more))


def road(length_m):
    """Return a straight road that ends at a station."""
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (length_m, 0)])], crs=CRS)
    return Network.from_lines(lines)


def station(x, **more):
    return {"id": "站", "kind": "day_care", "status": "运营", "at": (x, 0)} | more


def one(made, x, options=None, network=None, **more):
    (found,) = judge(
        made, AS_OF, options, network, residences=[ESTATE], facilities=[station(x, **more)]
    )
    return found


@FEW
@given(st.integers(-3, 3) | st.integers(-600_000, 600_000), st.sampled_from(["60", "48"]))
def test_minutes_on_foot(off_mm, speed):
    limit_mm = 15 * int(speed) * 1000
    length_m = (limit_mm + off_mm) / 1000
    options = {"readings": {"M1": {"speed": speed}}}
    found = one(circle(), length_m, options, road(length_m))
    assert found.verdict == ("compliant" if off_mm <= 0 else "non_compliant")
    assert math.isclose(found.value, length_m / int(speed), rel_tol=1e-12)
    both = found.evidence["speeds"]
    assert both["60"]["minutes"] == length_m / 60
    assert both["48"]["minutes"] == length_m / 48
    assert found.evidence["speed"] == speed


def test_the_two_speeds_part():
    found = one(circle(), 800, None, road(800))
    assert found.verdict == "compliant"
    assert [found.evidence["speeds"][s]["within"] for s in ("60", "48")] == [True, False]


@pytest.mark.parametrize(
    ("x", "verdict"), [(4999.999, "compliant"), (5000, "compliant"), (5000.001, "non_compliant")]
)
def test_ten_li_is_a_straight_line(x, verdict):
    made = circle(value=5000, unit="m", parameters={"metric": "straight_line"}, readings={})
    found = one(made, x)
    assert (found.verdict, found.value) == (verdict, x)


def test_metres_on_foot():
    made = circle(value=500, unit="m", parameters={"metric": "walking"}, readings={})
    lines = [LineString([(0, 0), (0, 300), (400, 300), (400, 0)])]
    bent = Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS))
    found = one(made, 400, None, bent)
    assert (found.value, found.verdict) == (1000, "non_compliant")


@pytest.mark.parametrize(
    ("made", "network", "more", "reason"),
    [
        (circle(), None, {}, "circle_without_roads"),
        (circle(readings={}), road(800), {}, "circle_without_speed"),
        (circle(), "far", {}, "circle_off_network"),
        (circle(), road(800), {"status": None}, "facility_undescribed"),
    ],
)
def test_what_is_missing_is_no_verdict(made, network, more, reason):
    if network == "far":
        far = gpd.GeoDataFrame(geometry=[LineString([(9e3, 9e3), (9.5e3, 9e3)])], crs=CRS)
        network = Network.from_lines(far)
    found = one(made, 800, None, network, **more)
    assert (found.verdict, found.formula["id"]) == ("insufficient_data", f"reason.{reason}")
    assert found.required == 15


def test_an_incomplete_list_gives_no_miss():
    far = one(circle(), 2000, None, road(2000))
    assert far.verdict == "non_compliant"
    open_ = one(circle(), 2000, {"facilities_complete": False}, road(2000))
    assert open_.formula["id"] == "reason.facilities_incomplete"
    (alone,) = judge(circle(), AS_OF, None, road(900), residences=[ESTATE], facilities=[])
    assert (alone.verdict, alone.value) == ("non_compliant", math.inf)


def equipment(**more):
    head = {
        "comparator": ">=",
        "value": 100,
        "unit": "beds",
        "modality": "advisory",
        "kinds": ["elder_home"],
        "statuses": ["operating"],
        "parameters": {"requires": "medical_care"},
    }
    return clause("equipment", **(head | more))


@pytest.mark.parametrize(
    ("cells", "verdict", "reason"),
    [
        ({"beds": 99}, None, None),
        ({"beds": 100, "medical_care": "是"}, "compliant", None),
        ({"beds": 100, "medical_care": "否"}, "non_compliant", None),
        ({"beds": 101, "medical_care": "否"}, "non_compliant", None),
        ({"beds": 100}, "insufficient_data", "equipment_unknown"),
        ({}, "insufficient_data", "facility_beds_unknown"),
        ({"medical_care": "否"}, "insufficient_data", "facility_beds_unknown"),
        (
            {"beds": 100, "medical_care": "否", "status": None},
            "insufficient_data",
            "facility_kind_unknown",
        ),
        ({"beds": 100, "kind": "日间照料中心"}, None, None),
        ({"beds": 100, "status": "停业"}, None, None),
    ],
)
def test_equipment_by_size(cells, verdict, reason):
    home = {"id": "院", "kind": "养老院", "status": "运营", "at": (0, 0)} | cells
    found = judge(equipment(), AS_OF, facilities=[home])
    if verdict is None:
        assert found == []
        return
    (item,) = found
    assert (item.verdict, item.unit_kind, item.unit_id) == (verdict, "facility", "院")
    assert item.modality == "advisory"
    if reason:
        assert item.formula["id"] == f"reason.{reason}"


@FEW
@given(st.lists(st.tuples(st.integers(0, 150), st.booleans()), max_size=5))
def test_one_finding_for_each_home_that_is_large_enough(homes):
    rows = [
        {
            "id": f"h{n}",
            "kind": "elder_home",
            "status": "运营",
            "at": (n, 0),
            "beds": beds,
            "medical_care": "是" if has else "否",
        }
        for n, (beds, has) in enumerate(homes)
    ]
    found = {i.unit_id: i.verdict for i in judge(equipment(), AS_OF, facilities=rows)}
    assert found == {
        f"h{n}": "compliant" if has else "non_compliant"
        for n, (beds, has) in enumerate(homes)
        if beds >= 100
    }


NEIGHBOURS = [
    {"id": "卫生站", "kind": "health_facility", "status": "运营", "at": (0, 0)},
    {"id": "敬老院", "kind": "rural_home", "status": "运营", "at": (300, 400)},
    {"id": "近院", "kind": "elder_home", "status": "运营", "at": (30, 40)},
    {"id": "关院", "kind": "elder_home", "status": "停业", "at": (1, 1)},
]
PAIRS = [["health_facility", "rural_home"], ["health_facility", "elder_home"]]


@pytest.mark.parametrize(
    "pairs", [PAIRS, ["health_facility-rural_home", "health_facility-elder_home"]]
)
def test_adjacency_informs_and_gives_no_verdict(pairs):
    made = clause("adjacency", statuses=["operating"], parameters={"pairs": pairs})
    (found,) = judge(made, AS_OF, facilities=NEIGHBOURS)
    assert (found.unit_id, found.verdict) == ("卫生站", "insufficient_data")
    assert found.formula["id"] == "reason.adjacency_without_distance"
    assert found.value == 50
    assert {p["facility"]: p["distance_m"] for p in found.evidence["pairs"]} == {
        "敬老院": 500,
        "近院": 50,
    }


def test_adjacency_without_a_partner_and_with_a_distance():
    made = clause("adjacency", statuses=["operating"], parameters={"pairs": PAIRS})
    (found,) = judge(made, AS_OF, facilities=NEIGHBOURS[:1])
    assert (found.verdict, found.value) == ("insufficient_data", None)
    near = clause(
        "adjacency",
        statuses=["operating"],
        comparator="<=",
        value=50,
        unit="m",
        parameters={"pairs": PAIRS},
    )
    assert judge(near, AS_OF, facilities=NEIGHBOURS)[0].verdict == "compliant"
    assert judge(near, AS_OF, facilities=NEIGHBOURS[:2])[0].verdict == "non_compliant"
    assert judge(near, AS_OF, facilities=NEIGHBOURS[:1])[0].value == math.inf
