"""Two runs compared: against sums by hand, against itself, and the other way round."""

import copy
import dataclasses
import datetime as dt
import math

import geopandas as gpd
import pytest
import shapely
from campaign import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from run_records import record, through_json

from facilityplan import standards
from facilityplan.checks import Context, assess_context
from facilityplan.checks.radius_coverage import radius_coverage
from facilityplan.cli.run import sample_city
from facilityplan.errors import UsageError
from facilityplan.layers import City, conform
from facilityplan.project import open_project
from facilityplan.project.confirmation import scenario_changes
from facilityplan.project.scenario import with_scenario
from facilityplan.scenario.difference import difference
from facilityplan.scenario.file import Claim, Scenario, confirm

HERE = "EPSG:4547"
X, Y = 500000.0, 3800000.0
BORDER = 1000.0
RADIUS = "ZZ05a"
COUNTING = {"home_care_station", "day_care"}
SHOWN = ("service_radius", "floor_area_per_100_households", "concentration")
SIDED = ("facilities", "regions", "clauses", "verdicts", "rates")


def judged(
    residences,
    facilities,
    *,
    as_of=dt.date(2019, 6, 30),
    document="zhengzhou-2018-34",
    measures=SHOWN,
):
    """Return the record of a city given as plain rows, its western and its eastern street."""
    frames = {}
    for layer, rows in (("residences", residences), ("facilities", facilities)):
        names = sorted({key for row in rows.values() for key in row} - {"x", "y"})
        cells = {name: [row.get(name) for row in rows.values()] for name in names}
        shapes = [shapely.Point(X + row["x"], Y + row["y"]) for row in rows.values()]
        raw = gpd.GeoDataFrame({"id": list(rows), **cells}, geometry=shapes, crs=HERE)
        frames[layer] = conform(raw, layer, kinds=standards.kind_words())
    boxes = [(-9000, BORDER), (BORDER, 9000), (-9000, 9000)]
    zones = gpd.GeoDataFrame(
        {
            "id": ["W", "E", "C"],
            "name": ["西街道", "东街道", "小县"],
            "level": ["town", "town", "county"],
            "parent": ["C", "C", None],
        },
        geometry=[shapely.box(X + west, Y - 9000, X + east, Y + 9000) for west, east in boxes],
        crs=HERE,
    )
    frames["zones"] = conform(zones, "zones")
    resolved = standards.resolve([standards.load(document)], as_of)
    context = Context(City("小城", HERE, as_of, frames), resolved)
    findings = assess_context(context, measures=measures)
    return record(context, findings, radius_coverage(context, findings))


def covered(residences, facilities):
    """Return who is within 500 metres, by nothing but Pythagoras."""
    running = [
        row
        for row in facilities.values()
        if row["status"] == "operating" and row["kind"] in COUNTING
    ]
    return {
        name
        for name, home in residences.items()
        if any(math.hypot(home["x"] - f["x"], home["y"] - f["y"]) <= 500 for f in running)
    }


def swap(row, *names):
    one, two = names
    row[one], row[two] = row[two], row[one]


def swapped(document):
    """Return a comparison as it must be the other way round, by turning every pair."""
    turned = copy.deepcopy(document)
    turned["runs"].reverse()
    turn_pairs(turned["circumstances"])
    what = {"opened": "closed", "planned": "dropped"}
    what |= {after: before for before, after in what.items()}
    coverage = turned["coverage"]
    covered_rows = [*coverage["newly_covered"], *coverage["lost"]]
    for side in (coverage, coverage["on_foot"]):
        swap(side, "newly_covered", "lost")
    covered_rows += [*coverage["on_foot"]["newly_covered"], *coverage["on_foot"]["lost"]]
    for layer in ("residences", "zones"):
        swap(turned[layer], "appeared", "gone")
    for rows in (covered_rows, *(turned[name] for name in SIDED)):
        for row in rows:
            swap(row, "before", "after")
    for row in (*turned["facilities"], *turned["regions"]):
        swap(row, "newly_covered", "lost")
    for rows in (turned["facilities"], turned["residences"]["changed"], turned["zones"]["changed"]):
        turn_pairs([row["fields"] for row in rows])
    for row in turned["facilities"]:
        row["what"] = [what.get(name, name) for name in row["what"]]
    for row in turned["clauses"]:
        row["shortfall"].reverse()
        swap(row, "only_before", "only_after")
    for row in turned["verdicts"]:
        row["margin_change"] = None if row["margin_change"] is None else -row["margin_change"]
    return turned


def turn_pairs(value):
    """Turn every pair of before and after that hangs below mappings."""
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        value.reverse()
        return
    for part in parts:
        if isinstance(part, (dict, list)):
            turn_pairs(part)


