"""Missing data is never a pass, and never a miss that the data do not show."""

import datetime as dt
import json

import pytest

from facilityplan import checks, standards
from facilityplan.checks import wording

ZZ, JY, XC = "zhengzhou-2018-34", "jiyuan-2017-73", "xuchang-2022-33"
HOME = {
    "id": "甲",
    "box": (-50, -50, 50, 50),
    "setting": "城市",
    "status": "已建",
    "households": 600,
}
SITE = {
    "id": "站",
    "kind": "day_care",
    "status": "运营",
    "at": (0, 0),
    "floor_area_m2": 300,
    "beds": 9,
}
TOWN = {"id": "镇", "box": (-900, -900, 900, 900), "level": "town", "setting": "城市"}


def without(row, *keys):
    return {key: value for key, value in row.items() if key not in keys}


@pytest.mark.parametrize(
    ("clause", "residence", "facility", "reason"),
    [
        ("ZZ04b", HOME, without(SITE, "floor_area_m2"), "floor_area_unknown"),
        ("ZZ04b", HOME, without(SITE, "kind"), "floor_area_unknown"),
        ("ZZ04b", HOME, without(SITE, "status"), "floor_area_unknown"),
        ("ZZ04a", without(HOME, "households"), SITE, "households_unknown"),
        ("ZZ04a", without(HOME, "setting"), SITE, "setting_unknown"),
        ("ZZ02a", without(HOME, "status"), SITE, "status_unknown"),
        ("ZZ02b", without(HOME, "status"), SITE, "status_unknown"),
        ("ZZ05a", without(HOME, "setting"), SITE, "setting_unknown"),
        ("ZZ05a", HOME, without(SITE, "kind"), "facility_undescribed"),
        ("ZZ05a", HOME, without(SITE, "status"), "facility_undescribed"),
    ],
)
def test_blank_cells_of_estates(judge, clause, residence, facility, reason):
    (finding,) = judge(ZZ, clause, residences=[residence], facilities=[facility]).values()
    assert finding.verdict == "insufficient_data"
    assert finding.formula["id"] == f"reason.{reason}"
    assert finding.shortfall == 0


@pytest.mark.parametrize(
    ("facility", "verdict"),
    [
        (SITE | {"kind": None, "floor_area_m2": 0}, "non_compliant"),
        (SITE | {"status": "停业", "floor_area_m2": None}, "non_compliant"),
        (SITE | {"kind": "meal_point", "floor_area_m2": None}, "non_compliant"),
    ],
)
def test_what_cannot_matter_does_not_hide_a_miss(judge, facility, verdict):
    (finding,) = judge(ZZ, "ZZ04b", residences=[HOME], facilities=[facility]).values()
    assert finding.verdict == verdict


def test_known_parts_that_suffice_do(judge):
    unknown = without(SITE, "floor_area_m2") | {"id": "未知"}
    (finding,) = judge(ZZ, "ZZ04b", residences=[HOME], facilities=[SITE, unknown]).values()
    assert finding.verdict == "compliant"
    assert finding.evidence["missing"] == ["未知"]


def test_without_layers(judge):
    for clause in ("ZZ04a", "ZZ05a"):
        (finding,) = judge(ZZ, clause, residences=[HOME]).values()
        assert finding.formula["id"] == "reason.no_facilities_layer"
    assert judge(ZZ, "ZZ05a", zones=[TOWN]) == {}
    (finding,) = judge(JY, "JY07", residences=[HOME], facilities=[SITE]).values()
    assert finding.formula["id"] == "reason.no_zones_or_facilities"
    (finding,) = judge(ZZ, "ZZ07", zones=[TOWN]).values()
    assert finding.formula["id"] == "reason.no_facilities_layer"
    (finding,) = judge(JY, "JY07", zones=[TOWN], residences=[HOME], facilities=[SITE]).values()
    assert finding.formula["id"] == "reason.no_community"


def test_incomplete_facilities_are_no_proof_of_a_miss(judge):
    options = {"facilities_complete": False}
    far = SITE | {"at": (700, 0)}
    city = {"residences": [HOME], "facilities": [far], "zones": [TOWN]}
    for document, clause in ((ZZ, "ZZ04b"), (ZZ, "ZZ05a"), (ZZ, "ZZ07"), (XC, "XC06a")):
        (finding,) = judge(document, clause, options, **city).values()
        assert finding.formula["id"] == "reason.facilities_incomplete", clause
    (finding,) = judge(ZZ, "ZZ05a", options, **city | {"facilities": [SITE]}).values()
    assert finding.verdict == "compliant"


@pytest.mark.parametrize(
    ("facilities", "complete", "said"),
    [
        ([SITE], True, "compliant"),
        ([], True, "not_applicable"),
        ([SITE], False, "reason.facilities_incomplete"),
        ([], False, "reason.facilities_incomplete"),
        ([SITE | {"kind": None}], True, "reason.facility_undescribed"),
        ([SITE, SITE | {"id": "?", "status": None}], True, "reason.facility_undescribed"),
        ([SITE, SITE | {"id": "?", "kind": "meal_point"}], True, "compliant"),
        ([SITE, SITE | {"id": "二"}, SITE | {"id": "?", "kind": None}], True, "non_compliant"),
        ([SITE, SITE | {"id": "二"}], False, "non_compliant"),
    ],
)
def test_premises_that_may_be_a_second_place(judge, facilities, complete, said):
    elsewhere = {"id": "z", "kind": "meal_point", "status": "运营", "at": (1500, 0)}
    (finding,) = judge(
        ZZ,
        "ZZ02b",
        {"facilities_complete": complete},
        residences=[HOME | {"status": "新建"}],
        facilities=[*facilities, elsewhere],
    ).values()
    assert said in {finding.verdict, finding.formula["id"]}
    assert (finding.verdict == "insufficient_data") == said.startswith("reason.")


