"""The documents of a place and those above it: what is taken, what holds, what only informs."""

import datetime as dt

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from facilityplan import checks, layers, standards
from facilityplan.checks import Verdict
from facilityplan.checks.wording import formula_text

FLOOR = "floor_area_per_100_households"
HENAN, GB50437, GB50180 = "henan-2022-regulation", "gb-50437-2018", "gb-50180-2018"
CRS = "EPSG:4547"


def ids(place, **options):
    return {item.id for item in standards.documents_of_place(place, **options)}


@pytest.mark.parametrize(
    ("place", "own", "province"),
    [
        ("郑州市", "zhengzhou-2018-34", {HENAN}),
        ("济源", "jiyuan-2017-73", {HENAN}),
        ("许昌市", "xuchang-2022-33", {HENAN}),
        ("长治市", "changzhi-2018-95", set()),
        ("泾源县", "jingyuan-2023-28", set()),
    ],
)
def test_a_place_has_its_own_documents_and_those_above(place, own, province):
    assert ids(place) == {own, GB50437} | province
    assert ids(place, unverified=True) == {own, GB50437, GB50180} | province
    standards.resolve(standards.documents_of_place(place, unverified=True), None)


def test_above_means_containing_by_code():
    every = [standards.load(name) for name in standards.document_files()]
    county = standards.load("jingyuan-2023-28")
    assert [item.id for item in standards.documents_above(county, every)] == [GB50180, GB50437]
    nation = standards.load(GB50437)
    assert [item.id for item in standards.documents_above(nation, every)] == [GB50180]
    for document in every:
        for other in standards.documents_above(document, every):
            assert other.jurisdiction in {"000000", document.jurisdiction[:2] + "0000"}


def test_a_project_may_bring_the_document_of_its_region(tmp_path):
    brought(tmp_path, 30)
    found = standards.documents_of_place("泾源县", tmp_path)
    assert {item.id for item in found} == {"jingyuan-2023-28", GB50437, "region-2021"}
    assert "region-2021" not in {
        item.id for item in standards.documents_of_place("郑州市", tmp_path)
    }


# --- what holds ---------------------------------------------------------------------------------


def city_of(households, area_m2, status, kind="日间照料中心", level="县"):
    shape = box(-50, -50, 50, 50)
    tables = {
        "zones": ({"id": ["县"], "name": ["县"], "level": [level]}, [box(-9e3, -9e3, 9e3, 9e3)]),
        "residences": (
            {"id": ["甲"], "setting": ["城市"], "status": [status], "households": [households]},
            [shape],
        ),
        "facilities": (
            {"id": ["站"], "kind": [kind], "status": ["运营"], "floor_area_m2": [area_m2]},
            [Point(0, 0)],
        ),
    }
    frames = {
        name: layers.conform(
            gpd.GeoDataFrame(cells, geometry=shapes, crs=CRS), name, kinds=standards.kind_words()
        )
        for name, (cells, shapes) in tables.items()
    }
    return layers.City("某地", CRS, dt.date(2022, 10, 1), frames)


def judged(place, as_of, city, *, measures=frozenset({FLOOR}), folder=None, unverified=False):
    documents = standards.documents_of_place(place, folder, unverified=unverified)
    return checks.assess(city, standards.resolve(documents, as_of), measures=measures)


@pytest.mark.parametrize(
    ("as_of", "households", "area_m2", "clause", "required", "verdict"),
    [
        (dt.date(2022, 10, 1), 600, 199, "ZZ04b", 200, "non_compliant"),
        (dt.date(2022, 10, 1), 600, 200, "ZZ04b", 200, "compliant"),
        (dt.date(2022, 9, 30), 600, 199, "ZZ04b", 200, "non_compliant"),
        (dt.date(2022, 10, 1), 1500, 299, "HN02", 300, "non_compliant"),
        (dt.date(2022, 10, 1), 1500, 300, "HN02", 300, "compliant"),
        (dt.date(2022, 9, 30), 1500, 300, "ZZ04a", 300, "compliant"),
    ],
)
def test_zhengzhou_keeps_its_least_size(as_of, households, area_m2, clause, required, verdict):
    (found,) = judged("郑州市", as_of, city_of(households, area_m2, "已建"))
    assert (found.clause_id, found.required, found.verdict) == (clause, required, verdict)
    assert found.evidence["confidence"] == ("B" if clause == "HN02" else "A")
    if clause == "HN02":
        assert {"clause": "ZZ04a", "reason": "lower_level", "by": "HN02"} in found.evidence[
            "not_adopted"
        ]