def in_any_order(document):
    """Return a comparison without the order of what happened to facilities and without names.

    Names are said as they are after; the order of opened and closed turns with them.
    """
    plain = copy.deepcopy(document)
    plain["facilities"].sort(key=lambda row: row["id"])
    for rows in (plain["facilities"], plain["residences"]["changed"]):
        for row in rows:
            row.pop("name")
    for row in plain["facilities"]:
        row["what"].sort()
        for name in ("kind", "town", "county"):
            row.pop(name)
    for row in plain["verdicts"]:
        for name in ("town", "county"):
            row.pop(name)
    # A verdict is counted where its unit is after.
    for row in plain["regions"]:
        row.pop("turned")
    plain["regions"].sort(key=lambda row: (row["level"], str(row["id"])))
    for side in (plain["coverage"], plain["coverage"]["on_foot"]):
        for row in (*side["newly_covered"], *side["lost"]):
            row.pop("name")
    return plain


homes = st.fixed_dictionaries(
    {
        "x": st.integers(-20, 40).map(lambda n: n * 50.0),
        "y": st.integers(-4, 4).map(lambda n: n * 50.0),
        "households": st.sampled_from([None, 90, 100, 250, 1000]),
        "setting": st.just("urban"),
        "status": st.just("existing"),
    }
)
places = st.fixed_dictionaries(
    {
        "x": st.integers(-20, 40).map(lambda n: n * 50.0),
        "y": st.integers(-4, 4).map(lambda n: n * 50.0),
        "kind": st.sampled_from(["home_care_station", "day_care", "meal_point"]),
        "status": st.sampled_from(["operating", "operating", "planned", "closed"]),
        "floor_area_m2": st.sampled_from([None, 150, 300]),
        "beds": st.sampled_from([0, 10]),
    }
)


def layer(letter, row, least=1):
    names = st.integers(0, 5).map(lambda n: f"{letter}{n}")
    return st.dictionaries(names, row, min_size=least, max_size=6)


@st.composite
def two_cities(draw):
    """Draw two cities of which the second mostly is the first."""
    sides = []
    for letter, row in (("R", homes), ("F", places)):
        first = draw(layer(letter, row))
        more = draw(layer(letter, row, 0))
        gone = draw(st.sets(st.sampled_from(sorted(first)), max_size=len(first) - 1))
        sides.append((first, {**{k: v for k, v in first.items() if k not in gone}, **more}))
    (r1, r2), (f1, f2) = sides
    return (r1, f1), (r2, f2)


def check_coverage(found, a, b):
    (r1, _), (r2, _) = a, b
    one, two, both = covered(*a), covered(*b), set(r1) & set(r2)
    newly, lost = both & (two - one), both & (one - two)
    for name, expected, homes_of in (("newly_covered", newly, r2), ("lost", lost, r1)):
        rows = found["coverage"][name]
        assert {row["id"] for row in rows} == expected
        sizes = [row["households"] or 0 for row in rows]
        assert sizes == sorted(sizes, reverse=True), "the biggest first"
        for row in rows:
            home = homes_of[row["id"]]
            assert row["households"] == home["households"]
            assert row["town"] == ("W" if home["x"] < BORDER else "E") or home["x"] == BORDER
    appeared, gone = (found["residences"][name] for name in ("appeared", "gone"))
    assert {row["id"]: row["covered"] for row in appeared} == {
        name: name in two for name in set(r2) - set(r1)
    }
    assert {row["id"]: row["covered"] for row in gone} == {
        name: name in one for name in set(r1) - set(r2)
    }
    turned = {
        row["unit_id"]: (row["before"]["verdict"], row["after"]["verdict"])
        for row in found["verdicts"]
        if row["clause_id"] == RADIUS
    }
    words = ("non_compliant", "compliant")
    assert turned == dict.fromkeys(newly, words) | dict.fromkeys(lost, words[::-1])
    return newly, lost


def check_regions(found, a, b):
    for side, (homes_of, facilities) in (("before", a), ("after", b)):
        inside = covered(homes_of, facilities)
        for row in found["regions"]:
            if row["level"] == "city":
                mine, near = homes_of, facilities
            elif row["level"] == "county":
                mine, near = (homes_of, facilities) if row["id"] == "C" else ({}, {})
            else:
                # On the border itself the program decides; the streets' sum is tested below.
                if any(home["x"] == BORDER for home in (*homes_of.values(), *facilities.values())):
                    continue
                west = row["id"] == "W"
                mine, near = (
                    {k: v for k, v in rows.items() if (v["x"] < BORDER) == west}
                    for rows in (homes_of, facilities)
                )
            figures = row[side]
            assert figures["residences"] == len(mine)
            assert figures["units"]["covered"] == len(inside & set(mine))
            known = {k: v["households"] for k, v in mine.items() if v["households"] is not None}
            assert figures["households"]["covered"] == sum(known[k] for k in known if k in inside)
            assert figures["households"]["total"] == sum(known.values())
            assert figures["households"]["unknown"] == len(mine) - len(known)
            care = [f for f in near.values() if f["kind"] in COUNTING]
            assert figures["facilities"] == sum(f["status"] == "operating" for f in care)
    streets = [row for row in found["regions"] if row["level"] == "town"]
    for name in ("newly_covered", "lost"):
        assert sum(row[name] for row in streets) == len(found["coverage"][name])


