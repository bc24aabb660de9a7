"""Statistics of regions: what counts, which region it is in, readings, and what says nothing."""

import datetime as dt

import pytest

CITY = {"id": "市", "box": (0, 0, 100, 100), "level": "city"}
EAST = {"id": "东", "box": (50, 0, 100, 100), "level": "county", "parent": "市"}
WEST = {"id": "西", "box": (0, 0, 50, 100), "level": "county", "parent": "市"}


def home(name, x=5, y=5, **cells):
    return {"id": name, "kind": "elder_home", "status": "运营", "at": (x, y), **cells}


def clause(measure, value, unit="share", sign=">=", level="city", **more):
    fields = {"measure": measure, "comparator": sign, "value": value, "unit": unit}
    return {**fields, "applies_to": {"level": (level,)}, **more}


def reading(default, *others):
    said = {"question": "如何？", "question_en": "how?", "default": default}
    return {**said, "options": (default, *others)}


# --- total and increment ----------------------------------------------------------------------


@pytest.mark.parametrize(("number", "verdict"), [(2, "non_compliant"), (3, "compliant")])
def test_more_than_excludes_the_number(judge_made, number, verdict):
    homes = [home(f"f{at}") for at in range(number)]
    found = judge_made(clause("total", 2, "facilities", ">"), zones=[CITY], facilities=homes)
    assert found["市"].verdict == verdict
    assert found["市"].value == number


def test_above_the_range_is_a_note(judge_made):
    asked = clause("total", 1, "facilities", parameters={"upper": 2})
    for number, above in ((2, False), (3, True)):
        homes = [home(f"f{at}") for at in range(number)]
        found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
        assert found.verdict == "compliant"
        assert found.evidence["above_upper"] is above


