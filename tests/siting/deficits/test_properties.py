"""Random cities: no place beyond what it holds, whole modules, more money or choice never worse."""

import dataclasses

import numpy as np
import pytest

from facilityplan.siting.deficits import (
    Act,
    Action,
    DeficitProblem,
    DeficitTerms,
    Need,
    NeedKind,
    Servings,
    Size,
    Status,
    close_deficits,
)
from tests.support.campaign import FACTOR

CITIES = 5 if FACTOR == 1 else 200
SITES, ESTATES, ZONES, RADIUS_M = 10, 24, 3, 700.0


def random_city(rng):
    """Return estates and sites on a square of 2 km, with zones as strips of it."""
    homes, sites = rng.uniform(0, 2000, (ESTATES, 2)), rng.uniform(0, 2000, (SITES, 2))
    households = rng.integers(100, 2500, ESTATES)
    apart = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    near = apart <= RADIUS_M
    zone_of = (sites[:, 0] * ZONES / 2000).astype(int)
    actions = tuple(
        Action(
            f"a{at:02d}",
            f"p{at:02d}",
            Act.NEW,
            cost=float(rng.integers(20, 80)),
            income=float(rng.integers(0, 10)),
            floor_area=Size(step=100.0, least=1, most=int(rng.integers(1, 6)), unit_cost=0.1),
            beds=Size(step=10.0, most=int(rng.integers(0, 5)), unit_cost=0.5, unit_income=0.1),
        )
        for at in range(SITES)
    )
    needs, pairs = [], []
    for at in range(ESTATES):
        area = households[at] * 20 / 100
        for kind, amount in ((NeedKind.DISTANCE, 1.0), (NeedKind.FLOOR_AREA, float(area))):
            pairs += [(len(needs), int(site), amount) for site in np.flatnonzero(near[at])]
            needs.append(Need(f"{kind}{at:02d}", kind, float(households[at]), amount))
    for zone in range(ZONES):
        for kind, amount in ((NeedKind.TIER, 1.0), (NeedKind.BEDS, float(rng.integers(5, 60)))):
            pairs += [(len(needs), int(site), amount) for site in np.flatnonzero(zone_of == zone)]
            pool = f"z{zone}"
            needs.append(Need(f"{kind}z{zone}", kind, 3000.0, amount, zone=pool, pool=pool))
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    servings = Servings(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2])
    return DeficitProblem(tuple(needs), actions, servings)


def check_room(problem, found):
    """Add up by hand what every place gives away against what its modules hold."""
    for item in found.taken:
        action = problem.actions[item.action]
        for size, modules, kind in (
            (action.floor_area, item.floor_modules, NeedKind.FLOOR_AREA),
            (action.beds, item.bed_modules, NeedKind.BEDS),
        ):
            assert isinstance(modules, int)
            assert size.least <= modules <= size.most
            given = [
                part.amount
                for part in found.allotments
                if part.action == item.action and problem.needs[part.need].kind is kind
            ]
            assert sum(given) <= size.step * modules + 1e-9


@pytest.mark.parametrize("seed", range(CITIES))
def test_no_place_gives_more_than_it_holds(seed):
    rng = np.random.default_rng(10_000 + seed)
    problem = random_city(rng)
    budget = float(rng.integers(100, 500))
    found = close_deficits(problem, DeficitTerms(budget=budget))
    assert found.status is Status.OPTIMAL
    check_room(problem, found)
    assert found.cost <= budget + 1e-6
    given = {}
    for part in found.allotments:
        given[part.need] = given.get(part.need, 0.0) + part.amount
    for at, need in enumerate(problem.needs):
        if need.kind.is_amount and found.met[at] == 1.0:
            assert given[at] == pytest.approx(need.amount, rel=1e-6)


@pytest.mark.parametrize("seed", range(max(2, CITIES // 4)))
def test_more_money_and_another_site_are_never_worse(seed):
    rng = np.random.default_rng(20_000 + seed)
    problem = random_city(rng)
    budget = float(rng.integers(50, 300))
    best = close_deficits(problem, DeficitTerms(budget=budget)).objective
    assert close_deficits(problem, DeficitTerms(budget=budget + 60)).objective <= best + 1e-6
    last = problem.actions[-1]
    fewer = dataclasses.replace(
        problem, actions=(*problem.actions[:-1], dataclasses.replace(last, forbidden=True))
    )
    assert close_deficits(fewer, DeficitTerms(budget=budget)).objective >= best - 1e-6


@pytest.mark.parametrize("seed", range(max(2, CITIES // 4)))
def test_the_missing_money_is_the_money_missing(seed):
    rng = np.random.default_rng(30_000 + seed)
    problem = random_city(rng)
    free = close_deficits(problem)
    closed = [at for at, share in enumerate(free.met) if share >= 1]
    needs = tuple(
        dataclasses.replace(need, must=at in set(closed)) for at, need in enumerate(problem.needs)
    )
    held = dataclasses.replace(problem, needs=needs)
    short = close_deficits(held, DeficitTerms(budget=1.0))
    assert short.status is Status.INFEASIBLE
    assert short.conflict["money_needed"] == pytest.approx(free.cost, abs=1e-4)
    enough = close_deficits(held, DeficitTerms(budget=short.conflict["money_needed"] + 1e-6))
    assert enough.status is Status.OPTIMAL
