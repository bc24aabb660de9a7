"""Money, held against sums done by hand; clauses written here, in the documents' own words."""

import datetime as dt
import decimal
import itertools

import geopandas as gpd
import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from facilityplan import layers, standards
from facilityplan.errors import BadValueError, DuplicateIdError, StandardFormatError
from facilityplan.subsidy import (
    AwardStatus,
    formula_text,
    programmes_elsewhere,
    reason_text,
    stars_of,
    subsidies,
)

AS_OF = dt.date(2019, 6, 30)
HEAD = """
[document]
id = "testing-1"
short = "TT"
number = "测〔2018〕1号"
title = "测试"
title_en = "Test"
issuer = "测试市"
level = "municipal_document"
place = "测试市"
jurisdiction = "990000"
issued = 2018-01-01
in_force = 2018-01-01
term_end = 2020-12-31
confidence = "A"
"""
CLAUSE = """
[[clause]]
id = "{id}"
group = "{id}"
number = "一"
title = "奖补"
title_en = "Subsidy"
quote = "奖补"
category = "money"
modality = "text"
duty_holder = "bureau"
measure = "subsidy"
unit = "{unit}"
kinds = {kinds}
statuses = ["operating"]
{more}
[clause.parameters]
programme = "{id}"
{parameters}
"""
READING = """
[clause.readings.{name}]
question = "?"
question_en = "?"
default = "{options[0]}"
options = ["{options[0]}", "{options[1]}"]
"""
STEPS = READING.format(name="steps", options=("whole_steps", "pro_rata"))
LEVELS = READING.format(name="levels", options=("together", "each_level"))
ZZ09 = (
    'formula = "stepped_area"\nbase_m2 = 200\nbase = 10\nstep_m2 = 100\nstep = 5\ncap = 100\n'
    "up_to_standard = true\n"
)
CZ13 = (
    'formula = "per_bed"\nper_bed = 3000\nper_bed_province = 5000\n'
    'operators = ["private"]\nnonprofit = true\nmin_years = 1\n'
)
ZZ16 = 'formula = "per_bed"\nper_bed_new = 9000\nper_bed_converted = 6000\n'
STATION, HOME = '["home_care_station"]', '["elder_home"]'


def document(tmp_path, parameters, *, unit="yuan_10000", kinds=STATION, more="", after=""):
    path = tmp_path / "testing-1.toml"
    text = CLAUSE.format(id="TT01", unit=unit, kinds=kinds, more=more, parameters=parameters)
    path.write_text(HEAD + text + after, encoding="utf-8")
    return standards.read_document(path)


def city(facilities, facts=(), readings=None):
    rows = [{"id": "F1", "status": "operating", **row} for row in facilities]
    names = sorted({name for row in rows for name in row})
    cells = {name: [row.get(name) for row in rows] for name in names}
    shapes = [Point(at, 0) for at in range(len(rows))]
    frames = {
        "facilities": layers.conform(
            gpd.GeoDataFrame(cells, geometry=shapes, crs="EPSG:4547"),
            "facilities",
            kinds=standards.kind_words(),
        )
    }
    if facts:
        names = sorted({name for row in facts for name in row})
        table = {name: [row.get(name) for row in facts] for name in names}
        raw = gpd.GeoDataFrame(table, geometry=[None] * len(facts))
        frames["subsidy_facts"] = layers.conform(raw, "subsidy_facts")
    return layers.City("测试市", "EPSG:4547", AS_OF, frames, readings=readings or {})


def awards(parts, facilities, facts=(), readings=None):
    return subsidies(city(facilities, facts, readings), standards.resolve([parts], AS_OF))


def one(parts, facility, facts=None, readings=None):
    sheet = [{"facility": "F1", **facts}] if facts is not None else ()
    (only,) = awards(parts, [facility], sheet, readings)
    return only


def station(area):
    return {"kind": "home_care_station", "floor_area_m2": area}


GOOD = {"up_to_standard": True}


