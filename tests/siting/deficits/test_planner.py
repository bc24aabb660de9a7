"""The planner's entrance on the sample city, and refusals."""

import dataclasses

import numpy as np
import pytest

from facilityplan.errors import UsageError
from facilityplan.project import open_project
from facilityplan.siting import SolveOptions
from facilityplan.siting.deficits import (
    Act,
    Action,
    DeficitOptions,
    DeficitProblem,
    DeficitTerms,
    Need,
    NeedKind,
    Servings,
    Size,
    Status,
    Then,
    close_deficits,
    propose_deficits,
    search,
)

NONE = np.empty(0, dtype=np.int64)


@pytest.fixture(scope="module")
def project():
    return open_project("data/sample_city")


@pytest.fixture(scope="module")
def radius_plan(project):
    options = DeficitOptions(measures=("service_radius",), facility_kind="home_care_station")
    findings = project.findings().findings
    context = project.context
    return propose_deficits(project.city, project.standards, findings, options, sight=context.sight)


def test_radius_gaps_take_as_many_sites_as_the_covering_problem(project, radius_plan):
    proposal = project.propose().proposal
    assert radius_plan.status is Status.OPTIMAL
    assert len(radius_plan.actions) == len(proposal.cover_all.sites)
    named = {item.unit_id for item in radius_plan.open if item.why == "no_candidate"}
    assert named == set(proposal.unreachable)
    assert not radius_plan.not_mended


def test_explanation_adds_up(radius_plan):
    closed = {name for action in radius_plan.actions for name in action.closes}
    assert len(closed) == sum(tally.closed for tally in radius_plan.tallies)
    assert len(closed) + len(radius_plan.open) == sum(t.needs for t in radius_plan.tallies)
    assert all(action.lost for action in radius_plan.actions)


def test_unknown_cost_is_refused(project):
    options = DeficitOptions(terms=DeficitTerms(then=Then.COST))
    with pytest.raises(UsageError) as caught:
        propose_deficits(project.city, project.standards, project.findings().findings, options)
    assert caught.value.message == "deficit_cost_missing"
    assert "C012" in caught.value.render("en")


def test_time_limit_never_passes_for_proof(project):
    plan = propose_deficits(
        project.city,
        project.standards,
        project.findings().findings,
        solve=SolveOptions(time_limit_s=1.0),
    )
    assert plan.status is Status.FEASIBLE
    assert plan.bound < plan.objective


def one(budget, **terms):
    needs = (Need("n", NeedKind.BEDS, amount=12.0, zone="Z"),)
    actions = (Action("a", "p", Act.NEW, cost=10.0, beds=Size(step=5.0, most=3, unit_cost=1.0)),)
    servings = Servings(np.array([0]), np.array([0]), np.array([12.0]))
    return close_deficits(
        DeficitProblem(needs, actions, servings), DeficitTerms(budget=budget, **terms)
    )


def test_modules_are_whole():
    found = one(25.0)
    assert (found.taken[0].bed_modules, found.cost, found.objective) == (3, 25.0, 0.0)


def test_an_infeasible_budget_says_by_how_much():
    found = one(20.0, close_all=True)
    assert found.status is Status.INFEASIBLE
    assert found.conflict == pytest.approx({"budget": 20.0, "money_needed": 25.0})


def test_a_short_budget_leaves_the_gap_open_and_says_what_would_close_it():
    found = one(20.0)
    assert found.why_open == {0: "no_budget"}
    assert found.without_budget == (0.0, 25.0)


def test_capacity_says_by_how_much():
    needs = (Need("n", NeedKind.BEDS, amount=20.0, zone="Z"),)
    actions = (Action("a", "p", Act.NEW, beds=Size(step=5.0, most=3)),)
    servings = Servings(np.array([0]), np.array([0]), np.array([20.0]))
    found = close_deficits(DeficitProblem(needs, actions, servings), DeficitTerms(close_all=True))
    short = found.shortages[0]
    assert (short.zone, short.kind, short.needed, short.possible) == ("Z", "beds", 20.0, 15.0)