def happened(one, two):
    """Return in words what happened to a facility between two plain rows."""
    ran, runs = (row is not None and row["status"] == "operating" for row in (one, two))
    words = set()
    if ran != runs:
        words.add("opened" if runs else "closed")
    elif one is None or two is None:
        words.add("planned" if one is None else "dropped")
    elif one["status"] != two["status"]:
        words.add("status")
    if one is not None and two is not None:
        differ = {key for key in one if one[key] != two[key]}
        named = {"moved": {"x", "y"}, "resized": {"floor_area_m2", "beds"}, "changed": {"kind"}}
        words |= {word for word, keys in named.items() if keys & differ}
    return words


def check_facilities(found, a, b):
    (_, f1), (_, f2) = a, b
    expected = {name: happened(f1.get(name), f2.get(name)) for name in {*f1, *f2}}
    assert {row["id"]: set(row["what"]) for row in found["facilities"]} == {
        name: words for name, words in expected.items() if words
    }
    for row in found["facilities"]:
        if "moved" in row["what"]:
            one, two = f1[row["id"]], f2[row["id"]]
            far = math.hypot(one["x"] - two["x"], one["y"] - two["y"])
            assert row["moved_m"] == pytest.approx(far, abs=0.0006)


# A city takes a quarter of a second: what fails is shown as drawn.
@settings(max_examples=examples(12), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(two_cities())
def test_against_sums_by_hand(pair):
    a, b = pair
    one, two = judged(*a), judged(*b)
    found = through_json(difference(one, two))
    check_coverage(found, a, b)
    check_regions(found, a, b)
    check_facilities(found, a, b)
    assert found["same_results"] == (a == b)
    back = through_json(difference(two, one))
    assert in_any_order(swapped(found)) == in_any_order(back)
    itself = through_json(difference(one, one))
    assert itself["identical"]
    assert itself["same_results"]
    assert itself["verdicts"] == itself["facilities"] == []
    assert not any(itself["coverage"]["newly_covered"] + itself["coverage"]["lost"])


HOMES = {
    f"R{n}": {"x": 300.0 * n, "y": 0.0, "households": 100, "setting": "urban", "status": "existing"}
    for n in range(4)
}
STATION = {
    "x": 0.0,
    "y": 0.0,
    "kind": "home_care_station",
    "status": "operating",
    "floor_area_m2": 200,
    "beds": 0,
    "name": "一站",
}


def test_another_limit_is_no_change_on_the_ground():
    one = judged(HOMES, {"F1": STATION})
    two = copy.deepcopy(one)
    clause = dict(one.clauses[RADIUS]) | {"value": 700}
    findings = [
        {**item, "required": 700, "verdict": "compliant", "margin": 700 - item["value"]}
        if item["clause_id"] == RADIUS and item["value"] <= 700
        else item
        for item in one.findings["findings"]
    ]
    clauses = {**one.clauses, RADIUS: clause}
    two = dataclasses.replace(
        one, findings={**one.findings, "clauses": clauses, "findings": findings}
    )
    found = difference(one, two)
    assert [row["id"] for row in found["coverage"]["newly_covered"]] == ["R2"]
    assert found["coverage"]["newly_covered"][0]["causes"] == ["standard"]
    assert found["circumstances"]["clauses"] == {RADIUS: {"value": [500, 700]}}
    assert all(row["causes"] == ["standard"] for row in found["verdicts"])


def test_what_moved_under_another_limit_may_be_either():
    one, moved = judged(HOMES, {"F1": STATION}), judged(HOMES, {"F1": STATION | {"x": 300.0}})
    clauses = {**moved.clauses, RADIUS: {**moved.clauses[RADIUS], "kinds": ["home_care_station"]}}
    two = dataclasses.replace(
        moved,
        findings={**moved.findings, "clauses": clauses},
        manifest={**moved.manifest, "inputs": {"facilities.csv": "other"}},
    )
    found = difference(one, two)
    assert found["coverage"]["newly_covered"][0]["causes"] == ["data", "standard"]


@pytest.mark.parametrize(
    ("changed", "causes"),
    [
        ({}, ["data"]),
        ({"versions": {"facilityplan": "2"}}, ["method"]),
        ({"parameters": {"coverage": {"barriers": True}}}, ["method"]),
        ({"parameters": {"siting": {"max_sites": 3}}}, ["data"]),
        ({"readings": {RADIUS: {"floor": "other"}}}, ["method"]),
    ],
)
def test_a_setting_that_verdicts_hang_on_is_named(changed, causes):
    one, two = judged(HOMES, {"F1": STATION}), judged(HOMES, {"F1": STATION | {"x": 300.0}})
    two = dataclasses.replace(two, manifest={**two.manifest, **changed})
    # The files read are the same in both manifests, so that only the setting is left.
    assert difference(one, two)["coverage"]["newly_covered"][0]["causes"] == causes


def test_the_date_alone_turns_what_is_judged_by_dates():
    one, two = (
        judged(
            HOMES, {"F1": STATION}, as_of=dt.date(*day), document="jingyuan-2023-28", measures=None
        )
        for day in ((2023, 7, 1), (2025, 12, 31))
    )
    found = difference(one, two)
    assert found["circumstances"]["as_of"] == ["2023-07-01", "2025-12-31"]
    assert found["verdicts"]
    assert {cause for row in found["verdicts"] for cause in row["causes"]} <= {"date", "standard"}


def test_a_facility_under_another_number_names_the_old_one():
    one, two = judged(HOMES, {"F1": STATION}), judged(HOMES, {"N1": STATION})
    same = {row["id"]: row["same_as"] for row in difference(one, two)["facilities"]}
    assert same == {"F1": "N1", "N1": "F1"}


def test_other_places_and_systems_are_refused():
    one = judged(HOMES, {"F1": STATION})
    other = dataclasses.replace(one, manifest={**one.manifest, "project": "别城"})
    with pytest.raises(UsageError, match="别城"):
        difference(one, other)
    moved = dataclasses.replace(one, layers={**one.layers, "crs": "EPSG:4526"})
    with pytest.raises(UsageError, match="4526"):
        difference(one, moved)


@pytest.mark.slow
def test_a_scenario_of_the_sample_city():
    """Who is newly covered is what the scenario's own confirmation and plain distances say."""
    base = open_project(sample_city(), lang="zh", cache=False)
    stations = base.facilities
    gone = "F001"
    spots = [(487_000.0, 3_846_000.0), (490_500.0, 3_845_500.0)]
    added = [
        {
            "id": f"N{n}",
            "name": f"新站{n}",
            "kind": "home_care_station",
            "x": x,
            "y": y,
            "floor_area_m2": 300.0,
            "beds": 0.0,
        }
        for n, (x, y) in enumerate(spots)
    ]
    claims = {"SF01a": Claim((), 0.0, 0.0)}
    asked = Scenario(
        "s.json",
        base.city.name,
        base.city.crs,
        "",
        removed=(gone,),
        added=tuple(added),
        claims=claims,
    )
    after = with_scenario(base, asked)
    records, sides = [], []
    for item in (base, after):
        findings = assess_context(item.context, measures=SHOWN)
        changes = {"scenario": scenario_changes(item.scenario)} if item.scenario else {}
        coverage = radius_coverage(item.context, findings)
        records.append(record(item.context, findings, coverage, **changes))
        sides.append(set(confirm(item.city, findings, asked)[0].found.covered))
    found = difference(*records)
    newly, lost = (
        {row["id"] for row in found["coverage"][name]} for name in ("newly_covered", "lost")
    )
    assert newly == sides[1] - sides[0] != set()
    assert lost == sides[0] - sides[1] != set()
    old = stations[stations["id"] == gone].geometry.iloc[0]
    homes_there = base.residences.set_index("id").geometry.representative_point()
    for name in newly:
        assert min(homes_there[name].distance(shapely.Point(spot)) for spot in spots) <= 500
    assert all(homes_there[name].distance(old) <= 500 for name in lost)
    assert {row["id"]: row["what"] for row in found["facilities"]} == {
        gone: ["closed"],
        "N0": ["opened"],
        "N1": ["opened"],
    }
    assert sum(row["newly_covered"] for row in found["facilities"]) == len(newly)
    whole = found["regions"][0]
    rates = next(row for row in found["rates"] if row["clause_id"] is None)
    for side in ("before", "after"):
        for name in ("units", "households", "elders"):
            assert whole[side][name]["covered"] == rates[side][name]["covered"]
            assert whole[side][name]["total"] == rates[side][name]["total"]
    assert found["circumstances"]["scenario"]
    assert not found["circumstances"]["inputs"]
    assert {cause for row in found["verdicts"] for cause in row["causes"]} == {"data"}
