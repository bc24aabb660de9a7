from pathlib import Path

import pytest

import facilityplan as fp

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample_city"


@pytest.fixture(scope="session")
def sample():
    project = fp.open_project(SAMPLE, lang="zh", cache=False)
    project.findings()
    return project
