"""Closing all deficits against every plan there is."""

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
    audit,
    close_deficits,
)
from tests.oracle.deficits_brute import brute
from tests.support.campaign import FACTOR

INSTANCES = 25 if FACTOR == 1 else 500
YEARS = (2026, 2027, 2028)


def random_size(rng, steps, *, most=2, base=0.0):
    n = int(rng.integers(0, most + 1))
    least = int(rng.integers(0, min(n, 1) + 1))
    return Size(
        base=base,
        step=float(rng.choice(steps)),
        least=least,
        most=n,
        unit_cost=float(rng.integers(0, 4)) / 10,
        unit_income=float(rng.integers(0, 2)) / 10,
    )


def random_action(rng, name, place, act):
    base = float(rng.choice([0, 100, 200]))
    return Action(
        id=name,
        place=place,
        act=act,
        cost=float(rng.integers(1, 60)),
        income=float(rng.integers(0, 10)),
        floor_area=Size() if act is Act.CLOSE else random_size(rng, [50, 100], base=base),
        beds=Size() if act is Act.CLOSE else random_size(rng, [5, 10]),
        available_from=int(rng.choice(YEARS)) if rng.random() < 0.3 else None,
        mandatory=False,
        forbidden=bool(rng.random() < 0.1),
    )


def random_problem(rng, places=5, n_needs=7):
    actions = []
    for at in range(places):
        place = f"P{at}"
        stands = rng.random() < 0.4
        if stands:
            held = Size(base=float(rng.choice([0, 100])))
            actions.append(
                Action(f"{place}-keep", place, Act.KEEP, floor_area=held, beds=Size(base=5.0))
            )
        works = (Act.EXTEND, Act.CONVERT, Act.CLOSE) if stands else (Act.NEW, Act.COMBINE)
        n = int(rng.integers(1, 3)) if places > 4 else len(works)
        actions += [random_action(rng, f"{place}-{act}", place, act) for act in works[:n]]
    workable = [at for at, a in enumerate(actions) if a.act is not Act.KEEP and not a.forbidden]
    if workable and rng.random() < 0.3:
        at = int(rng.choice(workable))
        actions[at] = dataclasses.replace(actions[at], mandatory=True)
    needs, pairs = [], []
    for at in range(n_needs):
        kind = list(NeedKind)[int(rng.integers(0, 4))]
        amount = {
            NeedKind.DISTANCE: 1.0,
            NeedKind.TIER: float(rng.integers(1, 3)),
            NeedKind.FLOOR_AREA: float(rng.integers(2, 25) * 10),
            NeedKind.BEDS: float(rng.integers(1, 12)),
        }[kind]
        needs.append(
            Need(
                f"N{at}",
                kind,
                weight=float(rng.integers(1, 6)),
                amount=amount,
                zone=f"Z{at % 2}",
                pool=f"{int(rng.integers(0, 2))}" if kind is NeedKind.BEDS else "",
                must=bool(rng.random() < 0.08),
            )
        )
        for a, action in enumerate(actions):
            if action.act is not Act.CLOSE and rng.random() < 0.5:
                shared = kind is NeedKind.FLOOR_AREA and action.act is Act.COMBINE
                pairs.append((at, a, amount / 2 if shared else amount))
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    servings = Servings(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2])
    return DeficitProblem(tuple(needs), tuple(actions), servings)


def random_terms(rng):
    share = rng.random() < 0.25
    by_year = rng.random() < 0.3
    money = rng.random() < 0.6
    return DeficitTerms(
        budget=float(rng.integers(0, 150)) if money and not by_year else None,
        budget_by_year={y: float(rng.integers(0, 60)) for y in YEARS[:2]} if by_year else None,
        carry_over=bool(rng.random() < 0.5),
        last_year=2027 if rng.random() < 0.5 else None,
        most_sites=int(rng.integers(1, 4)) if rng.random() < 0.3 else None,
        order=[(NeedKind.TIER,), (NeedKind.DISTANCE, NeedKind.FLOOR_AREA)]
        if rng.random() < 0.3
        else (),
        counted="share" if share else "whole",
        then="sites" if rng.random() < 0.3 else "cost",
        single=bool(not share and rng.random() < 0.3),
        close_all=bool(not share and rng.random() < 0.15),
    )


def small(rng):
    years_wide = random_terms(rng)
    places = 3 if years_wide.budget_by_year is not None else int(rng.integers(3, 6))
    problem = random_problem(rng, places=places, n_needs=int(rng.integers(3, 8)))
    if years_wide.counted == "share":
        needs = tuple(dataclasses.replace(need, must=False) for need in problem.needs)
        problem = dataclasses.replace(problem, needs=needs)
    return problem, years_wide


@pytest.mark.parametrize("seed", range(INSTANCES))
def test_every_plan_agrees(seed):
    rng = np.random.default_rng(seed)
    problem, terms = small(rng)
    best = brute(problem, terms)
    found = close_deficits(problem, terms)
    if best is None:
        assert found.status is Status.INFEASIBLE
        assert found.conflict
        return
    value, (n_actions, first) = best
    assert found.status is Status.OPTIMAL
    assert [level.objective for level in found.levels] == pytest.approx(value, abs=1e-5)
    assert all(level.bound == level.objective and level.gap == 0 for level in found.levels)
    assert len(found.taken) == n_actions
    years = list(terms.years())
    assert found.lowest_index
    assert [(t.action, years.index(t.year)) for t in found.taken] == first
    audit(problem, terms, found.taken, found.allotments)
    assert set(found.why_open) == {at for at, share in enumerate(found.met) if share < 1}
