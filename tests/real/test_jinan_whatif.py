"""The page's what-if on the streets of Jinan: made-up estates, true streets, every household."""

from types import SimpleNamespace

import numpy as np
import pytest
from campaign import batches, told
from made_up_city import made_up_city
from whatif_parity import parity

import facilityplan as fp
from facilityplan import checks, maps, standards

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def jinan(in_place):
    network = fp.open_project(in_place("jinan")).network
    rng = np.random.default_rng(7)
    nodes = network.edges.node_xy
    xy = nodes[rng.integers(0, len(nodes), 2500)] + rng.normal(0, 60, (2500, 2))
    stations = nodes[rng.integers(0, len(nodes), 60)] + rng.normal(0, 30, (60, 2))
    city = made_up_city(xy, stations, crs="EPSG:4548", seed=7)
    held = standards.resolve([standards.load("zhengzhou-2018-34")], city.as_of)
    context = checks.Context(city, held, network)
    findings = checks.service_radius.evaluate(context)
    shown = maps.city_map(
        city, findings, standards=held, network=network, context=context, lang="zh"
    )
    return SimpleNamespace(city=city, standards=held, network=network, map=lambda: shown)


@pytest.mark.parametrize("seeds", batches(4, 100), ids=str)
def test_figures_equal_the_programs_on_random_scenarios(jinan, seeds, tmp_path, capsys):
    pages = parity(jinan, "Jinan", seeds, tmp_path)
    assert len({page["whole"]["householdsOnFoot"] for page in pages}) > len(seeds) / 2
    told(capsys, f"Jinan, {seeds}: {len(seeds)} scenarios equal")