@pytest.mark.parametrize(
    ("as_of", "area_m2", "clause", "required", "verdict"),
    [
        (dt.date(2022, 10, 1), 119.9, "HN02", 120, "non_compliant"),
        (dt.date(2022, 10, 1), 120, "HN02", 120, "compliant"),
        (dt.date(2022, 9, 30), 120, "JY05", None, "insufficient_data"),
        (dt.date(2022, 9, 30), 9999, "JY05", None, "insufficient_data"),
        (dt.date(2019, 1, 1), 0, "JY05", None, "insufficient_data"),
    ],
)
def test_jiyuan_has_a_number_from_the_regulation_on(as_of, area_m2, clause, required, verdict):
    (found,) = judged("济源市", as_of, city_of(600, area_m2, "已建"))
    assert (found.clause_id, found.required, found.verdict) == (clause, required, verdict)
    if clause == "HN02":
        assert {item["clause"] for item in found.evidence["not_adopted"]} == {"JY05"}


def test_xuchang_is_never_tested_at_forty_beds_and_keeps_its_land():
    resolved = standards.resolve(
        standards.documents_of_place("许昌市", unverified=True), dt.date(2023, 1, 1)
    )
    unit = standards.Unit(level="city")
    (land,) = resolved.binding("land_per_person", unit)
    assert (land.clause.id, land.clause.limit) == ("XC01", 0.2)
    assert [(item.clause_id, item.reason) for item in land.set_aside] == [
        ("GB50437-3.2.1A", "lower_level")
    ]
    # The only 40 per 1000 there is the code's own, of homes alone; Zhengzhou's never.
    beds = resolved.binding("beds_per_1000", unit)
    assert {item.clause.id for item in beds} == {"GB50437-3.2.1"}


def brought(folder, per_100_m2, confidence="A"):
    """A document of the region around Jingyuan, as a project would bring it."""
    (folder / "region-2021.toml").write_text(
        f"""
[document]
id = "region-2021"
short = "RG"
number = "某规〔2021〕1号"
title = "某区规定"
title_en = "A region's rule"
issuer = "某区"
level = "municipal_document"
place = "某区"
jurisdiction = "640000"
issued = 2021-01-01
in_force = 2021-01-01
confidence = "{confidence}"

[[clause]]
id = "RG01"
group = "RG01"
number = "一"
title = "新建"
title_en = "New"
quote = "原文"
category = "scheme"
modality = "mandatory"
duty_holder = "developer"
measure = "{FLOOR}"
comparator = ">="
value = {per_100_m2}
unit = "m2_per_100_households"
kinds = ["day_care"]
statuses = ["operating"]
applies_to = {{ status = ["new"] }}
parameters = {{ part = "rate" }}
""",
        encoding="utf-8",
    )


@pytest.mark.parametrize("area_m2", [0, 90, 9999])
def test_jingyuan_is_undecided_until_its_region_gives_a_number(area_m2):
    day = dt.date(2023, 9, 1)
    city = city_of(300, area_m2, "新建")
    for unverified in (False, True):
        found = judged(
            "泾源县", day, city, measures={FLOOR, "compliance_rate"}, unverified=unverified
        )
        assert {item.clause_id for item in found} == {"JG01b", "JG01c"}
        assert {item.verdict for item in found} == {Verdict.INSUFFICIENT_DATA}


@pytest.mark.parametrize(
    ("area_m2", "verdict"), [(89.9, "non_compliant"), (90, "compliant"), (90.1, "compliant")]
)
def test_jingyuan_with_its_region_loaded(tmp_path, area_m2, verdict):
    brought(tmp_path, 30)
    found = {
        item.clause_id: item
        for item in judged(
            "泾源县",
            dt.date(2023, 9, 1),
            city_of(300, area_m2, "新建"),
            measures={FLOOR, "compliance_rate"},
            folder=tmp_path,
        )
    }
    # The county's clause is newer and special, but it is silent on the number.
    assert set(found) == {"RG01", "JG01b"}
    assert (found["RG01"].verdict, found["RG01"].required) == (verdict, 90)
    assert found["RG01"].evidence["not_adopted"] == [
        {"clause": "JG01c", "reason": "clause_without_number", "by": "RG01"}
    ]
    assert found["JG01b"].verdict == verdict


