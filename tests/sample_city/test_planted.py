"""The planted cases of the sample city, each judged as planted; sums by hand.

The ids are read from ``planted.json``; what is expected of them stands here, not there.
"""

import json
from pathlib import Path

import pytest

import facilityplan as fp

CITY = Path(__file__).resolve().parents[2] / "data" / "sample_city"
IDS = {
    name: case["ids"]
    for name, case in json.loads((CITY / "planted.json").read_text(encoding="utf-8")).items()
}


@pytest.fixture(scope="module")
def project():
    return fp.open_project(CITY, lang="zh")


@pytest.fixture(scope="module")
def findings(project):
    return {(item.clause_id, item.unit_id): item for item in project.findings()}


@pytest.mark.parametrize(
    ("case", "clause", "distance_m", "verdict", "margin_m"),
    [
        ("urban_500_000", "SF01a", 500.000, "compliant", 0.0),
        ("urban_500_001", "SF01a", 500.001, "non_compliant", -0.001),
        ("rural_1000_000", "SF01b", 1000.000, "compliant", 0.0),
        ("rural_1000_001", "SF01b", 1000.001, "non_compliant", -0.001),
        ("urban_800", "SF01a", 800.000, "non_compliant", -300.0),
        ("rural_800", "SF01b", 800.000, "compliant", 200.0),
    ],
)
def test_straight_distance_decides(findings, case, clause, distance_m, verdict, margin_m):
    finding = findings[clause, IDS[case]["residence"]]
    assert finding.value == pytest.approx(distance_m, abs=1e-9)
    assert finding.verdict == verdict
    assert finding.evidence["facility"] == IDS[case]["facility"]
    assert finding.margin == pytest.approx(margin_m, abs=1e-9)


def test_thresholds_are_fragile(findings):
    for case, clause in (("urban_500_000", "SF01a"), ("rural_1000_001", "SF01b")):
        assert findings[clause, IDS[case]["residence"]].fragile


def test_across_the_river_near_by_air_far_on_foot(findings, project):
    finding = findings["SF01a", IDS["across_river"]["residence"]]
    assert finding.verdict == "compliant"
    assert finding.value < 400
    assert finding.evidence["walking_m"] > 1500
    assert finding.evidence["walking_flips"] is True
    assert IDS["across_river"]["residence"] in project.coverage().coverage.flips


def test_off_the_roads_and_off_the_main_network_are_listed_by_name(findings, project):
    far = findings["SF01a", IDS["far_from_roads"]["residence"]]
    assert far.verdict == "non_compliant"
    assert far.evidence["off_network"] is True
    assert far.evidence["walking_facility"] is None
    said = {notice.id: list(notice.ids) for notice in project.notices()}
    listed = [ids for name, ids in said.items() if IDS["far_from_roads"]["residence"] in ids]
    assert listed
    assert any(IDS["no_candidate"]["residence"] in ids for ids in said.values())


def test_across_the_river_is_fragile_and_says_why(project):
    table = project.sensitivity().sensitivity.table
    row = table["id"].index(IDS["across_river"]["residence"])
    assert table["standing"][row] == "fragile"
    assert "barrier" in str(table["reasons"][row])


def test_three_thousand_households_and_one_more(findings):
    exactly = findings["SF05", IDS["community_3000"]["zone"]]
    assert (exactly.verdict, exactly.evidence["households"]) == ("not_applicable", 3000)
    more = findings["SF05", IDS["community_3001"]["zone"]]
    assert (more.verdict, more.evidence["households"], more.value) == ("non_compliant", 3001, 0)
    assert more.modality == "advisory"


def test_199_square_metres_under_both_readings(findings):
    finding = findings["SF03b", IDS["premises_199"]["residence"]]
    assert (finding.value, finding.required, finding.verdict) == (199, 200, "non_compliant")
    readings = finding.evidence["readings"]
    assert readings["every_estate"] == {"required": 200, "compliant": False}
    # 600 households / 100 x 20 = 120
    assert readings["procured_only"] == {"required": 120, "compliant": True}


def test_shared_premises_are_split_by_households(findings, project):
    households = dict(zip(project.residences["id"], project.residences["households"], strict=True))
    # 300 m2 x 500 / (500 + 1000) and 300 m2 x 1000 / (500 + 1000)
    by_hand = {500.0: 100.0, 1000.0: 200.0}
    residences = IDS["shared_premises"]["residences"]
    assert sorted(households[name] for name in residences) == [500, 1000]
    for residence in residences:
        found = [
            item
            for (clause, unit), item in findings.items()
            if unit == residence and clause[:4] in {"SF02", "SF03"}
        ]
        assert [item.value for item in found] == [pytest.approx(by_hand[households[residence]])]
        (share,) = found[0].evidence["shared"]
        assert share["households"] == households[residence]
        assert share["of_households"] == 1500


