"""The page's what-if says what the program says: every verdict, household, bed and square metre."""

from pathlib import Path

import pytest
from campaign import batches, told
from whatif_parity import parity

from facilityplan.project import open_project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project():
    return open_project(ROOT / "data" / "sample_city", lang="zh")


@pytest.mark.parametrize("seeds", batches(6, 100), ids=str)
def test_figures_equal_the_programs_on_random_scenarios(project, seeds, tmp_path, capsys):
    pages = parity(project, "sample city", seeds, tmp_path)
    assert len({page["whole"]["householdsNear"] for page in pages}) > len(seeds) / 2
    told(capsys, f"sample city, {seeds}: {len(seeds)} scenarios equal")