# --- what only informs --------------------------------------------------------------------------


@pytest.mark.parametrize("area_m2", [0, 89.9, 90, 9999])
def test_an_unverified_clause_concludes_nothing(tmp_path, area_m2):
    brought(tmp_path, 30, confidence="C")
    document = standards.load("region-2021", tmp_path)
    resolved = standards.resolve([document], dt.date(2023, 9, 1))
    (found,) = checks.assess(city_of(300, area_m2, "新建"), resolved)
    assert found.verdict is Verdict.INSUFFICIENT_DATA
    assert found.formula == {"id": "reason.standard_unverified"}
    assert (found.value, found.required, found.margin, found.shortfall) == (area_m2, 90, None, 0)
    assert found.evidence["confidence"] == "C"
    outcome = "compliant" if area_m2 >= 90 else "non_compliant"
    assert found.evidence["unverified_outcome"] == outcome


def test_an_unverified_clause_never_sets_a_verified_one_aside(tmp_path):
    brought(tmp_path, 30, confidence="C")
    found = judged(
        "泾源县", dt.date(2023, 9, 1), city_of(300, 90, "新建"), folder=tmp_path, unverified=True
    )
    (only,) = found
    assert only.clause_id == "JG01c"
    assert only.evidence["not_adopted"] == [
        {"clause": "RG01", "reason": "standard_unverified", "by": "JG01c"}
    ]


def test_targets_of_one_document_for_two_years_are_both_judged():
    resolved = standards.resolve([standards.load("jingyuan-2023-28")], dt.date(2024, 6, 30))
    found = resolved.binding("share_of_beds", standards.Unit(level="county"))
    assert [(item.clause.id, item.standing.value) for item in found] == [
        ("JG02a", "in_force"),
        ("JG02b", "for_the_record"),
    ]


# --- Changzhi's two halves ------------------------------------------------------------------------


def test_changzhi_at_its_census():
    crs = CRS
    zones = gpd.GeoDataFrame(
        {
            "id": ["长治市"],
            "name": ["长治市"],
            "level": ["市"],
            "elders_60": [609_270],
            "elders_65": [412_263],
        },
        geometry=[box(0, 0, 9, 9)],
        crs=crs,
    )
    facilities = gpd.GeoDataFrame(
        {"id": ["院"], "kind": ["养老院"], "status": ["运营"], "beds": [15_000]},
        geometry=[Point(1, 1)],
        crs=crs,
    )
    frames = {
        "zones": layers.conform(zones, "zones"),
        "facilities": layers.conform(facilities, "facilities", kinds=standards.kind_words()),
    }
    city = layers.City("长治", crs, dt.date(2020, 12, 31), frames)
    resolved = standards.resolve([standards.load("changzhi-2018-95")], city.as_of)
    found = {
        item.clause_id: item
        for item in checks.assess(city, resolved, measures={"total", "beds_per_1000"})
    }
    assert found["CZ01a"].verdict is Verdict.COMPLIANT
    rate = found["CZ01b"]
    assert rate.verdict is Verdict.NON_COMPLIANT
    assert round(rate.value, 1) == 24.6
    assert round(rate.evidence["other_bases"]["elders_65"], 1) == 36.4
    assert rate.evidence["implied_base"] == {"elders": 375_000, "value": 40.0}
    # 15000 x 1000 / 609270, / 412263 and / 375000: all three are printed
    for lang, words in (
        ("zh", "人（60岁及以上常住老人）；按65岁"),
        ("en", "(residents of 60 and over)"),
    ):
        said = formula_text(rate, lang)
        assert words in said
        for figure in ("15000", "609270", "36.385", "375000", " 40 "):
            assert figure in said
    assert round(rate.evidence["beds_required"]) == 24_371
    assert "375000" in resolved.documents[0].clause("CZ01b").reading
