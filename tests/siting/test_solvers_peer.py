"""spopt with CBC, another model and another solver, on small random instances."""

import numpy as np
import pulp
import pytest
from scipy import sparse
from spopt.locate import LSCP, MCLP

from facilityplan.siting import Status, lscp, mclp

SEEDS = range(10)


def instance(seed):
    rng = np.random.default_rng(seed)
    demands, candidates = rng.random((60, 2)) * 4000, rng.random((30, 2)) * 4000
    distances = np.hypot(*(demands[:, None] - candidates[None]).transpose(2, 0, 1))
    return distances, rng.integers(1, 100, 60).astype(float)


def solved(model):
    return model.solve(pulp.PULP_CBC_CMD(msg=False))


@pytest.mark.parametrize("seed", SEEDS)
def test_lscp(seed):
    distances, _ = instance(seed)
    radius = float(distances.min(axis=1).max()) + 300.0
    peer = solved(LSCP.from_cost_matrix(distances, radius))
    found = lscp(sparse.csr_array(distances <= radius))
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(peer.problem.objective.value())


@pytest.mark.parametrize("seed", SEEDS)
def test_mclp(seed):
    distances, weights = instance(seed)
    peer = solved(MCLP.from_cost_matrix(distances, weights, 700.0, p_facilities=4))
    found = mclp(sparse.csr_array(distances <= 700.0), weights, 4)
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(peer.problem.objective.value())
