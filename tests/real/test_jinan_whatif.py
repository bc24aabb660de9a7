"""The page's what-if on the streets of Jinan: made-up estates, true streets, every household."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from campaign import examples
from made_up_city import made_up_city
from whatif_parity import hold_against, pages_of, random_scenario

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


def test_figures_equal_the_programs_on_random_scenarios(jinan, tmp_path):
    rules = jinan.map()._children["desk"].desk["whatif"]["rules"]
    chance = random.Random(4548)
    scenarios = [random_scenario(jinan.city, rules, chance) for _ in range(examples(4))]
    pages = pages_of(jinan, scenarios)
    assert len({page["whole"]["householdsOnFoot"] for page in pages}) > 1
    for page in pages:
        hold_against(jinan, page, tmp_path)
