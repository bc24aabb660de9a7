"""What the solver once said wrongly, held here for every later version of it."""

import functools

import numpy as np

from facilityplan.siting import equally_good, highs, p_median
from facilityplan.siting.clock import Deadline
from facilityplan.siting.compact import p_median_exact
from facilityplan.siting.exact import further_plans

DISTANCES = np.array(
    [
        [4, 2, 2, 4, 3],
        [2, 4, 1, 4, 1],
        [2, 4, 3, 3, 4],
        [4, 1, 2, 1, 4],
        [2, 4, 1, 3, 3],
        [4, 2, 3, 2, 4],
        [4, 3, 3, 4, 3],
        [4, 2, 1, 3, 3],
    ],
    dtype=float,
)
WEIGHTS = np.array([3, 2, 3, 3, 3, 1, 1, 3], dtype=float)


def test_a_second_plan_that_presolve_lost():
    # {1, 2} and {2, 3} both walk 31; HiGHS 1.15.1 with its aggregator calls the search for the
    # second infeasible.
    for sites in ([1, 2], [2, 3]):
        assert (WEIGHTS * DISTANCES[:, sites].min(axis=1)).sum() == 31
    problem = functools.partial(p_median, DISTANCES, WEIGHTS, 2)
    found = equally_good(problem, problem())
    assert (found.exist, found.plans, found.all_found) == (True, ((2, 3),), True)


def test_no_is_asked_again_where_presolve_alone_says_it(monkeypatch):
    # Even with the rule back in force the second question, without presolve, finds the plan.
    monkeypatch.setattr(highs, "UNSAFE_PRESOLVE", 0)
    problem = p_median_exact(DISTANCES, WEIGHTS, 2)
    found, all_found = further_plans(problem, np.array([1, 2]), 10, Deadline.after(None))
    assert (found, all_found) == ([(2, 3)], True)
