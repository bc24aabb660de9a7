"""``[[siting.actions]]`` and money by year: from project.toml to the plan that closes deficits."""

import shutil

import pytest

from facilityplan.errors import ProjectFileError
from facilityplan.project import open_project
from facilityplan.siting import SolveOptions
from facilityplan.siting.deficits import Act, Then

ACTIONS = """
[[siting.actions]]
act = "new"
kind = "home_care_station"
at = ["idle_premises"]
floor_area_step_m2 = 100.0
cost_per_m2 = 0.2
candidate_cost = false
subsidy = 3.0
[siting.budget_by_year]
2026 = 40.0
2028 = 25.5
"""


def project_with(folder, more):
    shutil.copytree("data/sample_city", folder, ignore=shutil.ignore_patterns(".facilityplan"))
    with (folder / "project.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    return folder


def test_works_and_money_by_year_reach_the_plan(tmp_path):
    project = open_project(project_with(tmp_path / "a", ACTIONS))
    asked = project.deficit_options
    (works,) = asked.works
    assert (works.act, works.kind, works.at) == (Act.NEW, "home_care_station", ("idle_premises",))
    assert (works.floor_area_step_m2, works.cost_per_m2, works.subsidy) == (100.0, 0.2, 3.0)
    assert asked.terms.budget_by_year == {2026: 40.0, 2028: 25.5}
    assert asked.terms.then is Then.COST
    found = project.close_deficits(solve=SolveOptions(time_limit_s=5.0)).plan.as_dict()
    spent = {}
    for action in found["actions"]:
        spent[action["year"]] = spent.get(action["year"], 0.0) + action["cost"]
    assert set(spent) <= {2026, 2028}
    assert all(spent[year] <= {2026: 40.0, 2028: 25.5}[year] + 1e-6 for year in spent)
    assert len(found["actions"]) > 0


def test_without_actions_the_candidates_as_they_are(tmp_path):
    asked = open_project("data/sample_city").deficit_options
    assert asked.works == ()
    assert asked.terms.then is Then.SITES


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[[siting.actions]]\nact = "burn"\nkind = "day_care"\n', "act"),
        ('[[siting.actions]]\nact = "new"\nkind = "day_care"\ncost = -1.0\n', "cost"),
        ("[siting.budget_by_year]\n27 = 4.0\n", "budget_by_year"),
    ],
)
def test_what_is_no_action_is_refused_by_its_key(tmp_path, more, key):
    with pytest.raises(ProjectFileError) as refused:
        open_project(project_with(tmp_path / "a", more))
    for lang in ("zh", "en"):
        assert key in refused.value.render(lang)
