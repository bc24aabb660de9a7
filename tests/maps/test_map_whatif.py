"""The page's what-if says what the program says: every verdict, household, bed and square metre."""

import random
from pathlib import Path

import pytest
from campaign import examples
from whatif_parity import hold_against, pages_of, random_scenario

from facilityplan.project import open_project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project():
    return open_project(ROOT / "data" / "sample_city", lang="zh")


def test_figures_equal_the_programs_on_random_scenarios(project, tmp_path):
    rules = project.map()._children["desk"].desk["whatif"]["rules"]
    chance = random.Random(20260630)
    scenarios = [random_scenario(project.city, rules, chance) for _ in range(examples(8))]
    nothing = {**scenarios[0], "moved": [], "removed": [], "resized": [], "added": [], "limits": {}}
    for page in pages_of(project, [nothing, *scenarios, nothing]):
        hold_against(project, page, tmp_path)
