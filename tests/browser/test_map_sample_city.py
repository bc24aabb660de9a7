"""The map of the sample city: small enough to mail, quick to open, nothing loaded."""

from pathlib import Path

import pytest

from facilityplan.project import open_project

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).parents[2] / "data" / "sample_city"
MOST_BYTES = 2_500_000
SLOWEST_MS = 8_000  # about 1 s on a machine at rest; test machines are seldom at rest


def test_the_sample_city_is_small_and_opens_at_once(open_page, tmp_path):
    path = tmp_path / "map.html"
    open_project(FOLDER, lang="zh").map().save(path)
    assert path.stat().st_size < MOST_BYTES
    city = open_page(path)
    opened_ms = city.page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert opened_ms < SLOWEST_MS
    assert city.near_colour("residences", "#67a9cf") > 1e-3
    assert city.near_colour("residences", "#e8601c") > 1e-3
    assert city.near_colour("roads", "#d9c9a3") > 1e-4
    assert city.clean()