@pytest.mark.parametrize(
    ("case", "clause", "reason"),
    [
        ("no_households", "SF03a", "reason.households_unknown"),
        ("no_floor_area", "SF03b", "reason.floor_area_unknown"),
        ("unknown_kind", "SF01a", "reason.facility_undescribed"),
    ],
)
def test_missing_data_is_never_a_pass(findings, case, clause, reason):
    finding = findings[clause, IDS[case]["residence"]]
    assert finding.verdict == "insufficient_data"
    assert finding.evidence["reason"] == reason


def test_institution_in_the_radius_does_not_count(findings, project):
    ids = IDS["institution_does_not_count"]
    finding = findings["SF01a", ids["residence"]]
    assert finding.verdict == "non_compliant"
    assert finding.evidence["facility"] != ids["facility"]
    facilities = project.facilities.set_index("id")
    residences = project.residences.set_index("id")
    near = residences.geometry[ids["residence"]].representative_point()
    assert near.distance(facilities.geometry[ids["facility"]]) < 500
    assert facilities.loc[ids["facility"], "status"] == "operating"


def test_two_centres_of_35_are_not_one_of_70(findings):
    finding = findings["SF04", IDS["two_of_35_beds"]["zone"]]
    assert finding.verdict == "non_compliant"
    assert finding.value == 0
    assert sorted(item["beds"] for item in finding.evidence["facilities"])[-2:] == [35, 35]
    for zone in IDS["towns_with_70_beds"]["zones"]:
        assert findings["SF04", zone].verdict == "compliant"


@pytest.mark.parametrize(
    ("zone", "beds", "elders", "per_1000", "verdict"),
    [
        ("999903", 798, 20000, 39.9, "non_compliant"),
        ("999901", 1200, 30000, 40.0, "compliant"),
        ("999902", 1203, 30000, 40.1, "compliant"),
    ],
)
def test_beds_per_1000_elders(findings, zone, beds, elders, per_1000, verdict):
    assert zone in IDS["beds_per_1000"]["zones"]
    finding = findings["SF07", zone]
    assert finding.value == pytest.approx(per_1000, abs=1e-12)
    assert (finding.formula["beds"], finding.formula["persons"]) == (beds, elders)
    assert finding.verdict == verdict
    assert "elders_65" in finding.evidence["other_bases"]


def test_districts_sum_to_the_city(findings, project):
    city = next(
        f
        for (clause, _), f in findings.items()
        if clause == "SF07" and f.formula["persons"] == 80000
    )
    assert city.formula["beds"] == 798 + 1200 + 1203


def test_estate_that_no_candidate_reaches(project, findings):
    residence = IDS["no_candidate"]["residence"]
    proposal = project.propose().proposal
    assert residence in proposal.gaps
    assert residence in proposal.unreachable
    assert findings["SF01a", residence].verdict == "non_compliant"
    assert not any(residence in site.serves for site in proposal.cover_all.sites)


def test_fewest_sites_close_every_closable_gap(project):
    proposal = project.propose().proposal
    assert proposal.cover_all.status == "optimal"
    served = {name for site in proposal.cover_all.sites for name in site.serves}
    assert served == set(proposal.gaps) - set(proposal.unreachable)
    residences = project.residences.set_index("id")
    candidates = project.city.layer("candidates").set_index("id")
    for site in proposal.cover_all.sites:
        here = candidates.geometry[site.candidate_id]
        for name in site.serves:
            limit = 500 if residences.loc[name, "setting"] == "urban" else 1000
            apart = residences.geometry[name].representative_point().distance(here)
            assert apart <= limit + 0.0005
        known = residences.loc[list(site.serves), "households"].sum()
        assert site.households.known == known


def test_hostile_names_are_kept_as_they_are(project):
    residences = project.residences.set_index("id")
    facilities = project.facilities.set_index("id")
    assert residences.loc[IDS["hostile_names"]["residence"], "name"] == "${alert(1)}"
    assert (
        facilities.loc[IDS["hostile_names"]["facility"], "name"] == "<img src=x onerror=alert(1)>"
    )


def test_size_of_the_city(project):
    zones = project.zones
    population = zones.loc[zones["level"] == "city", "population"].sum()
    assert 380_000 <= population <= 420_000
    assert len(project.city.layer("candidates")) == 150
    assert len(project.facilities) == 81
    assert (project.residences["setting"] == "urban").sum() == 901
    assert (project.residences["setting"] == "rural").sum() == 60
    assert 7_500 <= len(project.city.layer("roads")) <= 8_500
    urban = project.residences[project.residences["setting"] == "urban"]
    assert urban["households"].min() >= 40
    assert urban["households"].max() <= 6_000
    levels = zones["level"].value_counts()
    assert (levels["town"], levels["community"], levels["village"]) == (12, 70, 60)