@pytest.mark.parametrize(
    ("area", "expected"),
    [(199, 0), (200, 10), (299, 10), (300, 15), (2000, 100), (2100, 100), (1999, 95)],
)
def test_zhengzhou_stations(tmp_path, area, expected):
    found = one(document(tmp_path, ZZ09, after=STEPS), station(area), GOOD)
    assert found.yuan == expected * 10_000
    assert found.status == ("granted" if expected else "none")
    assert found.capped is (area == 2100)


def test_zhengzhou_by_the_other_reading(tmp_path):
    chosen = {"TT01": {"steps": "pro_rata"}}
    parts = document(tmp_path, ZZ09, after=STEPS)
    found = one(parts, station(299), GOOD, chosen)
    assert found.yuan == 149_500
    assert found.readings == {"steps": "pro_rata"}
    assert found.by_reading == {"whole_steps": 100_000, "pro_rata": 149_500}
    assert one(parts, station(300), GOOD, chosen).by_reading == {}


def test_not_up_to_standard_is_0_and_unknown_is_not(tmp_path):
    parts = document(tmp_path, ZZ09, after=STEPS)
    assert one(parts, station(250), {"up_to_standard": False}).yuan == 0
    unknown = one(parts, station(250), {})
    assert (unknown.status, unknown.yuan) == (AwardStatus.INSUFFICIENT_DATA, None)
    assert unknown.missing == ("up_to_standard",)
    # Too small is too small, whoever looks at its standard.
    assert one(parts, station(150)).yuan == 0
    assert one(parts, station(None), GOOD).missing == ("floor_area_m2",)


def test_changzhi_beds(tmp_path):
    parts = document(tmp_path, CZ13, unit="yuan_per_bed", kinds=HOME)
    home = {
        "kind": "elder_home",
        "beds": 80,
        "operator": "private",
        "nonprofit": True,
        "opened": "2018-06-30",
    }
    found = one(parts, home)
    assert (found.yuan, found.province_yuan) == (240_000, 400_000)
    assert one(parts, home | {"opened": "2018-07-01"}).reason == "reason.subsidy_opened"
    assert one(parts, home | {"operator": "public"}).yuan == 0
    assert one(parts, home | {"nonprofit": False}).yuan == 0
    assert one(parts, home | {"beds": None}).missing == ("beds",)
    assert one(parts, home | {"opened": None, "nonprofit": None}).missing == ("nonprofit", "opened")


@pytest.mark.parametrize(("reading", "expected"), [("together", 90), ("each_level", 180)])
def test_zhengzhou_beds_by_both_readings(tmp_path, reading, expected):
    parts = document(tmp_path, ZZ16, unit="yuan_per_bed", kinds=HOME, after=LEVELS)
    home = {"kind": "elder_home", "beds": 300, "beds_added": 100}
    found = one(parts, home, {"beds_new": 100}, {"TT01": {"levels": reading}})
    assert found.yuan == expected * 10_000
    assert found.by_reading == {"together": 900_000, "each_level": 1_800_000}


def test_new_and_converted_beds(tmp_path):
    parts = document(tmp_path, ZZ16, unit="yuan_per_bed", kinds=HOME, after=LEVELS)
    home = {"kind": "elder_home", "beds_added": 100}
    assert one(parts, home, {"beds_converted": 40}).yuan == 60 * 9000 + 40 * 6000
    assert one(parts, home).missing == ("beds_new", "beds_converted")
    assert one(parts, home, {"beds_new": 101}).missing == ("beds_converted",)