def test_total_of_nursing_beds_names_what_it_counted(judge_made):
    asked = clause("total", 5, "beds", basis={"beds": "nursing"}, kinds=("elder_home",))
    homes = [
        home("b", nursing_beds=2, beds=90),
        home("a", nursing_beds=3, beds=90),
        home("医", kind="health_facility", nursing_beds=50),
    ]
    found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == "compliant"
    assert found.value == 5
    assert [row["facility"] for row in found.evidence["facilities"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("opened", "verdict"),
    [
        ("2018-01-01", "compliant"),
        ("2018-12-31", "compliant"),
        ("2017-12-31", "non_compliant"),
        ("2019-01-01", "non_compliant"),
        (None, "insufficient_data"),
    ],
)
def test_opened_in_the_year(judge_made, opened, verdict):
    years = {"from_year": 2018, "to_year": 2018}
    asked = clause("increment", 1, "facilities", parameters=years)
    homes = [home("f", opened=opened), home("旧", opened="2001-01-01")]
    assert judge_made(asked, zones=[CITY], facilities=homes)["市"].verdict == verdict


def test_what_opened_later_added_nothing_before(judge_made):
    years = {"from_year": 2018, "to_year": 2018}
    homes = [home("f", opened="2019-05-01"), home("g", beds_added=9, beds_added_year=2018)]
    asked = clause("increment", 10, "beds", parameters=years)
    found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == "non_compliant"
    assert found.shortfall == 1


# --- where things are -------------------------------------------------------------------------


def test_a_place_on_an_edge_is_in_one_region(judge_made):
    asked = clause("total", 1, "facilities", level="county")
    found = judge_made(asked, zones=[CITY, WEST, EAST], facilities=[home("f", x=50)])
    assert sum(item.value for item in found.values()) == 1


def test_parents_win_over_shapes(judge_made):
    """A community that names its county belongs there, wherever its drawing lies."""
    asked = clause("coverage_share", 1.0, level="county", parameters={"of_level": "community"})
    zones = [
        CITY,
        WEST,
        EAST,
        {"id": "甲", "box": (60, 0, 70, 10), "level": "community", "parent": "西"},
        {"id": "乙", "box": (80, 0, 90, 10), "level": "community"},
    ]
    found = judge_made(asked, zones=zones, facilities=[home("f", x=65)])
    assert found["西"].verdict == "compliant"
    assert found["西"].evidence["covered"] == [{"zone": "甲", "facilities": ["f"]}]
    assert found["东"].verdict == "non_compliant"
    assert found["东"].evidence["uncovered"] == ["乙"]


def test_a_region_without_zones_of_the_level_is_not_covered(judge_made):
    asked = clause("coverage_share", 0.5, parameters={"of_level": "village"})
    found = judge_made(asked, zones=[CITY, WEST], facilities=[home("f")])["市"]
    assert found.formula["id"] == "reason.no_zones_of_level"
    asked = clause("coverage_share", 0.5, parameters={"of_level": "county", "of_setting": "rural"})
    urban = [WEST | {"setting": "城市"}]
    found = judge_made(asked, zones=[CITY, *urban], facilities=[home("f")])["市"]
    assert found.formula["id"] == "reason.no_zones_meant"


def test_a_named_area_is_one_region(judge_made):
    asked = {**clause("total", 2, "facilities"), "applies_to": {"area": "新区"}}
    homes = [home("f", x=20), home("g", x=70)]
    zones = [CITY, WEST, EAST]
    options = {"named_areas": {"新区": ["东", "西"]}}
    found = judge_made(asked, options, zones=zones, facilities=homes)
    assert {name: item.value for name, item in found.items()} == {"新区": 2}
    found = judge_made(asked, zones=zones, facilities=homes)
    assert found["新区"].formula["id"] == "reason.area_not_named"
    options = {"named_areas": {"新区": ["东", "南"]}}
    found = judge_made(asked, options, zones=zones, facilities=homes)
    assert found["新区"].formula["id"] == "reason.area_not_named"


@pytest.mark.parametrize(
    ("chosen", "values"), [("each", {"东": 0, "西": 2}), ("together", {"新区": 2})]
)
def test_each_district_or_all_together(judge_made, chosen, values):
    asked = {
        **clause("required_facility", 2, "facilities"),
        "applies_to": {"area": "新区"},
        "readings": {"districts": reading("each", "together")},
    }
    options = {
        "named_areas": {"新区": ["东", "西"]},
        "readings": {"M0": {"districts": chosen}},
    }
    homes = [home("f", x=20), home("g", x=30)]
    found = judge_made(asked, options, zones=[CITY, WEST, EAST], facilities=homes)
    assert {name: item.value for name, item in found.items()} == values


# --- readings of coverage ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "verdict"), [("canteen_counts", "compliant"), ("day_care_only", "non_compliant")]
)
def test_canteens_count_where_the_reading_lets_them(judge_made, chosen, verdict):
    asked = clause(
        "coverage_share",
        1.0,
        kinds=("day_care",),
        parameters={"of_level": "county", "alternative_kinds": ["meal_point"]},
        readings={"canteen": reading("day_care_only", "canteen_counts")},
    )
    zones = [CITY, WEST, EAST]
    places = [home("f", x=20, kind="day_care"), home("g", x=70, kind="meal_point")]
    options = {"readings": {"M0": {"canteen": chosen}}}
    found = judge_made(asked, options, zones=zones, facilities=places)["市"]
    assert found.verdict == verdict
    found = judge_made(asked, zones=zones, facilities=places)["市"]
    assert found.value == 0.5


@pytest.mark.parametrize(
    ("x", "chosen", "verdict"),
    [
        (120, "inside_boundary", "non_compliant"),
        (120, "within_radius", "compliant"),
        (120.001, "within_radius", "non_compliant"),
        (60, "inside_boundary", "compliant"),
    ],
)
def test_covered_inside_or_within_a_radius(judge_made, x, chosen, verdict):
    asked = clause(
        "coverage_share",
        1.0,
        parameters={"of_level": "county", "radius_m": 50},
        readings={"covered": reading("inside_boundary", "within_radius")},
    )
    options = {"readings": {"M0": {"covered": chosen}}}
    estate = {"id": "甲", "at": (70, 5), "zone": "东"}
    found = judge_made(
        asked, options, zones=[CITY, EAST], residences=[estate], facilities=[home("f", x=x)]
    )["市"]
    assert found.verdict == verdict


def test_a_radius_that_nobody_gave(judge_made):
    asked = clause(
        "coverage_share",
        1.0,
        parameters={"of_level": "county"},
        readings={"covered": reading("within_radius", "inside_boundary")},
    )
    found = judge_made(asked, zones=[CITY, EAST], facilities=[home("f")])["市"]
    assert found.formula["id"] == "reason.no_radius"


@pytest.mark.parametrize(
    ("area", "verdict"),
    [(199, "non_compliant"), (200, "compliant"), (None, "insufficient_data")],
)
def test_only_places_up_to_standard_cover(judge_made, area, verdict):
    parameters = {"of_level": "county", "min_floor_area_m2": 200}
    asked = clause("coverage_share", 1.0, parameters=parameters)
    place = home("f", floor_area_m2=area)
    assert judge_made(asked, zones=[CITY, WEST], facilities=[place])["市"].verdict == verdict


