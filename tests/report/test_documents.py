"""The JSON documents: they round-trip, hold no NaN, and say all that a rate must state."""

import dataclasses
import json
import math

import pytest

from facilityplan import files, report
from facilityplan.siting.proposal import Proposal, SitingPlan
from facilityplan.siting.solution import Status


def leaves(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def documents(run):
    return {
        "findings": report.findings_document(
            run.findings,
            run.standards,
            project="示例市",
            notices=[{"id": "n", "value": math.nan, "rows": (1, 2)}],
        ),
        "coverage": report.coverage_document(run.coverage, run.context),
        "siting": report.siting_document(run.proposal, run.city),
    }


@pytest.mark.parametrize("name", ["findings", "coverage", "siting"])
def test_documents_round_trip_and_are_finite(run, build, name):
    document = documents(run)[name]
    text = files.canonical_json(document)
    assert json.loads(text) == document
    kinds = {type(leaf) for leaf in leaves(document)}
    assert kinds <= {str, int, float, bool, type(None)}
    assert all(math.isfinite(leaf) for leaf in leaves(document) if isinstance(leaf, float))
    assert document["format"] == 1
    assert document["project"] == "示例市"
    assert document["as_of"] == "2026-06-30"


@pytest.mark.parametrize("name", ["findings", "coverage"])
def test_the_order_of_rows_changes_nothing_but_the_rows_named(run, build, name):
    def without_rows(value):
        if isinstance(value, dict):
            return {k: without_rows(v) for k, v in value.items() if k != "row"}
        return [without_rows(v) for v in value] if isinstance(value, list) else value

    other = documents(build(reverse=True))[name]
    assert without_rows(other) == without_rows(documents(run)[name])


def test_findings_stand_with_their_clauses_and_counts(run):
    document = documents(run)["findings"]
    keys = [(f["clause_id"], f["unit_kind"], f["unit_id"]) for f in document["findings"]]
    assert keys == sorted(keys)
    assert len(keys) == len(run.findings)
    for clause, counts in document["summary"].items():
        for verdict, number in counts.items():
            own = [f for f in run.findings if (f.clause_id, f.verdict) == (clause, verdict)]
            assert number == len(own)
    assert sum(sum(c.values()) for c in document["summary"].values()) == len(run.findings)
    assert document["summary"]["ZZ05a"]["non_compliant"] == 2
    clause = document["clauses"]["ZZ05a"]
    assert (clause["value"], clause["unit"], clause["comparator"]) == (500, "m", "<=")
    assert clause["kinds_serving_community"]
    assert clause["document"] == "zhengzhou-2018-34"
    (standard,) = document["standards"]
    assert standard["id"] == "zhengzhou-2018-34"
    assert standard["term_over"] in {True, False}
    assert document["notices"] == [{"id": "n", "value": None, "rows": [1, 2]}]
    assert set(document["clauses"]) >= {f["clause_id"] for f in document["findings"]}


def test_clauses_set_aside_are_listed_with_the_reason(run):
    import datetime as dt

    from facilityplan import standards

    early = standards.resolve(run.standards.documents, dt.date(2018, 1, 1))
    document = report.findings_document([], early, project="x")
    assert {item["reason"] for item in document["not_in_force"]} == {"not_yet_in_force"}
    assert {item["clause"] for item in document["not_in_force"]} == set(document["clauses"])
    assert document["summary"] == {}
    assert {item["standing"] for item in document["clauses"].values()} == {None}


def test_rates_by_hand_with_all_that_they_state(run):
    document = documents(run)["coverage"]
    every = {r["metric"]: r for r in document["rates"] if r["clause"] is None}
    straight, walking = every["straight_line"], every["walking"]
    assert straight["units"] == {"covered": 2, "total": 5, "share": 0.4, "unknown": 0}
    assert straight["undecided"] == 1
    assert straight["households"] == {
        "covered": 900,
        "total": 2230,
        "share": round(900 / 2230, 9),
        "unknown": 1,
    }
    assert walking["units"]["covered"] == 1
    assert walking["households"]["covered"] == 600
    assert straight["elders"] == {"covered": 0, "total": 0, "share": None, "unknown": 5}
    for rate in document["rates"]:
        assert rate["clauses"][0]["radius_m"] == 500
        assert rate["clauses"][0]["kinds"]
        assert rate["clauses"][0]["kinds_serving_community"]
        assert rate["clauses"][0]["statuses"] == ["operating"]
        assert rate["origin"] == {"inner_point": 5 if rate["clause"] is None else 4}
        assert rate["population"] == {"source": "estates.gpkg", "as_of": "2026-06-30"}
    assert document["flips"] == ["c"]
    assert [row["id"] for row in document["residences"]] == list("abcde")
    assert document["residences"][2]["walking_flips"] is True


def test_walking_areas_say_how_true_they_are(run, build):
    (said,) = report.coverage_document(run.coverage, run.context)["walking_areas"]
    assert (said["clause"], said["limit_m"], said["half_width_m"]) == ("ZZ05a", 500, 25)
    # f and g count; g is far from any road
    assert (said["facilities"], said["without_streets"]) == (2, ["g"])
    audit = said["audit"]
    assert audit["street_points"] == audit["polygon_points"] == 2000
    assert audit["share_street_beyond"] == 0
    assert audit["share_polygon_beyond"] < 0.02
    assert 490 < audit["farthest_street_m"] <= 500 + audit["rounding_m"]
    without = build(on_foot=False)
    assert report.coverage_document(without.coverage, without.context)["walking_areas"] == []


def test_an_endless_distance_is_none(run):
    table = {**run.coverage.table, "straight_m": [math.inf] * 5}
    changed = dataclasses.replace(run.coverage, table=table)
    document = report.coverage_document(changed, run.context)
    assert [row["straight_m"] for row in document["residences"]] == [None] * 5


def test_siting_says_all_of_the_proposal(run):
    document = documents(run)["siting"]
    assert document["gaps"] == ["b", "d"]
    assert document["undecided"] == ["e"]
    assert document["crs"] == "EPSG:4547"
    assert document["cover_all"]["status"] == "optimal"
    assert document["cover_all"]["n_sites"] == document["cover_all"]["objective"] == 2
    # The households of d are unknown, so that it weighs nothing and a second site adds nothing.
    assert [plan["objective"] for plan in document["best"]] == [1250, 1250]
    assert [site["serves"] for site in document["best"][0]["sites"]] == [["b"]]
    assert run.proposal.staged is None
    names = {f.name for f in dataclasses.fields(Proposal)} - {"staged"}
    assert set(document) == names | {"format", "project", "as_of", "crs"}
    plan = {f.name for f in dataclasses.fields(SitingPlan)} - {"stages"}
    assert set(document["cover_all"]) == plan
    site = document["cover_all"]["sites"][0]
    fields = {f.name for f in dataclasses.fields(run.proposal.cover_all.sites[0])}
    assert set(site) == fields | {"fits"}
    assert site["fits"] is None


def test_a_site_that_is_too_small_does_not_fit(run):
    plan = run.proposal.cover_all
    sites = tuple(
        dataclasses.replace(site, floor_area_needed_m2=10.0, max_floor_area_m2=limit)
        for site, limit in zip(plan.sites, (9.0, 10.0), strict=True)
    )
    changed = dataclasses.replace(plan, sites=sites, status=Status.FEASIBLE, gap=math.inf)
    document = report.siting_document(
        dataclasses.replace(run.proposal, cover_all=changed), run.city
    )
    assert [site["fits"] for site in document["cover_all"]["sites"]] == [False, True]
    assert document["cover_all"]["status"] == "feasible"
    assert document["cover_all"]["gap"] is None


def test_nothing_to_close_leaves_no_plan(run):
    empty = dataclasses.replace(run.proposal, gaps=(), cover_all=None, best=())
    document = report.siting_document(empty, run.city)
    assert document["cover_all"] is None
    assert document["best"] == []


def test_a_name_that_is_no_unicode_can_still_be_written(run):
    findings = [dataclasses.replace(run.findings[0], unit_name="x\ud800")]
    document = report.findings_document(findings, run.standards, project="p")
    assert files.canonical_json(document).encode("utf-8")
