"""The order of the rows changes no plan, none of its reasons and none of its equals."""

import dataclasses

import numpy as np
from campaign import FACTOR

from facilityplan.checks import Context, assess
from facilityplan.siting.planner import Request, plan_sites

PERMUTATIONS = 20 if FACTOR == 1 else 1_000
MEASURES = ("service_radius", "floor_area_per_100_households")


def shuffled(city, rng):
    layers = {
        name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
        for name, frame in city.layers.items()
    }
    return dataclasses.replace(city, layers=layers)


def test_permutations_give_one_plan(sample):
    rng = np.random.default_rng(7)
    # a set covering plan with equals, and a maximal one in stages with ties by weight
    requests = (
        Request("lscp", equals=2, curve_points=0),
        Request(
            "mclp", stages=((2026, 3), (2028, 8)), weight="residences", equals=2, curve_points=0
        ),
        Request("mclp", n_sites=5, candidates="clusters", equals=0, curve_points=3),
        Request("mclp", n_sites=5, candidates="street", equals=0, curve_points=0),
    )
    plans: dict[str, set[str]] = {
        request.model + str(at): set() for at, request in enumerate(requests)
    }
    city = sample.city
    for number in range(PERMUTATIONS):
        context = Context(city, sample.standards, None)
        findings = assess(city, sample.standards, measures=MEASURES)
        request = requests[number % len(requests)]
        for at in {number % len(requests)} if number >= len(requests) else range(len(requests)):
            request = requests[at]
            plan = plan_sites(context, findings, request)
            plans[request.model + str(at)].add(repr(plan))
        city = shuffled(sample.city, rng)
    assert {name: len(seen) for name, seen in plans.items()} == dict.fromkeys(plans, 1)
