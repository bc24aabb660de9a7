"""Published instances: San Francisco (spopt) and OR-Library."""

import csv
import itertools
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
from campaign import FACTOR
from scipy import sparse
from scipy.sparse import csgraph

from facilityplan.siting import Status, lscp, mclp, p_center, p_median

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SERVICE_M = 5000.0

pytestmark = pytest.mark.real


def folder(name):
    path = SHARED / name
    if not path.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is absent")
        pytest.skip(f"{path} is absent: real data are not part of the project")
    return path


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def san_francisco():
    """Distances by tract name and store name, both sorted; POP2000 in the same order."""
    place = folder("san_francisco")
    population = {
        row["NAME"]: float(row["POP2000"])
        for row in rows_of(place / "SF_demand_205_centroid_uniform_weight.csv")
    }
    pairs = rows_of(place / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    tracts = sorted(population)
    stores = sorted({row["name"] for row in pairs})
    table = np.full((len(tracts), len(stores)), np.inf)
    tract_at = {name: position for position, name in enumerate(tracts)}
    store_at = {name: position for position, name in enumerate(stores)}
    for row in pairs:
        table[tract_at[row["DestinationName"]], store_at[row["name"]]] = float(row["distance"])
    assert table.shape == (205, 16)
    assert np.isfinite(table).all()
    in_file_order = np.array(list(population.values()))
    return table, np.array([population[name] for name in tracts]), in_file_order


def within(table):
    return sparse.csr_array(table <= SERVICE_M)


def best_of_four(score):
    return max(score(list(four)) for four in itertools.combinations(range(16), 4))


def test_san_francisco_lscp(san_francisco):
    table, _, _ = san_francisco
    found = lscp(within(table))
    assert (found.status, found.objective, found.gap) == (Status.OPTIMAL, 8.0, 0.0)
    assert len(found.sites) == 8


def test_san_francisco_p_center(san_francisco):
    table, _, _ = san_francisco
    found = p_center(table, 4)
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(7403.0638, abs=5e-5)
    assert found.objective == -best_of_four(lambda four: -table[:, four].min(axis=1).max())


def test_san_francisco_published_pairing(san_francisco):
    """The published figures pair tracts sorted by name with the population in file order."""
    table, _, in_file_order = san_francisco
    covered = mclp(within(table), in_file_order, 4)
    assert (covered.status, covered.objective) == (Status.OPTIMAL, 870_187.0)
    walked = p_median(table, in_file_order, 4)
    assert walked.status is Status.OPTIMAL
    assert walked.objective == pytest.approx(2_938_326_503.94, abs=0.005)


def test_san_francisco_each_tract_with_its_own_population(san_francisco):
    table, weights, _ = san_francisco
    covered = mclp(within(table), weights, 4)
    assert (covered.status, covered.objective) == (Status.OPTIMAL, 875_247.0)
    assert covered.objective == best_of_four(
        lambda four: weights[(table[:, four] <= SERVICE_M).any(axis=1)].sum()
    )
    walked = p_median(table, weights, 4)
    assert walked.status is Status.OPTIMAL
    least = -best_of_four(lambda four: -math.fsum(weights * table[:, four].min(axis=1)))
    assert walked.objective == pytest.approx(least, rel=1e-12)


def or_library(name):
    place = folder("or_library")
    head, *lines = (place / f"{name}.txt").read_text(encoding="ascii").split("\n")
    n_nodes, _, n_sites = (int(part) for part in head.split())
    length = {}
    for line in lines:
        if line.strip():
            a, b, value = (int(part) for part in line.split())
            length[min(a, b) - 1, max(a, b) - 1] = float(value)
    ends = np.array(list(length))
    graph = sparse.csr_array(
        (np.array(list(length.values())), (ends[:, 0], ends[:, 1])), shape=(n_nodes, n_nodes)
    )
    optima = {row["instance"]: row for row in rows_of(place / "optima.csv")}[name]
    return csgraph.shortest_path(graph, directed=False), n_sites, optima


SIX = ["pmed1", "pmed5", "pmed11", "pmed21", "pmed25", "pmed29"]


def published():
    """Six of the published instances, in a campaign all that are there."""
    path = SHARED / "or_library" / "optima.csv"
    if FACTOR > 1 and path.is_file():
        return [row["instance"] for row in rows_of(path)]
    return SIX


@pytest.mark.parametrize("name", published())
def test_or_library(name):
    distances, n_sites, optima = or_library(name)
    start = time.process_time()
    median = p_median(distances, np.ones(len(distances)), n_sites)
    assert (median.status, median.objective) == (Status.OPTIMAL, float(optima["p_median"]))
    assert median.bound == median.objective
    center = p_center(distances, n_sites)
    assert (center.status, center.objective) == (Status.OPTIMAL, float(optima["p_center"]))
    assert center.bound == center.objective
    assert time.process_time() - start < 60.0
