"""Taipei's beds over its elders, against sums by hand; a home counts in the village it lies in."""

import csv
import importlib.util
import json

import pytest
import shapely

import facilityplan as fp

pytestmark = pytest.mark.real

AGES_65 = (*(f"A{age}A{age + 4}_CNT" for age in range(65, 100, 5)), "A100UP_5_CNT")
BEDS = "核定床數-核定總床位數"


def zone_maker(folder):
    spec = importlib.util.spec_from_file_location("make_zones", folder / "make_zones.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def findings(copied, shared):
    folder = copied("taipei")
    villages = shared / "taipei" / "villages_5year_ages.geojson"
    zone_maker(folder).main(str(villages), str(folder / "zones.gpkg"))
    return list(fp.open_project(folder).findings())


@pytest.fixture(scope="module")
def by_hand(shared):
    """Elders by district from the villages; homes with the district stated and the one they lie in.

    Plain JSON, CSV and the villages' own polygons: no zones, no projection.
    """
    text = (shared / "taipei" / "villages_5year_ages.geojson").read_text(encoding="utf-8")
    villages = json.loads(text)["features"]
    elders = {}
    for village in villages:
        facts = village["properties"]
        elders.setdefault(facts["TOWN"], []).extend(facts[age] for age in AGES_65)
    shapes = shapely.from_geojson([json.dumps(village["geometry"]) for village in villages])
    homes = []
    with (shared / "taipei" / "elder_homes.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            point = shapely.Point(float(row["lon"]), float(row["lat"]))
            (at,) = shapely.intersects(shapes, point).nonzero()[0]
            found = villages[at]["properties"]["TOWN"]
            homes.append((row["編號"], row["區域別"], found, int(row[BEDS])))
    return {town: sum(persons) for town, persons in elders.items()}, homes


def figures(finding):
    return finding.formula["beds"], finding.formula["persons"]


def test_the_city(findings):
    (city,) = (item for item in findings if item.unit_name == "臺北市")
    assert figures(city) == (5192, 574458)
    assert city.value == 5192 * 1000 / 574458 == pytest.approx(9.0381, abs=5e-5)
    assert city.verdict == "compliant"
    assert len(city.evidence["facilities"]) == 94
    assert sum(home["beds"] for home in city.evidence["facilities"]) == 5192


def test_the_districts_sum_to_the_city(findings, by_hand):
    elders, homes = by_hand
    districts = {item.unit_name: item for item in findings if item.unit_name != "臺北市"}
    assert set(districts) == set(elders)
    assert len(districts) == 12
    assert len(findings) == 13
    counted = [
        home["facility"] for item in districts.values() for home in item.evidence["facilities"]
    ]
    assert sorted(counted) == sorted(home for home, *_ in homes)
    beds, persons = (sum(part) for part in zip(*map(figures, districts.values()), strict=True))
    assert (beds, persons) == (5192, 574458)
    for name, item in districts.items():
        here = sum(beds for _, _, found, beds in homes if found == name)
        assert figures(item) == (here, elders[name])
        assert item.value == here * 1000 / elders[name]
        assert (item.verdict == "compliant") == (item.value >= 9)


def test_one_home_lies_outside_the_district_it_names(findings, by_hand):
    outside = [home for home in by_hand[1] if home[1] != home[2]]
    assert outside == [("83", "松山區", "大安區", 24)]
    names = {
        item.unit_name: {home["facility"] for home in item.evidence["facilities"]}
        for item in findings
    }
    assert "83" in names["大安區"]
    assert "83" not in names["松山區"]