@pytest.mark.parametrize(
    ("unit", "parameters", "facility", "facts", "expected", "per"),
    [
        ("share", 'formula = "share_of_cost"\nshare = 0.3', {"investment": 1000}, {}, 3e6, "once"),
        ("share", 'formula = "share_of_cost"\nshare = 0.3', {}, {}, "investment", "once"),
        (
            "yuan_10000",
            'formula = "per_rating"\namounts = [5, 7, 10, 20, 30]',
            {"rating": "四星级"},
            {},
            200_000,
            "once",
        ),
        (
            "yuan_10000",
            'formula = "per_rating"\namounts = [5, 7]',
            {"rating": "未评"},
            {},
            "rating",
            "once",
        ),
        (
            "yuan",
            (
                'formula = "per_person_year"\nper_person_year = [1200, 1800, 2400]\n'
                'groups = ["self_care", "semi_dependent", "dependent"]'
            ),
            {},
            {"self_care": 10, "semi_dependent": 5, "dependent": 2},
            10 * 1200 + 5 * 1800 + 2 * 2400,
            "year",
        ),
        (
            "yuan",
            (
                'formula = "per_person_month"\nper_person_month = [100, 150, 200]\n'
                'groups = ["years_1", "years_2", "years_3"]'
            ),
            {},
            {"years_1": 3, "years_2": 2},
            "years_3",
            "month",
        ),
        ("yuan_10000", 'formula = "fixed"\namounts = [30]', {}, {}, 300_000, "once"),
        ("yuan_10000", 'formula = "fixed"\namounts = [30, 60]', {}, {}, "decision", "once"),
        (
            "yuan_10000",
            'formula = "fixed"\namounts = [30, 15]\ngroups = ["county", "town"]',
            {},
            {"group": "town"},
            150_000,
            "once",
        ),
    ],
)
def test_other_formulas(tmp_path, unit, parameters, facility, facts, expected, per):
    parts = document(tmp_path, parameters, unit=unit, kinds=HOME)
    found = one(parts, {"kind": "elder_home", **facility}, facts)
    assert found.per == per
    if isinstance(expected, str):
        assert found.missing == (expected,)
        assert found.yuan is None
    else:
        assert found.yuan == expected


@pytest.mark.parametrize(
    ("investment", "city_share", "province"),
    [
        (4999, 0, None),
        (5000, 90, 300),
        (9999, 90, 300),
        (10000, 150, 500),
        (20000, 300, 1000),
        (99999, 300, 1000),
    ],
)
def test_tiers_of_investment(tmp_path, investment, city_share, province):
    parts = document(
        tmp_path,
        'formula = "tiers"\ntiers = [5000, 10000, 20000]\namounts = [90, 150, 300]\n'
        "amounts_province = [300, 500, 1000]",
        kinds=HOME,
    )
    found = one(parts, {"kind": "elder_home", "investment": investment})
    assert found.yuan == city_share * 10_000
    assert found.province_yuan == (None if province is None else province * 10_000)


@pytest.mark.parametrize(
    ("said", "stars"),
    [
        ("三星级", 3),
        ("5", 5),
        ("一星", 1),
        ("★★★★", 4),
        ("★★☆☆☆", 2),
        ("未评定", None),
        (None, None),
        ("六星级", None),
        ("", None),
        ("☆", None),
    ],
)
def test_stars(said, stars):
    assert stars_of(said) == stars


def test_other_kinds_get_nothing_and_unknown_ones_are_said(tmp_path):
    parts = document(tmp_path, ZZ09, after=STEPS)
    other = {"id": "F2", "kind": "elder_home", "floor_area_m2": 500}
    blank = {"id": "F3", "kind": None, "floor_area_m2": 500}
    found = awards(parts, [station(500), other, blank], [{"facility": "F3", **GOOD}])
    assert [(item.facility_id, item.missing) for item in found] == [
        ("F1", ("up_to_standard",)),
        ("F3", ("kind",)),
    ]


def test_a_programme_for_others_than_facilities(tmp_path):
    parts = document(tmp_path, 'formula = "fixed"\namounts = [30]', kinds="[]")
    assert awards(parts, [station(500)]) == ()
    held = standards.resolve([parts], AS_OF)
    assert [clause.id for clause in programmes_elsewhere(held)] == ["TT01"]


def test_carers_and_platforms_where_the_sheet_of_facts_names_them(tmp_path):
    carers = 'formula = "per_person_month"\nper_person_month = [100]\ngroups = ["years_1"]'
    parts = document(tmp_path, carers, unit="yuan", kinds="[]")
    assert awards(parts, [station(500)]) == ()
    assert one(parts, station(500), {"years_1": 4}).yuan == 400
    platform = 'formula = "fixed"\namounts = [30]\ngroups = ["county_platform"]'
    parts = document(tmp_path, platform, kinds="[]")
    assert one(parts, station(500), {"group": "county_platform"}).yuan == 300_000