def test_nothing_to_do_and_nothing_to_do_it_with():
    empty = Servings(NONE, NONE, np.empty(0))
    assert close_deficits(DeficitProblem((), (), empty)).status is Status.OPTIMAL
    alone = close_deficits(DeficitProblem((Need("n", NeedKind.TIER),), (), empty))
    assert alone.why_open == {0: "no_candidate"}


@pytest.mark.parametrize("weight", [float("nan"), -1.0])
def test_bad_weights_are_refused(weight):
    empty = Servings(NONE, NONE, np.empty(0))
    with pytest.raises(UsageError):
        close_deficits(DeficitProblem((Need("n", NeedKind.TIER, weight=weight),), (), empty))


def test_combined_premises_serve_two_estates_too_small_for_their_own():
    needs = tuple(Need(f"n{at}", NeedKind.FLOOR_AREA, amount=200.0) for at in range(2))
    own = Action("own", "p", Act.NEW, floor_area=Size(base=200.0))
    shared = dataclasses.replace(own, id="shared", act=Act.COMBINE)
    servings = Servings(
        np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([200.0, 60.0, 200.0, 80.0])
    )
    found = close_deficits(DeficitProblem(needs, (own, shared), servings))
    assert found.objective == 0
    assert found.sites == (1,)


def test_a_hard_part_leaves_the_easy_ones_proven_and_no_reason_made_up():
    """Easy parts come after the hard one by position; a short limit must not starve them."""
    rng = np.random.default_rng(3)
    hard_needs, hard_actions, easy = 120, 60, 20
    needs = [
        Need(f"h{at}", NeedKind.FLOOR_AREA, amount=float(rng.integers(40, 400)), zone="H")
        for at in range(hard_needs)
    ] + [Need(f"e{at}", NeedKind.FLOOR_AREA, amount=100.0, zone="E") for at in range(easy)]
    size = Size(step=50.0, most=12)
    actions = [
        Action(f"a{at:03}", f"p{at}", Act.NEW, floor_area=size) for at in range(hard_actions)
    ]
    actions += [Action(f"b{at:03}", f"q{at}", Act.NEW, floor_area=size) for at in range(easy)]
    reach = np.argwhere(rng.random((hard_needs, hard_actions)) < 0.15)
    need = np.concatenate([reach[:, 0], hard_needs + np.arange(easy)])
    action = np.concatenate([reach[:, 1], hard_actions + np.arange(easy)])
    amount = np.array([needs[at].amount for at in need])
    problem = DeficitProblem(tuple(needs), tuple(actions), Servings(need, action, amount))
    found = close_deficits(problem, DeficitTerms(), options=SolveOptions(time_limit_s=1.0))
    assert all(share >= 1.0 for share in found.met[hard_needs:])
    if found.levels[0].status is not Status.OPTIMAL:
        assert "no_capacity" not in set(found.why_open.values())


def test_a_stopped_search_counts_what_its_plan_does(monkeypatch):
    """An early plan may open what a need wants while the need's mark is not set: it counts as met."""
    needs = (Need("n", NeedKind.TIER),)
    servings = Servings(np.array([0]), np.array([0]), np.array([1.0]))
    problem = DeficitProblem(needs, (Action("a", "p", Act.NEW),), servings)
    usual = search.highs.run
    whole = []

    def stopped(model, deadline, *, relaxed=False, start=None):
        found = usual(model, deadline, relaxed=relaxed, start=start)
        if relaxed:
            return found
        whole.append(found)
        if len(whole) > 1:
            return dataclasses.replace(found, ended=search.highs.Ended.STOPPED, columns=None)
        columns = found.columns.copy()
        mark = columns.size - 2  # one need and one serving: the mark, then the share
        assert columns[mark] == 1.0
        columns[mark] = 0.0
        return dataclasses.replace(found, ended=search.highs.Ended.STOPPED, columns=columns)

    monkeypatch.setattr(search.highs, "run", stopped)
    found = close_deficits(problem, DeficitTerms())
    assert found.status is Status.FEASIBLE
    assert [taken.action for taken in found.taken] == [0]
    assert found.objective == 0.0
