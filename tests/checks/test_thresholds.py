"""Verdicts of whole cities against sums done in whole numbers and fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
import shapely
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

ZZ, JY, XC = "zhengzhou-2018-34", "jiyuan-2017-73", "xuchang-2022-33"
FEW = settings(max_examples=examples(25), deadline=None)


def estate(**cells):
    return {"id": "甲", "box": (-50, -50, 50, 50), "setting": "城市", **cells}


@FEW
@given(
    st.integers(-3, 3) | st.integers(-400_000, 400_000),
    st.sampled_from([("ZZ05a", "城市", 500_000), ("ZZ05b", "农村", 1_000_000)]),
)
def test_radius_in_whole_millimetres(judge, off_mm, clause):
    clause_id, setting, limit_mm = clause
    away_mm = limit_mm + off_mm
    found = judge(
        ZZ,
        clause_id,
        residences=[{"id": "甲", "at": (0, 0), "setting": setting}],
        facilities=[{"id": "站", "kind": "day_care", "status": "运营", "at": (0, away_mm / 1000)}],
    )["甲"]
    assert found.verdict == ("compliant" if away_mm <= limit_mm else "non_compliant")
    assert found.value == away_mm / 1000
    assert math.isclose(found.margin, -off_mm / 1000, abs_tol=1e-9)
    assert found.fragile is (abs(found.margin) < 1.0)


@FEW
@given(
    st.integers(1, 6000),
    st.sampled_from([(ZZ, "ZZ02a"), (JY, "JY03"), (XC, "XC02")]),
    st.sampled_from([-1, 0, 1]),
)
def test_area_per_100_households(judge, households, clause, side):
    wanted = Fraction(30 * households, 100)
    area = float(wanted)
    area = math.nextafter(area, math.inf * side) if side else area
    found = judge(
        *clause,
        residences=[estate(status="新建", households=households)],
        facilities=[
            {"id": "站", "kind": "day_care", "status": "规划", "at": (0, 0), "floor_area_m2": area}
        ],
    )["甲"]
    assert found.required == float(wanted)
    assert found.verdict == ("non_compliant" if side < 0 else "compliant")


@FEW
@given(st.lists(st.integers(1, 3000), min_size=2, max_size=5), st.integers(0, 3))
def test_a_shared_place_of_exactly_the_rate_is_enough_for_all(judge, households, extra):
    """Nobody fails by the last digit of a share."""
    residences = [
        estate(status="新建", households=number) | {"id": f"r{at}", "box": (at, 0, at + 1, 1)}
        for at, number in enumerate(households)
    ]
    total = sum(households)
    place = {
        "id": "共用",
        "kind": "day_care",
        "status": "规划",
        "at": (-500, 0),
        "floor_area_m2": 30 * total / 100 + extra,
        "serves": "；".join(row["id"] for row in residences),
    }
    found = judge(ZZ, "ZZ02a", residences=residences, facilities=[place])
    assert {item.verdict.value for item in found.values()} == {"compliant"}
    assert all(item.evidence["shared"] for item in found.values())
    given_m2 = sum(Fraction(item.value) for item in found.values())
    assert math.isclose(given_m2, place["floor_area_m2"], rel_tol=1e-12)


@FEW
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=5))
def test_areas_add_up_as_they_are_written(judge, tenths):
    """10.1 and 20.2 square metres are the 30.3 that 101 households need."""
    sites = [
        {
            "id": f"s{at}",
            "kind": "day_care",
            "status": "规划",
            "at": (at, 0),
            "floor_area_m2": number * 3 / 10,
        }
        for at, number in enumerate(tenths)
    ]
    (found,) = judge(
        ZZ,
        "ZZ02a",
        residences=[estate(status="新建", households=sum(tenths))],
        facilities=[{**row, "floor_area_m2": round(row["floor_area_m2"], 1)} for row in sites],
    ).values()
    assert found.verdict == "compliant"
    assert found.margin == 0


@FEW
@given(
    st.integers(1, 3000), st.integers(0, 800), st.sampled_from(["every_estate", "procured_only"])
)
def test_least_size_of_existing_estates(judge, households, area, reading):
    rate = Fraction(20 * households, 100)
    strict = max(rate, 200)
    required = strict if reading == "every_estate" or area < rate else rate
    clause = "ZZ04b" if required > rate else "ZZ04a"
    found = judge(
        ZZ,
        clause,
        {"readings": {"ZZ04b": {"floor_200": reading}}},
        residences=[estate(status="已建", households=households)],
        facilities=[
            {"id": "站", "kind": "day_care", "status": "运营", "at": (0, 0), "floor_area_m2": area}
        ],
    )["甲"]
    assert found.required == float(required)
    assert found.verdict == ("compliant" if area >= required else "non_compliant")
    differ = (area >= strict) != (area >= rate)
    assert ("readings" in found.evidence) is differ


@FEW
@given(
    st.integers(1, 60_000),
    st.integers(-2, 2),
    st.sampled_from([(ZZ, "ZZ10", 40), (JY, "JY11", 35)]),
)
def test_beds_per_1000(judge, elders, off, clause):
    document, clause_id, rate = clause
    beds = max(0, -(-rate * elders // 1000) + off)
    found = judge(
        document,
        clause_id,
        {"named_areas": {"central_city": ["z"]}},
        zones=[{"id": "z", "box": (0, 0, 10, 10), "level": "city", "elders_60": elders}],
        facilities=[
            {"id": "院", "kind": "elder_home", "status": "运营", "at": (5, 5), "beds": beds}
        ],
    )
    (finding,) = found.values()
    assert finding.verdict == ("compliant" if beds * 1000 >= rate * elders else "non_compliant")
    assert finding.value == float(Fraction(beds * 1000, elders))


@FEW
@given(
    st.integers(1, 5_000_000),
    st.integers(-1, 1),
    st.sampled_from([(ZZ, "ZZ01", 1), (XC, "XC01", 2)]),
)
def test_land_per_person(judge, tens, off, clause):
    document, clause_id, tenths = clause
    persons = 10 * tens
    land = tenths * tens + off
    found = judge(
        document,
        clause_id,
        zones=[{"id": "z", "box": (0, 0, 9e3, 9e3), "level": "county", "population": persons}],
        parcels=[{"id": "p", "box": (10, 10, 20, 20), "use": "A6", "area_m2": land}],
    )["z"]
    assert found.verdict == ("compliant" if off >= 0 else "non_compliant")
    assert found.evidence["land_required_m2"] == pytest.approx(tenths * tens)


@FEW
@given(st.integers(1, 10_000_000), st.integers(1, 4))
def test_land_with_decimals(judge, persons, pieces):
    """A tenth of a square metre a head, in pieces that are written with one decimal."""
    tenths, odd = divmod(persons, pieces)
    areas = [tenths / 10] * (pieces - 1) + [(tenths + odd) / 10]
    found = judge(
        ZZ,
        "ZZ01",
        zones=[{"id": "z", "box": (0, 0, 9e3, 9e3), "level": "county", "population": persons}],
        parcels=[
            {"id": f"p{at}", "box": (10, 10, 20, 20), "use": "A6", "area_m2": area}
            for at, area in enumerate(areas)
        ],
    )["z"]
    assert found.verdict == "compliant"
    assert found.value == 0.1


@FEW
@given(st.integers(0, 10_000))
def test_a_parcel_wholly_inside_counts_whole(judge, seed):
    """The stated area, to the digit, whatever the polygon and wherever it lies."""
    random = np.random.default_rng(seed)
    centre = random.uniform((4e5, 3.4e6), (5e5, 3.9e6))
    angle = np.sort(random.uniform(0, 2 * np.pi, 7))
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    zone = shapely.Point(centre).buffer(3000)
    parcel = shapely.convex_hull(shapely.MultiPoint(centre + ring * random.uniform(20, 90)))
    found = judge(
        XC,
        "XC01",
        zones=[{"id": "z", "shape": zone, "level": "county", "population": 100_000}],
        parcels=[{"id": "p", "shape": parcel, "use": "A6", "area_m2": 20_000}],
    )["z"]
    assert found.value == 0.2
    assert found.verdict == "compliant"


@FEW
@given(st.lists(st.integers(60, 80), max_size=4))
def test_one_centre_of_70_not_the_sum(judge, beds):
    centres = [
        {"id": f"c{at}", "kind": "street_centre", "status": "运营", "at": (5, 5), "beds": number}
        for at, number in enumerate(beds)
    ]
    outside = {"id": "x", "kind": "street_centre", "status": "运营", "at": (50, 5), "beds": 900}
    found = judge(
        ZZ,
        "ZZ07",
        zones=[{"id": "z", "box": (0, 0, 10, 10), "level": "town"}],
        facilities=[*centres, outside],
    )["z"]
    assert found.value == sum(number >= 70 for number in beds)
    assert found.verdict == ("compliant" if max(beds, default=0) >= 70 else "non_compliant")


@FEW
@given(st.integers(2990, 3010), st.integers(8, 12))
def test_more_than_3000_households(judge, households, beds):
    found = judge(
        JY,
        "JY06",
        zones=[{"id": "z", "box": (0, 0, 10, 10), "level": "community", "households": households}],
        facilities=[
            {"id": "c", "kind": "community_centre", "status": "运营", "at": (5, 5), "beds": beds}
        ],
    )["z"]
    if households <= 3000:
        assert found.verdict == "not_applicable"
    else:
        assert found.verdict == ("compliant" if beds >= 10 else "non_compliant")


@FEW
@given(st.integers(-3, 3), st.integers(-1, 1))
def test_station_beyond_500_metres_of_its_centre(judge, off_mm, size):
    found = judge(
        JY,
        "JY07",
        zones=[{"id": "z", "box": (-900, -900, 900, 900), "level": "community"}],
        residences=[estate(status="已建", households=100)],
        facilities=[
            {
                "id": "c",
                "kind": "community_centre",
                "status": "运营",
                "at": (500 + off_mm / 1000, 0),
            },
            {
                "id": "s",
                "kind": "home_care_station",
                "status": "运营",
                "at": (0, 0),
                "floor_area_m2": 200 + size,
            },
        ],
    )["甲"]
    if off_mm <= 0:
        assert found.verdict == "not_applicable"
        assert found.evidence["centre_m"] == 500 + off_mm / 1000
    else:
        assert found.verdict == ("compliant" if size >= 0 else "non_compliant")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("已建", "non_compliant"), ("新建", "compliant"), (None, "insufficient_data")],
)
def test_a_planned_station_counts_for_a_new_estate_only(judge, status, verdict):
    station = {"id": "s", "kind": "home_care_station", "status": "规划", "at": (0, 0)}
    found = judge(
        JY,
        "JY07",
        zones=[{"id": "z", "box": (-900, -900, 900, 900), "level": "community"}],
        residences=[estate(status=status, households=100)],
        facilities=[
            {"id": "c", "kind": "community_centre", "status": "运营", "at": (800, 0)},
            station | {"floor_area_m2": 200},
        ],
    )["甲"]
    assert found.verdict == verdict


def test_a_facility_on_an_edge_counts_in_one_zone(judge):
    zones = [
        {"id": name, "box": box, "level": "town", "setting": "urban"}
        for name, box in (("west", (-900, -900, 0, 900)), ("east", (0, -900, 900, 900)))
    ]
    centre = {"id": "c", "kind": "street_centre", "status": "运营", "at": (0, 0), "beds": 80}
    found = judge(ZZ, "ZZ07", zones=zones, facilities=[centre])
    assert (found["east"].verdict, found["west"].verdict) == ("compliant", "non_compliant")