def test_a_level_that_nobody_says(tmp_path):
    scope = 'applies_to = { level = ["county"] }'
    parts = document(tmp_path, ZZ09, after=STEPS, more=scope)
    assert one(parts, station(500), GOOD).missing == ("scope_level",)
    assert one(parts, station(500), GOOD | {"level": "县"}).yuan == 250_000
    assert awards(parts, [station(500)], [{"facility": "F1", "level": "市", **GOOD}]) == ()


def test_facts_of_nobody_and_facts_twice(tmp_path):
    parts = document(tmp_path, ZZ09, after=STEPS)
    with pytest.raises(BadValueError, match="F9"):
        awards(parts, [station(500)], [{"facility": "F9"}])
    with pytest.raises(DuplicateIdError, match="F1"):
        awards(parts, [station(500)], [{"facility": "F1"}, {"facility": "F1"}])


@pytest.mark.parametrize(
    ("parameters", "unit", "key"),
    [
        ('formula = "magic"', "yuan", "formula"),
        ('formula = "stepped_area"\nbase = 1\nstep_m2 = 1\nstep = 1', "yuan", "base_m2"),
        ('formula = "per_bed"', "yuan", "per_bed"),
        ('formula = "per_rating"', "yuan", "amounts"),
        ('formula = "per_rating"\namounts = ["x"]', "yuan", "amounts"),
        ('formula = "tiers"\ntiers = [2, 1]\namounts = [1, 2]', "yuan", "tiers"),
        ('formula = "tiers"\ntiers = [1]\namounts = [1, 2]', "yuan", "amounts"),
        ('formula = "per_person_year"\nper_person_year = [1]', "yuan", "groups"),
        ('formula = "fixed"\namounts = [1]', "share", "unit"),
    ],
)
def test_a_money_clause_that_is_off(tmp_path, parameters, unit, key):
    facility = station(500) | {"beds": 1, "rating": "3", "investment": 5}
    with pytest.raises(StandardFormatError, match=key):
        awards(document(tmp_path, parameters, unit=unit), [facility])


def test_words_in_both_languages(tmp_path):
    parts = document(tmp_path, ZZ09, after=STEPS)
    for lang in ("zh", "en"):
        known, unknown = one(parts, station(350), GOOD), one(parts, station(350))
        assert "10 + 5 × 1" in formula_text(known, lang)
        assert reason_text(known, lang) == ""
        assert reason_text(unknown, lang)
    assert "最高 100" in formula_text(known, "zh")
    assert known.as_dict()["status"] == "granted"


@settings(max_examples=examples(60), deadline=None)
@given(area=st.floats(200, 5000), more=st.floats(0, 500))
def test_more_area_never_gives_less_and_never_above_the_cap(tmp_path_factory, area, more):
    folder = tmp_path_factory.getbasetemp()
    parts = document(folder, ZZ09, after=STEPS)
    small, large = (one(parts, station(size), GOOD) for size in (area, area + more))
    assert small.yuan <= large.yuan <= 1_000_000
    by_hand = min(100, 10 + 5 * ((decimal.Decimal(repr(area)) - 200) // 100))
    assert small.yuan == by_hand * 10_000


def test_years_open_on_the_day(tmp_path):
    parts = document(
        tmp_path, 'formula = "fixed"\namounts = [1]\nmin_years = 1', unit="yuan", kinds=HOME
    )
    opened = {"2018-06-29": 1, "2018-06-30": 1, "2018-07-01": 0, "2016-02-29": 1}
    for day, expected in opened.items():
        assert one(parts, {"kind": "elder_home", "opened": day}).yuan == expected


def test_the_order_of_facilities_means_nothing(tmp_path):
    parts = document(tmp_path, ZZ09, after=STEPS)
    rows = [{"id": f"F{at}", **station(200 + 50 * at)} for at in range(3)]
    orders = [
        [(item.facility_id, item.missing) for item in awards(parts, list(order))]
        for order in itertools.permutations(rows)
    ]
    assert all(order == orders[0] for order in orders)