def community(**cells):
    return {"id": "社", "box": (-2000, -2000, 2000, 2000), "level": "community", **cells}


def test_a_zone_without_parent_has_the_one_around_it(judge):
    """The residence names its community, the community no town: the point finds the town."""
    home = without(HOME, "setting") | {"zone": "社"}
    zones = [community(), without(TOWN, "setting") | {"setting": "农村"}]
    assert judge(ZZ, "ZZ05a", zones=zones, residences=[home], facilities=[SITE]) == {}
    (finding,) = judge(ZZ, "ZZ05b", zones=zones, residences=[home], facilities=[SITE]).values()
    assert finding.verdict == "compliant"


def test_a_village_is_in_no_community(judge):
    """What is named is not contradicted by what lies on top of it."""
    village = {"id": "村", "box": (-99, -99, 99, 99), "level": "village"}
    home = HOME | {"zone": "村"}
    zones = [community(), village]
    found = judge(JY, "JY07", zones=zones, residences=[home], facilities=[SITE])
    assert found["甲"].formula["id"] == "reason.no_community"


@pytest.mark.parametrize(
    ("facilities", "verdict"),
    [
        ([], "insufficient_data"),
        ([{"id": "?", "status": "运营", "at": (499, 0)}], "insufficient_data"),
        (
            [
                {"id": "c", "kind": "community_centre", "status": "运营", "at": (900, 0)},
                {"id": "?", "status": "运营", "at": (499, 0)},
            ],
            "insufficient_data",
        ),
        (
            [
                {"id": "c", "kind": "community_centre", "status": "运营", "at": (900, 0)},
                {"id": "?", "status": "运营", "at": (501, 0)},
            ],
            "non_compliant",
        ),
        (
            [
                {"id": "c", "kind": "community_centre", "status": "运营", "at": (900, 0)},
                {"id": "?", "status": "运营", "at": (499, 0)},
                {
                    "id": "s",
                    "kind": "home_care_station",
                    "status": "运营",
                    "at": (0, 0),
                    "floor_area_m2": 200,
                },
            ],
            "compliant",
        ),
        (
            [
                {"id": "c", "kind": "community_centre", "status": "运营", "at": (400, 0)},
                {"id": "?", "status": "运营", "at": (300, 0)},
            ],
            "not_applicable",
        ),
    ],
)
def test_a_place_that_may_be_the_centre(judge, facilities, verdict):
    elsewhere = {"id": "z", "kind": "meal_point", "status": "运营", "at": (1500, 0)}
    found = judge(
        JY, "JY07", zones=[community()], residences=[HOME], facilities=[*facilities, elsewhere]
    )
    assert found["甲"].verdict == verdict


def test_every_finding_is_plain_json_and_sayable(make_city):
    """Cities full of holes: no crash, no NaN, no sentence with a gap, in both languages."""
    holes = make_city(
        zones=[TOWN, without(TOWN, "setting") | {"id": "镇2"}, community(households=3001)],
        residences=[
            HOME,
            {"id": "空", "at": (9000, 0)},
            without(HOME, "households") | {"id": "缺"},
        ],
        facilities=[SITE, {"id": "无", "at": (0, 10)}, without(SITE, "beds") | {"id": "无床"}],
        parcels=[{"id": "p", "box": (0, 0, 1, 1), "use": "R2"}],
    )
    bare = make_city(residences=[{"id": "空", "at": (0, 0)}])
    for city in (holes, bare):
        for name in (ZZ, JY, XC):
            found = checks.assess(city, standards.resolve([standards.load(name)], city.as_of))
            assert found
            for item in found:
                json.dumps(item.as_dict(), allow_nan=False)
                if item.verdict == "insufficient_data":
                    assert item.margin is None
                for lang in ("zh", "en"):
                    assert "{" not in wording.formula_text(item, lang)
                    assert wording.verdict_text(item, lang)


def test_clauses_come_in_order_and_no_unit_twice(make_city):
    city = make_city(residences=[HOME, HOME | {"id": "乙"}], facilities=[SITE], zones=[TOWN])
    found = checks.assess(city, standards.resolve([standards.load(ZZ)], city.as_of))
    keys = [(item.clause_id, item.unit_kind, item.unit_id) for item in found]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


def test_a_tie_names_the_facility_of_the_lowest_id_in_any_order(judge):
    sites = [SITE | {"id": name, "at": at} for name, at in (("b", (300, 0)), ("a", (0, 300)))]
    for rows in (sites, sites[::-1]):
        (finding,) = judge(ZZ, "ZZ05a", residences=[HOME], facilities=rows).values()
        assert finding.evidence["facility"] == "a"


def test_inputs_are_left_as_they_are(make_city):
    city = make_city(residences=[HOME], facilities=[SITE], zones=[TOWN, community()])
    before = {name: frame.copy() for name, frame in city.layers.items()}
    checks.assess(city, standards.resolve([standards.load(JY)], dt.date(2019, 1, 1)))
    for name, frame in city.layers.items():
        assert frame.equals(before[name])