# --- required facilities ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ({"operator": "public", "medical_care": True}, "compliant"),
        ({"operator": "private", "medical_care": True}, "non_compliant"),
        ({"operator": "private"}, "non_compliant"),
        ({"operator": "public", "medical_care": False}, "non_compliant"),
        ({"operator": "public"}, "insufficient_data"),
        ({"medical_care": True}, "insufficient_data"),
        ({"operator": "public", "medical_care": True, "kind": "welfare_centre"}, "compliant"),
        ({"operator": "public", "medical_care": True, "kind": "day_care"}, "non_compliant"),
    ],
)
def test_required_facility_run_so_with_medical_care(judge_made, cells, verdict):
    asked = clause(
        "required_facility",
        1,
        "facilities",
        kinds=("elder_home",),
        parameters={
            "operators": ["public"],
            "medical_care": True,
            "alternative_kinds": ["welfare_centre"],
            "upper": 2,
        },
    )
    found = judge_made(asked, zones=[CITY], facilities=[home("f", **cells)])["市"]
    assert found.verdict == verdict
    assert found.evidence["above_upper"] is False


def test_one_that_may_count_does_not_make_three(judge_made):
    asked = clause("required_facility", 3, "facilities", parameters={"min_beds": 10})
    homes = [home("f", beds=10), home("g"), home("h", beds=9)]
    found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == "non_compliant"
    assert found.evidence["value_between"] == [1, 2]
    assert found.shortfall == 1


# --- beds over persons ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nursing", "verdict"),
    [(11, "non_compliant"), (12, "compliant"), (None, "insufficient_data")],
)
def test_nursing_beds_over_persons(judge_made, nursing, verdict):
    asked = clause(
        "beds_per_1000",
        0.14,
        "beds_per_1000_persons",
        basis={"beds": "nursing", "persons": "population"},
    )
    zone = CITY | {"population": 85_023, "elders_60": 10_000}
    found = judge_made(asked, zones=[zone], facilities=[home("f", beds=90, nursing_beds=nursing)])
    assert found["市"].verdict == verdict
    assert found["市"].evidence["beds_of"] == "nursing"


@pytest.mark.parametrize(
    ("persons", "beds", "said"),
    [
        (30, 30, "compliant"),
        (30, 29, "non_compliant"),
        (30, None, "reason.beds_unknown"),
        (None, 30, "reason.supported_unknown"),
        (0, 30, "reason.nobody_supported"),
    ],
)
def test_beds_for_the_supported(judge_made, persons, beds, said):
    zone = {"id": "镇", "box": (0, 0, 9, 9), "level": "town", "supported_persons": persons}
    found = judge_made(
        clause("beds_for_supported", 1.0, level="town"),
        zones=[zone],
        facilities=[home("f", kind="rural_home", beds=beds)],
    )["镇"]
    assert said in {found.verdict, found.formula["id"]}


# --- shares -----------------------------------------------------------------------------------


def test_more_nursing_beds_than_beds_are_not_believed(judge_made):
    asked = clause("share_of_beds", 0.6, parameters={"nursing": True})
    found = judge_made(asked, zones=[CITY], facilities=[home("f", beds=5, nursing_beds=9)])["市"]
    assert found.verdict == "insufficient_data"
    assert found.evidence["missing"] == ["f"]


@pytest.mark.parametrize(
    ("private", "verdict"), [(59, "non_compliant"), (60, "compliant"), (61, "compliant")]
)
def test_private_beds_among_those_added(judge_made, private, verdict):
    years = {"from_year": 2018, "to_year": 2020}
    asked = clause("share_of_beds", 0.6, parameters={"operators": ["private"], **years})
    homes = [
        home("f", operator="private", beds=500, beds_added=private, beds_added_year=2019),
        home("g", operator="public", beds=500, beds_added=100 - private, beds_added_year=2020),
        home("h", operator="public", beds=500, beds_added=70, beds_added_year=2017),
    ]
    found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == verdict
    assert found.value == private / 100


@pytest.mark.parametrize(
    ("measure", "unit"), [("beds_per_1000", "beds_per_1000_elders"), ("total", "beds")]
)
@pytest.mark.parametrize("sign", [">=", "<="])
def test_a_region_without_a_single_bed_has_no_ratio_and_no_total(judge_made, measure, unit, sign):
    basis = {"basis": {"elders": "elders_60"}} if measure == "beds_per_1000" else {}
    asked = clause(measure, 40, unit, sign, kinds=("elder_home",), **basis)
    zones = [{**CITY, "elders_60": 1000, "population": 9000}]
    elsewhere, empty = home("f", x=500, beds=9), home("g", beds=0)
    for homes in ([elsewhere], [elsewhere, empty]):
        found = judge_made(asked, zones=zones, facilities=homes)["市"]
        assert found.verdict == "insufficient_data"
        assert found.formula["id"] == "reason.no_beds_counted"
    found = judge_made(asked, zones=zones, facilities=[elsewhere, home("g", beds=1)])["市"]
    assert found.verdict == ("non_compliant" if sign == ">=" else "compliant")


@pytest.mark.parametrize("measure", ["share_of_beds", "share_of_facilities"])
def test_a_share_of_nothing_said(judge_made, measure):
    found = judge_made(clause(measure, 0.5), zones=[CITY], facilities=[home("f", beds=1)])["市"]
    assert found.formula["id"] == "reason.share_unsaid"


@pytest.mark.parametrize(
    ("measure", "more", "reason"),
    [
        ("share_of_beds", {"parameters": {"nursing": True}}, "no_beds"),
        ("share_of_facilities", {"parameters": {"medical_care": True}}, "no_facilities"),
        ("occupancy", {}, "no_beds"),
    ],
)
def test_a_region_without_beds_is_no_miss_and_no_pass(judge_made, measure, more, reason):
    for sign in (">=", "<="):
        asked = clause(measure, 0.5, sign=sign, **more)
        found = judge_made(asked, zones=[CITY], facilities=[home("f", x=500, beds=9)])["市"]
        assert found.formula["id"] == f"reason.{reason}"


@pytest.mark.parametrize(
    ("measure", "unit", "more"),
    [
        ("share_of_beds", "share", {"parameters": {"nursing": True}}),
        ("share_of_facilities", "share", {"parameters": {"medical_care": True}}),
        ("occupancy", "share", {}),
        ("coverage_share", "share", {"parameters": {"of_level": "county"}}),
        ("total", "beds", {}),
        ("increment", "beds", {"parameters": {"from_year": 2018, "to_year": 2018}}),
        ("beds_for_supported", "share", {}),
        ("required_facility", "facilities", {}),
    ],
)
def test_what_is_not_listed_may_still_be_there(judge_made, measure, unit, more):
    zones = [CITY | {"supported_persons": 99}, WEST, EAST]
    asked = clause(measure, 0.9 if unit == "share" else 90, unit, **more)
    full = home("f", beds=1, nursing_beds=0, residents=0, medical_care=False, beds_added=0)
    options = {"facilities_complete": False}
    found = judge_made(asked, options, zones=zones, facilities=[full])["市"]
    assert found.verdict == "insufficient_data"
    assert judge_made(asked, zones=zones, facilities=[full])["市"].verdict == "non_compliant"
    found = judge_made(asked, zones=zones)["市"]
    assert found.formula["id"] == "reason.no_facilities_layer"


# --- occupancy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("residents", "tolerance", "verdict"),
    [
        (60, None, "insufficient_data"),
        (54, "0.05", "non_compliant"),
        (55, "0.05", "compliant"),
        (90, "0.05", "compliant"),
        (60, "none", "insufficient_data"),
    ],
)
def test_about_is_judged_with_a_tolerance_only(judge_made, residents, tolerance, verdict):
    asked = clause("occupancy", 0.6, parameters={"about": True, "operators": ["public"]})
    options = {"readings": {"M0": {"tolerance": tolerance}}} if tolerance else {}
    homes = [
        home("f", beds=100, residents=residents, operator="public"),
        home("g", beds=100, residents=0, operator="private"),
    ]
    found = judge_made(asked, options, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == verdict
    assert found.value == residents / 100


# --- compliance -------------------------------------------------------------------------------

RATE = {
    "measure": "floor_area_per_100_households",
    "category": "scheme",
    "comparator": ">=",
    "value": 30,
    "unit": "m2_per_100_households",
    "parameters": {"part": "rate"},
    "applies_to": {"status": ("new",)},
}
NEW = {"id": "甲", "box": (0, 0, 10, 10), "status": "new", "households": 100}


def compliance(**parameters):
    of = {"of_measure": "floor_area_per_100_households", "of_status": "new"}
    return clause("compliance_rate", 1.0, parameters=of | parameters)


def test_estates_of_another_status_are_not_in_the_rate(judge_made):
    old = NEW | {"id": "乙", "box": (20, 20, 30, 30), "status": "existing"}
    place = home("f", kind="day_care", floor_area_m2=30)
    city = {"zones": [CITY], "residences": [NEW, old], "facilities": [place]}
    found = judge_made(compliance(), beside=[RATE], **city)["市"]
    assert found.verdict == "compliant"
    assert found.evidence["compliant"] == ["甲"]
    late = compliance(approved_from=dt.date(2020, 1, 1))
    found = judge_made(late, beside=[RATE], **city)["市"]
    assert found.verdict == "insufficient_data"
    assert found.evidence["undecided"] == ["甲"]


def test_none_of_none_is_no_rate(judge_made):
    old = NEW | {"status": "existing"}
    city = {"zones": [CITY], "residences": [old], "facilities": [home("f")]}
    found = judge_made(compliance(), beside=[RATE], **city)["市"]
    assert found.formula["id"] == "reason.no_residences_meant"


def test_no_figure_no_rate(judge_made):
    city = {"zones": [CITY], "residences": [NEW], "facilities": [home("f", floor_area_m2=99)]}
    found = judge_made(compliance(), **city)["市"]
    assert found.formula["id"] == "reason.no_clause_of_measure"
    silent = {key: RATE[key] for key in RATE if key not in {"value", "comparator", "unit"}}
    found = judge_made(compliance(), beside=[silent], **city)["市"]
    assert found.formula["id"] == "reason.compliance_unknown"
    other = compliance() | {"parameters": {"of_measure": "total", "of_status": "new"}}
    found = judge_made(other, **city)["市"]
    assert found.formula["id"] == "reason.measure_of_no_residence"


# --- order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        clause("total", 9, "beds"),
        clause("share_of_beds", 0.5, parameters={"nursing": True}),
        clause("occupancy", 0.5),
        clause("coverage_share", 0.5, parameters={"of_level": "county"}),
    ],
    ids=lambda asked: asked["measure"],
)
def test_rows_may_come_in_any_order(judge_made, asked):
    zones = [CITY, WEST, EAST]
    homes = [home("c", x=70), home("a", beds=3, nursing_beds=1, residents=2), home("b", x=20)]
    told = []
    for turn in (1, -1):
        found = judge_made(asked, zones=zones[::turn], facilities=homes[::turn])["市"].as_dict()
        told.append({**found, "evidence": {**found["evidence"], "row": None}})
    assert told[0] == told[1]


# --- what a margin promises -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "limit", "verdict", "value"),
    [
        (">=", 0.2, "compliant", 0.25),
        (">=", 0.8, "non_compliant", 0.75),
        ("<=", 0.8, "compliant", 0.75),
        ("<=", 0.2, "non_compliant", 0.25),
    ],
)
def test_the_figure_shown_is_the_one_nearest_to_the_limit(judge_made, sign, limit, verdict, value):
    asked = clause("share_of_beds", limit, sign=sign, parameters={"nursing": True})
    homes = [home("f", beds=2, nursing_beds=1), home("g", beds=2)]
    found = judge_made(asked, zones=[CITY], facilities=homes)["市"]
    assert found.verdict == verdict
    assert found.value == value
    assert found.evidence["value_between"] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("approved", "said"),
    [("2020-01-01", "compliant"), ("2019-12-31", "reason.no_residences_meant")],
)
def test_approved_on_the_day_is_in_the_rate(judge_made, approved, said):
    late = compliance(approved_from=dt.date(2020, 1, 1))
    city = {
        "zones": [CITY],
        "residences": [NEW | {"approved": approved}],
        "facilities": [home("f", kind="day_care", floor_area_m2=30)],
    }
    found = judge_made(late, beside=[RATE], **city)["市"]
    assert said in {found.verdict, found.formula["id"]}


@pytest.mark.parametrize("kinds", [("day_care", "meal_point"), ("meal_point", "day_care")])
def test_an_estate_complies_with_all_clauses_or_does_not(judge_made, kinds):
    radii = [
        {
            "measure": "service_radius",
            "category": "spatial",
            "comparator": "<=",
            "value": 500,
            "unit": "m",
            "kinds": (kind,),
        }
        for kind in kinds
    ]
    asked = clause(
        "compliance_rate",
        1.0,
        parameters={"of_measure": "service_radius", "of_status": "new"},
    )
    city = {"zones": [CITY], "residences": [NEW], "facilities": [home("f", kind="day_care")]}
    found = judge_made(asked, beside=radii, **city)["市"]
    assert found.verdict == "non_compliant"
    assert found.evidence["non_compliant"] == ["甲"]
